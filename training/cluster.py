"""Spreads trials over the workers of a Dask cluster, with joblib."""

import joblib
from joblib._dask import DaskDistributedBackend

from data.command_line import UserError
from training.spread import KILLED, with_result

ANSWER = 10  # seconds that a scheduler, and then a worker, has to answer


def over_cluster(run, trials, lost, address):
    """Yields run(trial) for each trial as it ends, in any order, from the workers of a Dask scheduler.

    address: tcp://host:8786, for example. lost: function of a trial and a reason, called in place of `run` for one whose
    workers were killed several times; until then Dask itself runs it again.
    Raises UserError without Dask, and when no scheduler or no worker answers, or no longer.
    """
    with _client(address) as client, joblib.parallel_config("dask_to_the_end", client=client, lost=lost):
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        for _, result in parallel(joblib.delayed(with_result)(run, trial) for trial in trials):
            yield result


def _client(address):
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError("--scheduler needs Dask: pip install --requirement requirements-cluster.txt") from error
    try:
        client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"no Dask scheduler answers at {address} ({error}): start one with `dask scheduler`") from error
    try:
        client.wait_for_workers(1, timeout=ANSWER)
    except OSError as error:
        client.close()
        raise UserError(f"the Dask scheduler at {address} has no worker: start one with `dask worker {address}`") from error
    return client


class _Backend(DaskDistributedBackend):
    """joblib's way to Dask, which in 1.6 waits forever for a task that Dask has given up."""

    def __init__(self, lost, **options):
        super().__init__(**options)
        self.lost = lost

    def submit(self, func, callback=None):
        [(_, (_, trial), _)] = func.items  # of `with_result`, a batch of one
        future = super().submit(func, callback)
        future.add_done_callback(lambda done: done.exception() and callback([(trial, self.lost(trial, KILLED))]))
        return future

    def retrieve_result_callback(self, out):
        if isinstance(out, BaseException):
            raise UserError("the connection to the Dask scheduler is lost: start it and the same command again") from out
        return super().retrieve_result_callback(out)


joblib.register_parallel_backend("dask_to_the_end", _Backend)

"""Spreads trials over the workers of a Dask cluster, with joblib. Importing it raises UserError without Dask."""

import re

import joblib
from joblib._dask import DaskDistributedBackend

from data.command_line import UserError

try:
    from distributed import CancelledError, Client, KilledWorker
except ImportError as error:
    raise UserError("a Dask cluster needs Dask: pip install --requirement requirements-cluster.txt") from error

from training.spread import KILLED, with_result

SCHEMES = ("tcp://", "tls://")
ATTEMPTS = 3  # a trial that only waited on a worker while another one killed it looks killed to Dask as well
ANSWER = 10  # seconds that a scheduler, and then a worker, has to answer


def over_cluster(run, trials, lost, address):
    """Yields run(trial) for each trial as it ends, in any order, from the workers of a Dask scheduler.

    address: tcp://host:8786, for example. lost: function of a trial and a reason, called in place of `run` for one whose
    workers were killed several times; until then Dask itself runs it again.
    Raises UserError when no scheduler or no worker answers, or no longer, or when they lack our code.
    """
    with _client(address) as client, joblib.parallel_config("dask_to_the_end", client=client, lost=lost):
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")
        for _, result in parallel(joblib.delayed(with_result)(run, trial) for trial in trials):
            yield result


def _client(address):
    if not re.fullmatch(r"\w+://\S+:\d+", address) or not address.startswith(SCHEMES):  # of others Dask's client cannot let go
        raise UserError(f"--scheduler {address!r} is no address of a Dask scheduler: give one like tcp://host:8786")
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

    def submit(self, func, callback=None, attempt=1):
        [(_, (_, trial), _)] = func.items  # of `with_result`, a batch of one
        future = super().submit(func, callback)

        def given_up(done):
            error = done.exception()
            if isinstance(error, KilledWorker) and attempt < ATTEMPTS:
                self.submit(func, callback, attempt + 1)
            elif isinstance(error, KilledWorker):
                callback([(trial, self.lost(trial, KILLED))])
            elif error:
                callback(error)

        future.add_done_callback(given_up)
        return future

    def retrieve_result_callback(self, out):
        if isinstance(out, UserError):  # of the trial itself
            raise out
        if isinstance(out, CancelledError):
            raise UserError("the connection to the Dask scheduler is lost: start it and the same command again") from out
        if isinstance(out, BaseException):
            raise UserError(
                f"the Dask cluster cannot run our code ({type(out).__name__}): start the scheduler and every worker in this "
                "repository, with PYTHONPATH=."
            ) from out
        return super().retrieve_result_callback(out)

    def effective_n_jobs(self, n_jobs):
        # joblib would keep trials for a cluster of one thread in this process. All are handed out at once in any case.
        return max(2, super().effective_n_jobs(n_jobs))


joblib.register_parallel_backend("dask_to_the_end", _Backend)

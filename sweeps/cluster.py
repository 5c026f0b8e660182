"""Spreads trials over the workers of a Dask cluster. Importing it raises UserError without Dask."""

import re
from collections.abc import Callable, Iterable, Iterator

from data.errors import UserError

try:
    from distributed import CancelledError, Client, KilledWorker, as_completed
    from distributed.comm import CommClosedError
except ImportError as error:
    raise UserError("a Dask cluster needs Dask: pip install --requirement requirements-cluster.txt") from error

from sweeps.processes import KILLED

ATTEMPTS = 3  # a trial that only waited on a worker while another one killed it looks killed to Dask as well
ANSWER = 10  # seconds that a scheduler, and then a worker, has to answer


def over_cluster(work: Callable, trials: Iterable, killed: Callable, address: str) -> Iterator:
    """Yield work(trial) for each trial as it ends, in any order, from the workers of a Dask scheduler.

    Parameters
    ----------
    killed
        Function of a trial and a reason, called in place of `work` for a trial whose workers were killed several times;
        until then Dask runs it again.
    address
        tcp://host:8786, for example.

    Raises
    ------
    UserError
        When no scheduler or no worker answers, when the scheduler is lost, or when the workers lack our code.
    """
    with _client(address) as client:
        started = {client.submit(work, trial, pure=False): (trial, 1) for trial in trials}
        ended = as_completed(started, loop=client.loop)
        for future in ended:
            trial, attempt = started.pop(future)
            try:
                result = future.result()
            except KilledWorker:
                if attempt < ATTEMPTS:
                    again = client.submit(work, trial, pure=False)
                    started[again] = trial, attempt + 1
                    ended.add(again)
                    continue
                result = killed(trial, KILLED)
            except UserError:  # of the trial itself
                raise
            except (CancelledError, CommClosedError) as error:
                raise UserError("the Dask scheduler is lost: start it and the same command again") from error
            except Exception as error:
                raise UserError(
                    f"the Dask cluster cannot run our code ({type(error).__name__}): start the scheduler and every worker in "
                    "this repository, with PYTHONPATH=."
                ) from error
            yield result


def _client(address: str) -> Client:
    """Connect to a scheduler that has a worker."""
    if not re.fullmatch(r"(tcp|tls)://\S+:\d+", address):  # other addresses keep Dask's client hanging
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

"""What holds in every worker: one thread, one training at a time, and the same numbers from the same seed."""

import threading
from collections.abc import Callable, Iterable, Iterator

THREADS = 1
one_at_a_time = threading.Lock()  # Keras' seeds belong to the whole process; a worker of Dask may have several threads


def spread(
    work: Callable, jobs: Iterable, killed: Callable, workers: int | None = None, scheduler: str | None = None
) -> Iterator:
    """Yield work(job) for each job as it ends, in any order, from processes of this machine or the workers of a Dask cluster.

    Parameters
    ----------
    killed
        Function of a job and a reason, called in place of `work` for a job that its process did not survive.
    workers, scheduler
        How many processes on this machine (default: one for each core); or the address of a Dask cluster.
    """
    if scheduler is not None:
        from sweeps.cluster import over_cluster

        return over_cluster(work, jobs, killed, scheduler)
    from sweeps.processes import over_processes

    return over_processes(work, jobs, killed, workers)


def set_up(seed: int) -> None:
    """Set what holds for the whole process, which is a worker."""
    from common.quiet import tensorflow
    from training.seeding import make_deterministic

    # One thread: as fast as two for networks so small, and the same numbers however many trainings run side by side.
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
    tensorflow.get_logger().setLevel("ERROR")  # no warnings of several networks in one process
    make_deterministic(seed)

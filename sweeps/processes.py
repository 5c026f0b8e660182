"""Spreads trials over processes of this machine with joblib; cluster.py does so over other machines."""

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool  # which joblib's own is a kind of

import joblib

KILLED = "its process was killed, perhaps for want of memory"


def over_processes(work: Callable, trials: Iterable, killed: Callable, workers: int | None = None) -> Iterator:
    """Yield work(trial) for each trial as it ends, in any order, from processes of this machine with one thread each.

    Parameters
    ----------
    killed
        Function of a trial and a reason, called in place of `work` for a trial that ran when a process was killed for the
        third time, with no other trial running.
    workers
        How many processes (default: one for each core).
    """
    waiting, workers, suspected = deque(trials), workers or joblib.cpu_count(), set()
    while waiting:
        started = []
        try:
            for trial, result in _on_processes(work, waiting, workers, started):
                started.remove(trial)
                yield result
        except BrokenProcessPool:  # a process was killed, which stops all of them and does not say which trial it had
            for trial in [trial for trial in started if trial in suspected]:
                started.remove(trial)
                try:
                    [(_, result)] = _on_processes(work, deque([trial]), 1, [])
                except BrokenProcessPool:
                    result = killed(trial, KILLED)
                yield result
            suspected.update(started)
            waiting.extendleft(reversed(started))


def _on_processes(work, waiting, workers, started):
    """Yield (trial, work(trial)). A trial moves from `waiting` to `started` when joblib takes it, a little before it runs."""

    def begun():
        while waiting:
            started.append(waiting.popleft())
            yield joblib.delayed(_with_trial)(work, started[-1])

    # With n_jobs=1 joblib would stay in this process, which a trial might take down: two jobs, of which one is idle.
    with joblib.parallel_config("loky", n_jobs=max(workers, 2), inner_max_num_threads=1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker stopped while some jobs")  # one that used much memory is replaced
        yield from joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch=workers)(begun())


def _with_trial(work, trial):
    return trial, work(trial)

"""Trials spread over real processes, which are killed with SIGKILL. A trial is just a name here."""

import os
import signal
import time
from pathlib import Path

import pytest

from data.errors import UserError
from sweeps.processes import KILLED, over_processes


def works(trial):
    time.sleep(0.05)
    return f"{trial} done"


def dies_when_named_so(trial):
    """Takes its process down: each time, or only where no earlier attempt left a file of the trial's name."""
    if trial == "deadly" or ("/" in trial and not Path(trial).exists()):
        Path(trial).touch() if "/" in trial else None
        time.sleep(0.2)  # so that another is running
        os.kill(os.getpid(), signal.SIGKILL)
    return works(trial)


def complains(trial):
    raise UserError(f"{trial} has other images")


def given_up(trial, reason):
    return f"{trial} given up: {reason}"


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_trial_runs_once(workers):
    names = [f"t{number}" for number in range(7)]
    assert sorted(over_processes(works, names, given_up, workers)) == [f"{name} done" for name in names]


def test_trials_start_in_their_order():
    names = [f"t{number}" for number in range(7)]
    assert list(over_processes(works, names, given_up, 1)) == [f"{name} done" for name in names]


def test_a_trial_whose_process_is_killed_runs_again(tmp_path):
    names = ["a", str(tmp_path / "unlucky"), "b", "c"]
    assert sorted(over_processes(dies_when_named_so, names, given_up, 2)) == sorted(f"{name} done" for name in names)


def test_a_trial_that_kills_its_process_is_given_up_and_the_others_are_not():
    results = sorted(over_processes(dies_when_named_so, ["a", "deadly", "b", "c"], given_up, 2))
    assert results == ["a done", "b done", "c done", f"deadly given up: {KILLED}"]


def test_a_worker_that_cannot_work_ends_the_sweep():
    with pytest.raises(UserError, match="a has other images"):
        list(over_processes(complains, ["a"], given_up, 2))

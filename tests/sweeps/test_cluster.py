"""Trials spread over a real Dask cluster on loopback, whose workers are killed with SIGKILL."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from distributed import LocalCluster

import sweeps.cluster as cluster_module
from data.errors import UserError
from sweeps.cluster import over_cluster
from sweeps.processes import KILLED
from tests.sweeps.test_processes import complains, dies_when_named_so, lost, works

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as started:
        yield started


def test_every_trial_runs_on_some_worker(cluster):
    names = [f"t{number}" for number in range(9)]
    assert sorted(over_cluster(works, names, lost, cluster.scheduler_address)) == [f"{name} done" for name in names]


def works_slowly(trial):
    time.sleep(0.5)
    return f"{trial} done"


def test_a_worker_killed_in_the_middle_loses_nothing(cluster):
    names = [f"t{number}" for number in range(8)]
    worker = next(iter(cluster.workers.values()))
    threading.Timer(1, os.kill, (worker.pid, signal.SIGKILL)).start()
    assert sorted(over_cluster(works_slowly, names, lost, cluster.scheduler_address)) == [f"{name} done" for name in names]


def test_a_trial_that_kills_every_worker_is_given_up_and_the_others_are_not(cluster):
    results = sorted(over_cluster(dies_when_named_so, ["a", "deadly", "b", "c"], lost, cluster.scheduler_address))
    assert results == ["a done", "b done", "c done", f"deadly lost: {KILLED}"]


def test_a_worker_that_cannot_work_ends_the_sweep(cluster):
    with pytest.raises(UserError, match="a has other images"):
        list(over_cluster(complains, ["a"], lost, cluster.scheduler_address))


def where(trial):
    return os.getpid()


def test_a_cluster_of_one_thread_does_the_work_itself():
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as small:
        assert os.getpid() not in set(over_cluster(where, ["a", "b"], lost, small.scheduler_address))


def test_a_cluster_without_our_code_ends_the_sweep_and_not_the_trials(tmp_path, monkeypatch):
    # In processes of their own, elsewhere: inside this one the code would always be there.
    def start(*arguments):
        command = [sys.executable, "-m", "dask", *arguments]
        return subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)

    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0")
    address = next(match[1] for line in scheduler.stderr if (match := re.search(r"Scheduler at:\s+(tcp://\S+)", line)))
    worker = start("worker", address, "--nthreads", "1", "--no-nanny", "--dashboard-address", ":0")
    try:
        with pytest.raises(UserError, match="PYTHONPATH"):
            list(over_cluster(works, ["a", "b"], lost, address))
        worker.kill()
        worker.wait()
        monkeypatch.setattr(cluster_module, "ANSWER", 1)
        with pytest.raises(UserError, match="has no worker: start one with"):
            list(over_cluster(works, ["a"], lost, address))
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.communicate()


def test_no_scheduler_says_what_to_start(monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER", 1)
    with pytest.raises(UserError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(over_cluster(works, ["a"], lost, "tcp://127.0.0.1:9"))
    for address in ("nonsense", "", "http://x", "tcp://host"):
        with pytest.raises(UserError, match="is no address of a Dask scheduler: give one like tcp://host:8786"):
            list(over_cluster(works, ["a"], lost, address))

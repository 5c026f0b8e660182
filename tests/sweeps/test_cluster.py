"""Trials spread over a real Dask cluster on loopback, whose workers are killed with SIGKILL."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from distributed import LocalCluster

import sweeps.cluster as cluster_module
from data.errors import UserError
from sweeps.cluster import over_cluster
from sweeps.processes import KILLED
from tests.conftest import ROOT
from tests.sweeps.test_processes import complains, dies_when_named_so, given_up, works

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as started:
        yield started


def test_every_trial_runs_on_some_worker(cluster):
    names = [f"t{number}" for number in range(9)]
    assert sorted(over_cluster(works, names, given_up, cluster.scheduler_address)) == [f"{name} done" for name in names]


def works_slowly(trial):
    time.sleep(0.5)
    return f"{trial} done"


def test_a_worker_killed_in_the_middle_loses_nothing(cluster):
    names = [f"t{number}" for number in range(8)]
    worker = next(iter(cluster.workers.values()))
    threading.Timer(1, os.kill, (worker.pid, signal.SIGKILL)).start()
    assert sorted(over_cluster(works_slowly, names, given_up, cluster.scheduler_address)) == [f"{name} done" for name in names]


def test_a_trial_that_kills_every_worker_is_given_up_and_the_others_are_not(cluster):
    results = sorted(over_cluster(dies_when_named_so, ["a", "deadly", "b", "c"], given_up, cluster.scheduler_address))
    assert results == ["a done", "b done", "c done", f"deadly given up: {KILLED}"]


def test_a_worker_that_cannot_work_ends_the_sweep(cluster):
    with pytest.raises(UserError, match="a has other images"):
        list(over_cluster(complains, ["a"], given_up, cluster.scheduler_address))


def where(trial):
    return os.getpid()


def test_a_cluster_of_one_thread_does_the_work_itself():
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as small:
        assert os.getpid() not in set(over_cluster(where, ["a", "b"], given_up, small.scheduler_address))


@contextmanager
def dask(*arguments, **options):
    """Yield a process of Dask's command, and kill it at the end."""
    process = subprocess.Popen([sys.executable, "-m", "dask", *arguments], stderr=subprocess.PIPE, text=True, **options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def scheduler_process(**options):
    """Yield the process of a scheduler on loopback, and its address."""
    with dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0", **options) as process:
        yield process, next(match[1] for line in process.stderr if (match := re.search(r"Scheduler at:\s+(tcp://\S+)", line)))


WORKER = ("--nthreads", "1", "--no-nanny", "--dashboard-address", ":0")


def test_a_cluster_without_our_code_ends_the_sweep_and_not_the_trials(tmp_path, monkeypatch):
    # In processes of their own, elsewhere: inside this one the code would always be there.
    with scheduler_process(cwd=tmp_path) as (_, address), dask("worker", address, *WORKER, cwd=tmp_path) as worker:
        with pytest.raises(UserError, match="PYTHONPATH"):
            list(over_cluster(works, ["a", "b"], given_up, address))
        worker.kill()
        worker.wait()
        monkeypatch.setattr(cluster_module, "ANSWER", 1)
        with pytest.raises(UserError, match="has no worker: start one with"):
            list(over_cluster(works, ["a"], given_up, address))


def test_a_lost_scheduler_ends_the_sweep(monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER", 5)
    here = {"cwd": ROOT, "env": {**os.environ, "PYTHONPATH": "."}}
    with scheduler_process(**here) as (scheduler, address), dask("worker", address, *WORKER, **here):
        results = over_cluster(works_slowly, [f"t{number}" for number in range(99)], given_up, address)
        assert next(results).endswith(" done")
        scheduler.kill()
        with pytest.raises(UserError, match="the Dask scheduler is lost: start it and the same command again"):
            list(results)


def test_no_scheduler_says_what_to_start(monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER", 1)
    with pytest.raises(UserError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(over_cluster(works, ["a"], given_up, "tcp://127.0.0.1:9"))
    for address in ("nonsense", "", "http://x", "tcp://host"):
        with pytest.raises(UserError, match="is no address of a Dask scheduler: give one like tcp://host:8786"):
            list(over_cluster(works, ["a"], given_up, address))

"""How many trials of a sweep a minute brings, with one worker and with two, and what a Dask cluster adds to each.

    python benchmarks/workers.py      # 6 minutes, on an otherwise idle machine; writes benchmarks/workers.json

All trials are the same but for their seed: Section 1's baseline on lines, on the sweep's own budget. Workers start
cold, so their start (TensorFlow, the data set) is in the time. A second run over a cluster, with trials that do nothing, shows
what the scheduler needs for each: the most that it can hand out, however many workers there are.
"""

import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, provenance, run_folders
from q1_cnn.experiments import SWEEP
from sweeps.plan import plan
from sweeps.trials import Source

TRIALS = 16
EMPTY = 300
RESULT = Path(__file__).with_name("workers.json")


def do_nothing(trial):
    """A trial without work."""
    return {"seconds": "0"}


def measure(spread, work, trials):
    """Runs trials and returns how long that took, and how long the trainings in it did."""
    start = time.perf_counter()
    rows = list(spread(work, trials))
    seconds = time.perf_counter() - start
    assert len(rows) == len(trials)
    training = sum(float(row["seconds"]) for row in rows)
    return {"trials": len(trials), "seconds": round(seconds, 2), "training_seconds": round(training, 2)}


def main():
    command_line.Parser(__doc__).parse_args()

    from joblib.externals.loky import get_reusable_executor

    from sweeps.cluster import over_cluster  # before Dask itself: it says what to install
    from sweeps.processes import over_processes

    from distributed import LocalCluster  # isort: skip

    baseline = plan(SWEEP, [Source("lines")], seeds=1).trials[0]
    trials = [replace(baseline, seed=seed) for seed in range(TRIALS)]
    measured = []
    for workers in (1, 2):
        get_reusable_executor().shutdown(wait=True)  # processes that start anew
        spread = partial(over_processes, killed=None, workers=workers)
        measured.append({"where": "processes", "workers": workers, **measure(spread, SWEEP.worker, trials)})
        print(measured[-1], flush=True)
        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster:
            spread = partial(over_cluster, killed=None, address=cluster.scheduler_address)
            measured.append({"where": "Dask", "workers": workers, **measure(spread, SWEEP.worker, trials)})
            print(measured[-1], flush=True)
            if workers == 2:
                handing_out = measure(spread, do_nothing, [replace(baseline, seed=seed) for seed in range(EMPTY)])
    run_folders.write_json(RESULT, {
        "command": provenance.command_line(), "machine": provenance.machine(), "versions": provenance.versions(),
        "measured": measured, "handing_out": handing_out,
    })  # fmt: skip


if __name__ == "__main__":
    command_line.execute(main)

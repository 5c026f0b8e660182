"""Tries what the assignment asks about: filter size, filters, depth, pooling, decay, regularization, loss, optimizer.

    python q1_cnn/sweep.py                                    # both data sets, all questions, all cores: 20 minutes
    python q1_cnn/sweep.py --dataset lines --question depth   # one of them
    python q1_cnn/sweep.py --scheduler tcp://host:8786        # the same on a Dask cluster
    python q1_cnn/sweep.py --quick                            # a smoke run, written to reports/quick

One factor at a time is changed of a baseline, a small network for lines (see designs.py), with several seeds, on a slice
of the training pictures and a fixed number of steps, and scored on validation pictures. The test pictures are not touched. A
sweep that was stopped goes on where it was. Results: reports/q1_cnn/sweep (with --full: sweep_full).
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from q1_cnn.designs import QUESTIONS, SWEEP
from reports import runs
from reports.sweep_tables import print_comparisons
from training.sweep import run_sweep
from training.trials import Source


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--dataset", choices=("lines", "mnist", "all"), default="all", help="default: all")
    command_line.add_data_flags(parser, mnist=True)
    command_line.add_sweep_flags(parser, QUESTIONS)
    arguments = parser.parse_args()
    command_line.settle(parser, arguments, runs.REPORTS)

    from data import datasets

    names = ("lines", "mnist") if arguments.dataset == "all" else (arguments.dataset,)
    small = datasets.QUICK if arguments.quick else {}
    sources = [
        Source(name, arguments.lines_dir, arguments.mnist_path, arguments.per_class or small.get(name)) for name in names
    ]
    print_comparisons(run_sweep(
        SWEEP, sources, out=arguments.out, questions=arguments.question, seeds=arguments.seeds,
        full=arguments.full, quick=arguments.quick, workers=arguments.workers, scheduler=arguments.scheduler,
    ))  # fmt: skip


if __name__ == "__main__":
    command_line.run(main, goes_on="the same command goes on with the next trial")

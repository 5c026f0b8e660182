"""Tries other feature networks and heads: depth and filters, head size, where to branch, loss weights.

    python q2_multihead/sweep.py                              # all questions, all cores: 7 minutes
    python q2_multihead/sweep.py --question branch            # one of them
    python q2_multihead/sweep.py --scheduler tcp://host:8786  # the same on a Dask cluster
    python q2_multihead/sweep.py --quick                      # a smoke run, written to reports/quick

One factor at a time is changed of a baseline (see designs.py), with several seeds, on a slice of the training pictures and
a fixed number of steps, and scored on validation pictures. The test pictures are not touched. A sweep that was stopped goes on
where it was. Results: reports/q2_multihead/sweep (with --full: sweep_full).
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from q2_multihead.designs import QUESTIONS, SWEEP
from reports import runs
from reports.sweep_tables import print_comparisons
from training.sweep import run_sweep
from training.trials import Source


def main():
    parser = command_line.Parser(__doc__)
    command_line.add_data_flags(parser)
    command_line.add_sweep_flags(parser, QUESTIONS)
    arguments = parser.parse_args()
    command_line.settle(parser, arguments, runs.REPORTS)

    from data import datasets

    per_class = arguments.per_class or (datasets.QUICK["lines"] if arguments.quick else None)
    print_comparisons(run_sweep(
        SWEEP, [Source("lines", arguments.lines_dir, per_class=per_class)], out=arguments.out, questions=arguments.question,
        seeds=arguments.seeds, full=arguments.full, quick=arguments.quick, workers=arguments.workers,
        scheduler=arguments.scheduler,
    ))  # fmt: skip


if __name__ == "__main__":
    command_line.run(main, goes_on="the same command goes on with the next trial")

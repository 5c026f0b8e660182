"""Tries what the assignment asks about: filter size, filters, depth, pooling, decay, regularization, loss, optimizer.

    python q1_cnn/sweep.py                                    # both data sets, all questions, all cores: 20 minutes
    python q1_cnn/sweep.py --dataset lines --question depth   # one of them
    python q1_cnn/sweep.py --scheduler tcp://host:8786        # the same on a Dask cluster
    python q1_cnn/sweep.py --quick                            # a smoke run, written to reports/quick

Each variation changes one factor of a baseline, a small network for lines (see experiments.py). It is trained with several
seeds, on a part of the training images and for a fixed number of steps, and scored on validation images; no test image is
used. A sweep that was stopped goes on with the next trial. Results: reports/q1_cnn/sweep (with --full: sweep_full).
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line
from q1_cnn.experiments import SWEEP
from sweeps import command


def main() -> None:
    """Run the script."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("--dataset", choices=("lines", "mnist", "all"), default="all", help="default: all")
    command_line.add_data_flags(parser, mnist=True)
    arguments = command.parse(parser, SWEEP.questions)
    names = ("lines", "mnist") if arguments.dataset == "all" else (arguments.dataset,)
    command.run_and_print(SWEEP, names, arguments)


if __name__ == "__main__":
    command_line.execute(main, goes_on="the same command goes on with the next trial")

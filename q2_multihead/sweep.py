"""Tries other feature networks and heads: depth, filters, downsampling, pooling and head size, where to branch, loss weights.

    python q2_multihead/sweep.py                              # all questions, all cores: 7 minutes
    python q2_multihead/sweep.py --question branch            # one of them
    python q2_multihead/sweep.py --scheduler tcp://host:8786  # the same on a Dask cluster
    python q2_multihead/sweep.py --quick                      # a smoke run, written to reports/quick

Each variation changes one factor of a baseline (see experiments.py), on lines without noise and on those of the noisy task. It
is trained with several seeds, on a part of the training images and for a fixed number of steps, and scored on validation
images; no test image is used. A sweep that was stopped goes on with the next trial. Results: reports/q2_multihead/sweep (with
--full: sweep_full).
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line
from q2_multihead.experiments import SWEEP
from sweeps import command


def main() -> None:
    """Run the script."""
    parser = command_line.Parser(__doc__)
    command_line.add_data_flags(parser)
    command.run_and_print(SWEEP, ("lines", "lines_noisy"), command.parse(parser, SWEEP.questions))


if __name__ == "__main__":
    command_line.execute(main, goes_on="the same command goes on with the next trial")

"""Trains, tests and reports the four-headed network of Section 2 on the line data set.

    python q2_multihead/train.py                         # the network, in half a minute
    python q2_multihead/train.py --noise                 # and again at six levels of noise, in three minutes
    python q2_multihead/train.py --noise-level 5         # the noisy task: another network, trained for longer
    python q2_multihead/train.py --loss-weights angle=2  # the angle's loss counts twice
    python q2_multihead/train.py --quick                 # a smoke run in seconds, written to reports/quick
    python q2_multihead/train.py --seeds 10              # with ten seeds, on every core; goes on where it stopped

The run folder is reports/q2_multihead/lines, of the noisy task reports/q2_multihead/lines_noisy. With --seeds the networks of
the other seeds go to reports/seeds, and seeds.json in the run folder has the scores of all, their mean and their standard
deviation.
"""

from __future__ import annotations

import argparse
import math
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from data import line_classes, noise
from q2_multihead.evaluate import SECTION, print_results, write_results
from reports.head_tables import noise_rows
from reports.printing import print_table
from sweeps import command
from training.run import Run, train_network

if TYPE_CHECKING:
    from data.datasets import Dataset


def loss_weight(text: str) -> tuple[str, float]:
    """Type of --loss-weights: turn "angle=2" into ("angle", 2.0)."""
    head, _, weight = text.partition("=")
    try:
        number = float(weight)
    except ValueError:
        number = math.nan
    if head not in line_classes.FACTORS or not 0.001 <= number <= 1000:
        heads = ", ".join(line_classes.FACTORS)
        raise argparse.ArgumentTypeError(f"{text!r}: give a head ({heads}) and a weight from 0.001 to 1000, as in angle=2")
    return head, number


def _parse():
    parser = command_line.Parser(__doc__)
    command_line.add_data_flags(parser)
    command_line.add_training_flags(parser)
    parser.add_argument(
        "--loss-weights", type=loss_weight, nargs="+", action="extend", default=[], metavar="HEAD=WEIGHT",
        help="how much a head's loss counts in the sum (default: 1 each)",
    )  # fmt: skip
    parser.add_argument("--noise", action="store_true", help="also train and test at each level of noise, and draw the curve")
    command_line.add_noise_flag(parser, noise.LEVELS)
    command.add_repeat_flags(parser)
    arguments = parser.parse_args()
    command.check_repeat_flags(parser, arguments)
    if arguments.seeds and arguments.noise:
        parser.error("--noise draws the curve of one network: give --seeds and --noise one after the other")
    if arguments.noise_level and arguments.noise:
        parser.error("--noise trains at every level: leave out --noise-level")
    heads = [head for head, _ in arguments.loss_weights]
    if len(set(heads)) < len(heads):
        parser.error(f"--loss-weights names a head twice ({', '.join(heads)})")
    command_line.set_out(parser, arguments, run_folders.REPORTS)
    return arguments


def planned(
    dataset: Dataset, *, out: Path, seed: int = 0, epochs: int | None = None, batch_size: int | None = None,
    loss_weights: dict | None = None, resume: bool = False,
) -> Run:  # fmt: skip
    """Plan the training of the network.

    Parameters
    ----------
    dataset, out, seed, resume
        See `training.run.Run`.
    epochs, batch_size, loss_weights
        By default the recipe's; {head: weight} for the heads that have another.
    """
    from q2_multihead.recipes import recipe_at

    recipe = recipe_at(dataset.noise_level)
    weights = {**recipe.loss_weights, **(loss_weights or {})}
    recipe = recipe.adapted(epochs=epochs, batch_size=batch_size, loss_weights=weights)
    return Run(f"{SECTION}/{dataset.name}", recipe, dataset, out=out, seed=seed, resume=resume)


def train_heads(dataset: Dataset, *, seed: int = 0, **settings: object) -> dict:
    """Train and test the network, write its run folder, and return its metrics.json; parameters as `planned`."""
    run = planned(dataset, seed=seed, **settings)
    with run.held() as complete:
        if complete:
            return complete
        model, history = train_network(run.recipe, dataset, seed=seed, checkpoint=run.checkpoint, resume=run.resume, curve=True)
        with run.new_folder() as folder:
            return run.write(folder, model, history, write_results(folder, model, dataset, run.title))


def main() -> None:
    """Run the script."""
    arguments = _parse()

    from data import datasets
    from sweeps import repeats
    from sweeps.trials import Source

    per_class = arguments.per_class or (datasets.QUICK["lines"] if arguments.quick else None)
    source = Source(datasets.at_level(arguments.noise_level), arguments.lines_dir, per_class=per_class)
    dataset = source.load(arguments.seed)
    for note in dataset.notes():
        print(f"{dataset.name}: {note}")

    from q2_multihead.noise_curve import add_noise_curve
    from training.seeding import make_deterministic

    recipe = {
        "epochs": arguments.epochs or (1 if arguments.quick else None), "batch_size": arguments.batch_size,
        "loss_weights": dict(arguments.loss_weights),
    }  # fmt: skip
    if arguments.seeds:
        network = repeats.Network(source, partial(planned, **recipe), partial(train_heads, **recipe))
        repeats.repeat_and_print([network], arguments)
        return
    make_deterministic(arguments.seed)
    settings = {"out": arguments.out, "seed": arguments.seed, "resume": arguments.resume, **recipe}
    metrics = train_heads(dataset, **settings)
    print_results(metrics)
    if arguments.noise:
        print_table(noise_rows(add_noise_curve(planned(dataset, **settings), metrics)))


if __name__ == "__main__":
    command_line.execute(main, goes_on="--resume goes on from the last complete epoch")

"""Trains, tests and reports the four-headed network of Section 2 on the line data set.

    python q2_multihead/train.py                         # the network, in half a minute
    python q2_multihead/train.py --noise                 # and again at six levels of noise, in three minutes
    python q2_multihead/train.py --loss-weights angle=2  # the angle's loss counts twice
    python q2_multihead/train.py --quick                 # a smoke run in seconds, written to reports/quick

The run folder is reports/q2_multihead/lines.
"""

import argparse
import math
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from data import line_classes
from q2_multihead.evaluate import NETWORK, print_results, write_results
from reports.printing import print_table
from reports.tables import noise_rows
from training.run import Run, train_network


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
    arguments = parser.parse_args()
    heads = [head for head, _ in arguments.loss_weights]
    if len(set(heads)) < len(heads):
        parser.error(f"--loss-weights names a head twice ({', '.join(heads)})")
    command_line.set_out(parser, arguments, run_folders.REPORTS)
    return arguments


def main() -> None:
    """Run the script."""
    arguments = _parse()

    from data import datasets

    per_class = arguments.per_class or (datasets.QUICK["lines"] if arguments.quick else None)
    dataset = datasets.load_lines(arguments.lines_dir, per_class, arguments.seed)
    for note in dataset.notes():
        print(f"lines: {note}")

    from q2_multihead.noise_curve import add_noise_curve
    from q2_multihead.recipes import RECIPE
    from training.seeding import make_deterministic

    make_deterministic(arguments.seed)
    recipe = RECIPE.adapted(
        epochs=arguments.epochs or (1 if arguments.quick else None), batch_size=arguments.batch_size,
        loss_weights={**RECIPE.loss_weights, **dict(arguments.loss_weights)},
    )  # fmt: skip
    run = Run(NETWORK, recipe, dataset, out=arguments.out, seed=arguments.seed, resume=arguments.resume)
    with run.held() as metrics:
        if not metrics:
            model, history = train_network(
                recipe, dataset, seed=arguments.seed, checkpoint=run.checkpoint, resume=run.resume, curve=True
            )
            with run.new_folder() as folder:
                test = write_results(folder, model, dataset, run.title)
                metrics = run.write(folder, model, history, test)
    print_results(metrics)
    if arguments.noise:
        print_table(noise_rows(add_noise_curve(run, recipe, metrics)))


if __name__ == "__main__":
    command_line.execute(main, goes_on="--resume goes on from the last complete epoch")

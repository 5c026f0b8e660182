"""Trains, tests and reports the CNNs of Section 1: lines and MNIST, part 1 (prescribed) and part 2 (our own).

    python q1_cnn/train.py                               # all four networks
    python q1_cnn/train.py --dataset lines --part 2      # one of them, in half a minute
    python q1_cnn/train.py --quick                       # a smoke run in seconds, written to reports/quick
    python q1_cnn/train.py --dataset mnist --split official

Each network gets a run folder, for example reports/q1_cnn/lines/part2.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from q1_cnn.evaluate import SECTION, print_results, write_results
from reports import runs
from training.run import train_network


def train_part(dataset, part, *, out, seed=0, epochs=None, batch_size=None, resume=False):
    """Trains the network of one part on a `data.datasets.Dataset`. Arguments and result: see `training.run.train_network`.

    epochs, batch_size: instead of the recipe's.
    """
    from q1_cnn.recipes import RECIPES

    recipe = RECIPES[dataset.name, part].adapted(epochs=epochs, batch_size=batch_size)
    network = f"{SECTION}/{dataset.name}/part{part}"
    return train_network(network, recipe, dataset, write_results, out=out, seed=seed, resume=resume)


def _parse():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--dataset", choices=("lines", "mnist", "all"), default="all", help="default: all")
    parser.add_argument("--part", choices=("1", "2", "all"), default="all", help="1 prescribed, 2 our own (default: all)")
    parser.add_argument(
        "--split", choices=("60/40", "official"), default="60/40",
        help="official: MNIST's own 60,000 / 10,000 (default: 60/40)",
    )  # fmt: skip
    command_line.add_data_flags(parser, mnist=True)
    command_line.add_training_flags(parser)
    arguments = parser.parse_args()
    if arguments.split == "official" and arguments.dataset != "mnist":
        parser.error("--split official is MNIST's: add --dataset mnist")
    if arguments.split == "official" and (arguments.quick or arguments.per_class):
        parser.error("--split official takes all of MNIST: leave out --quick and --per-class")
    command_line.settle(parser, arguments, runs.REPORTS)
    return arguments


def main():
    arguments = _parse()

    from data import datasets

    names = {"all": ("lines", "mnist"), "lines": ("lines",), "mnist": ("mnist",)}[arguments.dataset]
    if arguments.split == "official":
        names = ("mnist_official",)
    parts = (1, 2) if arguments.part == "all" else (int(arguments.part),)
    loaded = []
    for name in names:  # all before the first is trained on: what is wrong with one of them shows at once
        per_class = arguments.per_class or (datasets.QUICK[name] if arguments.quick else None)
        loaded.append(datasets.load(name, arguments.lines_dir, arguments.mnist_path, per_class, arguments.seed))
        for note in loaded[-1].notes():
            print(f"{name}: {note}")
    print_results([
        train_part(
            dataset, part, out=arguments.out, seed=arguments.seed, epochs=arguments.epochs or (1 if arguments.quick else None),
            batch_size=arguments.batch_size, resume=arguments.resume,
        )
        for dataset in loaded for part in parts
    ])  # fmt: skip


if __name__ == "__main__":
    command_line.run(main, goes_on="--resume goes on from the last complete epoch")

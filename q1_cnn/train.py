"""Trains, tests and reports the CNNs of Section 1: lines and MNIST, part 1 (prescribed) and part 2 (our own).

    python q1_cnn/train.py                               # all four networks
    python q1_cnn/train.py --dataset lines --part 2      # one of them, in half a minute
    python q1_cnn/train.py --quick                       # a smoke run in seconds, written to reports/quick
    python q1_cnn/train.py --dataset mnist --split official   # MNIST's own 60,000 / 10,000
    python q1_cnn/train.py --dataset lines --noise-level 5    # the noisy task
    python q1_cnn/train.py --seeds 10                    # each network with ten seeds, on every core; goes on where it stopped

Each network gets a run folder, for example reports/q1_cnn/lines/part2. With --seeds the networks of the other seeds go to
reports/seeds, and seeds.json in the run folder has the scores of all, their mean and their standard deviation.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from data import noise
from q1_cnn.evaluate import SECTION, print_results, write_results
from sweeps import command
from training.run import Run, train_network

if TYPE_CHECKING:
    from data.datasets import Dataset


def planned(
    dataset: Dataset, part: int, *, out: Path, seed: int = 0, epochs: int | None = None, batch_size: int | None = None,
    resume: bool = False,
) -> Run:  # fmt: skip
    """Plan the training of one part.

    Parameters
    ----------
    dataset, part
        The data set, and 1 (prescribed) or 2 (our own): together a key of `q1_cnn.recipes.RECIPES`.
    out, seed, resume
        See `training.run.Run`.
    epochs, batch_size
        By default the recipe's.
    """
    from q1_cnn.recipes import RECIPES

    recipe = RECIPES[dataset.name, part].adapted(epochs=epochs, batch_size=batch_size)
    return Run(f"{SECTION}/{dataset.name}/part{part}", recipe, dataset, out=out, seed=seed, resume=resume)


def train_part(dataset: Dataset, part: int, *, seed: int = 0, **settings: object) -> dict:
    """Train and test the network of one part, write its run folder, and return its metrics.json; parameters as `planned`."""
    run = planned(dataset, part, seed=seed, **settings)
    with run.held() as complete:
        if complete:
            return complete
        model, history = train_network(run.recipe, dataset, seed=seed, checkpoint=run.checkpoint, resume=run.resume, curve=True)
        with run.new_folder() as folder:
            test = write_results(folder, model, dataset, run.title)
            return run.write(folder, model, history, test)


def _parse():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--dataset", choices=("lines", "mnist", "all"), default="all", help="default: all")
    parser.add_argument("--part", choices=("1", "2", "all"), default="all", help="1 prescribed, 2 our own (default: all)")
    parser.add_argument(
        "--split", choices=("60/40", "official"), default="60/40", help="official: MNIST's own (default: 60/40)"
    )
    command_line.add_data_flags(parser, mnist=True)
    command_line.add_training_flags(parser)
    command_line.add_noise_flag(parser, noise.LEVELS)
    command.add_repeat_flags(parser)
    arguments = parser.parse_args()
    command.check_repeat_flags(parser, arguments)
    if arguments.noise_level and arguments.dataset != "lines":
        parser.error("--noise-level is of the lines: add --dataset lines")
    if arguments.split == "official" and arguments.dataset != "mnist":
        parser.error("--split official is MNIST's: add --dataset mnist")
    if arguments.split == "official" and (arguments.quick or arguments.per_class):
        parser.error("--split official takes all of MNIST: leave out --quick and --per-class")
    command_line.set_out(parser, arguments, run_folders.REPORTS)
    return arguments


def main() -> None:
    """Run the script."""
    arguments = _parse()

    from data import datasets
    from sweeps import repeats
    from sweeps.trials import Source

    names = ["lines", "mnist"] if arguments.dataset == "all" else [arguments.dataset]
    if arguments.split == "official":
        names = ["mnist_official"]
    if arguments.noise_level:
        names = [datasets.at_level(arguments.noise_level)]
    small = datasets.QUICK if arguments.quick else {}
    per_class = {name: arguments.per_class or small.get(name) for name in names}
    places = arguments.lines_dir, arguments.mnist_path
    loaded = [datasets.load(name, *places, per_class[name], arguments.seed) for name in names]
    for dataset in loaded:  # all before any training, so that an unusable data set shows at once
        for note in dataset.notes():
            print(f"{dataset.name}: {note}")

    from training.seeding import make_deterministic

    parts = [part for part in (1, 2) if arguments.part in ("all", str(part))]
    recipe = {"epochs": arguments.epochs or (1 if arguments.quick else None), "batch_size": arguments.batch_size}
    if arguments.seeds:
        networks = [
            repeats.Network(source, partial(planned, part=part, **recipe), partial(train_part, part=part, **recipe))
            for source in (Source(name, *places, per_class[name]) for name in names) for part in parts
        ]  # fmt: skip
        repeats.repeat_and_print(networks, arguments)
        return
    make_deterministic(arguments.seed)
    print_results([
        train_part(dataset, part, out=arguments.out, seed=arguments.seed, resume=arguments.resume, **recipe)
        for dataset in loaded for part in parts
    ])  # fmt: skip


if __name__ == "__main__":
    command_line.execute(main, goes_on="--resume goes on from the last complete epoch")

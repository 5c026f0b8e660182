"""Trains, tests and reports the CNNs of Section 1: lines and MNIST, part 1 (prescribed) and part 2 (our own).

    python q1_cnn/train.py                               # all four networks
    python q1_cnn/train.py --dataset lines --part 2      # one of them, in half a minute
    python q1_cnn/train.py --quick                       # a smoke run in seconds, written to reports/quick
    python q1_cnn/train.py --dataset mnist --split official

Each network gets a run folder, for example reports/q1_cnn/lines/part2.
"""

import sys
import zipfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from q1_cnn.evaluate import SECTION, load_dataset, print_table, write_results
from reports import runs

QUICK = {"lines": 10, "mnist": 60}  # pictures a class of a smoke run


def train_network(dataset, part, *, out, seed=0, epochs=None, batch_size=None, resume=False):
    """Trains the network of one part on a `data.datasets.Dataset`, tests it and writes its run folder below `out`.

    epochs, batch_size: instead of the recipe's. resume: go on from the last complete epoch of a stopped run, and
    leave a complete run as it is. Returns its metrics.json as a dict.
    """
    from q1_cnn.recipes import RECIPES
    from reports import figures
    from training.checkpoint import Checkpoint
    from training.loop import one_hot, save, train
    from training.quiet import keras

    network = f"{SECTION}/{dataset.name}/part{part}"
    folder = Path(out, network)
    recipe = RECIPES[dataset.name, part].adapted(epochs, batch_size)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = recipe.compiled(dataset)
    settings = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "seed": seed, "recipe": recipe.digest(model)}
    data = dataset.describe()
    if resume and (complete := _complete_run(folder, data, settings)):
        print(f"{network}: complete, left as it is", flush=True)
        return complete

    print(f"{network}: {model.count_params():,} parameters, {data['train']:,} pictures ({dataset.source})", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(folder.with_suffix(".checkpoint.npz"), {**settings, "fingerprint": data["fingerprint"]})
    history = train(
        model, dataset, targets=one_hot(data["classes"]), epochs=recipe.epochs, batch_size=recipe.batch_size,
        seed=seed, augment=recipe.augment, checkpoint=checkpoint, resume=resume,
    )  # fmt: skip

    with runs.new_run(folder) as filled:
        save(model, filled / "model.keras")
        runs.write_rows(filled / "history.csv", history)
        title = f"{network}\n{dataset.source}"
        figures.save(figures.learning_curves(history, title), filled / "learning_curves.png")
        metrics = {
            "network": network,
            "data": data,
            "training": {
                **settings,
                "parameters": model.count_params(),
                "seconds": round(sum(row["seconds"] for row in history), 1),
                "command": runs.command_line(),
            },
            "test": write_results(filled, model, dataset, title),
            "machine": runs.machine(),
            "versions": runs.versions(),
        }
        runs.write_json(filled / "metrics.json", metrics)
    checkpoint.remove()
    return metrics


def _complete_run(folder, data, settings):
    """metrics.json of a run that ended with these data and settings, as a dict; None if there is none."""
    if not zipfile.is_zipfile(folder / "model.keras"):  # neither for one that is missing nor for one cut short
        return None
    metrics = runs.read_metrics(folder)
    same_data = metrics["data"].get("fingerprint") == data["fingerprint"]
    return metrics if same_data and settings.items() <= metrics["training"].items() else None


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
    command_line.settle_output(parser, arguments, runs.REPORTS)
    if arguments.quick:
        arguments.epochs = arguments.epochs or 1
    return arguments


def main():
    arguments = _parse()
    names = {"all": ("lines", "mnist"), "lines": ("lines",), "mnist": ("mnist",)}[arguments.dataset]
    if arguments.split == "official":
        names = ("mnist_official",)
    parts = (1, 2) if arguments.part == "all" else (int(arguments.part),)
    datasets = []
    for name in names:  # all before the first is trained on: what is wrong with one of them shows at once
        per_class = arguments.per_class or (QUICK[name] if arguments.quick else None)
        datasets.append(load_dataset(name, arguments.lines_dir, arguments.mnist_path, per_class, arguments.seed))
        for note in datasets[-1].notes():
            print(f"{name}: {note}")
    print_table([
        train_network(
            dataset, part, out=arguments.out, seed=arguments.seed, epochs=arguments.epochs,
            batch_size=arguments.batch_size, resume=arguments.resume,
        )
        for dataset in datasets for part in parts
    ])  # fmt: skip


if __name__ == "__main__":
    command_line.run(main)

"""Tests trained networks of Section 1 again, from the files on disk.

    python q1_cnn/evaluate.py q1_cnn/lines/part2
    python q1_cnn/evaluate.py                            # every trained network of Section 1

The data set is made or read as it was for the training; pictures that differ from those are refused, since
the network may have learned from what would now be its test.
"""

import sys
from functools import lru_cache
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from data.command_line import UserError
from reports import runs

SECTION = "q1_cnn"


def write_results(folder, model, dataset, title):
    """Tests `model` on the test pictures, once, and writes what came out into `folder`.

    dataset: a `data.datasets.Dataset`. Writes f_scores.csv, confusion_matrix.csv and confusion_matrix.png.
    Returns the scores, a dict (see `reports.metrics.score`).
    """
    from reports import figures, metrics
    from training.loop import predict

    labels = dataset.labels[dataset.split.test]
    probabilities = predict(model, dataset.images, dataset.split.test)
    predictions = probabilities.argmax(axis=1)
    matrix = metrics.confusion(labels, predictions, len(dataset.class_names))

    runs.write_rows(folder / "f_scores.csv", metrics.f_scores(labels, predictions, dataset.class_names))
    runs.write_matrix(folder / "confusion_matrix.csv", matrix, dataset.class_names)
    if dataset.factors:
        sizes = [len(levels) for levels in dataset.factors.values()]
        factor_matrices = metrics.factor_confusions(labels, predictions, sizes)
        figure = figures.factored_confusion_matrix(matrix, factor_matrices, dataset.factors, title)
    else:
        figure = figures.confusion_matrix(matrix, dataset.class_names, title)
    figures.save(figure, folder / "confusion_matrix.png")
    return metrics.score(labels, probabilities)


@lru_cache(maxsize=1)  # networks that are evaluated one after the other mostly share it
def load_dataset(name, lines_dir=None, mnist_path=None, per_class=None, seed=0):
    """The data set of a network's name: "lines", "mnist" or "mnist_official"."""
    from data import datasets

    if name == "lines":
        return datasets.load_lines(lines_dir, per_class, seed)
    return datasets.load_mnist(mnist_path, per_class, seed, official=name == "mnist_official")


def evaluate(network, out=runs.REPORTS, lines_dir=None, mnist_path=None):
    """Repeats the test of a trained network and writes its results again. Returns its metrics.json as a dict.

    Prints whether the numbers are those of the run. Raises UserError when the network cannot be loaded or the data is
    not that of the training, OSError when the run folder cannot be read or written.
    """
    folder = Path(out, network)
    recorded = runs.read_metrics(folder)
    path = folder / "model.keras"
    if not path.is_file():
        raise UserError(f"{path} is missing (part 1's are too large for git): run python q1_cnn/train.py first")
    data, seed = recorded["data"], recorded["training"]["seed"]
    dataset = load_dataset(data["name"], lines_dir, mnist_path, data["per_class"], seed)
    if dataset.describe()["fingerprint"] != data["fingerprint"]:
        raise UserError(
            f"{network} was trained on other pictures ({data['source']}) than these ({dataset.source}): "
            "give the same --lines-dir or --mnist-path as then"
        )
    model = _load(path, dataset)
    with runs.new_run(folder, keep=True) as filled:
        test = write_results(filled, model, dataset, f"{network}\n{data['source']}")
        evaluated = {**recorded, "test": test, "machine": runs.machine(), "versions": runs.versions()}
        runs.write_json(filled / "metrics.json", evaluated)
    same = "the same numbers as" if test == recorded["test"] else f"other numbers than {recorded['test']}, those of"
    print(f"{network}: {same} the training run")
    return evaluated


def _load(path, dataset):
    from training.quiet import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a damaged archive makes Keras raise nearly everything
        raise UserError(f"{path} is no network that Keras can load ({error}): train it again") from error
    shapes = model.input_shape[1:], model.output_shape[1:]
    if shapes != (dataset.images.shape[1:], (len(dataset.class_names),)):
        raise UserError(f"{path} is a network for other pictures or classes (shapes {shapes}): train it again")
    return model


def print_table(all_metrics):
    """Prints what metrics.json says of each network: a table, and under it where the data came from."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    caption = "\n".join(f"{metrics['network']}: {metrics['data']['source']}" for metrics in all_metrics)
    table = Table(caption=escape(caption), caption_justify="left", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    table.add_column("network", no_wrap=True)
    for heading in ("parameters", "test\naccuracy", "errors", "macro\nF1", "training\nseconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for metrics in all_metrics:
        data, training, test = metrics["data"], metrics["training"], metrics["test"]
        table.add_row(
            metrics["network"],
            f"{training['parameters']:,}",
            f"{test['accuracy']:.2%}",
            f"{test['errors']:,} of {data['test']:,}",
            f"{test['macro_f1']:.4f}",
            f"{training['seconds']:.1f}",
        )
    console = Console()
    console.width = max(console.width, 100)  # a log, or a narrow terminal that may wrap lines, but not lose digits
    console.print(table)


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="q1_cnn/lines/part2, for example (default: all)")
    command_line.add_data_flags(parser, mnist=True, per_class=False)
    parser.add_argument(
        "--out", type=command_line.named, default=runs.REPORTS, metavar="DIR", help="where run folders are (default: reports)"
    )
    arguments = parser.parse_args()

    trained = [path.parent.relative_to(arguments.out) for path in sorted(arguments.out.glob(f"{SECTION}/*/part?/metrics.json"))]
    if not trained:
        raise UserError(f"{arguments.out} has no trained network: run python q1_cnn/train.py first")
    networks = [Path(name) for name in arguments.networks] or [
        name for name in trained if Path(arguments.out, name, "model.keras").exists()
    ]
    for name in networks:
        if name not in trained:
            raise UserError(f"no network {name} in {arguments.out}: name one of {', '.join(map(str, trained))}")
    print_table([evaluate(name, arguments.out, arguments.lines_dir, arguments.mnist_path) for name in networks])


if __name__ == "__main__":
    command_line.run(main)

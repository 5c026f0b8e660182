"""Tests trained networks of Section 1 again, from the files on disk.

    python q1_cnn/evaluate.py q1_cnn/lines/part2
    python q1_cnn/evaluate.py                            # every trained network of Section 1

The data set is drawn or read as for the training. Other images are refused, since the network may have been trained on what
would now be its test images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from reports.printing import print_table

if TYPE_CHECKING:
    from common.quiet import keras
    from data.datasets import Dataset

SECTION = "q1_cnn"


def write_results(folder: Path, model: keras.Model, dataset: Dataset, title: str) -> dict:
    """Test a model on the test images, and write F-scores, confusion matrix and mistakes into a run folder.

    Returns
    -------
    dict
        The scores, see `reports.metrics.score`.
    """
    from reports import figures, metrics, mistakes
    from training.loop import predict

    labels = dataset.labels[dataset.split.test]
    probabilities = predict(model, dataset.images, dataset.split.test)
    predictions = probabilities.argmax(axis=1)
    matrix = metrics.confusion(labels, predictions, len(dataset.class_names))

    run_folders.write_rows(folder / "f_scores.csv", metrics.f_scores(labels, predictions, dataset.class_names))
    run_folders.write_matrix(folder / "confusion_matrix.csv", matrix, dataset.class_names)
    if dataset.factors:
        factor_matrices = metrics.factor_confusions(matrix, list(map(len, dataset.factors.values())))
        figure = figures.factored_confusion_matrix(matrix, factor_matrices, dataset.factors, title)
    else:
        figure = figures.confusion_matrix(matrix, dataset.class_names, title)
    figures.save(figure, folder / "confusion_matrix.png")
    mistakes.write(folder, dataset, predictions)
    return metrics.score(labels, probabilities)


def print_results(all_metrics: list[dict]) -> None:
    """Print a table of the metrics.json of networks, and below it where their data comes from."""
    rows = [("network", "parameters", "test\naccuracy", "errors", "macro\nF1", "training\nseconds")]
    for metrics in all_metrics:
        training, test = metrics["training"], metrics["test"]
        errors = f"{test['errors']:,} of {metrics['data']['test']:,}"
        scores = f"{test['accuracy']:.2%}", errors, f"{test['macro_f1']:.4f}"
        rows.append((metrics["network"], f"{training['parameters']:,}", *scores, f"{training['seconds']:.1f}"))
    print_table(rows, [f"{metrics['network']}: {metrics['data']['source']}" for metrics in all_metrics])


def main() -> None:
    """Run the script."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="q1_cnn/lines/part2, for example (default: all)")
    command_line.add_evaluation_flags(parser, mnist=True)
    arguments = parser.parse_args()

    from training.evaluation import networks_to_test, trained_network

    networks = networks_to_test(f"{SECTION}/*/part?", arguments.networks, arguments.out)
    sources = {"out": arguments.out, "lines_dir": arguments.lines_dir, "mnist_path": arguments.mnist_path}
    all_metrics = []
    for name in networks:
        with trained_network(name, **sources) as trained:
            trained.require_output((len(trained.dataset.class_names),))
            test = write_results(trained.folder, trained.model, trained.dataset, trained.title)
            all_metrics.append(trained.write(test))
    print_results(all_metrics)


if __name__ == "__main__":
    command_line.execute(main)

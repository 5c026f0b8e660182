"""Tests trained networks of Section 2 again, from the files on disk.

    python q2_multihead/evaluate.py q2_multihead/lines
    python q2_multihead/evaluate.py                      # that of the noisy task too

The accuracy of the whole network is the share of images that all four heads classify correctly. The table also has the mean
accuracy of the heads, which is never lower, and what all heads would reach together if their errors were independent.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from data import line_classes
from reports.head_tables import head_rows
from reports.printing import print_table

if TYPE_CHECKING:
    from common.quiet import keras
    from data.datasets import Dataset

SECTION = "q2_multihead"


def write_results(folder: Path, model: keras.Model, dataset: Dataset, title: str) -> dict:
    """Test a model on the test images, and write F-scores, mistakes and a confusion matrix a head into a run folder.

    Returns
    -------
    dict
        The scores, see `score`.
    """
    from reports import figures, metrics, mistakes

    labels, probabilities = predict_heads(model, dataset, dataset.split.test)
    predictions = {head: probabilities[head].argmax(axis=1) for head in labels}
    f_scores = []
    for head, levels in line_classes.FACTORS.items():
        f_scores += [{"head": head, **row} for row in metrics.f_scores(labels[head], predictions[head], levels)]
        matrix = metrics.confusion(labels[head], predictions[head], len(levels))
        run_folders.write_matrix(folder / f"confusion_matrix_{head}.csv", matrix, levels)
        figures.save(figures.confusion_matrix(matrix, levels, f"{head}\n{title}"), folder / f"confusion_matrix_{head}.png")
    run_folders.write_rows(folder / "f_scores.csv", f_scores)
    mistakes.write(folder, dataset, line_classes.class_index(**predictions))
    return score(labels, probabilities)


def predict_heads(model: keras.Model, dataset: Dataset, indices: np.ndarray) -> tuple[dict, dict]:
    """Return labels, {head: int64 (n,)}, and probabilities, {head: float (n, levels)}, of the images at `indices`, int (n,)."""
    from reports.metrics import as_softmax
    from training.loop import predict

    outputs = predict(model, dataset.images, indices)
    labels = line_classes.class_factors(dataset.labels[indices])
    return labels, {head: as_softmax(outputs[head]) for head in labels}


def score(labels: dict[str, np.ndarray], probabilities: dict[str, np.ndarray]) -> dict:
    """Return `reports.metrics.score_heads` with the mean absolute error of the angle, in degrees, around the circle."""
    from reports.metrics import mean_circular_error, score_heads

    scores = score_heads(labels, probabilities)
    true, predicted = np.take(line_classes.ANGLES, [labels["angle"], probabilities["angle"].argmax(axis=1)])
    scores["heads"]["angle"]["mean_absolute_error_degrees"] = mean_circular_error(true, predicted, period=180)
    return scores


def print_results(metrics: dict) -> None:
    """Print a metrics.json as a table with a row for each head, then for the heads together."""
    training, degrees = metrics["training"], metrics["test"]["heads"]["angle"]["mean_absolute_error_degrees"]
    notes = [
        f"{metrics['network']}: {metrics['data']['source']}; {training['parameters']:,} parameters, {training['seconds']} s",
        f"the angle is off by {degrees:.3f} degrees on average",
    ]
    print_table(head_rows(metrics), notes)


def main() -> None:
    """Run the script."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="q2_multihead/lines, for example (default: all)")
    command_line.add_evaluation_flags(parser)
    arguments = parser.parse_args()

    from q2_multihead.models import NEURONS
    from training.evaluation import networks_to_test, trained_network

    for name in networks_to_test(f"{SECTION}/*", arguments.networks, arguments.out):
        with trained_network(name, out=arguments.out, lines_dir=arguments.lines_dir) as trained:
            trained.require_output({head: (neurons,) for head, neurons in NEURONS.items()})
            metrics = trained.write(write_results(trained.folder, trained.model, trained.dataset, trained.title))
        print_results(metrics)


if __name__ == "__main__":
    command_line.execute(main)

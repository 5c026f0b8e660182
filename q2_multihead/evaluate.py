"""Tests the trained network of Section 2 again, from the files on disk.

    python q2_multihead/evaluate.py

The accuracy of the whole network is the share of pictures that all four heads get right. It equals the accuracy on the
96 classes, since the four labels make a picture's class. Two more stand beside it. The mean of the heads flatters: a
network whose heads each err on another 1 % of the pictures errs on 4 % of them. The product of the heads' accuracies is what
all heads would reach together if they erred independently; an accuracy above it says that errors fall on the same pictures.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from data import line_classes
from reports.printing import print_table
from reports.tables import head_rows

NETWORK = "q2_multihead/lines"


def write_results(folder, model, dataset, title):
    """Tests `model` on the test pictures, once, and writes what came out into `folder`.

    dataset: a `data.datasets.Dataset` of lines. Writes f_scores.csv, mistakes.csv and .png, and for each
    head confusion_matrix_HEAD.csv and .png. Returns the scores, a dict (see `score`).
    """
    from reports import figures, metrics, mistakes

    labels, probabilities = predict_heads(model, dataset, dataset.split.test)
    f_scores = []
    for head, levels in line_classes.FACTORS.items():
        predictions = probabilities[head].argmax(axis=1)
        f_scores += [{"head": head, **row} for row in metrics.f_scores(labels[head], predictions, levels)]
        matrix = metrics.confusion(labels[head], predictions, len(levels))
        run_folders.write_matrix(folder / f"confusion_matrix_{head}.csv", matrix, levels)
        figures.save(figures.confusion_matrix(matrix, levels, f"{head}\n{title}"), folder / f"confusion_matrix_{head}.png")
    run_folders.write_rows(folder / "f_scores.csv", f_scores)
    predicted = line_classes.class_index(*(probabilities[head].argmax(axis=1) for head in line_classes.FACTORS))
    mistakes.write(folder, dataset, predicted)
    return score(labels, probabilities)


def predict_heads(model, dataset, indices):
    """Labels, {head: int64 (n,)}, and probabilities, {head: float (n, levels)}, of the pictures that indices (n,) name."""
    from reports.metrics import as_softmax
    from training.loop import predict

    outputs = predict(model, dataset.images, indices)
    labels = line_classes.class_factors(dataset.labels[indices])
    return labels, {head: as_softmax(outputs[head]) for head in line_classes.FACTORS}


def score(labels, probabilities):
    """The scores of `reports.metrics.score_heads`, and for the angle the mean absolute error in degrees, around the circle."""
    from reports.metrics import mean_circular_error, score_heads

    scores = score_heads(labels, probabilities)
    true, predicted = (
        np.take(line_classes.ANGLES, levels) for levels in (labels["angle"], probabilities["angle"].argmax(axis=1))
    )
    scores["heads"]["angle"]["mean_absolute_error_degrees"] = mean_circular_error(true, predicted, period=180)
    return scores


def print_results(metrics):
    """Prints what metrics.json says: a table with a row for each head, then for the heads together."""
    training, degrees = metrics["training"], metrics["test"]["heads"]["angle"]["mean_absolute_error_degrees"]
    notes = [
        f"{metrics['network']}: {metrics['data']['source']}; {training['parameters']:,} parameters, {training['seconds']} s",
        f"the angle is off by {degrees:.3f} degrees in the mean",
    ]
    print_table(head_rows(metrics), notes)


def main() -> None:
    """Run the script."""
    parser = command_line.Parser(__doc__)
    command_line.add_evaluation_flags(parser)
    arguments = parser.parse_args()

    from q2_multihead.models import NEURONS
    from training.evaluation import trained_network

    with trained_network(NETWORK, out=arguments.out, lines_dir=arguments.lines_dir) as trained:
        trained.require_output({head: (neurons,) for head, neurons in NEURONS.items()})
        metrics = trained.write(write_results(trained.folder, trained.model, trained.dataset, trained.title))
    print_results(metrics)


if __name__ == "__main__":
    command_line.execute(main)

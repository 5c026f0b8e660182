"""The pictures that a network took for another class: a sheet of them, and a list of what they are and were taken for."""

import numpy as np

from common import run_folders
from reports import sheets

OF_EACH = 8  # of every confusion of one class with another
MOST = 500


def write(folder, dataset, predictions):
    """Writes mistakes.csv and, if there are any, mistakes.png.

    dataset: a `data.datasets.Dataset`. predictions: class indices of its test pictures (n,).
    A row is a picture: number (its place on the sheet, from 0, row after row of `sheets.COLUMNS`), true and predicted.
    """
    test, names = dataset.split.test, dataset.class_names
    labels = dataset.labels[test]
    chosen = choose(labels, predictions)
    rows = [[number, names[labels[one]], names[predictions[one]]] for number, one in enumerate(chosen)]
    with run_folders.whole_file(folder / "mistakes.csv") as file:
        file.write(run_folders.csv_lines([["number", "true", "predicted"], *rows]))
    (folder / "mistakes.png").unlink(missing_ok=True)  # of an earlier test
    if len(chosen):
        sheets.save(dataset.images[test[chosen]], folder / "mistakes.png")


def choose(labels, predictions):
    """Indices of the mistakes that are kept, confusion after confusion: int64 (k,).

    Of each confusion the same number, as far as it has them: OF_EACH, or fewer, so that there are at most MOST together.
    """
    wrong = np.flatnonzero(labels != predictions)
    confusions = {}
    for one in wrong:
        confusions.setdefault((labels[one], predictions[one]), []).append(one)
    for count in range(OF_EACH, 0, -1):
        kept = [some[:count] for _, some in sorted(confusions.items())]
        if sum(map(len, kept)) <= MOST:
            break
    return np.array([one for some in kept for one in some][:MOST] if len(wrong) else [], np.int64)

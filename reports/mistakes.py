"""The images that a network misclassified: a sheet of them, and a list of their true and predicted classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import run_folders
from reports import sheets

if TYPE_CHECKING:
    from data.datasets import Dataset

OF_EACH = 8  # of every confusion of one class with another
MOST = 500


def write(folder: Path, dataset: Dataset, predictions: np.ndarray) -> None:
    """Write mistakes.csv and, if there are any, mistakes.png. predictions: class indices of the test images, int (n,)."""
    test, names = dataset.split.test, dataset.class_names
    labels = dataset.labels[test]
    chosen = choose(labels, predictions)
    rows = [(number, names[labels[index]], names[predictions[index]]) for number, index in enumerate(chosen)]
    with run_folders.whole_file(folder / "mistakes.csv") as file:
        file.write(run_folders.csv_lines([("number", "true", "predicted"), *rows]))  # number: the place on the sheet, from 0
    (folder / "mistakes.png").unlink(missing_ok=True)  # of an earlier test
    if len(chosen):
        sheets.save(dataset.images[test[chosen]], folder / "mistakes.png")


def choose(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the indices of at most MOST mistakes, sorted by confusion, equally many of each as far as it has them."""
    confusions = {}
    for index in np.flatnonzero(labels != predictions):
        confusions.setdefault((labels[index], predictions[index]), []).append(index)
    for count in range(OF_EACH, 0, -1):
        kept = [index for _, mistakes in sorted(confusions.items()) for index in mistakes[:count]]
        if len(kept) <= MOST:
            break
    return np.array(kept[:MOST], np.int64)

"""Confusion matrices of the page: of lines by factor, and of digits, with images of what was confused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image

from common import run_folders
from data.line_classes import FACTOR_SIZES, FACTORS, SIZE
from reports.charts import figure
from reports.metrics import factor_confusions
from reports.names import CLASSIFIERS, MULTIHEAD, MULTIHEAD_NOISY, NOISY, WORDS

if TYPE_CHECKING:
    from reports.links import Links


def of_lines(links: Links) -> dict:
    """Return the confusions of Section 1's networks for lines, by factor."""
    networks = [name for name in (*NOISY[::-1], *CLASSIFIERS) if "lines" in name]
    return _by_factor({WORDS[name]: _grouped(links, name) for name in networks})


def of_heads(links: Links) -> dict:
    """Return the confusions of each head."""
    return _by_factor({WORDS[name]: _of_heads(links, name) for name in (MULTIHEAD_NOISY, MULTIHEAD)})


def of_digits(links: Links) -> dict:
    """Return the confusions of MNIST's networks, and the images of all their mistakes."""
    views = {}
    for name in CLASSIFIERS[:1:-1]:
        matrix, names = run_folders.read_matrix(links.results.file(f"{name}/confusion_matrix.csv"))
        views[WORDS[name]] = [_part(links, name, {"digit": (matrix, names)})]
    return figure(
        "Every mistake on MNIST",
        "Rows are the true digits, columns the predicted ones; beside the matrix the images themselves. Point at a cell, or "
        "move with the arrow keys, to see only those of one confusion.",
        choose="network", views=views, wide=True,
    )  # fmt: skip


def _by_factor(views):
    return figure(
        "Confusions, factor by factor",
        "A matrix for each factor of a line: rows are what it was, columns what the network said. Point at a cell, or move "
        "with the arrow keys, to see images: the misclassified ones where they are published, else pairs of lines that differ "
        "in this factor alone, drawn with the noise of the task.",
        choose="network", views={name: [part] for name, part in views.items()}, wide=True,
    )  # fmt: skip


def _grouped(links, network):
    """Return the matrices of factors of a network of 96 classes."""
    matrix, _ = run_folders.read_matrix(links.results.file(f"{network}/confusion_matrix.csv"))
    of_factors = factor_confusions(matrix, FACTOR_SIZES)
    return _part(links, network, {factor: (of, FACTORS[factor]) for factor, of in zip(FACTORS, of_factors)})


def _of_heads(links, network):
    heads = links.results.metrics(network)["test"]["heads"]
    files = {head: links.results.file(f"{network}/confusion_matrix_{head}.csv") for head in heads}
    return _part(links, network, {head: run_folders.read_matrix(path) for head, path in files.items()})


def _part(links, network, matrices):
    """Return what the page draws of {title: (matrix, names)}: cells are [true, predicted, count] where count is not 0."""
    return {
        "kind": "matrices",
        "noise": links.results.metrics(network)["data"].get("noise_level", 0),
        "sheet": _sheet(links, network),
        "matrices": [
            {"title": title, "names": list(names), "cells": _cells(matrix)} for title, (matrix, names) in matrices.items()
        ],
    }  # fmt: skip


def _cells(matrix):
    return [[*map(int, cell)] for cell in zip(*matrix.nonzero(), matrix[matrix > 0])]


def _sheet(links, network):
    """Return where the images of a network's mistakes are, and [true, predicted] of each; None where there are none."""
    results = links.results
    path, rows = results.folder(network) / "mistakes.png", run_folders.read_rows(results.folder(network) / "mistakes.csv")
    if not rows or network in (*NOISY, MULTIHEAD_NOISY):  # thousands, of which no sheet of a size to publish could show much
        return None
    with Image.open(path) as image:
        across, down = image.size
    pairs = [[row["true"], row["predicted"]] for row in rows]
    return {"path": links(f"{network}/mistakes.png"), "columns": across // SIZE, "rows": math.ceil(down / SIZE), "pairs": pairs}

"""Confusions, F-scores and mistakes for print."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from data.line_classes import ANGLES, FACTOR_SIZES, FACTORS
from reports import metrics
from reports.print_size import LINE, SMALL, WIDTH, place, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = "Blues"
BLOCK = len(ANGLES) * len(FACTORS["color"])  # classes of one length and width


def of_lines(matrix: np.ndarray) -> Figure:
    """Draw what is confused on lines: all classes in blocks of length and width, and beside them each factor in per cent.

    Parameters
    ----------
    matrix
        Counts, int (96, 96).
    """
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.2, 1))
    _draw_blocks(left, matrix)
    small = right.subplots(2, 2, width_ratios=(1, 2.6), height_ratios=(1, 2.6))
    of_factors = zip(FACTORS.items(), metrics.factor_confusions(matrix, FACTOR_SIZES))
    by_size = sorted(of_factors, key=lambda pair: len(pair[1]))  # the angle takes the large corner
    for axes, ((factor, levels), counts) in zip(small.flat, by_size):
        draw_shares(axes, counts, levels, factor)
    return figure


def _draw_blocks(figure, matrix):
    """Draw all classes of lines as an image, with a label for each block of length and width."""
    axes = figure.subplots()
    shares = np.ma.masked_equal(100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), 0)
    lowest = float(shares.min()) if shares.count() else 1
    image = axes.imshow(shares, cmap="viridis_r", norm=LogNorm(min(lowest, 50), 100), interpolation="nearest")
    names = [" ".join(levels) for levels in product(FACTORS["length"], FACTORS["width"])]
    middles = np.arange(len(names)) * BLOCK + (BLOCK - 1) / 2
    axes.set_xticks(middles, names, fontsize=SMALL)
    axes.set_yticks(middles, names, fontsize=SMALL, rotation=90, va="center")
    for edge in range(BLOCK, len(matrix), BLOCK):
        axes.axhline(edge - 0.5, color="0.6", lw=0.5)
        axes.axvline(edge - 0.5, color="0.6", lw=0.5)
    axes.tick_params(length=0)
    axes.set_xlabel("classified as", fontsize=SMALL)
    axes.set_ylabel("true class; in each block 0° to 165°, red and blue", fontsize=SMALL)
    bar = figure.colorbar(image, ax=axes, location="top", shrink=0.7, aspect=40, format="{x:g}%")
    bar.ax.tick_params(labelsize=SMALL)
    bar.ax.minorticks_off()


def of_heads(matrices: dict[str, tuple[np.ndarray, Sequence[str]]]) -> Figure:
    """Draw the confusion matrix of each head, {head: (counts, int (k, k), and the names of its classes)}, in per cent."""
    figure = Figure(figsize=(WIDTH, 2.35), layout="constrained")
    ordered = sorted(matrices.items(), key=lambda item: len(item[1][1]))
    ratios = [2.7 if len(names) > 4 else 1 for _, (_, names) in ordered]
    for axes, (head, (counts, names)) in zip(figure.subplots(1, len(ordered), width_ratios=ratios), ordered):
        draw_shares(axes, counts, names, head)
    return figure


def of_digits(matrices: dict[str, tuple[np.ndarray, Sequence[str], Sequence[float]]]) -> Figure:
    """Draw confusion matrices with the counts of errors, and the F-score of each class.

    Parameters
    ----------
    matrices
        {title: (counts, int (k, k), names of the k classes, and their F-scores)}.
    """
    figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
    for axes, (title, (counts, names, scores)) in zip(figure.subplots(1, len(matrices), squeeze=False)[0], matrices.items()):
        errors = counts - np.diag(counts.diagonal())
        axes.imshow(errors, cmap=SHADES, vmin=0, vmax=max(errors.max(), 1))
        _label(axes, names, f"{title}: {errors.sum():,} errors")
        axes.set_yticks(range(len(names)), [f"{name}:  {score:.4f}" for name, score in zip(names, scores)], fontsize=SMALL)
        axes.set_ylabel("true: F-score", fontsize=SMALL)
        _annotate(axes, errors, errors / max(errors.max(), 1), lambda count: f"{count:,}" if count else "")
    return figure


def draw_shares(axes: Axes, counts: np.ndarray, names: Sequence[str], title: str) -> None:
    """Draw a confusion matrix in shares of the true class; in one of many classes no text stands on the diagonal."""
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    many = len(names) > 4
    axes.imshow(shares, cmap=SHADES, vmin=0, vmax=100)
    _label(axes, names, f"{title}, %")
    shown = np.where(np.eye(len(names), dtype=bool), 0, shares) if many else shares
    _annotate(axes, shown, shares / 100, lambda share: f"{share:.0f}".removeprefix("0") if many else f"{share:.1f}")


def _label(axes, names, title):
    long = len(names) > 4 and max(map(len, names)) > 2
    axes.set_title(title, fontsize=SMALL, parse_math=False)
    axes.set_xticks(range(len(names)), names, rotation=90 if long else 0, fontsize=SMALL)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL, rotation=0 if len(names) > 4 else 90, va="center")
    axes.tick_params(length=0)
    axes.set_xlabel("classified as", fontsize=SMALL)
    axes.set_ylabel("true", fontsize=SMALL)


def _annotate(axes, values, shades, words):
    for (row, column), value in np.ndenumerate(values):
        color = "white" if shades[row, column] > 0.5 else "black"
        axes.text(column, row, words(value), ha="center", va="center", color=color, fontsize=SMALL)


def f_scores(scores: Sequence[float]) -> Figure:
    """Draw the F-scores of the 96 classes of lines, in their order, in eight rows of twelve angles."""
    _, _, angles, colors = FACTOR_SIZES
    table = np.reshape(scores, (-1, angles, colors)).swapaxes(1, 2).reshape(-1, angles)
    figure = Figure(figsize=(WIDTH, 1.5), layout="constrained")
    axes = figure.subplots()
    axes.imshow(table, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    names = [" ".join(levels) for levels in product(FACTORS["length"], FACTORS["width"], FACTORS["color"])]
    axes.set_yticks(range(len(table)), names, fontsize=SMALL)
    axes.set_xticks(range(angles), FACTORS["angle"], fontsize=SMALL)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    _annotate(axes, table, table, lambda score: f"{score:.3f}")
    return figure


def mistakes(images: np.ndarray, captions: Sequence[str], columns: int = 8, width: float = WIDTH) -> Figure:
    """Draw images, uint8 (n, h, w), in rows, each above a caption; width: of the figure, inches."""
    rows = -(-len(images) // columns)
    pitch, side = width / columns, 0.38
    tall = side + 0.06 + LINE * max((1 + caption.count("\n") for caption in captions if caption), default=0)
    figure = Figure(figsize=(width, max(rows, 1) * tall))
    for number, (image, caption) in enumerate(zip(images, captions)):
        row, column = divmod(number, columns)
        place(figure, column * pitch, row * tall, side).imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="none")
        write(figure, column * pitch, row * tall + side + 0.02, caption)
    return figure

"""Matplotlib figures of data, training and scores. No figure uses pyplot, which keeps state, or is saved with a date."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullFormatter
from PIL import Image

Size = tuple[float, float]  # width and height, inches
TRAINING, VALIDATION = "#0072b2", "#d55e00"  # a pair that color-blind readers can tell apart (Okabe and Ito)
HEADS = ("#009e73", "#e69f00", "#cc79a7", "#56b4e9")  # of the same family
HEAD_STYLES = ("o-", "^-", "s-", "D--")  # dashed, since two curves may lie on each other


def save(figure: Figure, path: Path | BinaryIO, about: dict | None = None) -> None:
    """Write a figure as PNG with the same bytes every time. about: where it comes from, its text "Comment", as JSON."""
    comment = {"Comment": json.dumps(about)} if about else {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a folder's name in a title, in any script
        figure.savefig(path, dpi=120, metadata={"Software": None, **comment})


def about(path: Path) -> dict:
    """Return the `about` that `save` wrote into a PNG; an empty dict for a file without it, as after an edit."""
    try:
        with Image.open(path) as image:
            content = json.loads(image.info["Comment"])
    except (OSError, KeyError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def titled(title: str, size: Size) -> Figure:
    """Return an empty figure with a title, if there is one."""
    figure = Figure(figsize=size, layout="constrained")
    if title:
        figure.suptitle(title, fontsize="medium", parse_math=False)
    return figure


def learning_curves(history: list[dict], title: str) -> Figure:
    """Draw accuracy and loss against epochs, for the network and for each of its heads. history: rows of steps.csv."""
    columns = curves_by_head(history)
    if len(columns) > 1:
        figure = columns_of_curves(columns, (16, 5.6), sharey="row")
        figure.suptitle(title, fontsize="medium", parse_math=False)
        return figure
    figure = titled(title, (9, 3.6))
    for axes, quantity in zip(figure.subplots(1, 2), ("accuracy", "loss")):
        _draw_curves(axes, history, "", quantity)
    figure.axes[0].legend()
    return figure


def curves_by_head(history: list[dict]) -> dict[str, tuple[list[dict], str]]:
    """Return the columns for `columns_of_curves` of one network: itself and each of its heads, if it has several."""
    heads = [key.removesuffix("_loss") for key in history[0] if key.endswith("_loss") and not key.startswith("val_")]
    return {name or "whole network": (history, name) for name in ("", *heads)}


def columns_of_curves(columns: dict[str, tuple[list[dict], str]], size: Size, sharey: str | bool = False) -> Figure:
    """Draw accuracy above loss against epochs, a column each: {title: (history, head or "" for the network)}."""
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(2, len(columns), sharey=sharey, squeeze=False)
    for (title, (history, head)), (accuracy_axes, loss_axes) in zip(columns.items(), grid.T):
        accuracy_axes.set_title(title, fontsize="medium", parse_math=False)
        _draw_curves(accuracy_axes, history, head, "accuracy")
        _draw_curves(loss_axes, history, head, "loss")
    for axes in figure.axes if sharey else ():
        axes.label_outer()
    figure.axes[0].legend()
    return figure


def _draw_curves(axes, history, head, quantity):
    prefix = f"{head}_" if head else ""
    for side, label, style, color in (("", "training", "-", TRAINING), ("val_", "validation", ".-", VALIDATION)):
        name = f"{side}{prefix}{quantity}"
        points = [(row["epoch"], row[name]) for row in history if row[name] is not None]  # not every row is validated
        axes.plot(*zip(*points), style, color=color, label=label, lw=1.2, ms=4)
    axes.set(xlabel="epoch", ylabel=quantity)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    if quantity == "loss" and min(row[f"{prefix}loss"] for row in history) > 0:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 100 * low else (1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")  # powers of ten would be smaller than all other text
        axes.yaxis.set_minor_formatter(NullFormatter())


def confusion_matrix(matrix: np.ndarray, names: Sequence[str], title: str) -> Figure:
    """Draw one annotated confusion matrix: counts, int (n, n), and the names of the n classes."""
    figure = Figure(figsize=(6.4, 5.6) if len(names) > 4 else (4.2, 4), layout="constrained")
    _draw_annotated(figure.subplots(), matrix, names, title)
    return figure


def factored_confusion_matrix(
    matrix: np.ndarray, factor_matrices: list[np.ndarray], factors: dict[str, Sequence[str]], title: str
) -> Figure:
    """Draw a large confusion matrix as an image, and beside it those of the factors that make up its classes.

    Parameters
    ----------
    matrix
        Counts, int (n, n).
    factor_matrices
        Counts of each factor, int (k, k).
    factors
        {factor: its k levels}.
    """
    figure = titled(title, (15, 7.4))
    left, right = figure.subfigures(1, 2)
    axes = left.subplots()
    shown = np.ma.masked_equal(matrix, 0)
    image = axes.imshow(shown, cmap="viridis_r", norm=LogNorm(1, max(matrix.max(), 2)), interpolation="nearest")
    axes.set(title=f"all {len(matrix)} classes (blank: 0)", xlabel="predicted class index", ylabel="true class index")
    left.colorbar(image, ax=axes, label="images", shrink=0.8)
    small = right.subplots(2, 2, width_ratios=(1, 1.9), height_ratios=(1, 1.9))
    # The factor with many levels takes the large corner.
    by_size = sorted(zip(factors.items(), factor_matrices), key=lambda pair: len(pair[1]))
    for axes, ((factor, levels), counts) in zip(small.flat, by_size):
        _draw_annotated(axes, counts, levels, factor)
    return figure


def _draw_annotated(axes, matrix, names, title):
    """Draw a confusion matrix with its counts in the cells; colors are shares of the true class."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    many = len(names) > 4
    axes.set_title(title, fontsize="medium", parse_math=False)
    axes.set(xlabel="predicted", ylabel="true")
    axes.set_xticks(range(len(names)), names, rotation=90 if many and max(map(len, names)) > 2 else 0)
    axes.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(matrix):
        if count or not many:
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=color, fontsize="x-small" if many else "small")


def noise_curve(
    rows: list[dict], heads: Sequence[str], examples: Sequence[np.ndarray], title: str, size: Size | None = None
) -> Figure:
    """Draw accuracy of each head and of all heads together against the level of noise, above images at each level.

    Parameters
    ----------
    rows
        Rows of noise.csv, one a level.
    examples
        For each level the same few images, uint8 (k, h, w, 3).
    """
    levels, count = [row["level"] for row in rows], len(examples[0])
    figure = titled(title, size or (9, 5.4 + 1.1 * count))
    grid = figure.add_gridspec(1 + count, len(rows), height_ratios=[4.4] + [1] * count)
    axes = figure.add_subplot(grid[0, :])
    for head, color, style in zip(heads, HEADS, HEAD_STYLES):
        axes.plot(levels, [row[f"{head}_accuracy"] for row in rows], style, ms=4, color=color, label=head)
    axes.plot(levels, [row["all_heads_accuracy"] for row in rows], "k.-", lw=2, label="all heads")
    axes.plot(levels, [row["independent_heads_accuracy"] for row in rows], "k:", label="if independent (product)")
    axes.set(xlim=(-0.5, len(rows) - 0.5), ylim=(0, 1.03), ylabel="test accuracy")
    axes.set_xlabel("noise level: blur, lowest brightness, standard deviation of the pixel noise in gray levels")
    ticks = [f"{row['level']}\n{row['blur']:g} px\n{row['dimmest']:.0%}\n± {row['noise']:g}" for row in rows]
    axes.set_xticks(levels, ticks)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    for column, row in np.ndindex(len(rows), count):
        small = figure.add_subplot(grid[1 + row, column])
        small.imshow(examples[column][row], interpolation="nearest")
        small.set_axis_off()
    return figure


def architecture(shared: list[dict], heads: dict[str, list[dict]], title: str) -> Figure:
    """Draw the stages of a network, as `training.architecture.stages` gives them: a box each, from left to right."""
    longest = max(map(len, heads.values()), default=0)
    width, height = len(shared) + longest, max(len(heads), 1)
    figure = titled(title, (1.7 * width, 0.8 * height + 1.4))
    axes = figure.subplots()
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.7))
    axes.set_axis_off()
    last = _draw_path(axes, shared, 0, (height - 1) / 2)
    for row, path in enumerate(heads.values()):
        _draw_path(axes, path, len(shared), row, last)
    if heads:
        _draw_frame(axes, "feature network", shared, 0, len(shared))
        _draw_frame(axes, "heads", [stage for path in heads.values() for stage in path], len(shared), width)
    return figure


def _draw_path(axes, path, column, row, before=None):
    """Draw boxes side by side from `column` on, with an arrow to each from the one before. Returns the last box."""
    for position, stage in enumerate(path, column):
        shape = " × ".join(f"{size:,}" for size in stage["shape"])
        text = "\n".join([*stage["layers"], f"→ {shape}"] + [f"{stage['parameters']:,} parameters"] * bool(stage["parameters"]))
        frame = {"boxstyle": "round,pad=0.5", "facecolor": "white"}
        box = axes.text(position, row, text, ha="center", va="center", fontsize=7.5, bbox=frame)
        if before:
            ends = {"patchA": before.get_bbox_patch(), "patchB": box.get_bbox_patch()}
            axes.annotate("", (position, row), before.get_position(), arrowprops={"arrowstyle": "-|>", "fc": "black", **ends})
        before = box
    return before


def _draw_frame(axes, name, stages, first, last):
    """Draw a frame around the columns from `first` to before `last`, with the number of parameters inside."""
    bottom, top = axes.get_ylim()
    corner = first - 0.48, top + 0.05
    axes.add_patch(Rectangle(corner, last - first - 0.04, bottom - top - 0.1, fc="#eef2f7", ec="none", zorder=0))
    parameters = sum(stage["parameters"] for stage in stages)
    axes.text(first - 0.4, top + 0.15, f"{name}: {parameters:,} parameters", va="top", fontsize=8.5)

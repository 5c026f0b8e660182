"""Every matplotlib figure. Figures are made without pyplot, which keeps state, and saved without a date."""

import warnings

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

TRAINING, VALIDATION = "#0072b2", "#d55e00"  # a pair that color-blind readers can tell apart (Okabe and Ito)
COUNTS = "Blues"


def save(figure, path):
    """Writes a figure as PNG with the same bytes every time."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a folder's name in a title, in any script
        figure.savefig(path, dpi=120, metadata={"Software": None})


def learning_curves(history, title):
    """Accuracy and loss of training and validation against epochs. history: dicts as history.csv has them."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    epochs = [row["epoch"] for row in history]
    accuracy_axes, loss_axes = figure.subplots(1, 2)
    for axes, quantity in ((accuracy_axes, "accuracy"), (loss_axes, "loss")):
        for key, label, color in ((quantity, "training", TRAINING), (f"val_{quantity}", "validation", VALIDATION)):
            axes.plot(epochs, [row[key] for row in history], ".-", color=color, label=label)
        axes.set(xlabel="epoch", ylabel=quantity)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    if min(row["loss"] for row in history) > 0:
        loss_axes.set_yscale("log")
    return figure


def confusion_matrix(matrix, names, title):
    """One annotated confusion matrix. matrix: counts (n, n). names: the n classes."""
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    _draw_annotated(figure.subplots(), matrix, names, title)
    return figure


def factored_confusion_matrix(matrix, factor_matrices, factors, title):
    """A large confusion matrix as an image, and beside it those of the factors that make up its classes.

    matrix: counts (n, n). factor_matrices: one (k, k) for each of `factors`, a dict from a factor to its k levels.
    """
    figure = Figure(figsize=(15, 7.4), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    left, right = figure.subfigures(1, 2)
    axes = left.subplots()
    shown = np.ma.masked_equal(matrix, 0)
    image = axes.imshow(shown, cmap="viridis_r", norm=LogNorm(1, max(matrix.max(), 2)), interpolation="nearest")
    axes.set(title=f"all {len(matrix)} classes (blank: 0)", xlabel="predicted class index", ylabel="true class index")
    left.colorbar(image, ax=axes, label="pictures", shrink=0.8)
    small = right.subplots(2, 2, width_ratios=(1, 1.9), height_ratios=(1, 1.9))
    # The factor with many levels takes the large corner.
    by_size = sorted(zip(factors.items(), factor_matrices), key=lambda pair: len(pair[1]))
    for axes, ((factor, levels), counts) in zip(small.flat, by_size):
        _draw_annotated(axes, counts, levels, factor)
    return figure


def _draw_annotated(axes, matrix, names, title):
    """A confusion matrix with its counts written in the cells; colors are shares of the true class."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap=COUNTS, vmin=0, vmax=1)
    many = len(names) > 4
    axes.set_title(title, fontsize="medium", parse_math=False)
    axes.set(xlabel="predicted", ylabel="true")
    axes.set_xticks(range(len(names)), names, rotation=90 if many and max(map(len, names)) > 2 else 0)
    axes.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, count, ha="center", va="center", color=color, fontsize=7 if many else 9)

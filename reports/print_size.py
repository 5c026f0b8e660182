"""What the figures for print share: 7 inches wide, no text below 7 points, colors that color-blind readers can tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.figures import HEADS, TRAINING, VALIDATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.69  # inches: the text of the reports
SMALL = 7  # points
COLORS = (TRAINING, VALIDATION, *HEADS)


def small(axes: Axes) -> None:
    """Set the numbers and labels of axes in SMALL, and draw a faint grid."""
    axes.tick_params(labelsize=SMALL)
    axes.xaxis.label.set_size(SMALL)
    axes.yaxis.label.set_size(SMALL)
    axes.grid(alpha=0.3)


def with_legend(figure: Figure, columns: int) -> Figure:
    """Return a figure with the legend of its first axes below all of them."""
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=columns, fontsize=SMALL)
    return figure

"""What the figures for print share: their width, no text below 7 points, colors that color-blind readers can tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.figures import HEADS, TRAINING, VALIDATION

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.69  # inches: the text of the reports, 17 cm
SMALL = 7  # points
LINE = 0.135  # inches that a line of SMALL text takes
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


def place(figure: Figure, left: float, top: float, side: float) -> Axes:
    """Return axes without frame or ticks, a square of a side, at inches from the left and from the top of a figure."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, 1 - (top + side) / height, side / width, side / height))
    axes.set_axis_off()
    return axes


def canvas(figure: Figure) -> Axes:
    """Return axes that cover a figure, in inches from the left and from the top, for `lay`: axes for each tile are slow."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, figure.get_figwidth()), ylim=(figure.get_figheight(), 0), autoscale_on=False)
    axes.set_axis_off()
    return axes


def lay(axes: Axes, left: float, top: float, side: float, image: np.ndarray, **options: object) -> None:
    """Draw an image, (h, w) or (h, w, 3), as a square of a side on a `canvas`, at inches from its left and from its top."""
    extent = (left, left + side, top + side, top)
    axes.imshow(image, extent=extent, aspect="auto", interpolation="none", **options)


def write(figure: Figure, left: float, top: float, text: str, **options: object) -> None:
    """Write text, its corner at the top left at inches from the left and from the top of a figure."""
    width, height = figure.get_size_inches()
    style = {"va": "top", "fontsize": SMALL, "parse_math": False, "linespacing": 1.1, **options}
    figure.text(left / width, 1 - top / height, text, **style)

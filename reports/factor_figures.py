"""Figures of whether heat lies on what decides a factor, and of lines that are drawn shorter. For print, 7 inches wide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reports.figures import titled
from reports.print_size import COLORS, SMALL, WIDTH, small, with_legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 4


def compared(rows: Sequence[dict]) -> dict[tuple[str, str], list[dict]]:
    """Return the matrices to compare, by layer and method: at the first layer that has all methods, and at the image itself.

    rows: of one network, as in factors.csv.
    """
    panels = {}
    for row in rows:
        panels.setdefault((row["layer"], row["method"]), []).append(row)
    counts = Counter(layer for layer, _ in panels)
    most = max(counts, key=counts.get)
    return {(layer, method): of for (layer, method), of in panels.items() if layer == most or counts[layer] == 1}


def matrices(rows: Sequence[dict], title: str) -> Figure:
    """Draw the `compared` matrices of heat by truth, each with its contrast. rows: of one network."""
    panels = compared(rows)
    height = -(-len(panels) // COLUMNS)
    figure = titled(f"{title}\nrows: the heat of a factor; columns: the truth of a factor", (WIDTH, 0.7 + 1.95 * height))
    grid = figure.subplots(height, COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, ((layer, method), panel) in zip(grid.flat, panels.items()):
        factors = [row["heat"] for row in panel]
        values = np.array([[float(row[f"truth_{factor}"]) for factor in factors] for row in panel])
        axes.imshow(values, vmin=0, vmax=1, cmap="viridis")
        for (y, x), value in np.ndenumerate(values):
            weight, color = "bold" if x == y else "normal", "white" if value < 0.6 else "black"
            axes.text(x, y, f"{value:.2f}", ha="center", va="center", fontsize=SMALL, color=color, fontweight=weight)
        axes.set_xticks(range(len(factors)), factors, fontsize=SMALL)
        axes.set_yticks(range(len(factors)), factors, fontsize=SMALL)
        axes.tick_params(labelbottom=True)
        axes.set_title(f"{method} at {layer}: {float(panel[0]['contrast']):+.2f}", fontsize=SMALL, parse_math=False)
    return figure


def shortened(rows: Sequence[dict], title: str) -> Figure:
    """Draw the probability of the first answer while lines are drawn shorter, a panel for each head. rows: as in the CSV."""
    heads = list(dict.fromkeys(row["head"] for row in rows))
    figure = titled(f"{title}: long lines, drawn a pixel shorter at a time", (WIDTH, 2.6))
    for axes, head in zip(figure.subplots(1, len(heads), sharey=True, squeeze=False)[0], heads):
        here = [row for row in rows if row["head"] == head]
        for order, color, style in zip(dict.fromkeys(row["order"] for row in here), COLORS, ("-", "--", ":")):
            points = [(row["pixels"], row["probability"]) for row in here if row["order"] == order]
            axes.plot(*zip(*points), style, color=color, lw=1.5, label=order)
        axes.set_title(f"{head} ({here[0]['method']} at {here[0]['layer']})", fontsize=SMALL, parse_math=False)
        axes.set_xlabel("pixels shorter")
        small(axes)
    figure.axes[0].set_ylabel("probability of the first answer")
    return with_legend(figure, 3)

"""Figures of how well heatmaps localize."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports.figures import HEAD_STYLES, HEADS, Size, titled
from reports.names import METHOD_WORDS
from reports.print_size import SMALL, WIDTH, small, with_legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COARSE = 7  # cells along a side: maps of as many or fewer are compared apart from the finer ones
SCORES = {
    "pointing": "pointing game", "share": "heat on the line", "share_grown": "heat within a pixel of the line",
    "rank_accuracy": "rank accuracy", "average_precision": "average precision",
}  # fmt: skip


def table(rows: list[dict], baselines: dict[str, dict], score: str, title: str) -> Figure:
    """Draw one score of every method at every layer, a panel for each network and head.

    Parameters
    ----------
    rows, baselines
        As scores.csv has them, and {name of a map that uses no network: its scores}.
    score
        A key of SCORES.
    """
    panels = {}
    for row in rows:
        panels.setdefault((row["network"], row["head"]), []).append(row)
    height = -(-len(panels) // 2)
    scores = ", ".join(f"{name} {scores[score]:.0%}" for name, scores in baselines.items())
    figure = titled(f"{title}, %", (WIDTH, 0.7 + 1.9 * height))
    figure.supxlabel(f"maps that use no network: {scores}", fontsize=SMALL)
    grid = figure.subplots(height, 2, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (names, panel) in zip(grid.flat, panels.items()):
        layers = list(dict.fromkeys(row["layer"] for row in panel))
        methods = list(dict.fromkeys(row["method"] for row in panel))
        values = np.full((len(methods), len(layers)), np.nan)
        for row in panel:
            values[methods.index(row["method"]), layers.index(row["layer"])] = row[score]
        axes.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        for (y, x), value in np.ndenumerate(values):
            color = "white" if value < 0.6 else "black"
            axes.text(x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=SMALL, color=color)
        coarse = [layers.index(row["layer"]) for row in panel if row["height"] <= COARSE]
        if coarse and min(coarse):
            axes.axvline(min(coarse) - 0.5, color="white", lw=4)  # finer maps are to the left of it
        sizes = {row["layer"]: f"{row['height']}×{row['width']}" for row in panel}
        new = [place for place, layer in enumerate(layers) if not place or sizes[layer] != sizes[layers[place - 1]]]
        names_of = [f"{layer}\n{sizes[layer]}" if place in new else layer for place, layer in enumerate(layers)]
        axes.set_xticks(range(len(layers)), names_of, fontsize=SMALL)
        axes.set_yticks(range(len(methods)), methods, fontsize=SMALL)
        axes.set_title(": ".join(names), fontsize=8, parse_math=False)
    return figure


def shuffled(rows: list[dict], title: str, size: Size = (WIDTH, 3.0)) -> Figure:
    """Draw scores of maps, and their correlation, while weights are shuffled layer by layer. rows: as its CSV file has them."""
    stages = list(dict.fromkeys(row["shuffled"] for row in rows))
    figure = titled(f"{title}: heat at {rows[0]['layer']} ({rows[0]['head']}) while weights are shuffled", size)
    labels = {"correlation": "correlation with the trained map", "share_grown": SCORES["share_grown"]}
    for axes, (key, label) in zip(figure.subplots(1, 2), labels.items()):
        for method in dict.fromkeys(row["method"] for row in rows):
            values = {row["shuffled"]: row[key] for row in rows if row["method"] == method}
            axes.plot(range(len(stages)), [values[stage] for stage in stages], ".-", lw=1, label=METHOD_WORDS[method])
        names = [stage if stage == "nothing" else f"and {stage}" for stage in stages]
        axes.set_xticks(range(len(stages)), names, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_title(label, fontsize=SMALL)
        small(axes)
    return with_legend(figure, 6)


def curves(rows: list[dict], title: str) -> Figure:
    """Draw deletion and insertion curves. rows: dicts of order, kind, pixels and probability."""
    figure = titled(f"{title}: the probability of its class", (WIDTH, 2.8))
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("deletion", "insertion")):
        for order in dict.fromkeys(row["order"] for row in rows):
            points = [(row["pixels"], row["probability"]) for row in rows if (row["order"], row["kind"]) == (order, kind)]
            axes.plot(*zip(*points), ".-", lw=1, label=order)
        axes.set(xlabel=f"hottest pixels {'deleted' if kind == 'deletion' else 'inserted into black'}", xscale="symlog")
        small(axes)
    figure.axes[0].set_ylabel("mean probability")
    return with_legend(figure, 3)


def profiles(rows: list[dict], title: str, size: Size = (WIDTH, 2.8)) -> Figure:
    """Draw each head's heat along and across a line. rows: dicts of head, axis, position and heat."""
    figure = titled(title, size)
    heads = dict.fromkeys(row["head"] for row in rows)
    for axes, axis, half in zip(figure.subplots(1, 2), ("along", "across"), (7.5, 1.5)):
        for head, color, style in zip(heads, HEADS, HEAD_STYLES):
            points = [(row["position"], row["heat"]) for row in rows if (row["head"], row["axis"]) == (head, axis)]
            axes.plot(*zip(*points), style, ms=2, lw=1, color=color, label=head)
        axes.axvspan(-half, half, color="black", alpha=0.08, label="the line")
        axes.set(xlabel=f"pixels {axis} the line, from its center", ylabel="heat (image: 1)")
        small(axes)
    return with_legend(figure, 5)

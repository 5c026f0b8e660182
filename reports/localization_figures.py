"""Figures of how right heatmaps are."""

import numpy as np
from matplotlib.figure import Figure

from reports.figures import HEADS

COARSE = 7  # cells along a side: maps of as many or fewer are compared apart from the finer ones
SCORES = {"pointing": "pointing game", "share": "heat on the line", "share_grown": "heat within a pixel of it", "iou": "IoU"}


def table(rows, baselines, score, title):
    """One score of every method at every layer, a panel for each network and head. rows: as scores.csv has them."""
    panels = list(dict.fromkeys((row["network"], row["head"]) for row in rows))
    figure = Figure(figsize=(15, 0.9 + 2.9 * -(-len(panels) // 2)), layout="constrained")
    measures = ", ".join(f"{name} {one[score]:.0%}" for name, one in baselines.items())
    figure.suptitle(f"{title} (maps that know no network: {measures})", fontsize="medium")
    grid = figure.subplots(-(-len(panels) // 2), 2, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, panel in zip(grid.flat, panels):
        own = [row for row in rows if (row["network"], row["head"]) == panel]
        layers = list(dict.fromkeys(row["layer"] for row in own))
        methods = list(dict.fromkeys(row["method"] for row in own))
        values = np.full((len(methods), len(layers)), np.nan)
        for row in own:
            values[methods.index(row["method"]), layers.index(row["layer"])] = row[score]
        axes.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        for (y, x), value in np.ndenumerate(values):
            axes.text(x, y, f"{value:.0%}", ha="center", va="center", fontsize=8, color="white" if value < 0.6 else "black")
        coarse = [layers.index(row["layer"]) for row in own if row["height"] <= COARSE]
        if coarse and min(coarse):
            axes.axvline(min(coarse) - 0.5, color="white", lw=4)  # finer maps stand on the left of it
        sizes = {row["layer"]: f"{row['layer']}\n{row['height']} × {row['width']}" for row in own}
        axes.set_xticks(range(len(layers)), [sizes[layer] for layer in layers], fontsize=8)
        axes.set_yticks(range(len(methods)), methods, fontsize=8)
        axes.set_title(": ".join(panel), fontsize="medium")
    return figure


def shuffled(rows, title, size=(11, 3.8)):
    """Scores and likeness of maps while the weights are shuffled, layer after layer. rows: as the CSV file has them."""
    stages = list(dict.fromkeys(row["shuffled"] for row in rows))
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(f"{title}: maps of {rows[0]['layer']} ({rows[0]['head']}) while weights are shuffled", fontsize="medium")
    for axes, key, label in zip(
        figure.subplots(1, 2),
        ("correlation", "share_grown"),
        ("correlation with the trained network's map", SCORES["share_grown"]),
    ):
        for method in dict.fromkeys(row["method"] for row in rows):
            own = {row["shuffled"]: row[key] for row in rows if row["method"] == method}
            axes.plot(range(len(stages)), [own[stage] for stage in stages], ".-", label=method)
        names = [stage if stage == "nothing" else f"and {stage}" for stage in stages]
        axes.set_xticks(range(len(stages)), names, rotation=20, ha="right", rotation_mode="anchor")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    return figure


def curves(rows, title):
    """Deletion and insertion curves. rows: dicts of order, kind, pixels and probability."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    figure.suptitle(f"{title}: how sure the network is of its class", fontsize="medium")
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("deletion", "insertion")):
        for order in dict.fromkeys(row["order"] for row in rows):
            own = [row for row in rows if (row["order"], row["kind"]) == (order, kind)]
            axes.plot([row["pixels"] for row in own], [row["probability"] for row in own], ".-", label=order)
        axes.set(xlabel=f"hottest pixels {'deleted' if kind == 'deletion' else 'inserted into black'}", xscale="symlog")
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("mean probability")
    figure.axes[0].legend(fontsize="small")
    return figure


def profiles(rows, title, size=(11, 3.8)):
    """Where along and across a line each head's heat is. rows: dicts of head, axis, position and heat."""
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title, fontsize="medium")
    heads = list(dict.fromkeys(row["head"] for row in rows))
    for axes, axis, half in zip(figure.subplots(1, 2), ("along", "across"), (7.5, 1.5)):
        for head, color, style in zip(heads, HEADS, ("o-", "^-", "s-", "D--")):
            own = [row for row in rows if (row["head"], row["axis"]) == (head, axis)]
            axes.plot([row["position"] for row in own], [row["heat"] for row in own], style, ms=3, color=color, label=head)
        axes.axvspan(-half, half, color="black", alpha=0.08, label="the line")
        axes.set(xlabel=f"pixels {axis} the line, from its centre", ylabel="heat, mean of the image = 1")
        axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    return figure

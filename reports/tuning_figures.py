"""Figures of what networks respond to: tuning curves, decision thresholds, changed digits. For print, 7 inches wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reports.figures import titled
from reports.print_size import COLORS, SMALL, WIDTH, small, with_legend

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 6
UNITS = {"length": "pixels", "width": "pixels", "angle": "degrees", "color": "share of blue"}  # of the factors of a line
# By what digits are changed.
DIGIT_UNITS = {"rotation": "degrees, counter-clockwise", "scale": "times its size", "shift": "pixels", "stroke": "pixels wider"}


def polar(curves: np.ndarray, degrees: np.ndarray, captions: Sequence[str], title: str) -> Figure:
    """Draw tuning to the angle, each filter's from 0 to its own maximum.

    Parameters
    ----------
    curves, degrees
        Responses, float (k, n), at n angles from 0 to below 180, which stand at 180 to 360 degrees again.
    captions
        One for each of the k filters.
    """
    rows = -(-len(curves) // COLUMNS)
    figure = titled(title, (WIDTH, 0.5 + 1.45 * rows))
    around = np.deg2rad(np.concatenate([degrees, degrees + 180, degrees[:1]]))
    for place, (curve, caption) in enumerate(zip(np.maximum(curves, 0), captions)):
        axes = figure.add_subplot(rows, COLUMNS, place + 1, projection="polar")
        radius = curve / max(curve.max(), 1e-12)
        axes.plot(around, np.concatenate([radius, radius, radius[:1]]), color=COLORS[0], lw=1)
        axes.set_title(caption, fontsize=SMALL, parse_math=False)
        axes.set_rticks([0.5, 1], ["", ""])
        axes.set_thetagrids(range(0, 360, 45), ["0°", "", "90°", "", "", "", "", ""], fontsize=SMALL)
        axes.tick_params(pad=-3)
    return figure


def selectivity(values: dict[str, Sequence[float]], title: str) -> Figure:
    """Draw the selectivity of every filter, by layer, with the quartiles of each layer."""
    figure = titled(title, (WIDTH, 2.8))
    axes = figure.subplots()
    for place, of_layer in enumerate(values.values()):
        jitter = np.random.default_rng(0).uniform(-0.25, 0.25, len(of_layer))
        axes.plot(place + jitter, of_layer, ".", ms=3, alpha=0.5, color=COLORS[0])
    drawn = [place for place, of_layer in enumerate(values.values()) if len(of_layer)]
    boxes = [of_layer for of_layer in values.values() if len(of_layer)]
    axes.boxplot(boxes, positions=drawn, widths=0.6, showfliers=False, medianprops={"color": COLORS[1], "lw": 2})
    axes.set_xticks(range(len(values)), list(values), rotation=20 if len(values) > 6 else 0)
    axes.set(ylim=(-0.02, 1.02), ylabel="selectivity for the angle")
    axes.grid(alpha=0.3, axis="y")
    return figure


def psychometric(rows: Sequence[dict], title: str) -> Figure:
    """Draw psychometric curves: a column for each factor, a row for each level of noise.

    Parameters
    ----------
    rows
        Dicts of network, seed, noise, factor, value and probability; several seeds of a network have one color.
    """
    factors, levels, names = ([*dict.fromkeys(row[key] for row in rows)] for key in ("factor", "noise", "network"))
    figure = titled(title, (WIDTH, 0.6 + 1.6 * len(levels)))
    grid = figure.subplots(len(levels), len(factors), sharex="col", sharey=True, squeeze=False)
    answers = {"length": "long", "width": "thick", "angle": "the angle", "color": "blue"}
    for (y, level), (x, factor) in ((first, second) for first in enumerate(levels) for second in enumerate(factors)):
        axes = grid[y, x]
        for name, color in zip(names, COLORS):
            here = [row for row in rows if (row["noise"], row["factor"], row["network"]) == (level, factor, name)]
            for number, seed in enumerate(dict.fromkeys(row["seed"] for row in here)):
                points = [(row["value"], row["probability"]) for row in here if row["seed"] == seed]
                axes.plot(*zip(*points), color=color, lw=1, alpha=0.5 if number else 1, label=None if number else name)
        axes.axhline(0.5, color="black", lw=0.5)
        if y == 0:
            axes.set_title(f"P({answers[factor]})", fontsize=SMALL)
        if y == len(levels) - 1:
            axes.set_xlabel(f"{'distance, ' if factor == 'angle' else ''}{UNITS[factor]}")
        if x == 0:
            axes.set_ylabel(f"noise level {level:g}" if len(levels) > 1 else "probability")
        small(axes)
    return with_legend(figure, 3)


def digits(rows: Sequence[dict], title: str) -> Figure:
    """Draw accuracy and confidence against each axis. rows: dicts of network, axis, value, accuracy and confidence."""
    names, axes_names = ([*dict.fromkeys(row[key] for row in rows)] for key in ("network", "axis"))
    figure = titled(title, (WIDTH, 2.6))
    for axes, axis in zip(figure.subplots(1, len(axes_names), sharey=True, squeeze=False)[0], axes_names):
        for name, color in zip(names, COLORS):
            here = [row for row in rows if (row["network"], row["axis"]) == (name, axis)]
            for key, style in (("accuracy", "-"), ("confidence", "--")):
                axes.plot([row["value"] for row in here], [row[key] for row in here], style, color=color, lw=1.2,
                          label=f"{name}, {key}")  # fmt: skip
        axes.set_title(axis, fontsize=SMALL)
        axes.set_xlabel(DIGIT_UNITS[axis])
        small(axes)
    return with_legend(figure, 2)

"""The dot plots of sweeps: how far each variation is from the baseline on each data set. For print, 7 inches wide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from reports.names import DATASET_WORDS
from reports.print_size import COLORS, SMALL, WIDTH, small
from sweeps.comparison import BASELINE, BETTER, UNCLEAR, WORSE, read_compared, verdict

MARKS = {BETTER: ("^", COLORS[0]), WORSE: ("v", COLORS[1]), UNCLEAR: ("o", "0.45")}  # a shape and a color for each verdict
ROW, GAP = 0.1, 0.5  # inches of a row, and of that how much lies between two questions
BAND, MINUS = "0.88", "\N{MINUS SIGN}"
MOST = 100  # points that two accuracies can differ by


def differences_in(path: Path, linear: float = 1) -> Figure:
    """Draw the `differences` in a sweep's comparison.csv."""
    return differences(read_compared(path), linear)


def differences(compared: dict[str, list[dict]], linear: float = 1) -> Figure:
    """Draw the difference of each variation from the baseline with its 95 % confidence interval, a panel for each data set.

    All panels have the same rows: a row for each variation, by question, from the largest gain on the first data set to the
    smallest.

    Parameters
    ----------
    compared
        For each data set rows of `sweeps.comparison.compare`, or of `read_compared`.
    linear
        Up to which difference the axis is linear, in percentage points; beyond it is logarithmic.
    """
    places = _places(compared)
    bottom = max(places.values(), default=0) + 0.8
    figure = Figure(figsize=(WIDTH, 0.8 + ROW * bottom), layout="constrained")
    ratios = (0.32, *[1] * len(compared))
    questions, *panels = figure.subplots(1, 1 + len(compared), sharey=True, width_ratios=ratios)
    _write_questions(questions, places)
    for axes, (dataset, rows) in zip(panels, compared.items()):
        _draw_panel(axes, dataset, rows, places)
        _scale(axes, linear, *_limits(compared, linear))
        axes.tick_params(axis="y", labelleft=axes is panels[0], length=0)
    panels[0].set_yticks(list(places.values()), [variation for _, variation in places], fontsize=SMALL, parse_math=False)
    panels[0].set_ylim(bottom, -0.8)
    axis = f"percentage points; the axis is linear from {MINUS}{linear:g} to {linear:g}, logarithmic beyond"
    figure.supxlabel(f"difference from the baseline's accuracy, {axis}", fontsize=SMALL)
    figure.legend(handles=_legend(), loc="outside upper right", ncols=len(MARKS) + 1, fontsize=SMALL, frameon=False)
    return figure


def _places(compared):
    """Return where the row of each variation is, {(question, variation): y}, with a gap between questions."""
    names = dict.fromkeys(
        (row["question"], row["variation"]) for rows in compared.values() for row in rows if row["question"] != BASELINE
    )
    questions = list(dict.fromkeys(question for question, _ in names))
    ordered = sorted(names, key=lambda name: questions.index(name[0]))  # which keeps the order within a question
    return {name: place + GAP * questions.index(name[0]) for place, name in enumerate(ordered)}


def _write_questions(axes, places):
    """Write each question beside the first of its variations."""
    axes.set_axis_off()
    first = {}
    for (question, _), place in places.items():
        first.setdefault(question, place)
    for question, place in first.items():
        axes.text(0, place, question.replace("-", " "), va="center", fontsize=SMALL, fontweight="bold", parse_math=False)


def _draw_panel(axes, dataset, rows, places):
    """Draw the variations of a data set at their places, over the baseline and what a seed alone changes it by."""
    baseline, *variations = rows
    spread = 100 * (baseline["spread"] or 0)
    axes.axvspan(-spread, spread, color=BAND, lw=0)
    axes.axvline(0, color="black", lw=0.8)
    for row in variations:
        place = places[row["question"], row["variation"]]
        if row["gain"] is None:
            why = "no seed in common with the baseline" if row["trials"] else "failed"
            axes.text(0.02, place, why, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL)
            continue
        half = None if row["uncertainty"] is None else 100 * row["uncertainty"]
        axes.errorbar(100 * row["gain"], place, xerr=half, lw=1, **_style(verdict(row)))
    seeds = f"{baseline['trials']} seed{'s' * (baseline['trials'] != 1)}"
    axes.set_title(
        f"{DATASET_WORDS.get(dataset, dataset)}: baseline {baseline['accuracy']:.2%}, {seeds}", fontsize=SMALL, parse_math=False
    )


def _style(name):
    """Return the mark of a verdict, hollow where nothing is clear."""
    mark, color = MARKS[name]
    return {"fmt": mark, "color": color, "mfc": "white" if name == UNCLEAR else color, "ms": 3.6, "mew": 0.8}


def _legend():
    """Return what the legend explains: the verdicts, and the band."""
    styles = {name: _style(name) for name in MARKS}
    marks = [Line2D([], [], marker=style.pop("fmt"), ls="", label=name, **style) for name, style in styles.items()]
    return [*marks, Patch(color=BAND, lw=0, label="baseline, ± a standard deviation of its seeds")]


def _limits(compared, linear):
    """Return the ends of the axis that all panels share: around every interval, and where all is logarithmic a little more."""
    rows = [row for rows in compared.values() for row in rows if row["gain"] is not None]
    ends = [100 * (row["gain"] + sign * (row["uncertainty"] or 0)) for row in rows for sign in (-1, 1)]
    low, high = np.clip([1.3 * min(ends), 1.3 * max(ends)], -MOST, MOST)
    return min(low, -1.3 * linear), max(high, 1.3 * linear)


def _scale(axes, linear, low, high):
    """Scale the axis so that differences of a fraction of a point and of tens of points can both be read."""
    axes.set_xscale("symlog", linthresh=linear, linscale=1.4)
    sizes = (linear / 2, *(linear * 10**power for power in range(4)))
    ticks = sorted({0, *sizes, *(-size for size in sizes)})
    axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    axes.xaxis.set_minor_locator(
        FixedLocator([digit * tick for tick in ticks if abs(tick) >= linear for digit in range(2, 10)])
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g}".replace("-", MINUS) if value else "0"))
    axes.set_xlim(low, high)
    small(axes)

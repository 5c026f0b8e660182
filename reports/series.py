"""Series of numbers that reports and page draw, read from what runs wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from common import run_folders
from common.results import Results
from reports.names import CLASSIFIERS, MULTIHEAD, MULTIHEAD_NOISY, NOISY, TUNING

LEARNERS = (*CLASSIFIERS, *NOISY, MULTIHEAD, MULTIHEAD_NOISY)  # whose learning curves are shown
MOST_POINTS = 150  # of a learning curve in the page
# What the factors are varied by, and which answer's probability is shown.
_VARIED = {
    "length": ("length in pixels", "long"), "width": ("width in pixels", "thick"),
    "angle": ("degrees from one angle to the next", "the next angle"), "color": ("share of blue", "blue"),
}  # fmt: skip


def learning_curve(folder: Path) -> list[dict]:
    """Read the rows of a learning curve: one an epoch in a run of an earlier version, which has no steps.csv."""
    steps = folder / "steps.csv"
    return numbers(steps if steps.exists() else folder / "history.csv")


def numbers(path: Path, columns: Iterable[str] = ()) -> list[dict]:
    """Read rows of a CSV file, with numbers in these columns, or in all; None where there is none."""
    rows = run_folders.read_rows(path)
    return [{**row, **{name: float(row[name]) if row[name] else None for name in columns or row}} for row in rows]


def of_page(results: Results) -> dict:
    """Return what the page's charts show, as JSON: for each chart lists of series, {"name", "points": [[x, y], ...]}."""
    return {
        "curves": {name: _curves(learning_curve(results.folder(name))) for name in LEARNERS},
        "noise": _noise(results),
        "factors": _factors(numbers(results.file(f"{TUNING}/psychometric.csv"), ("seed", "noise", "value", "probability"))),
        "turned": _turned(numbers(results.file(f"{TUNING}/digits.csv"), ("value", "accuracy"))),
    }


def _curves(rows):
    """Return accuracy and loss, of training and validation: {measure: [[name, points], ...]}."""
    columns = [(side, f"{prefix}{{}}") for side, prefix in (("training", ""), ("validation", "val_"))]
    return {
        measure: [[side, _thinned([[row["epoch"], _short(row[name.format(measure)])] for row in rows
                                   if row[name.format(measure)] is not None])] for side, name in columns]
        for measure in ("accuracy", "loss")
    }  # fmt: skip


def _thinned(points):
    """Return at most about MOST_POINTS of many, evenly spread, with the last."""
    step = -(-len(points) // MOST_POINTS)
    return points[::-1][:: max(step, 1)][::-1]


def _noise(results):
    """Return the accuracy of each head against noise; nothing for a run without the curve."""
    path = results.folder(MULTIHEAD) / "noise.csv"
    rows = numbers(path) if path.exists() else []
    names = [name.removesuffix("_accuracy") for name in (rows[0] if rows else ()) if name.endswith("_accuracy")]
    heads = [name for name in names if name not in ("independent_heads", "mean_head")]
    return [
        {
            "name": "all heads" if head == "all_heads" else head, "dashed": head == "all_heads",
            "points": [[row["level"], _short(row[f"{head}_accuracy"])] for row in rows],
        }
        for head in heads
    ]  # fmt: skip


def _factors(rows):
    """Return how the answer goes over from one level of a factor to the next, without noise, on average over the seeds."""
    found = {}
    for factor, (across, answer) in _VARIED.items():
        of_factor = [row for row in rows if row["factor"] == factor and not row["noise"]]
        names = dict.fromkeys(row["network"] for row in of_factor)
        series = [{"name": name, "points": _means([row for row in of_factor if row["network"] == name])} for name in names]
        found[factor] = {"series": series, "across": across, "up": f"probability of “{answer}”"}
    return found


def _means(rows):
    """Return the mean probability at each value."""
    values = dict.fromkeys(row["value"] for row in rows)
    return [[value, _short(fmean(row["probability"] for row in rows if row["value"] == value))] for value in values]


def _turned(rows):
    """Return the accuracy of each network on digits that are turned."""
    of_rotation = [row for row in rows if row["axis"] == "rotation"]
    return [
        {
            "name": network,
            "points": [[row["value"], _short(row["accuracy"])] for row in of_rotation if row["network"] == network],
        }
        for network in dict.fromkeys(row["network"] for row in of_rotation)
    ]


def _short(value):
    return round(value, 5)

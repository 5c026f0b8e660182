"""What the figures of the page show, as JSON: charts.js and the other scripts of the templates draw it.

A figure is a dict of title; about, a sentence that says what one sees; parts, which are drawn one below the other; and views,
{name: parts}, one of which a select picks, with `choose`, the word in front of it. A part has a "kind", which says what draws
it, and numbers. `wide` figures stand above their inferences, the others beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Part = dict[str, Any]


def figure(title: str, about: str, parts: tuple[Part, ...] = (), **more: object) -> dict:
    """Return a figure. more: views, choose, wide."""
    return {"title": title, "about": about, "parts": list(parts), "views": {}, "choose": "", "wide": False, **more}


def lines(series: list[dict], across: str, up: str, label: str, **more: object) -> Part:
    """Return a chart of lines.

    Parameters
    ----------
    series
        Dicts of name, points as [x, y], and dashed for a dashed line.
    across, up
        Names of the axes.
    label
        What is seen, for who does not see it.
    more
        percent: y is a share; range: of y; powers: y goes in powers of ten; names: of the places 0, 1, 2, ... of x.
    """
    return {"kind": "lines", "series": series, "across": across, "up": up, "label": label, **more}


def line_for_each(
    rows: list[dict], key: str, across: Callable[[dict], float], up: str, words: dict[str, str] | None = None
) -> list[dict]:
    """Return a series for `lines` for each value that rows have of a key, in their order.

    Parameters
    ----------
    across, up
        The place of a row along x, and the column that is drawn along y.
    words
        Names of the values, if they are not names themselves.
    """
    series = []
    for value in dict.fromkeys(row[key] for row in rows):
        points = [[across(row), short(row[up])] for row in rows if row[key] == value]
        series.append({"name": words[value] if words else value, "points": points})
    return series


def dots(groups: list[dict], across: str, label: str, **more: object) -> Part:
    """Return a dot plot: rows with a dot each, and an interval or several lighter dots.

    Parameters
    ----------
    groups
        Dicts of name and rows; a row is a dict of name, value, text (the value in words), and low and high or points, and mark
        ("better" or "worse"), where they are known.
    across, label
        What the dots say; what is seen.
    more
        range: of values; linear: up to which the axis is linear, beyond it is logarithmic.
    """
    return {"kind": "dots", "groups": groups, "across": across, "label": label, **more}


def grid(rows: list[str], columns: list[str], values: list[list], label: str) -> Part:
    """Return a grid of shares from 0 to 1, None for a cell that is left out. label: what is seen."""
    return {"kind": "grid", "rows": rows, "columns": columns, "values": values, "label": label}


def live(*links: tuple[str, dict]) -> Part:
    """Return links to the networks that run in the page: (words, what is set there: tab, layer, head, method)."""
    return {"kind": "live", "links": [{"text": text, **where} for text, where in links]}


def short(value: float) -> float:
    """Return a number with as many digits as a chart shows."""
    return round(value, 5)

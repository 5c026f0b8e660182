"""Series of numbers that reports and page draw, read from what runs wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from common import run_folders


def learning_curve(folder: Path) -> list[dict]:
    """Read the rows of a learning curve: one an epoch in a run of an earlier version, which has no steps.csv."""
    steps = folder / "steps.csv"
    return numbers(steps if steps.exists() else folder / "history.csv")


def numbers(path: Path, columns: Iterable[str] = ()) -> list[dict]:
    """Read rows of a CSV file, with numbers in these columns, or in all; None where there is none."""
    rows = run_folders.read_rows(path)
    return [{**row, **{name: float(row[name]) if row[name] else None for name in columns or row}} for row in rows]

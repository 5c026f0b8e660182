"""Dot plots of the variations that Sections 1 and 2 tried."""

from __future__ import annotations

from common.results import Results
from reports.charts import dots, figure, short
from reports.inferences.evidence import points
from reports.names import DATASET_WORDS
from sweeps import comparison

_MARKS = {comparison.BETTER: "better", comparison.WORSE: "worse", comparison.UNCLEAR: ""}


def of_classes(results: Results) -> dict:
    """Return the variations of Section 1."""
    return _variations(results, "q1_cnn")


def of_heads(results: Results) -> dict:
    """Return the variations of Section 2."""
    return _variations(results, "q2_multihead")


def _variations(results, section):
    compared = comparison.read_compared(results.file(f"{section}/sweep/comparison.csv"))
    return figure(
        "The variations tried, against the baseline",
        "By how many percentage points of validation accuracy each variation differs from the baseline, with its 95% "
        "confidence interval, paired seed by seed. Filled and named: clearly better or worse after Holm's correction for the "
        "number of comparisons. The axis is linear up to one point, logarithmic beyond.",
        choose="data set", wide=True,
        views={DATASET_WORDS[name]: [_part(rows, DATASET_WORDS[name])] for name, rows in compared.items()},
    )  # fmt: skip


def _part(rows, dataset):
    groups = {}
    for row in rows:
        if row["gain"] is not None and row["question"] != comparison.BASELINE:
            groups.setdefault(row["question"].replace("-", " "), []).append(_row(row))
    return dots(
        [{"name": name, "rows": of} for name, of in sorted(groups.items())],
        "percentage points", f"differences of the variations from the baseline, {dataset}", linear=1,
    )  # fmt: skip


def _row(row):
    gain, uncertainty = 100 * row["gain"], 100 * (row["uncertainty"] or 0)
    return {
        "name": row["variation"], "value": short(gain), "low": short(gain - uncertainty), "high": short(gain + uncertainty),
        "text": points(row), "mark": _MARKS[comparison.verdict(row)],
    }  # fmt: skip

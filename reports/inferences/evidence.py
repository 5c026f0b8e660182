"""Reads the numbers that inferences rest on, and puts them into words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np

from common import run_folders
from common.results import Results
from reports import seeds
from sweeps import comparison


class NotMeasuredError(LookupError):
    """A result that an inference needs is missing, or lacks what it is about: a question of a sweep, a layer of a study."""


class Evidence:
    """The numbers of results. Its methods raise NotMeasuredError for what was not measured."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self._read_compared = cache(comparison.read_compared)  # a table that dozens of variations are looked up in

    def file(self, name: str) -> Path:
        """Return the path of a result that is there."""
        path = self.results.file(name)
        if not path.exists():
            raise NotMeasuredError(f"{path} is missing")
        return path

    def metrics(self, network: str) -> dict:
        """Return metrics.json of a network."""
        return run_folders.read_metrics(self.file(f"{network}/metrics.json").parent)

    def rows(self, name: str, **where: object) -> list[dict[str, str]]:
        """Return the rows of a CSV file whose columns have these values, at least one."""
        return matching(run_folders.read_rows(self.file(name)), **where)

    def study(self, name: str) -> dict:
        """Return the JSON file of a study."""
        return run_folders.read_json(self.file(name))

    def matrix(self, name: str) -> tuple[np.ndarray, list[str]]:
        """Return a confusion matrix and the names of its classes."""
        return run_folders.read_matrix(self.file(name))

    def compared(self, section: str, dataset: str) -> list[dict]:
        """Return the rows of `comparison.read_compared` of a section's sweep on a data set."""
        return self._read_compared(self.file(f"{section}/sweep/comparison.csv")).get(dataset, [])

    def variation(self, section: str, dataset: str, question: str, variation: str) -> dict:
        """Return a variation of a section's sweep as a row of `compared`, one whose trials were compared."""
        row = matching(self.compared(section, dataset), question=question, variation=variation)[0]
        if row["gain"] is None:
            raise NotMeasuredError(f"{variation} has no seed in common with the baseline")
        return row

    def scores(self, *networks: str) -> tuple[str, ...]:
        """Return the names of the results that the scores of networks are from: metrics.json, and seeds.json if repeated."""
        names = (f"{network}/{file}" for network in networks for file in ("metrics.json", seeds.FILE))
        return tuple(name for name in names if self.results.file(name).exists())

    def shares(self, network: str, head: str | None = None) -> list[float]:
        """Return the test accuracy of a network, or of one of its heads, for each of its seeds."""
        if repeated := seeds.of_network(self.results, network):
            return repeated[f"{head}_accuracy" if head else "accuracy"]
        test = self.metrics(network)["test"]
        return [test["heads"][head]["accuracy"] if head else test.get("accuracy", test.get("all_heads_accuracy"))]

    def accuracy(self, network: str, head: str | None = None) -> str:
        """Return `shares` in words: "99.65 ± 0.02%"."""
        return seeds.spread(self.shares(network, head))

    def errors(self, network: str) -> str:
        """Return the test errors of a network in words, on average over its seeds: "96.7 of 28,000"."""
        return seeds.errors(self.metrics(network), seeds.of_network(self.results, network))

    def mean_accuracy(self, network: str, head: str | None = None) -> float:
        """Return the mean of `shares`."""
        return fmean(self.shares(network, head))

    def parameters(self, network: str) -> int:
        """Return how many parameters a network has."""
        return self.metrics(network)["training"]["parameters"]


def matching(rows: list[dict], **where: object) -> list[dict]:
    """Return the rows that have these values. Raises NotMeasuredError if there is none."""
    found = [row for row in rows if all(row[key] == value for key, value in where.items())]
    if not found:
        raise NotMeasuredError(f"no row with {where}")
    return found


def some(values: Iterable[float]) -> list[float]:
    """Return values as a list. Raises NotMeasuredError if there is none."""
    if not (found := list(values)):
        raise NotMeasuredError("no value")
    return found


def listed(values: Iterable[float], form: str) -> str:
    """Return numbers in a format, ".0%", as a list in a sentence: "77%, 59% and 99%"."""
    *first, last = (format(value, form).replace("-", "−") for value in values)
    return f"{', '.join(first)} and {last}"


def points(row: dict) -> str:
    """Return the difference of a variation from the baseline in words: "+0.34 ± 0.12"."""
    spread = "" if row["uncertainty"] is None else f" ± {100 * row['uncertainty']:.2f}"
    return f"{100 * row['gain']:+.2f}{spread}".replace("-", "−")


def is_better(*rows: dict) -> bool:
    """Whether each of these variations is better than the baseline, after Holm's correction."""
    return all(comparison.verdict(row) == comparison.BETTER for row in rows)


def is_worse(*rows: dict) -> bool:
    """Whether each of these variations is worse than the baseline, after Holm's correction."""
    return all(comparison.verdict(row) == comparison.WORSE for row in rows)


def is_unclear(*rows: dict) -> bool:
    """Whether none of these variations clearly differs from the baseline."""
    return all(comparison.verdict(row) == comparison.UNCLEAR for row in rows)

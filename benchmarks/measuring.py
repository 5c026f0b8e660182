"""How contenders are timed and compared."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from statistics import median

OURS = "ours"


@dataclass
class Row:
    """One comparison."""

    name: str
    unit: str  # of the values: "maps a second", "seconds"
    contenders: dict[str, list[float] | str]  # ours first; the values of each, one a round, or its error
    against: str | None = None  # the contender that the ratio is to; None: the best of the others
    least: float | None = None  # the aim for the ratio, if there is one
    most: float | None = None  # the same where less is better
    notes: dict[str, float] = field(default_factory=dict)  # other numbers by their description

    def as_dict(self) -> dict:
        """Return the row for results.json: medians, spreads and the ratio of two medians, which is None where one failed."""
        ours = next(iter(self.contenders))
        medians = {name: median(values) for name, values in self.contenders.items() if not isinstance(values, str)}
        others = [name for name in medians if name != ours and self.against in (None, name)]
        against = (min if self.most else max)(others, key=medians.get, default=None)
        ratio = reached = None
        if against and ours in medians:
            ratio = medians[ours] / medians[against]
            reached = ratio >= self.least if self.least else ratio <= self.most if self.most else None
        return {
            "row": self.name, "unit": self.unit, "ours": ours, "against": against,
            "ratio": ratio and _rounded(ratio), "least": self.least, "most": self.most, "reached": reached,
            "notes": {description: _rounded(number) for description, number in self.notes.items()},
            "contenders": {name: _summary(values) for name, values in self.contenders.items()},
        }  # fmt: skip


def lazily(build: Callable[[], Callable]) -> Callable:
    """Return a function that builds a contender when it is first called: a peer may fail at its import already."""
    built = cache(build)
    return lambda: built()()


def rates(contenders: dict[str, tuple[int, Callable]], rounds: int) -> dict[str, list[float] | str]:
    """Return how many things a second each contender does, one number a round, or its error; an error of `OURS` is raised.

    `contenders` has by name how many things are done in a call, and the function to call. They take turns, so that whatever
    slows the machine for a while slows all. A first round, in which all compile and warm up, is not counted.
    """
    values = {name: [] for name in contenders}
    for number in range(1 + rounds):
        for name, (count, contender) in contenders.items():
            if isinstance(values[name], str):
                continue
            start = time.perf_counter()
            try:
                contender()
            except Exception as error:  # a peer may raise anything
                if name == OURS:
                    raise
                values[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
                continue
            seconds = time.perf_counter() - start
            if number:
                values[name].append(count / seconds)
    return values


def _summary(values):
    if isinstance(values, str):
        return {"error": values}
    low, high = min(values), max(values)
    return {"median": _rounded(median(values)), "lowest": _rounded(low), "highest": _rounded(high), "rounds": len(values)}


def _rounded(number):
    return float(f"{number:.4g}")  # significant digits

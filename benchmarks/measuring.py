"""How contenders are timed, and what is said of it."""

import time
from dataclasses import dataclass, field
from functools import cache
from statistics import median

OURS = "ours"


@dataclass
class Row:
    """One comparison of the benchmark.

    name: what is done. unit: of the values, "maps a second" or "seconds". contenders: a list of values of each by name, or
    the error of one that cannot do it, a string. ours: the name of ours. against: the contender that the ratio is to, if
    not the best of the others. least, most: what the ratio should be, if anything; with `most` less is better.
    notes: what else was found, {words: number}.
    """

    name: str
    unit: str
    contenders: dict
    ours: str = OURS
    against: str | None = None
    least: float | None = None
    most: float | None = None
    notes: dict = field(default_factory=dict)

    @property
    def rival(self):
        """The contender that the ratio is to: `against`, or the best of the others by medians; None where none can do it."""
        able = {name: median(values) for name, values in self.contenders.items() if not isinstance(values, str)}
        others = [name for name in able if name != self.ours and self.against in (None, name)]
        return (min if self.most else max)(others, key=able.get, default=None)

    @property
    def ratio(self):
        """Ours to that of the rival, by medians; None where one of the two failed."""
        if self.rival is None or isinstance(self.contenders[self.ours], str):
            return None
        return median(self.contenders[self.ours]) / median(self.contenders[self.rival])

    @property
    def reached(self):
        """Whether the ratio is what it should be; None where nothing was aimed at, or there is no ratio."""
        if self.ratio is None or not (self.least or self.most):
            return None
        return self.ratio >= self.least if self.least else self.ratio <= self.most

    def as_dict(self):
        """The row for results.json, every contender with its median and spread."""
        return {
            "row": self.name, "unit": self.unit, "ours": self.ours, "against": self.rival,
            "ratio": self.ratio and _short(self.ratio), "least": self.least, "most": self.most, "reached": self.reached,
            "notes": {words: _short(number, 6) for words, number in self.notes.items()},
            "contenders": {
                name: {"error": values} if isinstance(values, str) else _summary(values)
                for name, values in self.contenders.items()
            },
        }  # fmt: skip


def lazily(build):
    """A contender that is built, by build(), when it is called first: a peer may fail at its import already."""
    built = cache(build)
    return lambda: built()()


def in_turn(contenders, rounds):
    """Calls the contenders in turn and returns the seconds of each round, {name: [seconds]}, and {name: first result}.

    contenders: {name: function without arguments}. Each is called once beforehand, to compile and to warm up. Then they take
    turns, so that whatever slows the machine for a while slows all. A peer that fails has its error, a string, in the
    place of its seconds: how it fails is a result too. Ours, called OURS, raises.
    """
    seconds, results = {name: [] for name in contenders}, {}
    for number in range(1 + rounds):
        for name, contender in contenders.items():
            if isinstance(seconds[name], str):
                continue
            try:
                start = time.perf_counter()
                result = contender()
                spent = time.perf_counter() - start
            except Exception as error:  # whatever a peer raises
                if name == OURS:
                    raise
                seconds[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
                continue
            if number:
                seconds[name].append(spent)
            else:
                results[name] = result
            del result  # so that the next one finds its memory free
    return seconds, results


def rates(seconds, counts):
    """Seconds, as `in_turn` has them, as so many a second. counts: {name: how much a contender did in that time}."""
    return {name: spent if isinstance(spent, str) else [counts[name] / one for one in spent] for name, spent in seconds.items()}


def _summary(values):
    return {
        "median": _short(median(values)), "lowest": _short(min(values)), "highest": _short(max(values)), "rounds": len(values)
    }  # fmt: skip


def _short(number, digits=4):
    """A number with so many significant digits."""
    return float(f"{number:.{digits}g}")

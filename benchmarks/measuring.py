"""How contenders are timed, and what is said of it."""

import resource
import time
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Row:
    """One comparison of the benchmark.

    name: what is done. unit: of the values, "maps a second" or "seconds". contenders: values of each by name, a list, or
    the error of one that cannot do it, a string. ours: the name of ours. ratio: what the goal is about. goal: in words.
    reached: whether the ratio is what was aimed at. notes: what else was found, {words: number}.
    """

    name: str
    unit: str
    contenders: dict
    ours: str
    ratio: float
    goal: str
    reached: bool
    notes: dict = field(default_factory=dict)

    def as_dict(self):
        """The row for results.json, every contender with its median and spread."""
        return {
            "row": self.name, "unit": self.unit, "ours": self.ours, "ratio": _short(self.ratio), "goal": self.goal,
            "reached": bool(self.reached), "notes": {words: _short(number) for words, number in self.notes.items()},
            "contenders": {
                name: {"error": values} if isinstance(values, str) else _summary(values)
                for name, values in self.contenders.items()
            },
        }  # fmt: skip


def in_turn(contenders, rounds):
    """Calls the contenders in turn and returns the seconds of each round, {name: [seconds]}, and {name: result}.

    contenders: {name: function without arguments}. Each is called once beforehand, to compile and to warm up. Then they take
    turns, so that whatever slows the machine for a while slows all. One that fails has its error, a string, in the place of
    its seconds: how a peer fails is a result too.
    """
    seconds, results = {}, {}
    for name, contender in contenders.items():
        try:
            results[name] = contender()
            seconds[name] = []
        except Exception as error:  # whatever a peer raises
            seconds[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    for _ in range(rounds):
        for name in results:
            start = time.perf_counter()
            contenders[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds, results


def rates(seconds, counts):
    """Seconds, as `in_turn` has them, as so many a second. counts: {name: how much a contender did in that time}."""
    return {name: spent if isinstance(spent, str) else [counts[name] / one for one in spent] for name, spent in seconds.items()}


def best_peer(contenders, ours, better=max):
    """The median of the best contender but ours."""
    return better(median(values) for name, values in contenders.items() if name != ours and not isinstance(values, str))


def peak_memory():
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _summary(values):
    return {
        "median": _short(median(values)), "lowest": _short(min(values)), "highest": _short(max(values)), "rounds": len(values)
    }  # fmt: skip


def _short(number):
    """A number with four significant digits."""
    return float(f"{number:.4g}")

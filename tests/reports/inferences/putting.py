"""Results that tests make up, and what is known of an inference from them: its numbers, and what must contradict it.

What was put in is a dict from the names of results to what their files hold: dicts for JSON, rows for CSV, for a confusion
matrix (matrix, names).
"""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.results import Results

CASES = {}  # what is known of each inference, by its function


@dataclass(frozen=True)
class Case:
    """What a test knows of an inference.

    Parameters
    ----------
    numbers
        Returns the numbers of its evidence, in order, from what was put in.
    contradictions
        Each changes what was put in so that the inference does not hold.
    drops
        Each takes from what was put in something that the inference is about, so that it cannot be drawn.
    """

    numbers: Callable[[dict], list[str]]
    contradictions: tuple[Callable[[dict], None], ...]
    drops: tuple[Callable[[dict], None], ...]


def case(infer, contradictions, drops=()):
    """Register the function below as the numbers of an inference."""

    def register(numbers):
        CASES[infer] = Case(numbers, tuple(contradictions), tuple(drops))
        return numbers

    return register


def changed(name, change):
    """Return a change of one result of what was put in."""
    return lambda put: change(put[name])


def rows_without(result, key=None, /, **where):
    """Return a change that takes the rows with these values away: of a CSV file, or of a list in a JSON file."""

    def drop(put):
        rows = put[result][key] if key else put[result]
        rows[:] = [row for row in rows if any(row[column] != value for column, value in where.items())]

    return drop


def setting(result, key=None, /, *, to, **where):
    """Return a change that sets columns of the rows with these values: of a CSV file, or of a list in a JSON file."""

    def change(put):
        rows = put[result][key] if key else put[result]
        found = [row for row in rows if all(row[column] == value for column, value in where.items())]
        assert found
        for row in found:
            row.update(to)

    return change


def written(put: dict, root: Path) -> Results:
    """Write what was put in as published results."""
    for name, content in put.items():
        path = root / "published" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".json"):
            path.write_text(json.dumps(content), encoding="utf-8")
        else:
            _write_csv(path, content)
    return Results(own=False, root=root)


def _write_csv(path, content):
    if isinstance(content, tuple):
        matrix, names = content
        lines = [["true \\ predicted", *names], *([name, *counts] for name, counts in zip(names, matrix.tolist()))]
    else:
        lines = [list(content[0]) if content else ["epoch"], *(row.values() for row in content)]
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def numbers_in(text: str) -> list[str]:
    """Return the numbers of a text in order, with their sign; not those of layers between backticks."""
    return re.findall(r"[−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", re.sub("`[^`]*`", "", text))


def percent(*shares, digits=1):
    """Return shares as their numbers in per cent."""
    return [f"{100 * share:.{digits}f}" for share in shares]


def signed(value, digits=2):
    """Return a number with the minus of print."""
    return f"{value:.{digits}f}".replace("-", "−")


def network(name, random, tested=38400, errors=(10,), heads=None, **training):
    """Return metrics.json of a network and, if it has errors of several seeds, seeds.json, by name.

    heads: the share that is right for each head, in Section 2.
    """
    shares = [1 - count / tested for count in errors]
    test = _score(shares[0], errors[0])
    if heads:
        of_heads = {head: {**_score(share, 1), "mean_absolute_error_degrees": 7.1} for head, share in heads.items()}
        test = {
            "heads": of_heads, "all_heads_accuracy": shares[0], "all_heads_errors": errors[0], "mean_head_accuracy": 0.9,
            "independent_heads_accuracy": heads["length"] * heads["width"] * heads["angle"] * heads["color"], "classes": test,
        }  # fmt: skip
    metrics = {
        "network": name, "test": test, "machine": "one", "versions": {},
        "data": {"name": "lines", "source": "drawn", "per_class": 1000, "train": 51840, "validation": 5760, "test": tested,
                 "classes": 96, "fingerprint": "0", "noise_level": 6},
        "training": {"epochs": 3, "batch_size": 128, "seed": 0, "recipe": {}, "seconds": 1.0, "command": "python",
                     "parameters": random.randint(100_000, 200_000), **training},
    }  # fmt: skip
    put = {f"{name}/metrics.json": metrics}
    if len(errors) > 1:
        put[f"{name}/seeds.json"] = {"seeds": list(range(len(errors))), "accuracy": shares, "errors": list(errors)}
    return put


def _score(share, errors):
    return {"loss": 0.1, "accuracy": share, "errors": errors, "macro_f1": share, "weighted_f1": share}


def parameters(put, name):
    """Return the number of parameters that a network was given."""
    return f"{put[f'{name}/metrics.json']['training']['parameters']:,}"


def errors_of(put, name):
    """Return the numbers of "64.4 of 38,400": errors, on average over seeds, and the images tested."""
    tested = put[f"{name}/metrics.json"]["data"]["test"]
    if f"{name}/seeds.json" not in put:
        test = put[f"{name}/metrics.json"]["test"]
        return [f"{test.get('errors', test.get('all_heads_errors')):,}", f"{tested:,}"]
    errors = put[f"{name}/seeds.json"]["errors"]
    mean = sum(errors) / len(errors)
    return [f"{mean:.1f}" if mean < 100 else f"{mean:,.0f}", f"{tested:,}"]


def accuracy_of(put, name):
    """Return the numbers of "99.65 ± 0.02%": mean and standard deviation over seeds."""
    shares = [100 * share for share in put[f"{name}/seeds.json"]["accuracy"]]
    mean = sum(shares) / len(shares)
    variance = sum((share - mean) ** 2 for share in shares) / (len(shares) - 1)
    return [f"{mean:.2f}", f"{variance**0.5:.2f}"]

"""Reads and extends trials.csv, which has a row for every trial that ended, and compares what its rows show."""

import csv
import io
import math
import os
from pathlib import Path
from statistics import fmean, stdev

from common import run_folders
from data.errors import UserError
from sweeps.significance import LEVEL, holm, paired

BASELINE, BETTER, WORSE, UNCLEAR = "baseline", "better", "worse", "not clear"
TRAIN_ACCURACY = "train_accuracy"  # of the last epoch of training, as Keras reports it
BUDGET = ("fingerprint", "images", "epochs", "batch_size")
FIRST_MEASURED, LAST_MEASURED = "parameters", "seconds"  # the scores are the columns between them
NUMBERS = (FIRST_MEASURED, TRAIN_ACCURACY, "accuracy", LAST_MEASURED)  # that every finished trial has
REQUIRED = {*BUDGET, *NUMBERS, "dataset", "question", "variation", "seed", "status", "recipe"}
# The columns of comparison.csv with numbers.
COUNTS, VALUES = ("trials", "pairs"), ("accuracy", "seconds", "spread", "gain", "uncertainty", "p", "p_holm")


def read(path: Path) -> list[dict[str, str]]:
    """Read the rows of trials.csv; none without a file. A last row that a stop cut short is left out.

    Raises UserError when a row is damaged.
    """
    if not path.exists():
        return []
    content = path.read_bytes()
    complete = content[: content.rfind(b"\n") + 1]
    try:
        reader = csv.DictReader(io.StringIO(complete.decode("utf-8"), newline=""))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is damaged ({error}): move it away") from error
    if complete and (missing := sorted(REQUIRED - set(reader.fieldnames))):
        raise UserError(
            f"{path} is damaged, or of another version of this project (no column {missing[0]!r}): move it away, and run the "
            "sweep again"
        )
    if damaged := [number for number, row in enumerate(rows, 2) if _is_damaged(row)]:
        raise UserError(f"{path} is damaged (line {damaged[0]}): mend that line, or move the file away")
    return rows


def append(path: Path, row: dict) -> None:
    """Write a row below the others, in place of one that a stop cut short; when this returns it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        file.seek(0)
        complete = file.read().rfind(b"\n") + 1
        file.truncate(complete)
        header = [] if complete else [list(row)]
        file.write(run_folders.csv_lines([*header, row.values()]))
        file.flush()
        os.fsync(file.fileno())


def compare(rows: list[dict]) -> list[dict]:
    """Compare the variations of one data set, from the rows of trials with the same budget.

    Returns
    -------
    list of dict
        The baseline, then its variations from the largest gain to the smallest; empty without a finished trial of the baseline.
        Keys: question; variation; trials (how many finished); failed (why others did not); the mean of every measured column;
        spread (standard deviation of the accuracy); pairs (how many seeds both it and the baseline finished); gain, uncertainty
        and p of these pairs, see `sweeps.significance.paired`; p_holm (p adjusted for all tests of the data set); clear
        (whether p_holm is below 0.05). The baseline has a gain of 0 and no test.
    """
    variations = {}
    for row in rows:
        variations.setdefault((row["question"], row["variation"]), {})[row["seed"]] = row  # a seed counts once
    baseline = _accuracies(variations.get((BASELINE, BASELINE), {}))
    if not baseline:
        return []
    columns = list(rows[0])
    measured = columns[columns.index(FIRST_MEASURED) : columns.index(LAST_MEASURED) + 1]
    compared = [_compared(name, trials, baseline, measured) for name, trials in variations.items()]
    tested = [row for row in compared if row["p"] is not None]
    for row, adjusted in zip(tested, holm([row["p"] for row in tested])):
        row.update(p_holm=adjusted, clear=adjusted < LEVEL)
    return sorted(compared, key=lambda row: (row["question"] != BASELINE, row["gain"] is None, -(row["gain"] or 0)))


def _compared(name, trials, baseline, measured):
    """Return the row of `compare` of one variation. trials: rows by seed; baseline: its accuracies by seed."""
    question, variation = name
    finished = [row for row in trials.values() if row["status"] == "finished"]
    accuracies = _accuracies(trials)
    common = [] if question == BASELINE else [seed for seed in accuracies if seed in baseline]
    tested = paired([accuracies[seed] for seed in common], [baseline[seed] for seed in common])
    if question == BASELINE:
        tested["gain"] = 0.0
    return {
        "question": question, "variation": variation, "trials": len(finished),
        "failed": "; ".join(sorted({row["status"] for row in trials.values()} - {"finished"})),
        **{column: fmean(float(row[column]) for row in finished) if finished else None for column in measured},
        "spread": stdev(accuracies.values()) if len(accuracies) > 1 else None, "pairs": len(common),
        **tested, "p_holm": None, "clear": False,
    }  # fmt: skip


def _accuracies(trials):
    """Return the accuracy of each finished trial, by seed."""
    return {seed: float(row["accuracy"]) for seed, row in trials.items() if row["status"] == "finished"}


def verdict(row: dict) -> str:
    """Return "baseline", "better", "worse" or "not clear" for a row of `compare`."""
    if row["question"] == BASELINE:
        return BASELINE
    return UNCLEAR if not row["clear"] else BETTER if row["gain"] > 0 else WORSE


def as_text(compared: list[dict]) -> list[tuple]:
    """Return the rows of `compare` as rows of text, below a row of headings."""
    measured = "parameters", "seconds", "training accuracy", "accuracy"
    table = [("question", "variation", *measured, "difference, points", "p (Holm)", "verdict")]
    for row in compared:
        name = row["question"].replace("-", " "), row["variation"]
        if not row["trials"]:
            table.append((*name, "", "", "", row["failed"], "", "", ""))
            continue
        accuracy = f"{row['accuracy']:.2%}" + f", {row['failed']}" * bool(row["failed"])
        cost = f"{row['parameters']:,.0f}", f"{row['seconds']:.1f}"
        table.append((*name, *cost, f"{row[TRAIN_ACCURACY]:.2%}", accuracy, *_tested_as_text(row)))
    return table


def _tested_as_text(row):
    """Return difference, p and verdict of a row of `compare` in words."""
    if row["question"] == BASELINE or row["gain"] is None:
        return ("", "", "")
    uncertainty = "" if row["uncertainty"] is None else f" ± {100 * row['uncertainty']:.2f}"
    p = row["p_holm"]
    return (
        f"{100 * row['gain']:+.2f}{uncertainty}",
        "" if p is None else "< 0.0001" if p < 0.0001 else f"{p:.4f}",
        verdict(row),
    )


def read_compared(path: Path) -> dict[str, list[dict]]:
    """Read comparison.csv: for each data set rows as `compare` returned them, of what was measured accuracy and seconds alone.

    Raises UserError when it is of an earlier version.
    """
    with run_folders.reading():
        rows = run_folders.read_rows(path)
        if missing := [column for column in (TRAIN_ACCURACY, *COUNTS, *VALUES) if column not in rows[0]]:
            raise UserError(f"{path} is of another version of this project (no column {missing[0]!r}): run the sweep again")
        compared = {}
        for row in rows:
            counts = {column: int(row[column]) for column in COUNTS}
            values = {column: float(row[column]) if row[column] else None for column in VALUES}
            texts = {column: row[column] for column in ("question", "variation", "failed")}
            compared.setdefault(row["dataset"], []).append({**texts, **counts, **values, "clear": row["clear"] == "True"})
        return compared


def sweep_data(folder: Path) -> dict[str, dict]:
    """Return what sweep.json has of each data set, by name; nothing without the file. Raises UserError when it is damaged."""
    path = folder / "sweep.json"
    if not path.exists():
        return {}
    content = run_folders.read_json(path, "move it away and run the sweep again")
    if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
        raise UserError(f"{path} is damaged (it has no data): move it away and run the sweep again")
    return content["data"]


def of_budget(rows: list[dict], data: dict[str, dict]) -> dict[str, list[dict]]:
    """Return the rows of each data set with the images, budget and recipe that `sweep_data` has of it."""

    def belongs(row, name, described):
        recipe = described.get("recipes", {}).get(full_name(row["question"], row["variation"]))
        return (row["dataset"], row["recipe"]) == (name, recipe) and all(row[key] == str(described[key]) for key in BUDGET)

    return {name: [row for row in rows if belongs(row, name, described)] for name, described in data.items()}


def full_name(question: str, name: str) -> str:
    """Return the name of a variation among those of all questions: "depth: 1 convolution"."""
    return f"{question}: {name}"


def _is_damaged(row):
    """Whether a row has more or fewer columns than the header, or lacks a number of a finished trial."""
    if None in row or None in row.values():
        return True
    try:
        numbers = [float(row[name]) for name in NUMBERS if row["status"] == "finished"]
    except ValueError:
        return True
    return not all(map(math.isfinite, numbers))

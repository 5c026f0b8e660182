"""Reads and extends trials.csv, which has a row for every trial that ended, and compares what its rows show."""

import csv
import io
import math
import os
import warnings
from pathlib import Path
from statistics import fmean, stdev

from common import run_folders
from data.errors import UserError

BASELINE = "baseline"
CONFIDENCE = 0.95
BUDGET = ("fingerprint", "images", "epochs", "batch_size")
FIRST_MEASURED, LAST_MEASURED = "parameters", "seconds"  # the scores are the columns between them
REQUIRED = {*BUDGET, "dataset", "question", "variation", "seed", FIRST_MEASURED, "accuracy", LAST_MEASURED, "status", "recipe"}


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
        raise UserError(f"{path} is damaged, or of another version of this project (no column {missing[0]!r}): move it away")
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
        spread (standard deviation of the accuracy); gain (over the baseline's mean accuracy); uncertainty (half the width of
        the gain's 95 % confidence interval after Welch, None for fewer than two seeds); clear (whether the gain is larger).
    """
    variations = {}
    for row in rows:
        variations.setdefault((row["question"], row["variation"]), {})[row["seed"]] = row  # a seed counts once
    finished = {name: [row for row in trials.values() if row["status"] == "finished"] for name, trials in variations.items()}
    baseline = [float(row["accuracy"]) for row in finished.get((BASELINE, BASELINE), [])]
    if not baseline:
        return []
    columns = list(rows[0])
    measured = columns[columns.index(FIRST_MEASURED) : columns.index(LAST_MEASURED) + 1]
    compared = []
    for (question, variation), trials in finished.items():
        means = {name: fmean(float(row[name]) for row in trials) if trials else None for name in measured}
        accuracies = [float(row["accuracy"]) for row in trials]
        gain = fmean(accuracies) - fmean(baseline) if trials else None
        uncertainty = _uncertainty(accuracies, baseline)
        statuses = {row["status"] for row in variations[question, variation].values()}
        compared.append({
            "question": question, "variation": variation, "trials": len(trials),
            "failed": "; ".join(sorted(statuses - {"finished"})), **means,
            "spread": stdev(accuracies) if len(trials) > 1 else None, "gain": gain, "uncertainty": uncertainty,
            "clear": uncertainty is not None and abs(gain) > uncertainty,
        })  # fmt: skip
    return sorted(compared, key=lambda row: (row["question"] != BASELINE, row["gain"] is None, -(row["gain"] or 0)))


def verdict(row: dict, unclear: str) -> str:
    """Return "baseline", "better", "worse" or `unclear` for a row of `compare`."""
    if row["question"] == BASELINE:
        return BASELINE
    return unclear if not row["clear"] else "better" if row["gain"] > 0 else "worse"


def as_text(compared: list[dict]) -> list[tuple]:
    """Return the rows of `compare` as rows of text, below a row of headings."""
    table = [("question", "variation", "parameters", "seconds", "accuracy", "gain, %", "beyond the seeds' noise")]
    for row in compared:
        name = row["question"].replace("-", " "), row["variation"]
        if not row["trials"]:
            table.append((*name, "", "", row["failed"], "", ""))
            continue
        uncertainty = "" if row["uncertainty"] is None else f" ± {100 * row['uncertainty']:.2f}"
        gain = f"{100 * row['gain']:+.2f}{uncertainty}", verdict(row, "no")
        accuracy = f"{row['accuracy']:.2%}" + f", {row['failed']}" * bool(row["failed"])
        cost = f"{row['parameters']:,.0f}", f"{row['seconds']:.1f}"
        table.append((*name, *cost, accuracy, *(("", "") if row["question"] == BASELINE else gain)))
    return table


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
        numbers = [float(row[name]) for name in (FIRST_MEASURED, "accuracy", LAST_MEASURED) if row["status"] == "finished"]
    except ValueError:
        return True
    return not all(map(math.isfinite, numbers))


def _uncertainty(accuracies, baseline):
    from scipy.stats import ttest_ind  # a second to import

    if min(len(accuracies), len(baseline)) < 2:
        return None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Precision loss")  # when all seeds have the same accuracy
        interval = ttest_ind(accuracies, baseline, equal_var=False).confidence_interval(CONFIDENCE)
    return float(interval.high - interval.low) / 2

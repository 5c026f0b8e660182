"""trials.csv, where each trial of a sweep is a row from the moment that it ended; and what the rows show together."""

import csv
import io
import math
import os
import warnings
from statistics import fmean, stdev

from common import run_folders
from common.run_folders import csv_lines
from data.errors import UserError

BASELINE = "baseline"
CONFIDENCE = 0.95
BUDGET = ("fingerprint", "images", "epochs", "batch_size")
FIRST_MEASURED, LAST_MEASURED = "parameters", "seconds"  # the scores are the columns between them
REQUIRED = {*BUDGET, "dataset", "question", "variation", "seed", FIRST_MEASURED, "accuracy", LAST_MEASURED, "status", "recipe"}


def read(path):
    """The rows of trials.csv, dicts of strings; none without a file. A last row that a stop cut short is left out.

    Raises UserError when a row is damaged.
    """
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    try:
        reader = csv.DictReader(io.StringIO(whole.decode("utf-8"), newline=""))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is damaged ({error}): move it away") from error
    if whole and (missing := sorted(REQUIRED - set(reader.fieldnames))):
        raise UserError(f"{path} is damaged, or of another version of this project (no column {missing[0]!r}): move it away")
    damaged = [number for number, row in enumerate(rows, 2) if None in row or None in row.values()]
    if not damaged:
        damaged = [number for number, row in enumerate(rows, 2) if row["status"] == "finished" and not _has_numbers(row)]
    if damaged:
        raise UserError(f"{path} is damaged (line {damaged[0]}): mend that line, or move the file away")
    return rows


def append(path, row):
    """Writes a row, a dict, below the others: when this returns it is on the disk. A row that a stop cut short is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        header = [] if whole else [list(row)]
        file.write(csv_lines([*header, row.values()]))
        file.flush()
        os.fsync(file.fileno())


def compare(rows):
    """What each variation of one data set changes: a list of dicts, the baseline first, then the largest gain first.

    rows: of trials with the same budget. Each dict has question, variation, trials (how many ended), failed (why others did
    not), the means of all that was measured, spread (the standard deviation of the accuracy), gain (over the
    baseline's accuracy), uncertainty (half the width of Welch's 95 % confidence interval of the gain, None for
    fewer than two seeds), and clear: whether the gain is the larger of the two, and so not the seeds' doing.
    Empty without a finished trial of the baseline.
    """
    if not rows:
        return []
    measured = list(rows[0])[list(rows[0]).index(FIRST_MEASURED) : list(rows[0]).index(LAST_MEASURED) + 1]
    variations = {}
    for row in rows:
        variations.setdefault((row["question"], row["variation"]), {})[row["seed"]] = row  # a seed counts once
    variations = {name: list(trials.values()) for name, trials in variations.items()}
    accuracies = {name: [float(row["accuracy"]) for row in _finished(trials)] for name, trials in variations.items()}
    baseline = accuracies.get((BASELINE, BASELINE))
    if not baseline:
        return []
    compared = []
    for (question, variation), trials in variations.items():
        values, finished = accuracies[question, variation], _finished(trials)
        uncertainty = _uncertainty(values, baseline)
        gain = fmean(values) - fmean(baseline) if values else None
        compared.append({
            "question": question,
            "variation": variation,
            "trials": len(values),
            "failed": "; ".join(sorted({row["status"] for row in trials if row not in finished})),
            **{name: fmean(float(row[name]) for row in finished) if finished else None for name in measured},
            "spread": stdev(values) if len(values) > 1 else None,
            "gain": gain,
            "uncertainty": uncertainty,
            "clear": uncertainty is not None and abs(gain) > uncertainty,
        })  # fmt: skip
    return sorted(compared, key=lambda one: (one["question"] != BASELINE, one["gain"] is None, -(one["gain"] or 0)))


def as_text(compared):
    """What `compare` gives, as rows of text; the first is the table's head."""
    rows = [("question", "variation", "parameters", "seconds", "accuracy", "gain, %", "beyond the seeds' noise")]
    for one in compared:
        name = one["question"].replace("-", " "), one["variation"]
        if not one["trials"]:
            rows.append((*name, "", "", one["failed"], "", ""))
            continue
        uncertainty = "" if one["uncertainty"] is None else f" ± {100 * one['uncertainty']:.2f}"
        verdict = ("better" if one["gain"] > 0 else "worse") if one["clear"] else "no"
        gain = ("", "") if one["question"] == BASELINE else (f"{100 * one['gain']:+.2f}{uncertainty}", verdict)
        accuracy = f"{one['accuracy']:.2%}" + f", {one['failed']}" * bool(one["failed"])
        rows.append((*name, f"{one['parameters']:,.0f}", f"{one['seconds']:.1f}", accuracy, *gain))
    return rows


def sweep_data(folder):
    """What sweep.json tells of each data set, {name: dict}; nothing without the file. Raises UserError for a damaged one."""
    path = folder / "sweep.json"
    if not path.exists():
        return {}
    content = run_folders.read_json(path, "move it away and run the sweep again")
    if not isinstance(content, dict) or not isinstance(content.get("data"), dict):
        raise UserError(f"{path} is damaged (it tells of no data): move it away and run the sweep again")
    return content["data"]


def of_budget(rows, data):
    """The rows of each data set, {name: rows}, with the pictures, budget and recipes told of it in `data`, {name: dict}."""

    def belongs(row, name, told):
        same_recipe = told.get("recipes", {}).get(full_name(row["question"], row["variation"])) == row["recipe"]
        return row["dataset"] == name and same_recipe and all(row[key] == str(told[key]) for key in BUDGET)

    return {name: [row for row in rows if belongs(row, name, told)] for name, told in data.items()}


def full_name(question, name):
    """The name of a variation among those of all questions: "depth: 1 convolution"."""
    return f"{question}: {name}"


def _has_numbers(row):
    try:
        return all(math.isfinite(float(row[name])) for name in (FIRST_MEASURED, "accuracy", LAST_MEASURED))
    except ValueError:
        return False


def _finished(rows):
    return [row for row in rows if row["status"] == "finished"]


def _uncertainty(values, baseline):
    from scipy.stats import ttest_ind  # a second to import

    if min(len(values), len(baseline)) < 2:
        return None
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Precision loss")  # seeds that all come to the same
        interval = ttest_ind(values, baseline, equal_var=False).confidence_interval(CONFIDENCE)
    return float(interval.high - interval.low) / 2

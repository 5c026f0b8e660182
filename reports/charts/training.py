"""Charts of how networks learn, and how good they get."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

from common import run_folders
from common.results import Results
from reports.charts import dots, figure, grid, lines, short
from reports.inferences.evidence import Evidence
from reports.names import CLASSIFIERS, MULTIHEAD, MULTIHEAD_NOISY, NOISIEST, NOISY, OFFICIAL, WORDS
from reports.series import learning_curve, numbers

MOST_POINTS = 150  # of a learning curve in the page


def scores_of_classes(results: Results) -> dict:
    """Return the test errors of Section 1's networks, seed by seed."""
    return _scores(results, {"": [{"name": WORDS[name], "network": name} for name in (*CLASSIFIERS, *OFFICIAL, *NOISY)]})


def scores_of_heads(results: Results) -> dict:
    """Return the test errors of Section 2's networks and their heads, seed by seed, beside Section 1's."""
    groups = {}
    for name, classes in ((MULTIHEAD, CLASSIFIERS[1]), (MULTIHEAD_NOISY, NOISY[1])):
        heads = results.metrics(name)["test"]["heads"]
        groups[WORDS[name]] = [
            *({"name": head, "network": name, "head": head} for head in heads), {"name": "any of the four", "network": name},
            {"name": "Section 1's own network", "network": classes},
        ]  # fmt: skip
    return _scores(results, groups)


def _scores(results, groups):
    evidence = Evidence(results)
    drawn = [{"name": name, "rows": [_errors(evidence, **one) for one in rows]} for name, rows in groups.items()]
    return figure(
        "Test errors, seed by seed",
        "The share of the test images that each network misclassifies: a small dot for every seed and a large one for their "
        "mean. The axis is linear up to 1%, logarithmic beyond.",
        (dots(drawn, "misclassified test images, %", "test errors of each network", linear=1),),
    )  # fmt: skip


def _errors(evidence, name, network, head=None):
    wrong = [100 * (1 - share) for share in evidence.shares(network, head)]
    mean = fmean(wrong)
    return {"name": name, "value": short(mean), "text": f"{mean:.2f}%", "points": list(map(short, wrong))}


def curves_of_classes(results: Results) -> dict:
    """Return the learning curves of Section 1's networks."""
    return _curves(results, (*CLASSIFIERS, *NOISY))


def curves_of_heads(results: Results) -> dict:
    """Return the learning curves of Section 2's networks."""
    return _curves(results, (MULTIHEAD, MULTIHEAD_NOISY))


def _curves(results, networks):
    return figure(
        "Learning curves",
        "Accuracy and loss in fractions of an epoch. Validation may lie above training: training is an average over steps in "
        "which the network was still worse, on images that augmentation made harder; validation is measured afterwards, on "
        "images as they are.",
        choose="network",
        views={WORDS[name]: _curves_of(WORDS[name], learning_curve(results.folder(name))) for name in networks},
    )  # fmt: skip


def _curves_of(name, rows):
    """Return accuracy and loss, of training and validation."""
    parts = []
    for measure in ("accuracy", "loss"):
        series = [
            {"name": side, "dashed": bool(prefix), "points": thinned([
                [row["epoch"], short(row[prefix + measure])] for row in rows if row[prefix + measure] is not None])}
            for side, prefix in (("training", ""), ("validation", "val_"))
        ]  # fmt: skip
        lowest = min((y for one in series for _, y in one["points"]), default=0)
        scale = {"powers": True} if measure == "loss" else {"percent": True, "range": [min(lowest, 0.99), 1]}
        parts.append(lines(series, "epoch", measure, f"{measure} of {name} against epochs", **scale))
    return parts


def thinned(points: list) -> list:
    """Return at most about MOST_POINTS of many points, evenly spread, with the last."""
    step = -(-len(points) // MOST_POINTS)
    return points[::-1][:: max(step, 1)][::-1]


def noise(results: Results) -> dict:
    """Return the accuracy of each head against noise, and that of the networks which were trained longer at two levels."""
    path = results.folder(MULTIHEAD) / "noise.csv"
    rows = numbers(path) if path.exists() else []
    names = [name.removesuffix("_accuracy") for name in (rows[0] if rows else ()) if name.endswith("_accuracy")]
    series = [
        {
            "name": "all heads" if head == "all_heads" else head, "dashed": head == "all_heads",
            "points": [[row["level"], short(row[f"{head}_accuracy"])] for row in rows],
        }
        for head in names if head not in ("independent_heads", "mean_head")
    ]  # fmt: skip
    if better := [_at_its_level(results, name) for name in (MULTIHEAD_NOISY, NOISIEST) if _exists(results, name)]:
        series.append({"name": "all heads, network of the noisy task", "points": better})
    return figure(
        "Accuracy against noise",
        "The lines are blurred, dimmed and covered with noise, in six levels, and the network with four heads is trained and "
        "tested anew at each. The last line is the larger network of the noisy task, which learns for longer.",
        (lines(series, "level of noise", "right", "test accuracy of each head and of all heads against the level of noise",
               percent=True, range=[0, 1]),),
    )  # fmt: skip


def _exists(results, name):
    return Path(results.file(f"{name}/metrics.json")).exists()


def _at_its_level(results, name):
    return [results.metrics(name)["data"]["noise_level"], short(Evidence(results).mean_accuracy(name))]


def f_scores(results: Results) -> dict:
    """Return the F-scores of the 96 classes of the noisy task, a row for each length, width and color."""
    return figure(
        "F-scores of the 96 classes",
        "The F-score of every class on the noisy task: angles from left to right, short lines above long ones; the lighter a "
        "cell, the lower its score.",
        choose="network",
        views={WORDS[name]: [_strip(run_folders.read_rows(results.file(f"{name}/f_scores.csv")), WORDS[name])]
               for name in NOISY[::-1]},
    )  # fmt: skip


def _strip(rows, network):
    found = {}
    for row in rows:
        if row["class"]:
            length, width, angle, color = row["name"].split()
            found.setdefault(f"{length} {width} {color}", {})[angle] = short(float(row["f1"]))
    angles = list(next(iter(found.values())))
    return grid(list(found), angles, [list(of.values()) for of in found.values()], f"F-scores of {network} by class")

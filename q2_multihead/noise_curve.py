"""How much noise each head bears: the network trained and tested anew at every level of `data.noise`."""

from pathlib import Path

import numpy as np

from data import line_classes, noise
from q2_multihead.evaluate import predict_heads, score
from reports import figures, provenance, runs, sheets
from training.run import checkpoint_of, fit, prepare

EXAMPLES = [0, -1]  # the pictures that the figure shows at every level: the first and the last of the data set


def add_noise_curve(metrics, recipe, dataset, *, out, seed=0, resume=False):
    """Trains and tests the network at each level, noise in training and test pictures alike, and draws the curve.

    metrics: metrics.json of the network without noise, which is level 0. The other arguments are those of its
    `training.run.train_network`. Adds noise.csv, noise_curve.png, noise_images.png (EXAMPLES, level after level) and
    "noise" in metrics.json to its run folder.
    resume: go on from the last complete epoch of a stopped run, and leave a complete curve as it is.
    Returns a dict for each level, as in noise.csv.
    """
    network = metrics["network"]
    if resume and _is_complete(metrics):
        print(f"{network}: the noise curve is complete, left as it is")
        return metrics["noise"]["levels"]
    folder = Path(out, network)
    with runs.alone(folder):
        return _add_noise_curve(folder, metrics, recipe, dataset, seed, resume)


def _add_noise_curve(folder, metrics, recipe, dataset, seed, resume):
    network = metrics["network"]
    checkpoints, rows, examples = [], [_row(0, metrics["test"])], [dataset.images[EXAMPLES]]
    for level in noise.LEVELS[1:]:
        print(f"{network}: noise level {level}", flush=True)
        noisy = dataset.at_noise_level(level, seed)
        model, settings = prepare(recipe, noisy, seed)
        checkpoints.append(checkpoint_of(f"{folder}.noise{level}", settings, noisy))
        fit(model, recipe, noisy, settings, checkpoints[-1], resume)
        rows.append(_row(level, score(*predict_heads(model, noisy, noisy.split.test))))
        examples.append(noisy.images[EXAMPLES])

    with runs.new_run(folder, keep=True) as filled:
        runs.write_rows(filled / "noise.csv", rows)
        figure = figures.noise_curve(rows, list(line_classes.FACTORS), examples, f"{network}\n{dataset.source}")
        figures.save(figure, filled / "noise_curve.png")
        sheets.save(np.concatenate(examples), filled / "noise_images.png")
        runs.write_json(filled / "metrics.json", {**metrics, "noise": {"command": provenance.command_line(), "levels": rows}})
    for checkpoint in checkpoints:
        checkpoint.remove()
    return rows


def _is_complete(metrics):
    """Whether a run has a curve of the levels as they are defined today."""
    strengths = [{**noise.strengths(level), "level": level} for level in noise.LEVELS]
    levels = metrics.get("noise", {}).get("levels", [])
    return [{key: level[key] for key in strengths[0]} for level in levels] == strengths


def _row(level, test):
    accuracies = {f"{head}_accuracy": scores["accuracy"] for head, scores in test["heads"].items()}
    together = {name: test[name] for name in ("all_heads_accuracy", "independent_heads_accuracy", "mean_head_accuracy")}
    degrees = test["heads"]["angle"]["mean_absolute_error_degrees"]
    return {"level": level, **noise.strengths(level), **accuracies, **together, "mean_absolute_error_degrees": degrees}

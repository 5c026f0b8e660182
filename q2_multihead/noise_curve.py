"""How much noise each head bears: the network trained and tested anew at every level of `data.noise`."""

import numpy as np

from common import provenance, run_folders
from data import line_classes, noise
from q2_multihead.evaluate import predict_heads, score
from reports import figures, sheets
from training.checkpoint import Checkpoint
from training.recipe import Recipe
from training.run import Run, train_network

EXAMPLES = [0, -1]  # the pictures that the figure shows at every level: the first and the last of the data set


def add_noise_curve(run: Run, recipe: Recipe, metrics: dict) -> list[dict]:
    """Train and test the network at each level of noise, in training and test images alike, and draw the curve.

    Adds noise.csv, noise_curve.png, noise_images.png (EXAMPLES, level after level) and "noise" in metrics.json to its run
    folder. A resumed run goes on from its last complete epoch and leaves a complete curve unchanged.

    Parameters
    ----------
    run, recipe
        Those of the network without noise, which is level 0.
    metrics
        Its metrics.json.

    Returns
    -------
    list of dict
        A dict for each level, as in noise.csv.
    """
    if run.resume and _is_complete(metrics):
        print(f"{run.network}: the noise curve is complete, left unchanged")
        return metrics["noise"]["levels"]
    with run_folders.locked(run.folder):
        return _add_noise_curve(run, recipe, metrics)


def _add_noise_curve(run: Run, recipe: Recipe, metrics: dict) -> list[dict]:
    dataset, seed = run.dataset, run.settings["seed"]
    checkpoints, rows, examples = [], [_row(0, metrics["test"])], [dataset.images[EXAMPLES]]
    for level in noise.LEVELS[1:]:
        print(f"{run.network}: noise level {level}", flush=True)
        noisy = dataset.at_noise_level(level, seed)
        checkpoints.append(Checkpoint(f"{run.folder}.noise{level}.checkpoint.npz", run.settings_on(noisy)))
        model, _ = train_network(recipe, noisy, seed=seed, checkpoint=checkpoints[-1], resume=run.resume)
        rows.append(_row(level, score(*predict_heads(model, noisy, noisy.split.test))))
        examples.append(noisy.images[EXAMPLES])

    with run_folders.new_run(run.folder, keep=True) as filled:
        run_folders.write_rows(filled / "noise.csv", rows)
        figures.save(figures.noise_curve(rows, list(line_classes.FACTORS), examples, run.title), filled / "noise_curve.png")
        sheets.save(np.concatenate(examples), filled / "noise_images.png")
        told = {"command": provenance.command_line(), "levels": rows}
        run_folders.write_json(filled / "metrics.json", {**metrics, "noise": told})
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

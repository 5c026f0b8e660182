"""How much noise each head tolerates: the network trained and tested again at every level of `data.noise`."""

import numpy as np

from common import provenance, run_folders
from data import line_classes, noise
from q2_multihead.evaluate import predict_heads, score
from reports import figures, sheets
from training.checkpoint import Checkpoint
from training.run import Run, train_network

EXAMPLES = [0, -1]  # the images that the figure shows at every level: the first and the last of the data set


def add_noise_curve(run: Run, metrics: dict) -> list[dict]:
    """Train and test the network at each level of noise, in training and test images alike, and draw the curve.

    Adds noise.csv, noise_curve.png, noise_images.png (EXAMPLES at each level) and "noise" in metrics.json to the run folder.
    A resumed run goes on from its last complete epoch and leaves a complete curve unchanged.

    Parameters
    ----------
    run, metrics
        Those of the network without noise, which is level 0; `metrics` is its metrics.json.

    Returns
    -------
    list of dict
        The rows of noise.csv, one for each level.
    """
    if run.resume and _is_complete(metrics):
        print(f"{run.network}: the noise curve is complete, left unchanged")
        return metrics["noise"]["levels"]
    with run_folders.locked(run.folder):
        seed, checkpoints = run.settings["seed"], []
        rows, examples = [_row(0, metrics["test"])], [run.dataset.images[EXAMPLES]]
        for level in noise.LEVELS[1:]:
            print(f"{run.network}: noise level {level}", flush=True)
            noisy = run.dataset.at_noise_level(level, seed)
            checkpoints.append(Checkpoint(f"{run.folder}.noise{level}.checkpoint.npz", run.settings_on(noisy)))
            model, _ = train_network(run.recipe, noisy, seed=seed, checkpoint=checkpoints[-1], resume=run.resume)
            rows.append(_row(level, score(*predict_heads(model, noisy, noisy.split.test))))
            examples.append(noisy.images[EXAMPLES])

        with run_folders.new_run(run.folder, keep=True) as folder:
            run_folders.write_rows(folder / "noise.csv", rows)
            curve = figures.noise_curve(rows, list(line_classes.FACTORS), examples, run.title)
            figures.save(curve, folder / "noise_curve.png")
            sheets.save(np.concatenate(examples), folder / "noise_images.png")
            study = {"command": provenance.command(), "levels": rows}
            run_folders.write_json(folder / "metrics.json", {**metrics, "noise": study})
        for checkpoint in checkpoints:
            checkpoint.remove()
    return rows


def _is_complete(metrics):
    """Return whether a run has a curve with the levels as defined now."""
    strengths = [{**noise.strengths(level), "level": level} for level in noise.LEVELS]
    with run_folders.reading():
        levels = metrics.get("noise", {}).get("levels", [])
        return [{key: level[key] for key in strengths[0]} for level in levels] == strengths


def _row(level, test):
    accuracies = {f"{head}_accuracy": scores["accuracy"] for head, scores in test["heads"].items()}
    together = {name: test[name] for name in ("all_heads_accuracy", "independent_heads_accuracy", "mean_head_accuracy")}
    degrees = test["heads"]["angle"]["mean_absolute_error_degrees"]
    return {"level": level, **noise.strengths(level), **accuracies, **together, "mean_absolute_error_degrees": degrees}

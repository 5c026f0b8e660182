"""How much noise each head bears: the network trained and tested anew at every level of `data.noise`."""

from pathlib import Path

from data import lines, noise
from data.command_line import print_table
from q2_multihead.evaluate import predict_heads, score
from reports import figures, runs
from training.run import prepared, trained

EXAMPLES = [0, -1]  # the pictures that the figure shows at every level: the first and the last of the data set


def add_noise_curve(metrics, recipe, dataset, *, out, seed=0, resume=False):
    """Trains and tests the network at each level, noise in training and test pictures alike, and draws the curve.

    metrics: metrics.json of the network without noise, which is level 0. The other arguments are those of its
    `training.run.train_network`. Adds noise.csv, noise_curve.png and "noise" in metrics.json to its run folder.
    resume: go on from the last complete epoch of a stopped run, and leave a complete curve as it is.
    """
    if "noise" in metrics:
        print(f"{metrics['network']}: the noise curve is complete, left as it is")
        return
    folder = Path(out, metrics["network"])
    checkpoints, rows, examples = [], [_row(0, metrics["test"])], [dataset.images[EXAMPLES]]
    for level in noise.LEVELS[1:]:
        noisy = dataset.at_noise_level(level, seed)
        print(f"{metrics['network']}: {noisy.source}", flush=True)
        model, settings = prepared(recipe, noisy, seed)
        checkpoint, _ = trained(model, recipe, noisy, settings, folder.with_name(f"{folder.name}_noise{level}"), resume)
        checkpoints.append(checkpoint)
        rows.append(_row(level, score(*predict_heads(model, noisy))))
        examples.append(noisy.images[EXAMPLES])

    with runs.new_run(folder, keep=True) as filled:
        runs.write_rows(filled / "noise.csv", rows)
        figure = figures.noise_curve(rows, list(lines.FACTORS), examples, f"{metrics['network']}\n{dataset.source}")
        figures.save(figure, filled / "noise_curve.png")
        runs.write_json(filled / "metrics.json", {**metrics, "noise": {"command": runs.command_line(), "levels": rows}})
    for checkpoint in checkpoints:
        checkpoint.remove()
    _print(rows)


def _row(level, test):
    accuracies = {f"{head}_accuracy": scores["accuracy"] for head, scores in test["heads"].items()}
    together = {name: test[name] for name in ("all_heads_accuracy", "independent_heads_accuracy", "mean_head_accuracy")}
    degrees = test["heads"]["angle"]["mean_absolute_error_degrees"]
    return {"level": level, **noise.strengths(level), **accuracies, **together, "mean_absolute_error_degrees": degrees}


def _print(rows):
    columns = [f"{head}_accuracy" for head in lines.FACTORS] + ["all_heads_accuracy", "independent_heads_accuracy"]
    headings = ["noise\nlevel", *lines.FACTORS, "all\nheads", "if\nindependent", "angle off by\n(degrees)"]
    words = [
        (str(row["level"]), *(f"{row[column]:.2%}" for column in columns), f"{row['mean_absolute_error_degrees']:.2f}")
        for row in rows
    ]
    print_table(headings, words)

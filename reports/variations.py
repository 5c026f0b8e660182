"""The figures of a sweep: for each question what every variation reached, and at which cost."""

import numpy as np
from matplotlib.figure import Figure

from reports.figures import TRAINING, VALIDATION
from reports.trials import BASELINE


def question(name, of_datasets, title):
    """Accuracy of each variation, its mean and every seed's, and beside it accuracy against the seconds of training.

    of_datasets: {data set: (compared, rows)}, of this question and the baseline alone; see `reports.trials.compare`.
    """
    count = len(of_datasets)
    most = max(len(compared) for compared, _ in of_datasets.values())
    figure = Figure(figsize=(10, 0.7 + count * (1.1 + 0.36 * most)), layout="constrained")
    figure.suptitle(f"{name.replace('-', ' ')}\n{title}", fontsize="medium", parse_math=False)
    for (dataset, (compared, rows)), axes in zip(of_datasets.items(), figure.subplots(count, 2, squeeze=False)):
        _draw_seeds(axes[0], dataset, compared, rows)
        _draw_costs(axes[1], compared)
    return figure


def _draw_seeds(axes, dataset, compared, rows):
    for place, one in enumerate(compared):
        color = _color(one)
        values = [100 * float(row["accuracy"]) for row in rows if row["variation"] == one["variation"] and row["accuracy"]]
        axes.plot(values, [place] * len(values), "o", color=color, ms=4, alpha=0.5)
        if values:
            axes.plot([np.mean(values)] * 2, [place - 0.32, place + 0.32], color=color, lw=2)
        else:
            axes.text(0.02, place, one["failed"], transform=axes.get_yaxis_transform(), va="center", fontsize="small")
    if compared[0]["accuracy"]:
        axes.axvline(100 * compared[0]["accuracy"], color="black", lw=0.8, ls=":")
    axes.set_yticks(range(len(compared)), [one["variation"] for one in compared])
    axes.set(ylim=(len(compared) - 0.5, -0.5), xlabel="validation accuracy, %", title=dataset)
    axes.grid(alpha=0.3, axis="x")


def _draw_costs(axes, compared):
    for one in compared:
        if one["accuracy"] is None:
            continue
        point = one["seconds"], 100 * one["accuracy"]
        axes.errorbar(*point, yerr=100 * (one["spread"] or 0), fmt="o", color=_color(one), ms=5)
        axes.annotate(one["variation"], point, (4, 4), textcoords="offset points", fontsize="small")
    axes.margins(x=0.25)
    axes.set(xlabel="seconds of training on one thread", ylabel="validation accuracy, %")
    axes.grid(alpha=0.3)


def _color(one):
    """The baseline is black; a difference beyond the seeds' noise stands out from those within."""
    if one["question"] == BASELINE:
        return "black"
    if not one["clear"]:
        return "0.55"
    return TRAINING if one["gain"] > 0 else VALIDATION

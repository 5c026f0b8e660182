"""The figures of a sweep: for each question the errors of every variation, and its seconds of training."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from reports.figures import TRAINING, VALIDATION
from sweeps.comparison import BASELINE, BETTER, UNCLEAR, WORSE, verdict

COLORS = {BASELINE: "black", BETTER: TRAINING, WORSE: VALIDATION, UNCLEAR: "0.55"}


def question_figure(name: str, of_datasets: dict[str, tuple[list[dict], list[dict]]], title: str) -> Figure:
    """Draw the errors of each variation, of all seeds and on average, and beside them errors against seconds of training.

    `of_datasets` has for each data set rows of `sweeps.comparison.compare` and of trials.csv, of the baseline and the question.
    """
    count = len(of_datasets)
    most = max(len(compared) for compared, _ in of_datasets.values())
    figure = Figure(figsize=(10, 1 + count * (1.1 + 0.36 * most)), layout="constrained")
    figure.suptitle(f"{title}: {name.replace('-', ' ')}", fontsize="medium", parse_math=False)
    for (dataset, (compared, rows)), axes in zip(of_datasets.items(), figure.subplots(count, 2, squeeze=False)):
        errors = [100 - 100 * float(row["accuracy"]) for row in rows if row["accuracy"]]
        least = min((error for error in errors if error > 0), default=1) / 2  # where a logarithmic axis shows no error at all
        _draw_seeds(axes[0], dataset, compared, rows, least)
        _draw_costs(axes[1], compared, least)
    handles = [Line2D([], [], color=color, marker="o", ls="", label=label) for label, color in COLORS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize="small", frameon=False)
    return figure


def _draw_seeds(axes, dataset, compared, rows, least):
    for place, variation in enumerate(compared):
        color = COLORS[verdict(variation)]
        trials = [row["accuracy"] for row in rows if row["variation"] == variation["variation"] and row["accuracy"]]
        errors = np.maximum([100 - 100 * float(accuracy) for accuracy in trials], least)
        axes.plot(errors, [place] * len(errors), "o", color=color, ms=4, alpha=0.5)
        if len(errors):
            axes.plot([_error(variation, least)] * 2, [place - 0.32, place + 0.32], color=color, lw=2)
        else:
            axes.text(0.02, place, variation["failed"], transform=axes.get_yaxis_transform(), va="center", fontsize="small")
    axes.axvline(_error(compared[0], least), color="black", lw=0.8, ls=":")
    axes.set_yticks(range(len(compared)), [variation["variation"] for variation in compared])
    none = ", left edge: none" if any(variation["accuracy"] == 1 for variation in compared) else ""
    axes.set(ylim=(len(compared) - 0.5, -0.5), xlabel=f"validation errors, %{none}", title=dataset)
    _scale_logarithmically(axes.xaxis)


def _draw_costs(axes, compared, least):
    finished = [variation for variation in compared if variation["trials"]]
    for variation in finished:
        point = variation["seconds"], _error(variation, least)
        axes.plot(*point, "o", color=COLORS[verdict(variation)], ms=5)
        axes.annotate(variation["variation"], point, (5, 4), textcoords="offset points", fontsize="small")
    axes.set_xlim(0, 1.6 * max(variation["seconds"] for variation in finished))
    axes.set(xlabel="seconds of training on one thread", ylabel="validation errors, %")
    _scale_logarithmically(axes.yaxis)


def _scale_logarithmically(axis):
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    low, high = axis.get_view_interval()
    short = high < 10 * low  # less than a decade has at most one major tick: its minor ones are labelled too
    axis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:.2g}" if short else ""))
    axis.axes.grid(alpha=0.3, which="both", axis=axis.axis_name)
    axis.axes.tick_params(which="both", labelsize="small")


def _error(variation, least):
    return max(100 - 100 * variation["accuracy"], least)

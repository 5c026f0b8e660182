"""The figures of a sweep: for each question what every variation reached, and at which cost."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from reports.figures import TRAINING, VALIDATION
from sweeps.comparison import BASELINE

COLORS = {"baseline": "black", "better": TRAINING, "worse": VALIDATION, "within the seeds' noise": "0.55"}


def question(name, of_datasets, title):
    """Errors of each variation, their mean and every seed's, and beside it errors against the seconds of training.

    of_datasets: {data set: (compared, rows)}, of this question and the baseline alone; see `sweeps.comparison.compare`.
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
    for place, one in enumerate(compared):
        color = COLORS[_verdict(one)]
        accuracies = [row["accuracy"] for row in rows if row["variation"] == one["variation"] and row["accuracy"]]
        errors = np.maximum([100 - 100 * float(accuracy) for accuracy in accuracies], least)
        axes.plot(errors, [place] * len(errors), "o", color=color, ms=4, alpha=0.5)
        if len(errors):
            axes.plot([_error(one, least)] * 2, [place - 0.32, place + 0.32], color=color, lw=2)
        else:
            axes.text(0.02, place, one["failed"], transform=axes.get_yaxis_transform(), va="center", fontsize="small")
    axes.axvline(_error(compared[0], least), color="black", lw=0.8, ls=":")
    axes.set_yticks(range(len(compared)), [one["variation"] for one in compared])
    none = ", at the left edge none" if any(one["accuracy"] == 1 for one in compared) else ""
    axes.set(ylim=(len(compared) - 0.5, -0.5), xlabel=f"validation errors, %{none}", title=dataset)
    _percent(axes.xaxis)


def _draw_costs(axes, compared, least):
    for one in compared:
        if one["accuracy"] is None:
            continue
        point = one["seconds"], _error(one, least)
        axes.plot(*point, "o", color=COLORS[_verdict(one)], ms=5)
        axes.annotate(one["variation"], point, (5, 4), textcoords="offset points", fontsize="small")
    axes.set_xlim(0, 1.6 * max(one["seconds"] or 0 for one in compared))
    axes.set(xlabel="seconds of training on one thread", ylabel="validation errors, %")
    _percent(axes.yaxis)


def _percent(axis):
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    low, high = axis.get_view_interval()
    if high < 10 * low:  # less than a decade has one labelled tick at most
        axis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:.2g}"))
    else:
        axis.set_minor_formatter(NullFormatter())
    axis.axes.grid(alpha=0.3, which="both", axis=axis.axis_name)
    axis.axes.tick_params(which="both", labelsize="small")


def _error(one, least):
    return max(100 - 100 * one["accuracy"], least)


def _verdict(one):
    if one["question"] == BASELINE:
        return "baseline"
    if not one["clear"]:
        return "within the seeds' noise"
    return "better" if one["gain"] > 0 else "worse"

"""Charts of what the layers of networks respond to, and of the images that activate them."""

from __future__ import annotations

from operator import itemgetter
from statistics import fmean

from common import run_folders
from common.results import Results
from reports.charts import dots, figure, line_for_each, lines, live, short
from reports.names import INSPECTED, LIKENESS, MULTIHEAD, TUNING, WORDS
from reports.series import numbers

# What the factors are varied by, and which answer's probability is shown.
_VARIED = {
    "length": ("length in pixels", "long"), "width": ("width in pixels", "thick"),
    "angle": ("degrees from one angle to the next", "the next angle"), "color": ("share of blue", "blue"),
}  # fmt: skip
_MEASURES = {
    "selectivity for the angle": "selectivity", "half width of the peak, degrees": "bandwidth",
    "modulation by length": "length_modulation", "modulation by width": "width_modulation",
    "modulation by color": "color_modulation",
}  # fmt: skip
_CHANGES = {
    "moved": ("shift", "moved by, pixels"), "turned": ("rotation", "turned by, degrees"),
    "scaled": ("scale", "times its size"), "another pen": ("stroke", "strokes wider by, pixels"),
}  # fmt: skip
_DRAWN = "bounds"  # the recipe of filters.py
_MNIST = "q1_cnn/mnist/part2"
# The networks whose maps one can see in the page.
HEADS_LIVE, DIGITS_LIVE = {"tab": "lines"}, {"tab": "digits"}


def tuning(results: Results) -> dict:
    """Return how layers respond to the factors: the study's medians, and tuning curves, which the page measures itself."""
    layers = run_folders.read_json(results.file(f"{TUNING}/tuning.json"))["layers"]
    return figure(
        "What every filter responds to",
        "Below, the medians of each layer in the study, with the quartiles where they are known. Above, the tuning curve of "
        "any filter, measured now, by the network in this page: its greatest response to a line in the middle, before the "
        "activation function, as the line turns.",
        ({"kind": "tuned", "networks": [[WORDS["q1_cnn/lines/part2"], "classes"], [WORDS[MULTIHEAD], "heads"]]},),
        choose="measure", views={words: [_medians(layers, key, words)] for words, key in _MEASURES.items()},
    )  # fmt: skip


def _medians(layers, key, words):
    groups = {}
    for row in layers:
        if row[key] is not None:
            quartiles = {"low": row[f"{key}_q1"], "high": row[f"{key}_q3"]} if f"{key}_q1" in row else {}
            text = f"{row[key]:.0f}°" if key == "bandwidth" else f"{row[key]:.2f}"
            one = {"name": row["layer"], "value": row[key], "text": text, **quartiles}
            groups.setdefault(WORDS[row["network"]], []).append(one)
    drawn = [{"name": name, "rows": rows} for name, rows in groups.items()]
    return dots(drawn, words, f"{words}, layer by layer", range=[0, 90 if key == "bandwidth" else 1])


def psychometric(results: Results) -> dict:
    """Return how the answer goes over from one level of a factor to the next, without noise, on average over the seeds."""
    rows = numbers(results.file(f"{TUNING}/psychometric.csv"), ("seed", "noise", "value", "probability"))
    views = {}
    for factor, (across, answer) in _VARIED.items():
        of_factor = [row for row in rows if row["factor"] == factor and not row["noise"]]
        names = dict.fromkeys(row["network"] for row in of_factor)
        series = [
            {"name": WORDS[name], "points": _means([row for row in of_factor if row["network"] == name])} for name in names
        ]
        up = f"probability of “{answer}”"
        views[factor] = [lines(series, across, up, f"{up} against {across}", percent=True, range=[0, 1])]
    return figure(
        "Where one answer becomes the next",
        "Each factor of a line is varied alone, over values that no training image has. The curves are means over the seeds, "
        "without noise.",
        choose="factor", views=views,
    )  # fmt: skip


def _means(rows):
    """Return the mean probability at each value."""
    values = dict.fromkeys(row["value"] for row in rows)
    return [[value, short(fmean(row["probability"] for row in rows if row["value"] == value))] for value in values]


def digits(results: Results) -> dict:
    """Return the accuracy of MNIST's networks on digits that are moved, turned, scaled and written with another pen."""
    rows, views = numbers(results.file(f"{TUNING}/digits.csv"), ("value", "accuracy")), {}
    for name, (axis, across) in _CHANGES.items():
        here = [row for row in rows if row["axis"] == axis]
        series = line_for_each(here, "network", itemgetter("value"), "accuracy", WORDS)
        if series:
            label = f"accuracy of MNIST's networks on digits, {name}"
            views[name] = [lines(series, across, "right", label, percent=True, range=[0, 1])]
    return figure(
        "Digits that are moved, turned, scaled, and written with another pen",
        "The share of test digits that are still classified correctly. Ours was trained on digits that are turned and moved a "
        "little.",
        choose="digits are", views=views,
    )  # fmt: skip


def activations(results: Results) -> dict:
    """Return the share of active cells, layer by layer, and links to the maps themselves."""
    series = []
    for name in INSPECTED:
        rows = _gallery(results, name).get("activations", ())
        series.append({"name": WORDS[name], "points": [[place, short(row["active"])] for place, row in enumerate(rows)]})
    return figure(
        "Active cells, layer by layer",
        "The share of cells above zero in three layers of each network. The maps themselves are above, of whatever you draw: "
        "every cell of every layer, with what it sees.",
        (
            live(("See the maps of a line, layer by layer", {**HEADS_LIVE, "layer": "relu1"}),
                 ("See the maps of a digit", {**DIGITS_LIVE, "layer": "relu1"})),
            lines(series, "layer", "cells above zero", "share of active cells against the depth of the layer", percent=True,
                  range=[0, 1], names=["the first", "one between", "the last"]),
        ),
    )  # fmt: skip


def filters(results: Results) -> dict:
    """Return how alike the real images are that activate a filter most, and links to these images."""
    views = {}
    for name in INSPECTED:
        rows = _gallery(results, name).get("filters", ())
        rows = [row for row in rows if row.get("alike")]
        if rows:
            views[WORDS[name]] = [_alike(rows, WORDS[name])]
    return figure(
        "How alike the nine real images are that activate a filter most",
        "The share of them that agree, on average over the filters of a layer: 100% if all nine are of one class; at random "
        "they agree as dashed. The images themselves are above: point at any channel to see its drawn image and its best real "
        "patches.",
        (live(("See what activates a filter for lines most", {**HEADS_LIVE, "layer": "conv2"}),
              ("See what activates a filter for digits most", {**DIGITS_LIVE, "layer": "conv3"})),),
        choose="network", views=views,
    )  # fmt: skip


def _alike(rows, network):
    factors = list(rows[0]["alike"])
    series = [
        {"name": f"{factor}{words}", "color": number, "dashed": key == "chance",
         "points": [[place, short(row["alike"][factor][key])] for place, row in enumerate(rows) if factor in row["alike"]]}
        for key, words in (("share", ""), ("chance", ", at random")) for number, factor in enumerate(factors)
    ]  # fmt: skip
    names = [row["layer"] for row in rows]
    label = f"agreement of the best real images of the filters of {network}, layer by layer"
    return lines(series, "layer", "agree", label, percent=True, range=[0, 1], names=names)


def likeness(results: Results) -> dict:
    """Return how like real images the drawn ones are for earlier layers."""
    rows = [row for row in run_folders.read_json(results.file(LIKENESS))["rows"] if row["recipe"] == _DRAWN]
    views = {}
    for name in dict.fromkeys(row["network"] for row in rows):
        here = [row for row in rows if row["network"] == name]
        names = list(dict.fromkeys(row["earlier_layer"] for row in here))
        series = line_for_each(here, "layer", lambda row, of=names: of.index(row["earlier_layer"]), "likeness")
        label = f"likeness of images drawn for layers of {WORDS[name]} in earlier layers"
        views[WORDS[name]] = [lines(series, "as seen by", "likeness", label, names=names)]
    return figure(
        "How natural drawn images are",
        "A line for each layer that images were drawn for. Likeness is 1 where an earlier layer responds to a drawn image as "
        "to the real images that activate the filter, 0 where it is no more like them than any other image, and below 0 where "
        "it is less.",
        choose="network", views=views,
    )  # fmt: skip


def _gallery(results, network):
    return run_folders.read_json(results.file(f"q3_visualize/{network}/gallery.json"))

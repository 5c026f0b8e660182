"""Charts of heatmaps against what was drawn."""

from __future__ import annotations

from operator import itemgetter

from common import run_folders
from common.results import Results
from data.line_classes import FACTORS
from reports.charts import figure, grid, line_for_each, lines, live, short
from reports.charts.inside import DIGITS_LIVE, HEADS_LIVE
from reports.factor_figures import compared
from reports.names import INSPECTED, LOCALIZATION, METHOD_WORDS, MULTIHEAD, WORDS, localized
from reports.series import numbers

_SCORES = {"share_grown": "heat within a pixel of the line", "pointing": "hottest pixel on the line"}
_BASELINES = ("brightness", "uniform")  # maps that use no network


def localization(results: Results) -> dict:
    """Return how much of the heat lies on the line, over layers, by method."""
    rows = numbers(results.file(f"{LOCALIZATION}/scores.csv"), tuple(_SCORES))
    study = run_folders.read_json(results.file(f"{LOCALIZATION}/scores.json"))
    places = dict.fromkeys((row["network"], row["head"]) for row in rows)
    views = {}
    for network, head in places:
        here = [row for row in rows if (row["network"], row["head"]) == (network, head)]
        name = WORDS[network] + (f": {head}" if network == MULTIHEAD else "")
        views[name] = [_by_layer(here, study["baselines"], score, words, name) for score, words in _SCORES.items()]
    return figure(
        "Heat against the drawn line, layer by layer",
        f"The lines are drawn, so their true pixels are known. Over {study['images']:,} test images: how much of the heat "
        "lies on the line or within a pixel of it, and whether its hottest pixel lies on the line. Dashed: maps that use no "
        "network, the brightness of the image and a uniform one.",
        choose="network", views=views,
    )  # fmt: skip


def _by_layer(rows, baselines, score, words, name):
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    series = _by_method(rows, lambda row: layers.index(row["layer"]), score)
    ends = (0, max(len(layers) - 1, 0))
    series += [
        {"name": one, "dashed": True, "points": [[end, short(baselines[one][score])] for end in dict.fromkeys(ends)]}
        for one in _BASELINES if one in baselines
    ]  # fmt: skip
    return lines(series, "layer", words, f"{words}, {name}, over layers, by method", percent=True, range=[0, 1], names=layers)


def _by_method(rows, place, score):
    """Return a line for each method."""
    return line_for_each(rows, "method", place, score, METHOD_WORDS)


def shuffled(results: Results) -> dict:
    """Return what is left of the heat while weights are shuffled."""
    views = {}
    for network in ("q1_cnn/lines/part1", "q1_cnn/lines/part2", MULTIHEAD):
        path = results.file(localized(network, "shuffled"))
        rows = numbers(path, ("correlation", "share_grown")) if path.exists() else []
        if not rows:
            continue
        stages = list(dict.fromkeys(row["shuffled"] for row in rows))
        views[WORDS[network]] = [
            lines(_by_method(rows, lambda row, of=stages: of.index(row["shuffled"]), key), "shuffled, from the last layer back",
                  words, f"{words} of {WORDS[network]} while weights are shuffled", names=stages, **scale)
            for key, words, scale in (("share_grown", _SCORES["share_grown"], {"percent": True, "range": [0, 1]}),
                                      ("correlation", "correlation with the heat before", {}))
        ]  # fmt: skip
    return figure(
        "Heat while the weights are shuffled",
        "Layer by layer, from the last one back, the weights are put into a random order. Heat that shows what was learned "
        "must fall.",
        choose="network", views=views,
    )  # fmt: skip


def profiles(results: Results) -> dict:
    """Return each head's heat along and across a line."""
    rows = numbers(results.file(localized(MULTIHEAD, "heads")), ("position", "heat"))
    found = run_folders.read_json(results.file(f"{LOCALIZATION}/scores.json"))["best"]
    best = max((row for row in found if row["network"] == MULTIHEAD), key=lambda row: row["share_grown"])
    views = {}
    for axis in dict.fromkeys(row["axis"] for row in rows):
        here = [row for row in rows if row["axis"] == axis]
        series = line_for_each(here, "head", itemgetter("position"), "heat")
        across = f"pixels {axis} the line, from its center"
        views[axis] = [lines(series, across, "heat", f"heat of each head {axis} long thick lines")]
    return figure(
        "Heat of each head along and across long thick lines",
        "A long thick line reaches from −7.5 to 7.5 pixels along and from −1.5 to 1.5 across; 1 is the mean of the image. "
        f"By HiResCAM at {best['layer']}, the layer of the network's best heat.",
        (live(("See the heat of the head length on your line",
               {**HEADS_LIVE, "head": "length", "layer": "relu1", "method": "hirescam"}),),),
        choose="axis", views=views,
    )  # fmt: skip


def factors(results: Results) -> dict:
    """Return matrices of heat by truth: whether the heat of a factor lies on what changes with it."""
    rows = run_folders.read_rows(results.file(f"{LOCALIZATION}/factors.csv"))
    views = {}
    for network in dict.fromkeys(row["network"] for row in rows):
        for (layer, method), panel in compared([row for row in rows if row["network"] == network]).items():
            values = [[float(row[f"truth_{factor}"]) for factor in FACTORS] for row in panel]
            words = f"{WORDS[network]}: {METHOD_WORDS[method]} at {layer}"
            contrast = f"{float(panel[0]['contrast']):+.2f}".replace("-", "−")
            label = f"correlation of heat and truth, {words}, contrast {contrast}"
            views[words] = [grid([f"heat: {row['heat']}" for row in panel], list(FACTORS), values, label)]
    return figure(
        "Is the heat on what decides the factor?",
        "The truth of a factor is what changes in the image when that factor alone changes. Rows: the heat of a factor; "
        "columns: the truth of a factor; cells: their correlation. If heat told which factor decides, the diagonal would "
        "stand out.",
        choose="method", views=views,
    )  # fmt: skip


def strokes(results: Results) -> dict:
    """Return how much of the heat lies on lines and strokes in every network, and links to the heat itself."""
    views = {}
    for name in sorted(INSPECTED, key=lambda name: "mnist" not in name):  # of digits, which the inference is about, first
        gallery = run_folders.read_json(results.file(f"q3_visualize/{name}/gallery.json"))
        if rows := gallery.get("heat_on_strokes"):
            layers = list(dict.fromkeys(row["layer"] for row in rows))
            series = _by_method(rows, lambda row, of=layers: of.index(row["layer"]), "share")
            series.append({"name": "area of the strokes", "dashed": True,
                           "points": [[place, short(rows[0]["area"])] for place in range(len(layers))]})  # fmt: skip
            label = f"share of the heat on the strokes, {WORDS[name]}"
            scale = {"percent": True, "range": [0, 1], "names": layers}
            views[WORDS[name]] = [lines(series, "layer", "heat on the strokes", label, **scale)]
    return figure(
        "Heat on the strokes",
        "How much of the heat lies on the pixels that are drawn, in three layers of each network, by method, on average over "
        "test images. The heat itself is above, over whatever you draw.",
        (live(("See the heat over a digit", {**DIGITS_LIVE, "layer": "relu1", "method": "scorecam"}),
              ("See the heat over a line", {**HEADS_LIVE, "head": "angle", "layer": "relu1", "method": "scorecam"})),),
        choose="network", views=views,
    )  # fmt: skip

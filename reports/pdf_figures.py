"""The plots of the PDFs, drawn from `common.results.Results` as vector graphics."""

import numpy as np
from matplotlib import rc_context
from PIL import Image

from common import run_folders
from common.results import CLASSIFIERS, LOCALIZATION, MULTIHEAD
from data.errors import UserError
from reports import figures, localization_figures

PRINT = {"font.size": 7, "axes.titlesize": 7, "figure.titlesize": 7, "lines.linewidth": 1, "lines.markersize": 4}


def draw_all(results, folder):
    """Writes every plot as an SVG of the same bytes each time. Raises OSError where a run folder lacks a file."""
    with rc_context(PRINT):
        save(curves(results, CLASSIFIERS), folder / "curves.svg")
        save(curves(results, [MULTIHEAD]), folder / f"{flat(MULTIHEAD)}_curves.svg")
        for network in CLASSIFIERS:
            save(confusion(results, network), folder / f"{flat(network)}_confusion.svg")
        metrics = results.metrics(MULTIHEAD)
        for head in metrics["test"]["heads"]:
            save(head_confusion(results, head), folder / f"{flat(MULTIHEAD)}_confusion_{head}.svg")
        if "noise" in metrics:
            save(noise(metrics), folder / f"{flat(MULTIHEAD)}_noise.svg")
        save(shuffled(results, "q1_cnn/lines/part2"), folder / "shuffled.svg")
        save(heads_along_a_line(results), folder / "heads_along_a_line.svg")
    digits(results).save(folder / "mnist.png")
    heads_at_work(results, "relu1", "scorecam").save(folder / "heads.png")


def flat(network):
    """A network's name as part of a file's."""
    return network.replace("/", "_")


def save(figure, path):
    """Writes a figure as SVG with the same bytes every time; letters are drawn, so that no font is needed."""
    with rc_context({"svg.hashsalt": path.stem}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def curves(results, networks):
    """Accuracy and loss against epochs, of several networks, or of one with several heads."""
    histories = {}
    for network in networks:
        rows = run_folders.read_rows(results.folder(network) / "history.csv")
        histories[network] = [{key: float(value) for key, value in row.items()} for row in rows]
    if heads := figures.heads_of(histories[networks[0]]):
        history = histories[networks[0]]
        columns = {name or "whole network": (history, name) for name in ["", *heads]}
    else:
        columns = {network: (history, "") for network, history in histories.items()}
    return figures.columns_of_curves(columns, (6.9, 2.9), sharey="row" if heads else False)


def confusion(results, network):
    """The confusion matrix of a network of Section 1, for lines with those of the factors."""
    matrix, names = run_folders.read_matrix(results.folder(network) / "confusion_matrix.csv")
    if len(names) == 10:
        return figures.confusion_matrix(matrix, names, network, (3.4, 3.2))
    factors = factors_of(names)
    return figures.factored_confusion_matrix(matrix, factor_matrices(matrix, factors), factors, network, (6.9, 3.5))


def head_confusion(results, head):
    """The confusion matrix of one head of Section 2."""
    matrix, names = run_folders.read_matrix(results.folder(MULTIHEAD) / f"confusion_matrix_{head}.csv")
    return figures.confusion_matrix(matrix, names, head, (1.6, 1.6) if len(names) < 4 else (2.9, 2.7))


def noise(metrics):
    """Accuracy of each head against the level of noise. metrics: metrics.json of a run with a noise curve."""
    levels, heads = metrics["noise"]["levels"], list(metrics["test"]["heads"])
    return figures.noise_curve(levels, heads, [[] for _ in levels], MULTIHEAD, (5.6, 2.9))


def shuffled(results, network):
    """What happens to a network's heatmaps while its weights are shuffled."""
    rows = _numbers(results.file(f"{LOCALIZATION}/{flat(network)}_shuffled.csv"), ("correlation", "share_grown"))
    return localization_figures.shuffled(rows, network, (6.9, 2.5))


def heads_along_a_line(results):
    """Where along and across a line the heat of each head is."""
    rows = _numbers(results.file(f"{LOCALIZATION}/{flat(MULTIHEAD)}_heads.csv"), ("position", "heat"))
    return localization_figures.profiles(rows, f"{MULTIHEAD}: heat of each head, long thick lines", (6.9, 2.3))


def _numbers(path, columns):
    return [{**row, **{column: float(row[column]) for column in columns}} for row in run_folders.read_rows(path)]


def factors_of(names):
    """The factors of class names like "long thin 45° red", and their levels: {"length": ("short", "long"), ...}."""
    words = zip(*(name.split(" ") for name in names))
    return {factor: tuple(dict.fromkeys(levels)) for factor, levels in zip(("length", "width", "angle", "color"), words)}


def factor_matrices(matrix, factors):
    """Confusion matrices of each factor, summed out of that of all classes: a list of int (k, k)."""
    sizes = [len(levels) for levels in factors.values()]
    grid = matrix.reshape(*sizes, *sizes)
    axes = range(len(sizes))
    return [grid.sum(axis=tuple(one + side for one in axes if one != kept for side in (0, len(sizes)))) for kept in axes]


def digits(results):
    """The six digits of the gallery, two in a row: an image."""
    return _tiles(results, "q1_cnn/mnist/part2", [[0, 1], [2, 3], [4, 5]])


def heads_at_work(results, layer, method):
    """The six lines of the gallery in a row, and under them the heat of each head: an image."""
    told = run_folders.read_json(results.file(f"q3_visualize/{MULTIHEAD}/gallery.json"))
    layers, methods = [one["name"] for one in told["layers"]], told["methods"]
    count = len(told["images"])
    if layer not in layers:
        raise UserError(f"the gallery of {MULTIHEAD} lacks layer {layer}: run python q3_visualize/gallery.py first")
    place = layers.index(layer) * len(methods) + methods.index(method)
    starts = [0] + [count * (1 + head * len(layers) * len(methods) + place) for head in range(len(told["heads"]))]
    return _tiles(results, MULTIHEAD, [range(start, start + count) for start in starts])


def _tiles(results, network, rows):
    """Pictures of a network's gallery by their numbers, in rows, a pixel apart: an image."""
    told = run_folders.read_json(results.file(f"q3_visualize/{network}/gallery.json"))
    height, width = told["height"], told["width"]
    with Image.open(results.file(f"q3_visualize/{network}/gallery.png")) as image:
        sheet = np.array(image.convert("RGB"))
    tiles = np.full((len(rows) * (height + 1) - 1, len(rows[0]) * (width + 1) - 1, 3), 255, np.uint8)
    for (row, column), number in ((place, rows[place[0]][place[1]]) for place in np.ndindex(len(rows), len(rows[0]))):
        top, left = number // told["columns"] * height, number % told["columns"] * width
        y, x = row * (height + 1), column * (width + 1)
        tiles[y : y + height, x : x + width] = sheet[top : top + height, left : left + width]
    return Image.fromarray(tiles)

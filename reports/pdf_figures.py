"""The plots of the PDFs, as vector graphics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from PIL import Image

from common import run_folders
from common.results import Results
from data.errors import UserError
from data.line_classes import FACTOR_SIZES, FACTORS
from reports import figures, localization_figures, metrics, sweep_figures, tuning_figures
from reports.names import CLASSIFIERS, LOCALIZATION, MULTIHEAD, MULTIHEAD_NOISY, NOISY, TUNING
from reports.series import learning_curve, numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PRINT = {"font.size": 7, "axes.titlesize": 7, "figure.titlesize": 7, "lines.linewidth": 1, "lines.markersize": 4}


def draw_all(results: Results, folder: Path) -> None:
    """Write every plot as an SVG with the same bytes every time; letters are drawn, so that no font is needed."""
    with rc_context(PRINT):
        for name, figure in _plots(results):
            with rc_context({"svg.hashsalt": name}):
                figure.savefig(folder / f"{name}.svg", format="svg", metadata={"Date": None})
    gallery_images(results, "q1_cnn/mnist/part2", [(0, 1), (2, 3), (4, 5)]).save(folder / "mnist.png")
    heat_of_heads(results, "relu1", "scorecam").save(folder / "heads.png")


def _plots(results: Results) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the figure of every plot."""
    histories = {name: learning_curve(results.folder(name)) for name in (*CLASSIFIERS, MULTIHEAD)}
    columns = {network: (histories[network], "") for network in CLASSIFIERS}
    yield "curves", figures.columns_of_curves(columns, (6.9, 2.9))
    by_head = figures.curves_by_head(histories[MULTIHEAD])
    flat = MULTIHEAD.replace("/", "_")
    yield f"{flat}_curves", figures.columns_of_curves(by_head, (6.9, 2.9), sharey="row")
    for network in (*CLASSIFIERS, *NOISY):
        yield f"{network.replace('/', '_')}_confusion", _confusion(results, network)
    multihead = results.metrics(MULTIHEAD)
    heads = list(multihead["test"]["heads"])
    for head in heads:
        matrix, names = run_folders.read_matrix(results.folder(MULTIHEAD_NOISY) / f"confusion_matrix_{head}.csv")
        size = (1.6, 1.6) if len(names) < 4 else (2.9, 2.7)
        yield f"{MULTIHEAD_NOISY.replace('/', '_')}_confusion_{head}", figures.confusion_matrix(matrix, names, head, size)
    if "noise" in multihead:
        levels = multihead["noise"]["levels"]
        yield f"{flat}_noise", figures.noise_curve(levels, heads, [[] for _ in levels], MULTIHEAD, (5.6, 2.9))
    part2 = "q1_cnn/lines/part2"
    for section, linear in (("q1_cnn", 1), ("q2_multihead", 0.2)):  # points: of most differences the axis shows fractions
        path = results.file(f"{section}/sweep/comparison.csv")
        yield f"{section}_differences", sweep_figures.differences_in(path, linear)
    rows = numbers(results.file(f"{LOCALIZATION}/{part2.replace('/', '_')}_shuffled.csv"), ("correlation", "share_grown"))
    yield "shuffled", localization_figures.shuffled(rows, part2, (6.9, 2.5))
    rows = numbers(results.file(f"{LOCALIZATION}/{flat}_heads.csv"), ("position", "heat"))
    title = f"{MULTIHEAD}: heat of each head, long thick lines"
    yield "heads_along_a_line", localization_figures.profiles(rows, title, (6.9, 2.3))
    rows = numbers(results.file(f"{TUNING}/psychometric.csv"), ("seed", "noise", "value", "probability"))
    yield "psychometric", tuning_figures.psychometric([row for row in rows if not row["noise"]], "Without noise")


def _confusion(results, network):
    """Draw the confusion matrix of a network of Section 1, for lines with those of the factors."""
    matrix, names = run_folders.read_matrix(results.folder(network) / "confusion_matrix.csv")
    if len(names) == 10:
        return figures.confusion_matrix(matrix, names, network, (3.4, 3.2))
    factor_matrices = metrics.factor_confusions(matrix, FACTOR_SIZES)
    return figures.factored_confusion_matrix(matrix, factor_matrices, FACTORS, network, (6.9, 3.5))


def heat_of_heads(results: Results, layer: str, method: str) -> Image.Image:
    """Draw the six lines of Section 2's gallery in a row, and under them the heat of each head."""
    gallery = run_folders.read_json(results.file(f"q3_visualize/{MULTIHEAD}/gallery.json"))
    layers, methods, count = [row["name"] for row in gallery["layers"]], gallery["methods"], len(gallery["images"])
    if layer not in layers:
        raise UserError(f"the gallery of {MULTIHEAD} lacks layer {layer}: run python q3_visualize/gallery.py first")
    place = layers.index(layer) * len(methods) + methods.index(method)
    starts = [0] + [count * (1 + head * len(layers) * len(methods) + place) for head in range(len(gallery["heads"]))]
    return gallery_images(results, MULTIHEAD, [range(start, start + count) for start in starts])


def gallery_images(results: Results, network: str, rows: list[Iterable[int]]) -> Image.Image:
    """Draw images of a network's gallery, rows of their numbers, a pixel apart."""
    gallery = run_folders.read_json(results.file(f"q3_visualize/{network}/gallery.json"))
    height, width = gallery["height"], gallery["width"]
    with Image.open(results.file(f"q3_visualize/{network}/gallery.png")) as image:
        sheet = np.array(image.convert("RGB")).reshape(-1, height, gallery["columns"], width, 3)
    tiles = sheet.swapaxes(1, 2).reshape(-1, height, width, 3)[np.array(rows)]
    framed = np.pad(tiles, ((0, 0), (0, 0), (0, 1), (0, 1), (0, 0)), constant_values=255).swapaxes(1, 2)
    return Image.fromarray(framed.reshape(len(rows) * (height + 1), -1, 3)[:-1, :-1])

"""The figures of the PDFs, as vector graphics with real text, as wide as they are set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import get_data_path, rc_context
from PIL import Image

from common import run_folders
from common.results import Results
from data.line_classes import SIZE
from reports import (
    factor_figures,
    figures,
    gallery_figures,
    localization_figures,
    print_confusions,
    sheets,
    sweep_figures,
    tuning_figures,
)
from reports.names import (
    CLASSIFIERS,
    INSPECTED,
    LINES1,
    LINES2,
    LOCALIZATION,
    METHOD_WORDS,
    MULTIHEAD,
    MULTIHEAD_NOISY,
    NOISY,
    TUNING,
    WITH_MISTAKES,
    WORDS,
    flat,
    localized,
)
from reports.print_size import SMALL, WIDTH
from reports.series import learning_curve, numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONTS = Path(get_data_path(), "fonts", "ttf")  # of the figures' text
PRINT = {
    "font.size": SMALL, "axes.titlesize": SMALL, "axes.labelsize": SMALL, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL, "figure.titlesize": SMALL, "lines.linewidth": 1, "lines.markersize": 4, "svg.fonttype": "none",
    "image.composite_image": False,  # else all tiles become one image, as coarse as the screen
}  # fmt: skip
FACTOR_METHODS = ("gradcam", "scorecam", "integrated")  # whose matrices of factors are shown
SHOWN = 24  # mistakes
HALF = 3.25  # inches: two figures side by side


def draw_all(results: Results, folder: Path) -> None:
    """Write every figure as an SVG with the same bytes every time."""
    with rc_context(PRINT):
        for name, figure in _figures(results):
            with rc_context({"svg.hashsalt": name}):
                figure.savefig(folder / f"{name}.svg", format="svg", metadata={"Date": None})
    _lighter(run_folders.ROOT / "data/contact_sheet.png", folder)
    if (noise := results.folder(MULTIHEAD) / "noise_images.png").exists():
        _lighter(noise, folder)


def _lighter(path, folder):
    """Write an image of lines with blue made lighter."""
    with Image.open(path) as image:
        shown = gallery_figures.lighter(np.array(image.convert("RGB")))
    Image.fromarray(np.rint(255 * shown).astype(np.uint8)).save(folder / path.name)


def _figures(results: Results) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the figure of every figure."""
    yield from _of_training(results)
    yield from _of_section2(results)
    for section, linear in (("q1_cnn", 1), ("q2_multihead", 0.2)):  # points: of most differences the axis shows fractions
        yield f"{section}_differences", sweep_figures.differences_in(results.file(f"{section}/sweep/comparison.csv"), linear)
    yield from _of_galleries(results)
    yield from _of_studies(results)


def _of_training(results):
    """Yield learning curves, confusions, F-scores and mistakes of Section 1."""
    curves = {WORDS[name]: (learning_curve(results.folder(name)), "") for name in CLASSIFIERS}
    yield "curves", figures.columns_of_curves(curves, (WIDTH, 1.95))
    own = NOISY[1]
    yield "lines_confusion", print_confusions.of_lines(_matrix(results, own)[0])
    yield "lines_f_scores", print_confusions.f_scores(_f_scores(results, own))
    digits = {WORDS[name]: (*_matrix(results, name), _f_scores(results, name)) for name in CLASSIFIERS if "mnist" in name}
    yield "mnist_confusion", print_confusions.of_digits(digits)
    yield "mistakes", _mistakes(results)
    gallery = gallery_figures.read(results, WITH_MISTAKES)
    yield "digits", print_confusions.mistakes(gallery.six[..., 0], ["", "", ""] * 2, columns=3, width=2.2)


def _of_section2(results):
    """Yield learning curves, confusions and the noise curve of Section 2."""
    multihead = results.metrics(MULTIHEAD)
    heads = list(multihead["test"]["heads"])
    by_head = figures.curves_by_head(learning_curve(results.folder(MULTIHEAD)))
    yield "heads_curves", figures.columns_of_curves(by_head, (WIDTH, 2.5), sharey="row")
    yield "heads_confusion", print_confusions.of_heads({head: _matrix(results, MULTIHEAD_NOISY, f"_{head}") for head in heads})
    if "noise" in multihead:
        levels = multihead["noise"]["levels"]
        yield "noise", figures.noise_curve(levels, heads, [[] for _ in levels], WORDS[MULTIHEAD], (WIDTH, 2.3))


def _of_galleries(results):
    """Yield activations, filters and heatmaps of the five networks."""
    for name in INSPECTED:
        gallery = gallery_figures.read(results, name)
        yield f"{flat(name)}_activations", gallery_figures.activations(gallery)
        yield f"{flat(name)}_filters", gallery_figures.filters(gallery)
        yield f"{flat(name)}_heatmaps", gallery_figures.heatmaps(gallery, _rows(gallery), HALF)
    heads = gallery_figures.read(results, MULTIHEAD)
    yield "heads_heatmaps", gallery_figures.heatmaps(heads, _rows_of_heads(heads), HALF)


def _rows(gallery):
    """Return rows of heat of the first head: by every method at the first layer, and by Score-CAM at the others."""
    maps = gallery.about["heatmaps"]
    first = maps[0]
    rows = [(_word(one), one["head"], one["layer"], one["method"]) for one in maps
            if (one["head"], one["layer"]) == (first["head"], first["layer"])]  # fmt: skip
    deeper = [one for one in maps if one["head"] == first["head"] and one["layer"] != first["layer"]]
    return rows + [(f"{_word(one)},\n{one['layer']}", *one.values()) for one in deeper if one["method"] == "scorecam"]


def _rows_of_heads(gallery):
    """Return rows of heat of every head by Score-CAM, at the first layer and at the last."""
    layers = [each["layer"] for each in gallery.about["activations"]]
    maps = [one for one in gallery.about["heatmaps"] if one["method"] == "scorecam" and one["layer"] in (layers[0], layers[-1])]
    ordered = sorted(maps, key=lambda one: layers.index(one["layer"]))
    return [(f"{one['head']},\n{one['layer']}", *one.values()) for one in ordered]


def _word(one):
    return METHOD_WORDS[one["method"]]


def _of_studies(results):
    """Yield what the studies of factors and of localization found."""
    for name in (LINES1, LINES2):
        rows = numbers(results.file(localized(name, "shuffled")), ("correlation", "share_grown"))
        yield f"{flat(name)}_shuffled", localization_figures.shuffled(rows, WORDS[name], (WIDTH, 2.1))
    rows = numbers(results.file(localized(MULTIHEAD, "heads")), ("position", "heat"))
    yield "profiles", localization_figures.profiles(rows, "", (WIDTH, 1.85))
    rows = [row for row in run_folders.read_rows(results.file(f"{LOCALIZATION}/factors.csv"))
            if row["network"] == MULTIHEAD and row["method"] in FACTOR_METHODS]  # fmt: skip
    yield "factors", factor_figures.matrices(rows, WORDS[MULTIHEAD])
    rows = numbers(results.file(f"{TUNING}/psychometric.csv"), ("seed", "noise", "value", "probability"))
    named = [{**row, "network": WORDS[row["network"]]} for row in rows if not row["noise"]]
    yield "psychometric", tuning_figures.psychometric(named, "")
    rows = numbers(results.file(f"{TUNING}/digits.csv"), ("value", "accuracy", "confidence"))
    named = [{**row, "network": WORDS[row["network"]]} for row in rows]
    yield "digits_tuning", tuning_figures.digits(named, "")


def _matrix(results, network, head=""):
    """Return a confusion matrix, int (k, k), and the names of its classes."""
    return run_folders.read_matrix(results.folder(network) / f"confusion_matrix{head}.csv")


def _f_scores(results, network):
    """Return the F-score of each class."""
    return [float(row["f1"]) for row in run_folders.read_rows(results.file(f"{network}/f_scores.csv")) if row["class"]]


def _mistakes(results):
    """Draw misclassified digits, evenly chosen from the list, with what each is and was classified as."""
    folder = results.folder(WITH_MISTAKES)
    rows = run_folders.read_rows(folder / "mistakes.csv")
    if not rows:
        return print_confusions.mistakes(np.zeros((0, 1, 1), np.uint8), [])
    tiles = sheets.read(folder / "mistakes.png", "L", SIZE, SIZE)
    chosen = np.unique(np.linspace(0, len(rows) - 1, SHOWN).round().astype(int))
    captions = [f"{rows[number]['true']}, classified\nas {rows[number]['predicted']}" for number in chosen]
    return print_confusions.mistakes(tiles[chosen], captions)

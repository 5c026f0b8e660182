"""The web page, one file that a template and the run folders make; pictures stay where the runs wrote them."""

import json
import math

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from reports import runs, sheets
from reports.build import OFFICIAL
from reports.plots import CLASSIFIERS, MULTIHEAD

TEMPLATES = runs.REPORTS / "templates"


def render():
    """The page, as text. Raises OSError for a result that is missing."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    environment.filters["percent"] = lambda share, digits=2: f"{share:.{digits}%}"
    environment.filters["grouped"] = lambda number: f"{number:,}"
    multihead = runs.read_metrics(runs.REPORTS / MULTIHEAD)
    data = {"confusions": confusions(multihead), "galleries": galleries()}
    return environment.get_template("page.html").render(
        style=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "page.js").read_text(encoding="utf-8"),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        classifiers=[runs.read_metrics(runs.REPORTS / name) for name in (*CLASSIFIERS, *OFFICIAL)],
        multihead=multihead,
        curves=[(name, *_size(f"{name}/learning_curves.png")) for name in (*CLASSIFIERS, MULTIHEAD)],
        confusion_names=list(data["confusions"]),
        galleries=data["galleries"],
        study=runs.read_json(runs.REPORTS / "q3_visualize/localization/scores.json"),
    )


def confusions(multihead):
    """{name: {names, cells, sheet}} of every confusion matrix.

    names: of the classes. cells: [true, predicted, count] where count is not 0. sheet: where pictures of confusions
    are, as `_sheet` gives it, with "of", {"true,predicted": numbers on the sheet}; None without any.
    """
    found = {}
    for network in CLASSIFIERS:
        matrix, names = runs.read_matrix(runs.REPORTS / network / "confusion_matrix.csv")
        found[network] = _confusion(matrix, names, _mistakes(network, names))
    for head in multihead["test"]["heads"]:
        matrix, names = runs.read_matrix(runs.REPORTS / MULTIHEAD / f"confusion_matrix_{head}.csv")
        found[f"{MULTIHEAD}, {head}"] = _confusion(matrix, names, None)
    return found


def _confusion(matrix, names, sheet):
    cells = [[int(row), int(column), int(matrix[row, column])] for row, column in zip(*matrix.nonzero())]
    return {"names": names, "cells": cells, "sheet": sheet}


def _mistakes(network, names):
    rows = runs.read_rows(runs.REPORTS / network / "mistakes.csv")
    if not rows:
        return None
    of_cell = {}
    for row in rows:
        of_cell.setdefault(f"{names.index(row['true'])},{names.index(row['predicted'])}", []).append(int(row["number"]))
    return {**_sheet(f"{network}/mistakes.png", 28, 28), "of": of_cell}


def galleries():
    """{network: what its gallery.json says, and where its sheet is}."""
    found = {}
    for network in (*CLASSIFIERS, MULTIHEAD):
        folder = f"q3_visualize/{network}"
        told = runs.read_json(runs.REPORTS / folder / "gallery.json")
        found[network] = {
            **{key: told[key] for key in ("pictures", "heads", "layers", "methods")},
            "sheet": _sheet(f"{folder}/gallery.png", told["height"], told["width"]),
            "looks": _looks(folder, [layer["name"] for layer in told["layers"]]),
        }
    return found


def _looks(folder, layers):
    """The figures of each layer that there are: {layer: {"activations": path, "filters": path}}."""
    paths = {layer: {kind: f"{folder}/{kind}/{layer}.png" for kind in ("activations", "filters")} for layer in layers}
    return {
        layer: {kind: path for kind, path in kinds.items() if (runs.REPORTS / path).exists()} for layer, kinds in paths.items()
    }


def _sheet(path, height, width):
    """A sheet of pictures: its path, and how many columns and rows of pictures it has."""
    across, down = _size(path)
    columns, rows = across // width, math.ceil(down / height)
    assert columns <= sheets.COLUMNS
    return {"path": path, "columns": columns, "rows": rows}


def _size(path):
    with Image.open(runs.REPORTS / path) as image:
        return image.size

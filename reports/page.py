"""The web page, one file that a template and results make; pictures stay where the runs wrote them."""

import json
import math
import os

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from common import run_folders
from common.results import CLASSIFIERS, LOCALIZATION, MULTIHEAD, OFFICIAL
from reports import sheets


def render(results, folder, links=None):
    """The page of some `common.results.Results`, as text. Raises OSError for a result that is missing.

    folder: where the page will lie. links: a `Links` that remembers what the page shows.
    """
    links, templates = links or Links(results, folder), results.root / "templates"
    environment = Environment(loader=FileSystemLoader(templates), undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    environment.filters["percent"] = lambda share, digits=2: f"{share:.{digits}%}"
    environment.filters["grouped"] = lambda number: f"{number:,}"
    multihead = results.metrics(MULTIHEAD)
    data = {"confusions": confusions(results, links, multihead), "galleries": galleries(results, links)}
    return environment.get_template("page.html").render(
        style=(templates / "page.css").read_text(encoding="utf-8"),
        script=(templates / "page.js").read_text(encoding="utf-8"),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        classifiers=[results.metrics(name) for name in (*CLASSIFIERS, *OFFICIAL)],
        multihead=multihead,
        curves=[(name, *_size(results.folder(name) / "learning_curves.png")) for name in (*CLASSIFIERS, MULTIHEAD)],
        confusion_names=list(data["confusions"]),
        galleries=data["galleries"],
        study=run_folders.read_json(results.file(f"{LOCALIZATION}/scores.json")),
        link=links,
    )


class Links:
    """Where the page in a folder finds the results that it shows. names: of those that were asked for."""

    def __init__(self, results, folder):
        self.results, self.folder, self.names = results, folder, []

    def __call__(self, name):
        """The link to a result."""
        self.names.append(name)
        return self._to(self.results.file(name))

    def source(self, name):
        """The link to a file of the repository: "q1_cnn/models.py"."""
        return self._to(self.results.root.parent / name)

    def _to(self, path):
        return os.path.relpath(path, self.folder).replace(os.sep, "/")


def confusions(results, links, multihead):
    """{name: {names, cells, sheet}} of every confusion matrix.

    names: of the classes. cells: [true, predicted, count] where count is not 0. sheet: where pictures of confusions
    are, as `_sheet` gives it, with "of", {"true,predicted": numbers on the sheet}; None without any.
    """
    found = {}
    for network in CLASSIFIERS:
        matrix, names = run_folders.read_matrix(results.folder(network) / "confusion_matrix.csv")
        found[network] = _confusion(matrix, names, _mistakes(results, links, network, names))
    for head in multihead["test"]["heads"]:
        matrix, names = run_folders.read_matrix(results.folder(MULTIHEAD) / f"confusion_matrix_{head}.csv")
        found[f"{MULTIHEAD}, {head}"] = _confusion(matrix, names, None)
    return found


def _confusion(matrix, names, sheet):
    cells = [[int(row), int(column), int(matrix[row, column])] for row, column in zip(*matrix.nonzero())]
    return {"names": names, "cells": cells, "sheet": sheet}


def _mistakes(results, links, network, names):
    rows = run_folders.read_rows(results.folder(network) / "mistakes.csv")
    if not rows:
        return None
    of_cell = {}
    for row in rows:
        of_cell.setdefault(f"{names.index(row['true'])},{names.index(row['predicted'])}", []).append(int(row["number"]))
    return {**_sheet(results, links, f"{network}/mistakes.png", 28, 28), "of": of_cell}


def galleries(results, links):
    """{network: what its gallery.json says, and where its sheet is}."""
    found = {}
    for network in (*CLASSIFIERS, MULTIHEAD):
        folder = f"q3_visualize/{network}"
        told = run_folders.read_json(results.file(f"{folder}/gallery.json"))
        found[network] = {
            **{key: told[key] for key in ("images", "heads", "layers", "methods")},
            "sheet": _sheet(results, links, f"{folder}/gallery.png", told["height"], told["width"]),
            "looks": _looks(results, links, folder, [layer["name"] for layer in told["layers"]]),
        }
    return found


def _looks(results, links, folder, layers):
    """Links to the figures of each layer that there are: {layer: {"activations": link, "filters": link}}."""
    names = {layer: {kind: f"{folder}/{kind}/{layer}.png" for kind in ("activations", "filters")} for layer in layers}
    return {
        layer: {kind: links(name) for kind, name in some.items() if results.file(name).exists()}
        for layer, some in names.items()
    }


def _sheet(results, links, name, height, width):
    """A sheet of pictures: the link to it, and how many columns and rows of pictures it has."""
    across, down = _size(results.file(name))
    columns, rows = across // width, math.ceil(down / height)
    assert columns <= sheets.COLUMNS
    return {"path": links(name), "columns": columns, "rows": rows}


def _size(path):
    with Image.open(path) as image:
        return image.size

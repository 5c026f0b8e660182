"""The web page, one file made from a template and results; it links to the figures that the runs wrote."""

from __future__ import annotations

import math
import os
from pathlib import Path

from jinja2 import UndefinedError
from PIL import Image

from common import run_folders
from common.results import Results
from data import line_classes, lines
from data.noise import LEVELS, strengths
from reports import seeds, series, web
from reports.names import CLASSIFIERS, LIVE, LOCALIZATION, MULTIHEAD, MULTIHEAD_NOISY, NOISY, OFFICIAL


class Links:
    """Relative links from a page in a folder to results. names: of the results that were linked to."""

    def __init__(self, results: Results, folder: Path) -> None:
        self.results, self.folder, self.names = results, folder, []

    def __call__(self, name: str) -> str:
        """Return the link to a result."""
        self.names.append(name)
        return self._to(self.results.file(name))

    def source(self, name: str) -> str:
        """Return the link to a file of the repository: "q1_cnn/models.py"."""
        return self._to(self.results.root.parent / name)

    def _to(self, path):
        return os.path.relpath(path, self.folder).replace(os.sep, "/")


def render(links: Links) -> str:
    """Return the page of `links.results`. Raises LookupError or OSError for results that lack a value or a file."""
    results, templates = links.results, links.results.root / "templates"
    environment = web.environment(templates)
    environment.filters["percent"] = lambda share, digits=2: f"{share:.{digits}%}"
    environment.filters["grouped"] = lambda number: f"{number:,}"
    data = {"confusions": confusions(links)}
    values = {
        "style": web.text(web.PARTS / "live.css") + web.text(templates / "page.css"),
        **web.scripts(
            "lines", "digits", start="".join(web.text(templates / f"{name}.js") for name in ("page", "charts", "live"))
        ),
        "data": web.in_script(data),
        "live": web.in_script(networks(results)),
        "classifiers": [_scored(results, name) for name in (*CLASSIFIERS, *OFFICIAL, *NOISY)],
        "multiheads": [_scored(results, name) for name in (MULTIHEAD, MULTIHEAD_NOISY)],
        "charts": web.in_script(series.of_page(results)),
        "confusion_names": list(data["confusions"]),
        "study": run_folders.read_json(results.file(f"{LOCALIZATION}/scores.json")),
        "link": links,
    }
    try:
        return environment.get_template("page.html").render(values)
    except UndefinedError as error:
        raise LookupError(str(error)) from error


def networks(results: Results) -> dict:
    """Return what runs in the page: the networks of LIVE as live.py wrote them, digits, levels of noise, each class's line."""
    written = {name: run_folders.read_json(results.file(f"q3_visualize/{name}/live.json")) for name in LIVE}
    heads, classes, digits = (written[name]["network"] for name in LIVE)
    examples = written[LIVE[-1]]["examples"]
    return {
        "heads": heads, "classes": classes, "digits": digits, "examples": examples, "levels": list(map(strengths, LEVELS)),
        "shapes": [lines.class_shape(index)._asdict() for index in range(line_classes.CLASSES)],
    }  # fmt: skip


def confusions(links: Links) -> dict[str, dict]:
    """Return every confusion matrix, {name: {names, cells, sheet}}.

    names: of the classes. cells: [true, predicted, count] where count is not 0. sheet: that of the mistakes, as `_sheet`
    returns it, with "of", {"true,predicted": numbers on the sheet}; None without mistakes.
    """
    results, found = links.results, {}
    for network in (*CLASSIFIERS, *NOISY):
        found[network] = _confusion(results.folder(network) / "confusion_matrix.csv")
        names, cells = found[network]["names"], {}
        for row in run_folders.read_rows(results.folder(network) / "mistakes.csv"):
            cell = f"{names.index(row['true'])},{names.index(row['predicted'])}"
            cells.setdefault(cell, []).append(int(row["number"]))
        if cells and network not in NOISY:  # thousands, of which no sheet of a size to publish could show each confusion
            found[network]["sheet"] = {**_sheet(links, f"{network}/mistakes.png", 28, 28), "of": cells}
    for network in (MULTIHEAD, MULTIHEAD_NOISY):
        for head in results.metrics(network)["test"]["heads"]:
            found[f"{network}, {head}"] = _confusion(results.folder(network) / f"confusion_matrix_{head}.csv")
    return found


def _scored(results, network):
    """Return metrics.json of a network, with its scores over all seeds, in words: "seeds", "accuracy" and "errors"."""
    metrics, repeated = results.metrics(network), seeds.of_network(results, network)
    heads = {head: seeds.accuracy(metrics, repeated, head) for head in metrics["test"].get("heads", ())}
    scores = {"accuracy": seeds.accuracy(metrics, repeated), "errors": seeds.errors(metrics, repeated), "heads": heads}
    return {**metrics, "seeds": seeds.count(repeated), "scores": scores}


def _confusion(path):
    matrix, names = run_folders.read_matrix(path)
    cells = [[int(row), int(column), int(matrix[row, column])] for row, column in zip(*matrix.nonzero())]
    return {"names": names, "cells": cells, "sheet": None}


def _sheet(links, name, height, width):
    """Return the link to a sheet of images, and how many columns and rows of images it has."""
    across, down = _size(links.results.file(name))
    return {"path": links(name), "columns": across // width, "rows": math.ceil(down / height)}


def _size(path):
    with Image.open(path) as image:
        return image.size

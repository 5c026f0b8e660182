"""The web page, one file made from a template and results; it links to what the runs wrote."""

from __future__ import annotations

from jinja2 import UndefinedError

from common import run_folders
from common.results import Results
from data import line_classes, lines
from data.noise import LEVELS, strengths
from reports import inferences, seeds, story, web
from reports.links import Links
from reports.names import CLASSIFIERS, LIVE, MULTIHEAD, MULTIHEAD_NOISY, NOISY, OFFICIAL, WORDS

# The scripts of the page, in their order: the live networks, what draws each kind of figure, and what draws all figures.
SCRIPTS = ("live", "charts", "dots", "cells", "confusions", "tuned", "page")
REPORTS = {
    "q1": "Section 1", "q2": "Section 2", "q3_activations": "Section 3, activations", "q3_filters": "Section 3, filters",
    "q3_heatmaps": "Section 3, heatmaps",
}  # fmt: skip
MODELS = ("q1_cnn/lines/part2", "q1_cnn/mnist/part2", "q1_cnn/lines_noisy/part2", MULTIHEAD, MULTIHEAD_NOISY)  # in git


def render(links: Links) -> str:
    """Return the page of `links.results`. Raises LookupError or OSError for results that lack a value or a file."""
    results, templates = links.results, links.results.root / "templates"
    environment = web.environment(templates)
    environment.filters["grouped"] = lambda number: f"{number:,}"
    environment.filters["with_code"] = story.with_code
    told = story.told(links)
    values = {
        "style": "".join(map(web.text, (web.PARTS / "live.css", templates / "page.css", templates / "figures.css"))),
        **web.scripts("lines", "digits", start="".join(web.text(templates / f"{name}.js") for name in SCRIPTS)),
        "live": web.in_script(networks(results)),
        "classifiers": [_scored(results, name) for name in (*CLASSIFIERS, *OFFICIAL, *NOISY)],
        "multiheads": [_scored(results, name) for name in (MULTIHEAD, MULTIHEAD_NOISY)],
        "story": told,
        "figures": web.in_script({one["id"]: one["figure"] for part in told for one in part["figures"]}),
        "pdfs": {REPORTS[name]: f"{name}.pdf" for name in inferences.REPORTS},
        "models": MODELS,
        "words": WORDS,
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


def _scored(results, network):
    """Return metrics.json of a network, with its scores over all seeds."""
    return {**results.metrics(network), "scores": seeds.in_words(results, network)}

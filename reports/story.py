"""The story of the page: its parts, and in each the figures, every one with the inferences that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import inferences
from reports.charts import confusions, heat, inside, training, variations

if TYPE_CHECKING:
    from markupsafe import Markup

    from reports.links import Links


def _of_results(chart: Callable) -> Callable:
    return lambda links: chart(links.results)


@dataclass(frozen=True)
class Part:
    """A part of the story: the report whose inferences it shows, and its figures by the labels that these name."""

    report: str
    title: str
    lead: str
    figures: dict[str, Callable[[Links], dict]]


PARTS = (
    Part(
        "q1", "Section 1: convolutional networks that classify",
        "The network that the assignment prescribes against our own, on 96 classes of lines and on ten digits.",
        {
            "scores": _of_results(training.scores_of_classes), "curves": _of_results(training.curves_of_classes),
            "lines-confusion": confusions.of_lines, "fscores-lines": _of_results(training.f_scores),
            "mistakes": confusions.of_digits, "variations": _of_results(variations.of_classes),
        },
    ),
    Part(
        "q2", "Section 2: one network with four heads",
        "Length, width, angle and color of a line are named by four heads that share their features and are trained together.",
        {
            "scores": _of_results(training.scores_of_heads), "noise": _of_results(training.noise),
            "heads-confusion": confusions.of_heads, "curves": _of_results(training.curves_of_heads),
            "variations": _of_results(variations.of_heads),
        },
    ),
    Part(
        "q3_activations", "Section 3, part 1: what the layers respond to",
        "Activations of the networks of both sections, from the first layer to the last.",
        {
            "tuning": _of_results(inside.tuning), "gallery-activations": _of_results(inside.activations),
            "psychometric": _of_results(inside.psychometric), "digits-tuning": _of_results(inside.digits),
        },
    ),
    Part(
        "q3_filters", "Section 3, part 2: what activates a filter most",
        "Images that gradient ascent draws for a filter, beside the real images that activate it most.",
        {"gallery-filters": _of_results(inside.filters), "likeness": _of_results(inside.likeness)},
    ),
    Part(
        "q3_heatmaps", "Section 3, part 3: where the evidence lies",
        "Heatmaps of class activation, scored against the line that was drawn.",
        {
            "localization": _of_results(heat.localization), "shuffled": _of_results(heat.shuffled),
            "profiles": _of_results(heat.profiles), "factors": _of_results(heat.factors),
            "gallery-heatmaps": _of_results(heat.strokes),
        },
    ),
)  # fmt: skip


def told(links: Links) -> list[dict]:
    """Return the parts of the story with what they show.

    Returns
    -------
    list of dict
        id, that of its report; title; lead; and figures: dicts of id, figure (as `reports.charts.figure` returns it) and
        inferences, those that hold, in the order of the report.

    Raises
    ------
    LookupError
        If an inference names a figure that its part does not have.
    """
    return parts_of(PARTS, links)


def parts_of(parts: tuple[Part, ...], links: Links) -> list[dict]:
    """Return what `told` does, of these parts."""
    return [_told(part, links) for part in parts]


def _told(part, links):
    of_figure = {label: [] for label in part.figures}
    for inference in inferences.of_report(links.results, part.report):
        if inference.figure not in of_figure:
            raise LookupError(f"{inference.name}: the page has no figure {inference.figure} in {part.title}")
        of_figure[inference.figure].append(inference)
    figures = [
        {"id": f"{part.report}-{label}", "figure": part.figures[label](links), "inferences": of}
        for label, of in of_figure.items()
    ]
    return {"id": part.report, "title": part.title, "lead": part.lead, "figures": figures}


def with_code(text: str) -> Markup:
    """Return a text as HTML, with code where it has backticks."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))

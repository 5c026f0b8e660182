"""What follows from the results: every inference of the reports, READMEs and the page, in one place.

An inference is a claim, the numbers that bear it out, read from the files that runs wrote, and where both can be seen. `holds`
says whether they bear it out: a claim that they do not is not shown, and publishing says which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.results import Results

# The modules whose ALL a report shows, in the order of its inferences.
REPORTS = {
    "q1": ("section1", "variations"), "q2": ("section2",),
    "q3_activations": ("activations",), "q3_filters": ("filters",), "q3_heatmaps": ("heatmaps",),
}  # fmt: skip


@dataclass(frozen=True)
class Inference:
    """A claim and its evidence.

    Parameters
    ----------
    name
        Of the inference: "neighbors".
    claim
        In a few words, a sentence with its full stop.
    evidence
        Sentences with numbers, plain text; file names and layers stand between backticks.
    figure
        Label of the figure or table of the report that shows it, and of the page's chart: "confusions".
    files
        Names of the results that the numbers are from: "q1_cnn/lines/part1/confusion_matrix.csv".
    holds
        Whether the numbers bear the claim out.
    """

    name: str
    claim: str
    evidence: str
    figure: str
    files: tuple[str, ...]
    holds: bool


def of_report(results: Results, report: str) -> list[Inference]:
    """Return the inferences of a report, a key of REPORTS, that hold in these results."""
    return [one for one in measured(results, report) if one.holds]


def failing(results: Results) -> list[str]:
    """Return a line for each inference that these results do not bear out."""
    return [
        f"templates/{report}.typ claims what these results do not bear out: {one.claim} ({one.evidence})"
        for report in REPORTS
        for one in measured(results, report)
        if not one.holds
    ]


def measured(results: Results, report: str) -> list[Inference]:
    """Return the inferences of a report, whether they hold or not, but for those whose numbers were not measured."""
    from reports.inferences.evidence import Evidence, NotMeasuredError

    evidence, found = Evidence(results), []
    for module in REPORTS[report]:
        for infer in import_module(f"reports.inferences.{module}").ALL:
            try:
                found.append(infer(evidence))
            except NotMeasuredError:
                continue
    return found

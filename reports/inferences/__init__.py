"""What follows from the results: every inference of the reports, READMEs and the page, in one place.

An inference is a claim, the numbers that bear it out, read from the files that runs wrote, and where both can be seen. `holds` says
whether the numbers bear it out: one that they do not is not shown, and publishing says which.
"""

from __future__ import annotations

from dataclasses import dataclass


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

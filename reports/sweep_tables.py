"""What sweeps showed, as tables."""

from common.results import Results
from data.errors import UserError
from reports.printing import markdown
from sweeps import comparison, significance


def table_of_variations(section: str, dataset: str) -> str:
    """Return what each variation of a section's sweep changed on a data set."""
    folder = Results(own=False).folder(f"{section}/sweep")
    data = comparison.sweep_data(folder)
    rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data).get(dataset)
    if not rows:
        raise UserError(f"{folder} has no trials on {dataset}: run python {section}/sweep.py first")
    facts, compared = data[dataset], comparison.compare(rows)
    environments = sorted({f"{row['machine']}; {row['versions']}" for row in rows})
    return "\n".join([
        markdown(comparison.as_text(compared)),
        "",
        f"- {facts['source']}; each trial trains on {facts['images']:,} of the {facts['train']:,} training images, drawn anew "
        f"for each seed, in {facts['steps']:,} steps of {facts['batch_size']}, and is scored on the "
        f"{facts['validation']:,} validation images; seconds on one thread; "
        + ", ".join(f"`{command}`" for command in facts["commands"]),
        *_notes_of_tests(compared),
        *(f"- {environment}" for environment in environments),
    ])  # fmt: skip


def _notes_of_tests(compared):
    """Return what differences, p and verdicts in the table of `compared` are, in lines."""
    baseline, *variations = compared
    tested = [row["pairs"] for row in variations if row["p_holm"] is not None]
    if not tested:
        return [
            f"- the baseline has {_seeds({baseline['trials']})}; no variation has two seeds in common with it: none is tested"
        ]
    return [
        f"- difference: from the baseline's accuracy with the same seed, on average over {_seeds(set(tested))}, with half the "
        f"width of its {significance.CONFIDENCE:.0%} confidence interval (paired by seed, t-test); the baseline's accuracy in "
        f"the table is that of all its {_seeds({baseline['trials']})}",
        f"- p: two-sided, adjusted for all {len(tested)} comparisons in this table (Holm); better and worse: below "
        f"{significance.LEVEL}",
    ]


def _seeds(counts):
    """Return counts of seeds in words: "5 seeds", "4 to 5 seeds"."""
    least, most = min(counts), max(counts)
    return f"{f'{least} to ' * (least < most)}{most} seed{'s' * (most != 1)}"

"""What sweeps showed, as tables."""

from common.results import Results
from data.errors import UserError
from reports.printing import markdown
from sweeps import comparison


def table_of_variations(section: str, dataset: str) -> str:
    """Return what each variation of a section's sweep changed on a data set."""
    folder = Results(own=False).folder(f"{section}/sweep")
    data = comparison.sweep_data(folder)
    rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data).get(dataset)
    if not rows:
        raise UserError(f"{folder} has no trials on {dataset}: run python {section}/sweep.py first")
    facts, compared = data[dataset], comparison.compare(rows)
    others = len(compared) - 1
    environments = sorted({f"{row['machine']}; {row['versions']}" for row in rows})
    return "\n".join([
        markdown(comparison.as_text(compared)),
        "",
        f"- {facts['source']}; each trial trains on {facts['images']:,} of the {facts['train']:,} training images, drawn anew "
        f"for each seed, in {facts['steps']:,} steps of {facts['batch_size']}, and is scored on the "
        f"{facts['validation']:,} validation images; {len({row['seed'] for row in rows})} seeds; seconds on one thread; "
        + ", ".join(f"`{command}`" for command in facts["commands"]),
        f"- gain: over the baseline, with half the width of its {comparison.CONFIDENCE:.0%} confidence interval (Welch); of "
        f"{others} gains {others * (1 - comparison.CONFIDENCE):.1f} would be beyond the noise by chance",
        *(f"- {environment}" for environment in environments),
    ])  # fmt: skip

"""What sweeps showed, as tables."""

from common import run_folders
from common.results import Results
from data.errors import UserError
from reports.printing import markdown, origin
from sweeps import comparison


def table_of_variations(section, dataset):
    """What each variation of a section's sweep changed on a data set."""
    folder = Results(own=False).folder(f"{section}/sweep")
    data = comparison.sweep_data(folder)
    rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data).get(dataset)
    if not rows:
        raise UserError(f"{folder} has no trials on {dataset}: run python {section}/sweep.py first")
    told, compared = data[dataset], comparison.compare(rows)
    others = len(compared) - 1
    environments = sorted({f"{row['machine']}; {row['versions']}" for row in rows})
    return "\n".join([
        markdown(comparison.as_text(compared)),
        "",
        f"- {told['source']}; each trial learns from {told['images']:,} of the {told['train']:,} training pictures, others "
        f"with each seed, in {told['steps']:,} steps of {told['batch_size']}, and is scored on the {told['validation']:,} "
        f"validation pictures; {len({row['seed'] for row in rows})} seeds; seconds on one thread; "
        + ", ".join(f"`{command}`" for command in told["commands"]),
        f"- gain: over the baseline, with half the width of its {comparison.CONFIDENCE:.0%} confidence interval (Welch); of "
        f"{others} differences {others * (1 - comparison.CONFIDENCE):.1f} would pass for clear by chance",
        *(f"- {environment}" for environment in environments),
    ])  # fmt: skip


def workers():
    """Trials a minute with one worker and with two, and an estimate for a hundred."""
    study = run_folders.read_study(run_folders.ROOT / "benchmarks/workers.json", "python benchmarks/workers.py")
    rows = [("spread over", "workers", "trials", "seconds", "trials a minute", "of it training", "overhead a trial")]
    for one in study["measured"]:
        overhead = _overhead(one)
        busy = one["training_seconds"] / (one["workers"] * one["seconds"])
        rate = f"{60 * one['trials'] / one['seconds']:.1f}"
        counts = one["where"], one["workers"], one["trials"], f"{one['seconds']:.0f}"
        rows.append((*counts, rate, f"{busy:.0%}", f"{overhead:.1f} s"))
    cluster = [one for one in study["measured"] if one["where"] == "Dask"][-1]
    each = cluster["training_seconds"] / cluster["trials"] + _overhead(cluster)
    handing_out = study["handing_out"]["seconds"] / study["handing_out"]["trials"]
    return "\n".join([
        markdown(rows),
        "",
        f"- An estimate, not a measurement: 100 workers, each as fast as one of these two, would bring about "
        f"{6000 / each:,.0f} trials a minute. Handing a trial out and taking its row back takes {1000 * handing_out:.1f} ms "
        f"(measured with {study['handing_out']['trials']} trials that do nothing), so the scheduler keeps nobody waiting "
        f"below about {60 / handing_out:,.0f} a minute.",
        f"- {origin(study)}",
    ])  # fmt: skip


def _overhead(one):
    """Seconds of a worker's time for each trial that were not training: its start, the data, building and scoring."""
    return (one["workers"] * one["seconds"] - one["training_seconds"]) / one["trials"]

"""Runs the trials of a sweep that are still to be run, and writes what all of them show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from common import provenance, run_folders
from common.progress import ProgressBar
from data.errors import UserError
from sweeps import comparison
from sweeps.plan import Sweep, plan
from sweeps.trials import Source, Trial


def run_sweep(
    sweep: Sweep, sources: list[Source], *, out: Path, questions: list[str] | None = None, seeds: int | None = None,
    full: bool = False, quick: bool = False, workers: int | None = None, scheduler: str | None = None,
) -> dict[str, list[dict]]:  # fmt: skip
    """Run the trials of a sweep that trials.csv does not have yet, and write figures and comparison.csv beside it.

    Parameters
    ----------
    sources
        One for each data set.
    out
        Where the section's folder is.
    questions
        Those to try (default: all).
    seeds
        Trials of each variation (default: 5).
    full
        Train on all images.
    quick
        A few steps of one variation a question.
    workers
        Processes on this machine (default: one for each core).
    scheduler
        The address of a Dask cluster to use instead.

    Returns
    -------
    dict
        What all trials in the file show: {data set: `sweeps.comparison.compare`}.

    Raises
    ------
    UserError
        For data, workers or a file that cannot be used.
    OSError
        When nothing can be written.
    """
    folder = Path(out, sweep.section, "sweep_full" if full else "sweep")
    planned = plan(sweep, sources, questions, seeds, full, quick)
    path, first = folder / "trials.csv", planned.trials[0]
    with run_folders.locked(folder):
        folder.mkdir(exist_ok=True)
        rows = comparison.read(path)
        if rows and list(rows[0]) != list(first.failed(sweep.scores, "")):
            raise UserError(f"{path} is of another version of this sweep (it has other columns): move it away")
        done = {tuple(row[name] for name in first.settings()) for row in rows}
        waiting = [trial for trial in planned.trials if tuple(trial.settings().values()) not in done]
        total = len(planned.trials)
        print(f"{sweep.section}: {total:,} trials, {total - len(waiting):,} of them done before", flush=True)
        _write_recipes_json(planned.recipes, folder)
        data = _write_sweep_json(sweep, planned.data, set(), folder)
        tried = set()
        with ProgressBar("trials", len(waiting)) as progress:
            for row in _rows(sweep, waiting, workers, scheduler):
                comparison.append(path, row)
                if row["dataset"] not in tried:  # only then is this command one of those behind the trials
                    tried.add(row["dataset"])
                    data = _write_sweep_json(sweep, planned.data, tried, folder)
                result = f"{float(row['accuracy']):.2%}  {row['seconds']} s" if row["accuracy"] else row["status"]
                progress.print(f"  {row['dataset']}  {row['question']}: {row['variation']}  seed {row['seed']}  {result}")
                progress.advance()
        return write_results(sweep, data, folder)


def _rows(sweep: Sweep, waiting: list[Trial], workers: int | None, scheduler: str | None) -> Iterable[dict]:
    def killed(trial: Trial, reason: str) -> dict:
        return trial.failed(sweep.scores, reason)

    if not waiting:
        return []
    if scheduler is not None:
        from sweeps.cluster import over_cluster

        return over_cluster(sweep.worker, waiting, killed, scheduler)
    from sweeps.processes import over_processes

    return over_processes(sweep.worker, waiting, killed, workers)


def _write_sweep_json(sweep: Sweep, data: dict, tried: set, folder: Path) -> dict:
    """Write sweep.json, the data and recipes behind the trials of each data set, and return it with those of earlier calls.

    `tried` names the data sets that this command has run trials of.
    """
    before = comparison.sweep_data(folder)
    now = {}
    for name, described in data.items():
        earlier = before.get(name, {})
        same = all(earlier.get(key) == described[key] for key in comparison.BUDGET)
        commands = [*(earlier["commands"] if same else []), *[provenance.command_line()] * (name in tried)]
        hashes = {**(earlier["recipes"] if same else {}), **described["recipes"]}
        now[name] = {**described, "commands": list(dict.fromkeys(commands)), "recipes": hashes}
    known = {**before, **now}
    path = folder / "sweep.json"
    run_folders.write_json(path, {"section": sweep.section, "baseline": asdict(sweep.baseline), "data": known})
    return known


def _write_recipes_json(recipes: dict, folder: Path) -> None:
    """Write recipes.json, the recipe behind every hash, for each data set: those of earlier calls stay."""
    path = folder / "recipes.json"
    before = run_folders.read_json(path) if path.exists() else {}
    for name, known in recipes.items():
        before[name] = {**before.get(name, {}), **{provenance.fingerprint(recipe): recipe for recipe in known.values()}}
    run_folders.write_json(path, before, indent=None)


def write_results(sweep: Sweep, data: dict, folder: Path) -> dict[str, list[dict]]:
    """Draw what folder/trials.csv shows of the data sets and budgets in `data`: {data set: `sweeps.comparison.compare`}."""
    from reports.figures import save
    from sweeps import figures

    rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data)
    compared = {name: comparison.compare(some) for name, some in rows.items()}
    compared = {name: some for name, some in compared.items() if some}
    for question in sweep.questions:
        chosen = (comparison.BASELINE, question)
        of_question = {name: [one for one in some if one["question"] in chosen] for name, some in compared.items()}
        shown = {
            name: (some, [row for row in rows[name] if row["question"] in chosen])
            for name, some in of_question.items() if len(some) > 1
        }  # fmt: skip
        if shown:
            with run_folders.whole_file(folder / f"{question}.png") as file:
                save(figures.question(question, shown, sweep.section), file)
    flat = [{"dataset": name, **one} for name, some in compared.items() for one in some]
    if flat:
        run_folders.write_rows(folder / "comparison.csv", flat)
    return compared

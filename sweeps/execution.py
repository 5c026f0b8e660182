"""Runs the trials of a sweep that are still to be run, and writes what all of them show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from common import provenance, run_folders
from common.progress import ProgressBar
from data.errors import UserError
from sweeps import comparison
from sweeps.plan import Sweep, plan
from sweeps.trials import Source
from sweeps.workers import spread


def run_sweep(
    sweep: Sweep, sources: list[Source], *, out: Path, questions: list[str] | None = None, seeds: int | None = None,
    full: bool = False, quick: bool = False, workers: int | None = None, scheduler: str | None = None,
) -> dict[str, list[dict]]:  # fmt: skip
    """Run the trials of a sweep that trials.csv does not have yet, and write figures and comparison.csv beside it.

    Raises UserError when data, workers or a file cannot be used, OSError when nothing can be written.

    Parameters
    ----------
    sources
        One for each data set.
    questions, seeds
        Which questions to try (default: all), with how many trials of each variation (default: `sweeps.plan.SEEDS`; the
        baseline has at least `sweeps.plan.BASELINE_SEEDS`, but for quick).
    full, quick
        Train on all images; or for a few steps, with one variation of each question.
    workers, scheduler
        How many processes on this machine (default: one for each core); or the address of a Dask cluster.

    Returns
    -------
    dict
        What all trials in the file show: {data set: `sweeps.comparison.compare`}.
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
        tried = set()
        data = _write_sweep_json(sweep, planned.data, tried, folder)
        with ProgressBar("trials", len(waiting)) as progress:
            for row in _rows(sweep, waiting, workers, scheduler):
                comparison.append(path, row)
                if row["dataset"] not in tried:  # only then is this command one of those behind the trials
                    tried.add(row["dataset"])
                    data = _write_sweep_json(sweep, planned.data, tried, folder)
                result = f"{float(row['accuracy']):.2%}  {row['seconds']} s" if row["accuracy"] else row["status"]
                progress.print(f"  {row['dataset']}  {row['question']}: {row['variation']}  seed {row['seed']}  {result}")
                progress.advance()
        return write_comparison(sweep, data, folder)


def _rows(sweep, waiting, workers, scheduler):
    """Return an iterator over the rows of the trials that are waiting, as they end."""

    def killed(trial, reason):
        return trial.failed(sweep.scores, reason)

    return spread(sweep.worker, waiting, killed, workers, scheduler) if waiting else ()


def _write_sweep_json(sweep, planned, tried, folder):
    """Write sweep.json, the data, recipes and commands behind the trials of each data set, and return its data.

    `tried` names the data sets that this command has run trials of.
    """
    data = comparison.sweep_data(folder)
    with run_folders.reading():
        for name, described in planned.items():
            before = data.get(name, {})
            if any(before.get(key) != described[key] for key in comparison.BUDGET):
                before = {"commands": [], "recipes": {}}
            commands = dict.fromkeys([*before["commands"], *[provenance.command()] * (name in tried)])
            data[name] = {**described, "commands": list(commands), "recipes": {**before["recipes"], **described["recipes"]}}
    content = {"section": sweep.section, "baseline": asdict(sweep.baseline), "data": data}
    run_folders.write_json(folder / "sweep.json", content)
    return data


def _write_recipes_json(recipes, folder):
    """Write recipes.json, the recipe behind every hash, for each data set: those of earlier calls stay."""
    path = folder / "recipes.json"
    known = run_folders.read_json(path) if path.exists() else {}
    with run_folders.reading():
        for name, described in recipes.items():
            hashes = {provenance.fingerprint(recipe): recipe for recipe in described.values()}
            known[name] = {**known.get(name, {}), **hashes}
    run_folders.write_json(path, known, indent=None)


def write_comparison(sweep: Sweep, data: dict, folder: Path) -> dict[str, list[dict]]:
    """Draw what folder/trials.csv shows of the data sets and budgets in `data`, and return it as `run_sweep` does."""
    from reports.figures import save
    from sweeps.question_figures import question_figure

    rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data)
    compared = {name: variations for name, trials in rows.items() if (variations := comparison.compare(trials))}
    for question in sweep.questions:
        shown = {}
        for name, variations in compared.items():
            of_question, trials = (
                [row for row in table if row["question"] in (comparison.BASELINE, question)]
                for table in (variations, rows[name])
            )
            if len(of_question) > 1:
                shown[name] = of_question, trials
        if shown:
            with run_folders.whole_file(folder / f"{question}.png") as file:
                save(question_figure(question, shown, sweep.section), file)
    if compared:
        table = [{"dataset": name, **row} for name, variations in compared.items() for row in variations]
        run_folders.write_rows(folder / "comparison.csv", table)
    return compared

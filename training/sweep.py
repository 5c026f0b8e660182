"""Runs the trials of a sweep that are still to be run, and writes what all of them show."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.command_line import UserError
from reports import provenance, runs, trials
from training.trials import Trial, failed

IMAGES, STEPS, BATCH_SIZE = 9_600, 300, 128  # what a trial learns from, and for how long
SEEDS = 5
QUICK_STEPS, QUICK_SEEDS = 4, 2


@dataclass(frozen=True)
class Sweep:
    """What a section varies.

    section: its name. baseline: a design, a dataclass. questions: {question: {variation: fields of the design that change}}.
    recipe: function of a design, a number of classes, epochs and batch_size to a `training.recipe.Recipe`.
    run: function of a `training.trials.Trial` to its row. measures: the names of the scores in it; the first is accuracy.
    full_epochs: {data set: epochs} of a sweep on all pictures.
    """

    section: str
    baseline: object
    questions: dict
    recipe: Callable
    run: Callable
    measures: tuple
    full_epochs: dict

    def designs(self, chosen=None, quick=False):
        """Question, variation and design of the baseline and of all variations of the chosen questions (default: of all)."""
        yield trials.BASELINE, trials.BASELINE, self.baseline
        for question in dict.fromkeys(chosen or self.questions):
            for variation, changes in list(self.questions[question].items())[: 1 if quick else None]:
                yield question, variation, replace(self.baseline, **changes)


def run_sweep(of, sources, *, out, questions=None, seeds=None, full=False, quick=False, workers=None, scheduler=None):
    """Runs the trials of a `Sweep` that trials.csv does not have yet, and writes figures and comparison.csv beside it.

    sources: `training.trials.Source`, one a data set. out: where the section's folder is. questions: those to try (default:
    all). seeds: trials of each variation (default: 5). full: on all pictures. quick: a few steps of one variation a question.
    workers: processes on this machine; scheduler: the address of a Dask cluster to use instead.
    Returns what all trials in the file show: {data set: `reports.trials.compare`}.
    Raises UserError for data, workers or a file that cannot be used, OSError when nothing can be written.
    """
    folder = Path(out, of.section, "sweep_full" if full else "sweep")
    planned, data, described = plan(of, sources, questions, seeds, full, quick)
    path = folder / "trials.csv"
    with runs.alone(folder):
        folder.mkdir(exist_ok=True)
        rows = trials.read(path)
        if rows and list(rows[0]) != list(failed(planned[0], of.measures, "")):
            raise UserError(f"{path} is of another version of this sweep (it has other columns): move it away")
        done = {tuple(row[name] for name in planned[0].settings()) for row in rows}
        waiting = [trial for trial in planned if tuple(trial.settings().values()) not in done]
        print(f"{of.section}: {len(planned):,} trials, {len(planned) - len(waiting):,} of them done before", flush=True)
        remember_recipes(described, folder)
        told = remember(of, data, (), folder)
        with _Progress(len(waiting)) as progress:
            tried = set()
            for row in _spread(of, waiting, workers, scheduler):
                trials.append(path, row)
                if row["dataset"] not in tried:  # only then does this command stand behind trials
                    tried.add(row["dataset"])
                    told = remember(of, data, tried, folder)
                progress.report(row)
        return write_results(of, told, folder)


def plan(of, sources, questions=None, seeds=None, full=False, quick=False):
    """All trials of a sweep, what is told of each data set, and all recipes: {data set: {variation: recipe}}.

    Arguments: see `run_sweep`.

    The trials of a data set stand together, since a worker has one data set at a time; in it those of a seed, so that a
    sweep that is stopped knows a little of everything.
    """
    planned, data, described = [], {}, {}
    seeds = seeds or (QUICK_SEEDS if quick else SEEDS)
    for source in sources:
        dataset = source.load()
        facts = dataset.describe()
        for note in dataset.notes():
            print(f"{source.name}: {note}")
        images = facts["train"] if full else min(IMAGES, facts["train"])
        steps = -(-images // BATCH_SIZE)
        epochs = of.full_epochs[source.name] if full else max(1, round((QUICK_STEPS if quick else STEPS) / steps))
        budget = {"images": images, "epochs": epochs, "batch_size": BATCH_SIZE}
        known = recipes(of, dataset.images.shape[1:], {**facts, **budget}, questions, quick)
        hashes = {name: provenance.fingerprint(recipe) for name, recipe in known.items()}
        described[source.name] = known
        data[source.name] = {**facts, **budget, "steps": epochs * steps, "recipes": hashes}
        planned += [
            Trial(
                hashes[trials.variation(question, variation)], question, variation, design, seed, source, facts["fingerprint"],
                **budget,
            )
            for seed in range(seeds) for question, variation, design in of.designs(questions, quick)
        ]  # fmt: skip
    return planned, data, described


def recipes(of, input_shape, told, questions=None, quick=False):
    """The described recipe of the baseline and of each variation: {"depth: 1 convolution": dict}, for example.

    told: classes, images, epochs and batch_size of a data set, as sweep.json tells them. The others: see `run_sweep`.
    """
    from training.run import described

    budget = {"epochs": told["epochs"], "batch_size": told["batch_size"]}
    return {
        trials.variation(question, variation): described(
            of.recipe(design, told["classes"], **budget), input_shape, told["images"]
        )
        for question, variation, design in of.designs(questions, quick)
    }


def _spread(of, waiting, workers, scheduler):
    def lost(trial, reason):
        return failed(trial, of.measures, reason)

    if not waiting:
        return []
    if scheduler is not None:
        from training.cluster import over_cluster

        return over_cluster(of.run, waiting, lost, scheduler)
    from training.spread import over_processes

    return over_processes(of.run, waiting, lost, workers)


def remember(of, data, tried, folder):
    """Writes sweep.json, what stands behind the trials of each data set, and returns that, with data sets of earlier calls.

    data: see `plan`. tried: the names of data sets that this command has run trials of.
    """
    before = trials.told(folder)
    now = {}
    for name, described in data.items():
        earlier = before.get(name, {})
        same = all(earlier.get(key) == described[key] for key in trials.BUDGET)
        commands = [*(earlier["commands"] if same else []), *[provenance.command_line()] * (name in tried)]
        hashes = {**(earlier["recipes"] if same else {}), **described["recipes"]}
        now[name] = {**described, "commands": list(dict.fromkeys(commands)), "recipes": hashes}
    told = {**before, **now}
    path = folder / "sweep.json"
    runs.write_json(path, {"section": of.section, "baseline": asdict(of.baseline), "data": told})
    return told


def remember_recipes(described, folder):
    """Writes recipes.json, the recipe behind every hash, for each data set: those of earlier calls stay."""
    path = folder / "recipes.json"
    before = runs.read_json(path) if path.exists() else {}
    for name, known in described.items():
        before[name] = {**before.get(name, {}), **{provenance.fingerprint(recipe): recipe for recipe in known.values()}}
    runs.write_json(path, before, indent=None)


def write_results(of, data, folder):
    """Draws what folder/trials.csv shows of the data sets and budgets in `data`: {data set: `reports.trials.compare`}."""
    from reports import figures, variations

    rows = trials.of_budget(trials.read(folder / "trials.csv"), data)
    compared = {name: trials.compare(some) for name, some in rows.items()}
    compared = {name: some for name, some in compared.items() if some}
    for question in of.questions:
        chosen = (trials.BASELINE, question)
        of_question = {name: [one for one in some if one["question"] in chosen] for name, some in compared.items()}
        shown = {
            name: (some, [row for row in rows[name] if row["question"] in chosen])
            for name, some in of_question.items() if len(some) > 1
        }  # fmt: skip
        if shown:
            with runs.whole_file(folder / f"{question}.png") as file:
                figures.save(variations.question(question, shown, of.section), file)
    flat = [{"dataset": name, **one} for name, some in compared.items() for one in some]
    if flat:
        runs.write_rows(folder / "comparison.csv", flat)
    return compared


class _Progress:
    """A bar on a terminal, and everywhere a line a trial."""

    def __init__(self, count):
        self.console = Console(highlight=False, soft_wrap=True, markup=False)
        columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal, speed_estimate_period=300
        )
        self.task = self.bar.add_task("trials", total=count)

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def report(self, row):
        result = f"{float(row['accuracy']):.2%}  {row['seconds']} s" if row["accuracy"] else row["status"]
        self.console.print(f"  {row['dataset']}  {row['question']}: {row['variation']}  seed {row['seed']}  {result}")
        self.bar.advance(self.task)

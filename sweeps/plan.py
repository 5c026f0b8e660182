"""What a sweep tries: the trials of every variation, with their recipes and their budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from common import provenance
from sweeps.comparison import BASELINE, full_name
from sweeps.trials import Source, Trial, measure

IMAGES, STEPS, BATCH_SIZE = 9_600, 300, 128  # of a trial's training
SEEDS = 5  # of a variation
BASELINE_SEEDS = 30  # at least: how much a seed alone changes an accuracy is known better from more of them
QUICK_STEPS, QUICK_SEEDS = 4, 2


@dataclass(frozen=True)
class Sweep:
    """What a section varies."""

    section: str
    baseline: object  # a design, which is a dataclass
    questions: dict  # {question: {variation: fields of the design that change}}
    recipe_of: Callable  # function of a design, a number of classes, epochs and batch_size to a `training.recipe.Recipe`
    validation_scores: Callable  # function of a trained model and its data set to a dict with the names in `scores`
    scores: tuple  # of names; the first is accuracy
    full_epochs: dict  # {data set: epochs} of a sweep on all images

    def designs(self, chosen: list[str] | None = None, quick: bool = False) -> Iterator[tuple[str, str, object]]:
        """Yield question, variation and design of the baseline and of all variations of the chosen questions."""
        yield BASELINE, BASELINE, self.baseline
        for question in dict.fromkeys(chosen or self.questions):
            for variation, changes in list(self.questions[question].items())[: 1 if quick else None]:
                yield question, variation, replace(self.baseline, **changes)

    @property
    def worker(self) -> Callable[[Trial], dict]:
        """Return the function of a trial to its row that workers call."""
        return partial(measure, recipe_of=self.recipe_of, validation_scores=self.validation_scores, scores=self.scores)


@dataclass(frozen=True)
class Plan:
    """The trials of a sweep, what sweep.json has of each data set, and {data set: {variation: described recipe}}."""

    trials: list[Trial]
    data: dict[str, dict]
    recipes: dict[str, dict]


def plan(
    sweep: Sweep, sources: list[Source], questions: list[str] | None = None, seeds: int | None = None, full: bool = False,
    quick: bool = False,
) -> Plan:  # fmt: skip
    """Plan all trials of a sweep; see `sweeps.execution.run_sweep` for its arguments.

    The trials of a data set follow each other, since a worker has one data set at a time; so do those of a seed, for a sweep
    that is stopped to have tried all variations. The seeds that the baseline has beyond those of the variations come last.
    """
    of_variations = seeds or (QUICK_SEEDS if quick else SEEDS)
    of_baseline = of_variations if quick else max(of_variations, BASELINE_SEEDS)
    trials, data, recipes = [], {}, {}
    for source in sources:
        dataset = source.load()
        facts = dataset.describe()
        for note in dataset.notes():
            print(f"{source.name}: {note}")
        images = facts["train"] if full else min(IMAGES, facts["train"])
        steps = -(-images // BATCH_SIZE)
        epochs = sweep.full_epochs[source.name] if full else max(1, round((QUICK_STEPS if quick else STEPS) / steps))
        budget = {"images": images, "epochs": epochs, "batch_size": BATCH_SIZE}
        known = described_recipes(sweep, dataset.images.shape[1:], {**facts, **budget}, questions, quick)
        hashes = {name: provenance.fingerprint(recipe) for name, recipe in known.items()}
        recipes[source.name] = known
        data[source.name] = {**facts, **budget, "steps": epochs * steps, "recipes": hashes}
        for seed in range(of_baseline):
            for question, variation, design in sweep.designs(questions, quick):
                if seed >= of_variations and question != BASELINE:
                    continue
                recipe = hashes[full_name(question, variation)]
                trials.append(Trial(recipe, question, variation, design, seed, source, facts["fingerprint"], **budget))
    return Plan(trials, data, recipes)


def described_recipes(
    sweep: Sweep, input_shape: tuple, data: dict, questions: list[str] | None = None, quick: bool = False
) -> dict[str, dict]:
    """Describe the recipes of the baseline and its variations: {"depth: 1 convolution": dict}, for example.

    `data` has classes, images, epochs and batch_size, as sweep.json has them of a data set.
    """
    from training.run import untrained

    recipes = {}
    for question, variation, design in sweep.designs(questions, quick):
        recipe = sweep.recipe_of(design, data["classes"], epochs=data["epochs"], batch_size=data["batch_size"])
        recipes[full_name(question, variation)] = untrained(recipe, input_shape, data["images"])[1]
    return recipes

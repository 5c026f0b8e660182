"""One trial of a sweep: a design, trained with one seed on a budget, and scored on validation images."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common import provenance
from data.errors import UserError
from sweeps.comparison import FIRST_MEASURED, LAST_MEASURED, TRAIN_ACCURACY
from sweeps.workers import THREADS, one_at_a_time, set_up

if TYPE_CHECKING:
    from data.datasets import Dataset

SPLIT_SEED = 0  # the same for every trial, and that of the published networks: no trial learns from their test images


@dataclass(frozen=True)
class Source:
    """Where a trial's images come from: arguments of `data.datasets.load`."""

    name: str
    lines_dir: Path | None = None
    mnist_path: Path | None = None
    per_class: int | None = None

    def load(self, seed: int = SPLIT_SEED) -> Dataset:
        """Load and split the data set; a file of MNIST that is missing on this machine is looked for where it has its own."""
        from data import datasets

        found = self.mnist_path if self.mnist_path and self.mnist_path.exists() else None
        return datasets.load(self.name, self.lines_dir, found, self.per_class, seed)


@dataclass(frozen=True)
class Trial:
    """What a worker has to know, in a few hundred bytes."""

    recipe: str  # the hash of the recipe that its design must give
    question: str  # what it answers, in words
    variation: str
    design: object  # a dataclass from which the recipe is made
    seed: int
    source: Source  # the images, which every worker loads for itself
    fingerprint: str  # their hash
    images: int  # how many of them train; which ones depends on the seed
    epochs: int
    batch_size: int

    def settings(self) -> dict[str, str]:
        """Return what makes two trials the same, as columns of trials.csv."""
        own = {name: getattr(self, name) for name in ("fingerprint", "recipe", "images", "epochs", "batch_size", "seed")}
        settings = {"dataset": self.source.name, **own, **asdict(self.design)}
        return {name: "-".join(map(str, value)) if isinstance(value, tuple) else str(value) for name, value in settings.items()}

    def row(self, status: str, measured: dict) -> dict:
        """Return the trial's row in trials.csv; `measured` has what `measured_columns` names, empty in a failed trial."""
        git = provenance.git()
        return {
            "question": self.question, "variation": self.variation, **self.settings(), **measured, "status": status,
            "machine": provenance.machine(), "threads": THREADS,
            "versions": ", ".join(f"{name} {version}" for name, version in provenance.versions().items()),
            "commit": f"{git['commit'][:8]}{' and changes' if git['changed'] else ''}" if git else "",
        }  # fmt: skip

    def failed(self, scores: tuple, reason: str) -> dict:
        """Return the row of a trial that failed, and so lacks its scores."""
        return self.row(f"failed: {' '.join(reason.split())}", dict.fromkeys(measured_columns(scores), ""))


def measured_columns(scores: tuple) -> tuple[str, ...]:
    """Return the columns of trials.csv that a trial measures, in their order; `scores`: those on validation images."""
    return FIRST_MEASURED, TRAIN_ACCURACY, *scores, LAST_MEASURED


def measure(trial: Trial, recipe_of: Callable, validation_scores: Callable, scores: tuple) -> dict:
    """Train and score a trial in a worker, a process of its own, on one thread, and return its row in trials.csv.

    See `sweeps.plan.Sweep` for `recipe_of` and the others. Raises UserError when this machine has other images, or other code
    that makes another recipe from the design; of a training that failed the row's status says so.
    """
    provenance.git()  # as the code is now
    with one_at_a_time:
        dataset = trial.source.load()
        if dataset.fingerprint != trial.fingerprint:
            raise UserError(f"{platform.node()} has other images ({dataset.source}) than the machine that started the sweep")
        set_up(trial.seed)

        from training.run import train_network, untrained

        try:
            dataset = dataset.learning_from(trial.images, trial.seed)
            recipe = recipe_of(trial.design, len(dataset.class_names), epochs=trial.epochs, batch_size=trial.batch_size)
            _, described = untrained(recipe, dataset.images.shape[1:], len(dataset.split.train))
            same_code = provenance.fingerprint(described) == trial.recipe
            if same_code:
                model, history = train_network(recipe, dataset, seed=trial.seed, quiet=True)
                values = {name: f"{value:.6f}" for name, value in validation_scores(model, dataset).items()}
        except Exception as error:  # of any class: the other trials go on
            reason = f"{error}".partition(":")[0] if isinstance(error, UserError) else f"{type(error).__name__} {error}"
            return trial.failed(scores, reason.splitlines()[0])
        if not same_code:
            raise UserError(f"{platform.node()} has other code than the machine that started the sweep: check out its commit")
        training = {TRAIN_ACCURACY: f"{history.epochs[-1]['accuracy']:.6f}"}
        measured = {"parameters": model.count_params(), **training, **values, "seconds": f"{history.seconds:.2f}"}
        return trial.row("finished", measured)

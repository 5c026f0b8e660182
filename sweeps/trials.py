"""One trial of a sweep: a design, trained with one seed on a budget, and scored on validation images."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common import provenance
from data.errors import UserError

if TYPE_CHECKING:
    from data.datasets import Dataset

SPLIT_SEED = 0  # the same for every trial, and that of the published networks: no trial learns from their test images
THREADS = 1
_one_at_a_time = threading.Lock()  # Keras' seeds belong to the whole process; a worker of Dask may have several threads


@dataclass(frozen=True)
class Source:
    """Where a trial's images come from: the arguments of `data.datasets.load`."""

    name: str
    lines_dir: Path | None = None
    mnist_path: Path | None = None
    per_class: int | None = None

    def load(self) -> Dataset:
        """Load the data set. A file that is missing here is looked for where this machine has its own."""
        from data import datasets

        found = self.mnist_path if self.mnist_path and self.mnist_path.exists() else None
        return datasets.load(self.name, self.lines_dir, found, self.per_class, SPLIT_SEED)


@dataclass(frozen=True)
class Trial:
    """What a worker has to know, a few hundred bytes.

    Attributes
    ----------
    recipe
        The hash of the recipe that its design must give.
    question, variation
        What the trial answers, in words.
    design
        A dataclass, what the recipe is made from.
    source, fingerprint
        The images, which every worker loads for itself, and their hash.
    images
        How many of them train, drawn anew for each seed.
    """

    recipe: str
    question: str
    variation: str
    design: object
    seed: int
    source: Source
    fingerprint: str
    images: int
    epochs: int
    batch_size: int

    def settings(self) -> dict[str, str]:
        """What makes two trials the same, as columns of trials.csv."""
        design = {name: _as_text(value) for name, value in asdict(self.design).items()}
        budget = {"images": self.images, "epochs": self.epochs, "batch_size": self.batch_size, "seed": self.seed}
        settings = {"dataset": self.source.name, "fingerprint": self.fingerprint, "recipe": self.recipe, **budget}
        return {name: str(value) for name, value in settings.items()} | design

    def row(self, status: str, measured: dict) -> dict:
        """The trial's row in trials.csv. `measured` has parameters, scores and seconds; of a failed trial no values."""
        names = {"question": self.question, "variation": self.variation}
        versions = ", ".join(f"{name} {version}" for name, version in provenance.versions().items())
        git = provenance.git()
        commit = f"{git['commit'][:8]}{' and changes' if git['changed'] else ''}" if git else ""
        origin = {"machine": provenance.machine(), "threads": THREADS, "versions": versions, "commit": commit}
        return {**names, **self.settings(), **measured, "status": status, **origin}

    def failed(self, scores: tuple, reason: str) -> dict:
        """The row of a trial that did not come to an end. `scores` names the scores that it lacks."""
        return self.row(f"failed: {' '.join(reason.split())}", dict.fromkeys(("parameters", *scores, "seconds"), ""))


def measure(trial: Trial, recipe_of: Callable, validation_scores: Callable, scores: tuple) -> dict:
    """Train and score a trial in a worker, a process of its own, on one thread.

    Parameters
    ----------
    recipe_of
        Function of a design, a number of classes, epochs and batch_size to a `training.recipe.Recipe`.
    validation_scores
        Function of a trained model and the data set to a dict with the names in `scores`.

    Returns
    -------
    dict
        The trial's row in trials.csv; of a training that failed, one that says so.

    Raises
    ------
    UserError
        When this machine has other images, or other code that makes another recipe from the design.
    """
    provenance.git()  # as the code is now
    with _one_at_a_time:
        dataset = trial.source.load()
        if dataset.fingerprint != trial.fingerprint:
            raise UserError(f"{platform.node()} has other images ({dataset.source}) than the machine that started the sweep")
        _set_up_worker(trial.seed)

        from training.run import train_network, untrained

        dataset = dataset.learning_from(trial.images, trial.seed)
        recipe = recipe_of(trial.design, len(dataset.class_names), epochs=trial.epochs, batch_size=trial.batch_size)
        _, described = untrained(recipe, dataset.images.shape[1:], len(dataset.split.train))
        if provenance.fingerprint(described) != trial.recipe:
            raise UserError(
                f"{platform.node()} has other code than the machine that started the sweep: check out the same there"
            )
        try:
            model, history = train_network(recipe, dataset, seed=trial.seed, quiet=True)
            values = {name: f"{value:.6f}" for name, value in validation_scores(model, dataset).items()}
        except Exception as error:  # whatever it is, the other trials go on
            reason = f"{error}".partition(":")[0] if isinstance(error, UserError) else f"{type(error).__name__} {error}"
            return trial.failed(scores, reason.splitlines()[0])
        seconds = sum(row["seconds"] for row in history)
        return trial.row("finished", {"parameters": model.count_params(), **values, "seconds": f"{seconds:.2f}"})


def _set_up_worker(seed: int) -> None:
    """Set what holds for the whole process: it is a worker, whose `main` this is."""
    from common.quiet import tensorflow
    from training.seeding import make_deterministic

    # One thread: as fast as two for networks so small, and the same numbers however many trials run side by side.
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
    tensorflow.get_logger().setLevel("ERROR")  # several networks in one process are nothing to warn of
    make_deterministic(seed)


def _as_text(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)

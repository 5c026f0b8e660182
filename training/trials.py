"""One trial of a sweep: a design, trained with one seed on a budget, and scored on validation pictures."""

import platform
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from data.command_line import UserError
from reports import provenance

SPLIT_SEED = 0  # the same for every trial, and that of the published networks: no trial learns from their test pictures
THREADS = 1
_one_at_a_time = threading.Lock()  # Keras' seeds are the whole process's; a worker of Dask may have several threads


class OtherCodeError(Exception):
    """The design of a trial gives another recipe here than where the sweep was started."""


@dataclass(frozen=True)
class Source:
    """Where a trial's pictures come from: the arguments of `data.datasets.load`."""

    name: str
    lines_dir: Path | None = None
    mnist_path: Path | None = None
    per_class: int | None = None

    def load(self):
        """The `data.datasets.Dataset`. A file that is missing here is looked for where this machine has its own."""
        from data import datasets

        found = self.mnist_path if self.mnist_path and self.mnist_path.exists() else None
        return datasets.load(self.name, self.lines_dir, found, self.per_class, SPLIT_SEED)


@dataclass(frozen=True)
class Trial:
    """What a worker has to know, a few hundred bytes.

    question, variation: what the trial answers, in words. design: a dataclass, what the recipe is made of.
    source, fingerprint: the pictures, which every worker loads for itself, and which must be these.
    images: how many of them train, drawn anew for each seed. recipe: the hash of the recipe that is to come of it.
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

    def settings(self):
        """What makes two trials the same, as the columns of trials.csv: a dict of strings."""
        design = {name: _as_text(value) for name, value in asdict(self.design).items()}
        budget = {"images": self.images, "epochs": self.epochs, "batch_size": self.batch_size}
        settings = {"dataset": self.source.name, "fingerprint": self.fingerprint, "recipe": self.recipe, **budget}
        settings["seed"] = self.seed
        return {name: str(value) for name, value in settings.items()} | design

    def row(self, status, measured):
        """The trial's row in trials.csv. measured: what `run` measured, or the same names with no values."""
        names = {"question": self.question, "variation": self.variation}
        versions = ", ".join(f"{name} {version}" for name, version in provenance.versions().items())
        git = provenance.git()
        commit = f"{git['commit'][:8]}{' and changes' if git['changed'] else ''}" if git else ""
        origin = {"machine": provenance.machine(), "threads": THREADS, "versions": versions, "commit": commit}
        return {**names, **self.settings(), **measured, "status": status, **origin}


def run(trial, recipe, validation_scores, measures):
    """Trains and scores a trial in a process of its own, on one thread, and returns its row.

    recipe: function of a design, a number of classes, epochs and batch_size to a `training.recipe.Recipe`.
    validation_scores: function of a trained model and the data set to a dict with the names `measures`.
    A training that fails gives a row that says so. Raises UserError when this machine has other pictures, or other code that
    makes another recipe of the design.
    """
    provenance.git()  # as the code is now
    with _one_at_a_time:
        dataset = trial.source.load()
        if dataset.fingerprint != trial.fingerprint:
            raise UserError(f"{platform.node()} has other pictures ({dataset.source}) than the machine that started the sweep")
        try:
            return trial.row("finished", _measure(trial, dataset, recipe, validation_scores))
        except OtherCodeError as error:
            raise UserError(
                f"{platform.node()} has other code than the machine that started the sweep: check out the same there"
            ) from error
        except Exception as error:  # whatever it is, the other trials go on
            reason = f"{error}".partition(":")[0] if isinstance(error, UserError) else f"{type(error).__name__} {error}"
            return failed(trial, measures, reason.splitlines()[0])


def failed(trial, measures, reason):
    """The row of a trial that did not come to an end."""
    return trial.row(f"failed: {' '.join(reason.split())}", dict.fromkeys(("parameters", *measures, "seconds"), ""))


def _measure(trial, dataset, recipe, validation_scores):
    from training.loop import train
    from training.quiet import tensorflow
    from training.run import prepare

    # One thread: as fast as two for networks so small, and the same numbers however many trials run side by side.
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
    dataset = dataset.learning_from(trial.images, trial.seed)
    of_design = recipe(trial.design, len(dataset.class_names), epochs=trial.epochs, batch_size=trial.batch_size)
    model, settings = prepare(of_design, dataset, trial.seed)
    if provenance.fingerprint(settings["recipe"]) != trial.recipe:
        raise OtherCodeError
    history = train(
        model, dataset, targets=of_design.targets, epochs=trial.epochs, batch_size=trial.batch_size, seed=trial.seed, quiet=True
    )
    scores = {name: f"{value:.6f}" for name, value in validation_scores(model, dataset).items()}
    seconds = sum(row["seconds"] for row in history)
    return {"parameters": model.count_params(), **scores, "seconds": f"{seconds:.2f}"}


def _as_text(value):
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)

"""A training run, from a recipe and a data set to its run folder."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from common import provenance, run_folders
from data.errors import UserError
from training.description import description, differences

if TYPE_CHECKING:
    from common.quiet import keras
    from data.datasets import Dataset
    from training.checkpoint import Checkpoint
    from training.history import History
    from training.recipe import Recipe


def train_network(
    recipe: Recipe, dataset: Dataset, *, seed: int = 0, checkpoint: Checkpoint | None = None, resume: bool = False,
    curve: bool = False, quiet: bool = False,
) -> tuple[keras.Model, History]:  # fmt: skip
    """Build and train a network.

    The same numbers from the same seed need `training.seeding.make_deterministic` once in the process, which a script's `main`
    calls; layers are of the process' dtype policy.

    Parameters
    ----------
    recipe, dataset
        How it is built and trained, and on which images, labels and split.
    seed
        Determines weights, the order of the images and their augmentation.
    checkpoint, resume
        A file to save after every epoch; with `resume` training goes on from it.
    curve
        Record the learning curve in fractions of an epoch, which takes a twentieth more time.
    quiet
        Print no progress.

    Returns
    -------
    model : keras.Model
        The trained network: that of the last epoch; with patience that of the best in validation.
    history : History
        The rows of history.csv, and with `curve` those of steps.csv.

    Raises
    ------
    UserError
        When training diverges, memory runs out, or the checkpoint is damaged or of other settings.
    """
    from training.loop import train

    model, _ = untrained(recipe, dataset.images.shape[1:], len(dataset.split.train), seed)
    return model, train(model, dataset, recipe, seed=seed, checkpoint=checkpoint, resume=resume, curve=curve, quiet=quiet)


def untrained(recipe: Recipe, input_shape: tuple, images: int, seed: int = 0) -> tuple[keras.Model, dict]:
    """Build the network of a recipe for so many training images of a shape; return it compiled, and its description."""
    from common.keras_private import numbering_names_anew
    from training.seeding import drawn_from

    with numbering_names_anew(), drawn_from(seed) as drawn:
        model = recipe.compiled(input_shape, images)
        return model, description(recipe, model, drawn)


def most_epochs(training: dict) -> int:
    """Return how many epochs the training in a metrics.json was to have: with patience it may have ended before."""
    return training.get("most_epochs", training["epochs"])


class Run:
    """A training run: its settings, its checkpoint and its run folder.

    Parameters
    ----------
    network
        Its name, which is the run folder's path below `out`: "q1_cnn/lines/part2".
    recipe, dataset, seed
        See `train_network`.
    out
        The folder of run folders.
    resume
        Go on from the last complete epoch of a stopped run, and leave a complete run unchanged.
    """

    def __init__(
        self, network: str, recipe: Recipe, dataset: Dataset, *, out: Path, seed: int = 0, resume: bool = False
    ) -> None:
        from training.checkpoint import Checkpoint

        provenance.git()  # as the code is now: it may be edited before the training ends
        model, described = untrained(recipe, dataset.images.shape[1:], len(dataset.split.train))
        self.network, self.recipe, self.dataset, self.resume = network, recipe, dataset, resume
        self.folder, self.title = Path(out, network), f"{network}\n{dataset.source}"
        self.settings = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "seed": seed, "recipe": described}
        if recipe.loss_weights:
            self.settings["loss_weights"] = recipe.loss_weights
        if recipe.patience:
            self.settings["patience"] = recipe.patience
        self.parameters = model.count_params()
        self.checkpoint = Checkpoint(f"{self.folder}.checkpoint.npz", self.settings_on(dataset))

    @property
    def identity(self) -> str:
        """Return a hash of all that the weights depend on, images included."""
        return provenance.fingerprint([self.dataset.fingerprint, self.settings])

    def settings_on(self, dataset: Dataset) -> dict:
        """Return what must be the same for a checkpoint to go on: the settings, and the images of a data set."""
        return {**self.settings, "fingerprint": dataset.fingerprint}

    @contextmanager
    def held(self) -> Iterator[dict | None]:
        """Hold the run folder for this process, and yield the metrics of a complete run that is to stay; else None.

        Raises UserError when another process holds it, OSError when it cannot be written.
        """
        with run_folders.locked(self.folder):
            complete = self.complete() if self.resume else None
            if complete:
                self.checkpoint.remove()
                print(f"{self.network}: complete, left unchanged", flush=True)
            else:
                metrics = self._metrics() if self.resume and not self.checkpoint.path.exists() else None
                if metrics and (changes := self._changes(metrics)):
                    print(f"{self.network}: its settings have changed ({'; '.join(changes[:3])}): trained again", flush=True)
                images = f"{len(self.dataset.split.train):,} images ({self.dataset.source})"
                print(f"{self.network}: {self.parameters:,} parameters, {images}", flush=True)
            yield complete

    def complete(self) -> dict | None:
        """Return the metrics.json of a run that ended with these data and settings, or None."""
        metrics = self._metrics()
        if not metrics or not zipfile.is_zipfile(self.folder / "model.keras"):  # missing, or cut short
            return None
        same_data = metrics["data"]["fingerprint"] == self.dataset.fingerprint
        return metrics if same_data and not self._changes(metrics) else None

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Yield a folder to fill, which becomes the run folder when the block ends without an error.

        The same run once more keeps what was added to it, such as Section 2's noise curve.
        """
        with run_folders.new_run(self.folder, keep=self.complete() is not None) as folder:
            yield folder
        self.checkpoint.remove()

    def write(self, folder: Path, model: keras.Model, history: History, test: dict) -> dict:
        """Write a trained network and its training into a run folder, and metrics.json, which it returns, with its `test`."""
        from reports import figures
        from training.architecture import stages
        from training.loop import save

        save(model, folder / "model.keras")
        run_folders.write_rows(folder / "history.csv", history.epochs)
        run_folders.write_rows(folder / "steps.csv", history.steps)
        shared, heads = stages(model)
        run_folders.write_json(folder / "architecture.json", {"shared": shared, "heads": heads})
        figures.save(figures.architecture(shared, heads, self.network), folder / "architecture.png")
        figures.save(figures.learning_curves(history.steps, self.title), folder / "learning_curves.png")
        training = {**self.settings, "epochs": len(history.epochs)}
        if "patience" in training:
            training |= {"most_epochs": self.settings["epochs"], "best_epoch": history.best_epoch}
        seconds = round(history.seconds, 1)
        training |= {"parameters": self.parameters, "seconds": seconds, "command": provenance.command()}
        kept = folder / "metrics.json"
        metrics = {
            **(run_folders.read_json(kept) if kept.exists() else {}), "network": self.network, "data": self.dataset.describe(),
            "training": training, "test": test, **provenance.computed_on(),
        }  # fmt: skip
        run_folders.write_json(kept, metrics)
        return metrics

    def _metrics(self):
        try:
            return run_folders.read_metrics(self.folder)
        except UserError:
            return None

    def _changes(self, metrics):
        then = {**metrics["training"], "epochs": most_epochs(metrics["training"])}
        keys = ("epochs", "batch_size", "seed", "patience", "recipe")
        return differences(*({key: settings.get(key) for key in keys} for settings in (then, self.settings)))

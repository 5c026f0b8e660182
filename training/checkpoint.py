"""The state of a training run in one file, from which a stopped run goes on to the same result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.run_folders import whole_file
from data.errors import UserError
from training.description import differences
from training.history import History

if TYPE_CHECKING:
    from common.quiet import keras


class Checkpoint:
    """An .npz file with every variable of a model and its optimizer, the history, and the run's settings.

    `settings` has what must be the same when the run goes on, as JSON can hold it, among it the number of epochs. Keras' own
    BackupAndRestore does not keep the history, nor in every case the optimizer's state.
    """

    def __init__(self, path: Path | str, settings: dict) -> None:
        self.path, self.settings = Path(path), settings

    def save(self, model: keras.Model, history: History) -> None:
        """Replace the file by the state of a compiled model and its history."""
        state = json.dumps({"settings": self.settings, "history": history.epochs, "steps": history.steps})
        variables = model.variables + model.optimizer.variables  # weights, states of random layers, the optimizer's state
        arrays = {str(position): variable.numpy() for position, variable in enumerate(variables)}
        arrays |= {f"best{position}": weights for position, weights in enumerate(history.best_weights or [])}
        with whole_file(self.path) as file:
            np.savez(file, state=np.array(state), **arrays)

    def restore(self, model: keras.Model) -> History | None:
        """Set a model to the saved state and return the history; None without a file.

        Raises UserError when the file is damaged or of a run with other settings.
        """
        if not self.path.is_file():
            return None
        variables = model.variables + model.optimizer.variables
        try:
            with open(self.path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            state = json.loads(str(arrays.pop("state")))
            saved, history = dict(state["settings"]), History(state["history"], state["steps"])
            _check(history, self.settings["epochs"])
            if saved == self.settings:
                values = _like(variables, arrays, "")
                if self.settings.get("patience"):
                    history.best_weights = _like(model.weights, arrays, "best")
        except Exception as error:  # NumPy, zipfile and JSON raise a dozen classes
            raise UserError(f"{self.path} is damaged ({error}): delete it, or run without --resume") from error
        if saved != self.settings:
            changed = "; ".join(differences(saved, self.settings)[:3])
            raise UserError(f"{self.path} is of a run with other settings ({changed}): give the same, or run without --resume")
        for variable, value in zip(variables, values):
            variable.assign(value)
        return history

    def remove(self) -> None:
        """Delete the file: the run is complete."""
        self.path.unlink(missing_ok=True)


def _like(variables, arrays, prefix):
    """Return the arrays prefix0, prefix1, ... for variables; raise ValueError or KeyError unless they are like them."""
    values = [arrays[f"{prefix}{position}"] for position in range(len(variables))]
    if any((value.shape, value.dtype) != (old.shape, old.dtype) for value, old in zip(values, variables)):
        raise ValueError("shapes or dtypes of other variables")
    return values


def _check(history, epochs):
    """Raise ValueError, TypeError or KeyError unless this is the history of 1 to `epochs` epochs."""
    rows = history.epochs
    numbers = all(isinstance(value, int | float) for row in rows for value in row.values())
    if not numbers or [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)) or not 1 <= len(rows) <= epochs:
        raise ValueError("its history is not one of epochs")
    if not all(isinstance(value, int | float | None) for row in history.steps for value in row.values()):
        raise ValueError("its learning curve is not one of numbers")

"""The state of a training run in one file, so that a run that was stopped can go on as if it had not been."""

import json
from pathlib import Path

import numpy as np

from common.run_folders import whole_file
from data.errors import UserError
from training.description import differences


class Checkpoint:
    """One .npz file with every variable of a model and its optimizer, the history, and the run's settings.

    Keras' own BackupAndRestore keeps neither the history nor, in every case, the optimizer's state.

    path: the file. settings: what must be the same when the run goes on (a dict that JSON can hold).
    """

    def __init__(self, path, settings):
        self.path = Path(path)
        self.settings = settings

    def save(self, model, history):
        """Replaces the file by the state of `model` (compiled, built) and `history` (one dict an epoch)."""
        state = json.dumps({"settings": self.settings, "history": history})
        arrays = {str(position): variable.numpy() for position, variable in enumerate(_variables(model))}
        with whole_file(self.path) as file:
            np.savez(file, state=np.array(state), **arrays)

    def restore(self, model):
        """Sets `model` to the saved state and returns the history; an empty list where there is no file.

        Raises UserError when the file is damaged or of a run with other settings.
        """
        if not self.path.is_file():
            return []
        try:
            with open(self.path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            state = json.loads(str(arrays.pop("state")))
            saved, history = dict(state["settings"]), _checked(state["history"], self.settings["epochs"])
        except Exception as error:
            raise self._damaged(error) from error
        if saved != self.settings:
            changed = "; ".join(differences(saved, self.settings)[:3])
            raise UserError(f"{self.path} is of a run with other settings ({changed}): give the same, or run without --resume")
        try:
            for position, variable in enumerate(_variables(model)):
                if arrays[str(position)].dtype != variable.dtype:
                    raise ValueError(f"{variable.path} is of another kind")
                variable.assign(arrays[str(position)])
        except (KeyError, ValueError) as error:
            raise self._damaged(error) from error
        return history

    def _damaged(self, error):
        return UserError(f"{self.path} is damaged ({error}): delete it, or run without --resume")

    def remove(self):
        """Deletes the file: the run is complete."""
        self.path.unlink(missing_ok=True)


def _checked(history, epochs):
    """The history, if it is that of the first of some epochs. Raises ValueError, TypeError or KeyError for anything else."""
    numbers = all(isinstance(value, int | float) for row in history for value in row.values())
    if not numbers or [row["epoch"] for row in history] != list(range(1, len(history) + 1)) or len(history) > epochs:
        raise ValueError("its history is none")
    return history


def _variables(model):
    """Weights and the state of random layers, then the optimizer's state, in a fixed order."""
    return model.variables + model.optimizer.variables

"""What a training leaves behind besides the weights."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class History:
    """The course of a training.

    Attributes
    ----------
    epochs
        The rows of history.csv, one for each epoch.
    steps
        The rows of steps.csv, see `training.learning_curve`; none if no curve was asked for.
    best_weights
        With patience, the weights after the best epoch, as `keras.Model.get_weights` returns them; else None.
    """

    epochs: list[dict] = field(default_factory=list)
    steps: list[dict] = field(default_factory=list)
    best_weights: list[np.ndarray] | None = None

    @property
    def best_epoch(self) -> int:
        """The number, from 1, of the first epoch with the highest validation accuracy; 0 before the first has ended."""
        accuracies = [row["val_accuracy"] for row in self.epochs]
        return accuracies.index(max(accuracies)) + 1 if accuracies else 0

    @property
    def seconds(self) -> float:
        """How long all epochs took, with their validation."""
        return sum(row["seconds"] for row in self.epochs)

    def is_complete(self, epochs: int, patience: int | None) -> bool:
        """Whether a training of at most so many epochs is over: all are done, or the last `patience` were no better."""
        waited = len(self.epochs) - self.best_epoch
        return len(self.epochs) >= epochs or (bool(patience) and waited >= patience)

"""A learning curve in fractions of an epoch: the rows of steps.csv.

An epoch of these networks has hundreds of steps, in which most of the learning happens; a row an epoch would not show it.

A row has epoch (the fraction that is done), step (of the whole training), the loss and accuracy of training on average since
the row before, and in some rows also those of validation (val_loss, val_accuracy); in a network with several heads each
column once more for each head. Validation may lie above training: training is an average over steps in which the network was
still worse, on images that augmentation or dropout made harder; validation is measured afterwards, on images as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from common.quiet import keras, tensorflow
    from training.recipe import Recipe

STEPS = 20  # about as many from row to row
VALIDATIONS, IN_FIRST_EPOCH = 20, 5  # at least, in a training and in its first epoch
VALIDATION_SHARE = 0.05  # of the time of a training, at most, for the validations of the curve
FORWARD = 1 / 3  # of a training step's time is its forward pass, which is all that validation computes


def validations_in(epoch: int, recipe: Recipe) -> int:
    """Return how often the curve is validated in an epoch, counted from 0: evenly, the last time at its end."""
    shortest = min(recipe.epochs, recipe.patience + 1) if recipe.patience else recipe.epochs
    return max(-(-VALIDATIONS // shortest), IN_FIRST_EPOCH if epoch == 0 else 1)


def validation_images(recipe: Recipe, train: int, validation: int) -> int:
    """Return how many of the `validation` images the curve is validated on, for a training on `train` images."""
    times = sum(validations_in(epoch, recipe) for epoch in range(recipe.epochs))
    return min(validation, max(1, int(VALIDATION_SHARE / FORWARD * train * recipe.epochs / times)))


class LearningCurve:
    """Adds a row to `rows` every few steps of a training; it resets the model's metrics to do so.

    Parameters
    ----------
    model, recipe
        The compiled network and how it is trained.
    rows
        The rows of the epochs before.
    names
        Of the metrics of training, which have a column each, and one more with "val_" before it.
    images
        How many images an epoch has.
    validation
        Batches of the images to validate on, a tf.data.Dataset.
    """

    def __init__(
        self, model: keras.Model, recipe: Recipe, rows: list[dict], names: list[str], images: int,
        validation: tensorflow.data.Dataset,
    ) -> None:  # fmt: skip
        self.model, self.recipe, self.rows, self.names = model, recipe, rows, names
        self.images, self.steps, self.validation = images, -(-images // recipe.batch_size), validation

    def begin_epoch(self, epoch: int) -> None:
        """Plan the rows of an epoch, counted from 0."""
        validations = min(validations_in(epoch, self.recipe), self.steps)
        between = max(1, round(self.steps / STEPS / validations))  # rows from one validation to the next
        count = min(validations * between, self.steps)
        ends = np.linspace(0, self.steps, count + 1).round().astype(int)[1:].tolist()
        self.ends = {end: number % between == 0 or number == count for number, end in enumerate(ends, 1)}
        self.epoch, self.seen, self.totals = epoch, 0, dict.fromkeys(self.names, 0.0)

    def end_step(self, done: int, logs: dict) -> None:
        """Add a row if it is time. done: steps of this epoch. logs: the metrics since the row before, by name."""
        if done not in self.ends:
            return
        training = {name: float(logs[name]) for name in self.names}
        seen = min(done * self.recipe.batch_size, self.images)
        for name, value in training.items():
            self.totals[name] += (seen - self.seen) * value
        self.seen = seen
        validation = dict.fromkeys(self.names)
        if self.ends[done]:
            validation = self.model.evaluate(self.validation, verbose=0, return_dict=True)
        self.rows.append({
            "epoch": round(self.epoch + done / self.steps, 6), "step": self.epoch * self.steps + done, **training,
            **{f"val_{name}": validation[name] for name in self.names},
        })  # fmt: skip
        self.model.reset_metrics()

    def epoch_means(self) -> dict[str, float]:
        """Return loss, accuracy and the like on average over the images of the epoch that has ended."""
        return {name: total / self.seen for name, total in self.totals.items()}

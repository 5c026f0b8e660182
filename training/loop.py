"""Trains a compiled Keras model, and predicts and saves with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.progress import ProgressBar
from common.quiet import keras, tensorflow
from data.errors import UserError
from data.splits import subset
from training.architecture import heads
from training.history import History
from training.learning_curve import LearningCurve, validation_images
from training.normalization import BatchNormalization

if TYPE_CHECKING:
    from data.datasets import Dataset
    from training.checkpoint import Checkpoint
    from training.recipe import Recipe

EVALUATION_BATCH = 1000
QUANTITIES = ("loss", "accuracy")


def train(
    model: keras.Model, dataset: Dataset, recipe: Recipe, *, seed: int, checkpoint: Checkpoint | None = None,
    resume: bool = False, curve: bool = False, quiet: bool = False,
) -> History:  # fmt: skip
    """Train a compiled model as its recipe says and return the history; see `training.run.train_network`.

    The order of the images and their augmentation depend on nothing but the seed and the number of the step.
    """
    model.optimizer.build(model.trainable_variables)
    history = (checkpoint.restore(model) if resume and checkpoint else None) or History()
    steps, first = -(-len(dataset.split.train) // recipe.batch_size), len(history.epochs)
    try:
        if not history.is_complete(recipe.epochs, recipe.patience):
            with ProgressBar(f"epoch {first + 1}", recipe.epochs * steps, first * steps, quiet) as progress:
                recorder = _Recorder(history, recipe, checkpoint, progress)
                if curve:
                    names, validation = recorder.training_columns(model), _curve_batches(dataset, recipe)
                    recorder.curve = LearningCurve(model, recipe, history.steps, names, len(dataset.split.train), validation)
                model.fit(
                    _training_batches(dataset, recipe, steps, seed, first),
                    validation_data=_validation_batches(dataset, recipe.targets, dataset.split.validation),
                    initial_epoch=first,
                    epochs=recipe.epochs,
                    steps_per_epoch=steps,
                    callbacks=[recorder],
                    shuffle=False,
                    verbose=0,
                )
    except tensorflow.errors.ResourceExhaustedError as error:
        raise UserError(f"not enough memory for batches of {recipe.batch_size} images: give a smaller --batch-size") from error
    if not np.isfinite(history.epochs[-1]["loss"]):
        raise UserError(f"training diverged (the loss is {history.epochs[-1]['loss']}): try another --batch-size or --seed")
    if history.best_weights:
        model.set_weights(history.best_weights)
    return history


def predict(model: keras.Model, images: np.ndarray, indices: np.ndarray) -> np.ndarray | dict[str, np.ndarray]:
    """Compute a model's output, (k, ...) or for several heads a dict of them, for images[indices], copying a batch at a time.

    `images` is uint8 (n, height, width, channels), `indices` int (k,).
    """
    starts = range(0, len(indices), EVALUATION_BATCH)
    outputs = [model.predict_on_batch(images[indices[start : start + EVALUATION_BATCH]]) for start in starts]
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def save(model: keras.Model, path: Path) -> None:
    """Save a model without its optimizer, whose state would triple the file, and without a class of ours."""
    plain = keras.Sequential if isinstance(model, keras.Sequential) else keras.Model
    with keras.saving.custom_object_scope({BatchNormalization.__name__: keras.layers.BatchNormalization}):
        bare = plain.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    bare.save(path)


def one_hot(classes: int) -> Callable:
    """Return the targets of a softmax: a TensorFlow function from labels (b,) to float32 (b, classes)."""
    return lambda labels: tensorflow.one_hot(labels, classes)


def _training_batches(dataset, recipe, steps, seed, first_epoch):
    """Return the batches of all epochs from `first_epoch` on. An image is copied when its batch needs it, not before."""
    source = dataset.images if recipe.augment is None or dataset.clean is None else dataset.clean

    @lru_cache(maxsize=1)
    def shuffled(epoch):
        return np.random.default_rng([seed, epoch]).permutation(dataset.split.train)

    def gather(number):
        epoch, step = divmod(int(number), steps)
        chosen = shuffled(epoch)[step * recipe.batch_size : (step + 1) * recipe.batch_size]
        images = source[chosen]
        if recipe.augment:
            images = recipe.augment(images, np.random.default_rng([seed, epoch, step]))
        return images, dataset.labels[chosen]

    return _pipeline(gather, range(first_epoch * steps, recipe.epochs * steps), dataset, recipe.targets)


def _curve_batches(dataset, recipe):
    """Return batches of the part of the validation images, the same throughout, on which the learning curve is validated."""
    train, validation = dataset.split.train, dataset.split.validation
    count = validation_images(recipe, len(train), len(validation))
    return _validation_batches(dataset, recipe.targets, subset(validation, dataset.labels, count))


def _validation_batches(dataset, targets, indices):
    """Return batches of almost one size, since Keras averages a head's loss over batches, not over images."""
    batches = np.array_split(indices, -(-len(indices) // EVALUATION_BATCH))

    def gather(number):
        return dataset.images[batches[number]], dataset.labels[batches[number]]

    return _pipeline(gather, range(len(batches)), dataset, targets)


def _pipeline(gather, numbers, dataset, targets):
    """Return a tf.data pipeline that calls gather(number) for each number while the step before is computed.

    Not from_generator, with which small networks train a sixth slower, nor a PyDataset or arrays: for those Keras makes a
    pipeline with autotuning, whose thread sleeps twice as long every time, and whose end waits until it wakes up.
    """

    def load(number):
        images, labels = tensorflow.numpy_function(gather, [number], [tensorflow.uint8, tensorflow.int64])
        images.set_shape((None, *dataset.images.shape[1:]))
        labels.set_shape((None,))
        return images, targets(labels)

    options = tensorflow.data.Options()
    options.autotune.enabled = False
    return tensorflow.data.Dataset.range(numbers.start, numbers.stop).map(load).prefetch(4).with_options(options)


class _Recorder(keras.callbacks.Callback):
    """Adds a row to the history after every epoch, keeps the best weights if there is patience, and saves the checkpoint."""

    def __init__(self, history, recipe, checkpoint, progress):
        super().__init__()
        self.history, self.recipe, self.checkpoint, self.progress = history, recipe, checkpoint, progress
        self.curve = None

    @staticmethod
    def training_columns(model):
        """Return the metrics of training: loss and accuracy of the whole network, and length_loss and the like of its heads."""
        return [f"{prefix}{quantity}" for prefix in ("", *(f"{head}_" for head in heads(model))) for quantity in QUANTITIES]

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()
        if self.curve:
            self.curve.begin_epoch(epoch)

    def on_train_batch_end(self, batch, logs=None):
        self.progress.advance(f"epoch {len(self.history.epochs) + 1}")
        if self.curve:
            self.curve.end_step(batch + 1, logs)

    def on_epoch_end(self, epoch, logs=None):
        names, history = self.training_columns(self.model), self.history
        measured = {**logs, **(self.curve.epoch_means() if self.curve else {})}
        row = {
            "epoch": epoch + 1,
            "learning_rate": float(self.model.optimizer.learning_rate),
            **{name: float(measured[name]) for name in (*names, *(f"val_{name}" for name in names))},
            "seconds": time.perf_counter() - self.start,
        }
        history.epochs.append(row)
        if self.recipe.patience and history.best_epoch == epoch + 1:
            history.best_weights = self.model.get_weights()
        if self.checkpoint:  # before the row is printed: a printed epoch is never lost
            self.checkpoint.save(self.model, history)
        self.model.stop_training = history.is_complete(self.recipe.epochs, self.recipe.patience)
        self._print(row)

    def _print(self, row):
        """Print the numbers of the network in a line, and those of each head below."""
        for number, head in enumerate(("", *heads(self.model))):
            prefix = f"{head}_" if head else ""
            names = [f"{side}{prefix}{quantity}" for side in ("", "val_") for quantity in QUANTITIES]
            text = "  ".join(f"{name} {row[name]:.4f}" for name in names)
            if number:
                self.progress.print(f"    {text}")
            else:
                self.progress.print(f"  epoch {row['epoch']}/{self.recipe.epochs}  {text}  {row['seconds']:.1f} s")

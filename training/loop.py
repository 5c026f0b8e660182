"""Trains a compiled Keras model, and predicts and saves with it."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from common.progress import ProgressBar
from common.quiet import keras, tensorflow
from data.errors import UserError
from training.architecture import heads
from training.normalization import BatchNormalization

if TYPE_CHECKING:
    from data.datasets import Dataset
    from training.checkpoint import Checkpoint
    from training.recipe import Recipe

EVALUATION_BATCH = 1000


def train(
    model: keras.Model, dataset: Dataset, recipe: Recipe, *, seed: int, checkpoint: Checkpoint | None = None,
    resume: bool = False, quiet: bool = False,
) -> list[dict]:  # fmt: skip
    """Train a compiled model for the epochs of its recipe; see `training.run.train_network`, which builds it too.

    The order of the images and their augmentation depend on nothing but the seed and the number of the step.
    """
    model.optimizer.build(model.trainable_variables)
    history = checkpoint.restore(model) if resume and checkpoint else []
    steps = -(-len(dataset.split.train) // recipe.batch_size)
    try:
        with ProgressBar(f"epoch {len(history) + 1}", recipe.epochs * steps, len(history) * steps, quiet) as progress:
            model.fit(
                _training_batches(dataset, recipe, steps, seed, len(history)),
                validation_data=_batches(dataset, dataset.split.validation, recipe.targets),
                initial_epoch=len(history),
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                callbacks=[_Recorder(history, checkpoint, progress, recipe.epochs)],
                shuffle=False,
                verbose=0,
            )
    except tensorflow.errors.ResourceExhaustedError as error:
        batch = recipe.batch_size
        raise UserError(f"not enough memory for batches of {batch} images: give a smaller --batch-size") from error
    if not np.isfinite(history[-1]["loss"]):
        raise UserError(f"training diverged (the loss is {history[-1]['loss']}): try another --batch-size or --seed")
    return history


def predict(model, images, indices):
    """What `model` gives for the pictures that `indices` name, in their order: its output, or a dict of outputs.

    images: uint8 (n, height, width, channels); only a batch at a time is copied.
    """
    starts = range(0, len(indices), EVALUATION_BATCH)
    outputs = [model.predict_on_batch(images[indices[start : start + EVALUATION_BATCH]]) for start in starts]
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)


def save(model, path):
    """Saves a model without its optimizer, whose state would triple the file, and without a class of ours."""
    plain = keras.Sequential if isinstance(model, keras.Sequential) else keras.Model
    with keras.saving.custom_object_scope({BatchNormalization.__name__: keras.layers.BatchNormalization}):
        bare = plain.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    bare.save(path)


def one_hot(classes):
    """The targets of a softmax over `classes`: labels (b,) to float32 (b, classes)."""
    return lambda labels: tensorflow.one_hot(labels, classes)


def _training_batches(dataset: Dataset, recipe: Recipe, steps: int, seed: int, first_epoch: int) -> tensorflow.data.Dataset:
    """Batches of all epochs from `first_epoch` on. An image is copied when its batch needs it, never before."""

    @lru_cache(maxsize=1)
    def shuffled(epoch):
        return np.random.default_rng([seed, epoch]).permutation(dataset.split.train)

    def gather(number):
        epoch, step = divmod(int(number), steps)
        chosen = shuffled(epoch)[step * recipe.batch_size : (step + 1) * recipe.batch_size]
        images = dataset.images[chosen]
        if recipe.augment:
            images = recipe.augment(images, np.random.default_rng([seed, epoch, step]))
        return images, dataset.labels[chosen]

    return _pipeline(dataset, range(first_epoch * steps, recipe.epochs * steps), gather, recipe.targets)


def _batches(dataset, indices, targets):
    """Batches of almost one size, since Keras takes the mean of a head's loss over batches, not over pictures."""
    batches = np.array_split(indices, -(-len(indices) // EVALUATION_BATCH))

    def gather(number):
        return dataset.images[batches[number]], dataset.labels[batches[number]]

    return _pipeline(dataset, range(len(batches)), gather, targets)


def _pipeline(dataset, numbers, gather, targets):
    """A tf.data pipeline that calls gather(number) for each number while the step before is computed.

    Not a PyDataset or arrays: Keras gives those a pipeline with autotuning, whose thread sleeps twice as long every
    time, and whose end waits for it to wake up; training takes up to double the time.
    """

    def load(number):
        images, labels = tensorflow.numpy_function(gather, [number], [tensorflow.uint8, tensorflow.int64])
        images.set_shape((None, *dataset.images.shape[1:]))
        labels.set_shape((None,))
        return images, targets(labels)

    options = tensorflow.data.Options()
    options.autotune.enabled = False
    return tensorflow.data.Dataset.range(numbers.start, numbers.stop).map(load).prefetch(4).with_options(options)


def _columns(names):
    """Columns of a history, as Keras calls them: val_loss for the whole network (no name), val_angle_loss for a head."""
    prefixes = [f"{name}_" if name else "" for name in names]
    return [f"{side}{prefix}{quantity}" for side in ("", "val_") for prefix in prefixes for quantity in ("loss", "accuracy")]


def _in_words(row, name=""):
    return "  ".join(f"{key} {row[key]:.4f}" for key in _columns([name]))


class _Recorder(keras.callbacks.Callback):
    """Adds a row to the history after every epoch and saves the checkpoint."""

    def __init__(self, history, checkpoint, progress, epochs):
        super().__init__()
        self.history, self.checkpoint, self.progress, self.epochs = history, checkpoint, progress, epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.progress.advance(f"epoch {len(self.history) + 1}")

    def on_epoch_end(self, epoch, logs=None):
        self.history.append({
            "epoch": epoch + 1,
            "learning_rate": float(self.model.optimizer.learning_rate),
            **{key: float(logs[key]) for key in _columns(["", *heads(self.model)])},
            "seconds": time.perf_counter() - self.start,
        })  # fmt: skip
        if self.checkpoint:
            self.checkpoint.save(self.model, self.history)
        row = self.history[-1]  # printed after it is saved: what was printed is not lost any more
        self.progress.print(f"  epoch {row['epoch']}/{self.epochs}  {_in_words(row)}  {row['seconds']:.1f} s")
        for head in heads(self.model):
            self.progress.print(f"    {_in_words(row, head)}")

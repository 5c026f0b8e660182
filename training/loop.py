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
    """Train a compiled model for the epochs of its recipe and return the history; see `training.run.train_network`.

    The order of the images and their augmentation depend on nothing but the seed and the number of the step.
    """
    model.optimizer.build(model.trainable_variables)
    history = checkpoint.restore(model) if resume and checkpoint else []
    steps = -(-len(dataset.split.train) // recipe.batch_size)
    try:
        with ProgressBar(f"epoch {len(history) + 1}", recipe.epochs * steps, len(history) * steps, quiet) as progress:
            model.fit(
                _training_batches(dataset, recipe, steps, seed, len(history)),
                validation_data=_validation_batches(dataset, recipe.targets),
                initial_epoch=len(history),
                epochs=recipe.epochs,
                steps_per_epoch=steps,
                callbacks=[_Recorder(history, checkpoint, progress)],
                shuffle=False,
                verbose=0,
            )
    except tensorflow.errors.ResourceExhaustedError as error:
        raise UserError(f"not enough memory for batches of {recipe.batch_size} images: give a smaller --batch-size") from error
    if not np.isfinite(history[-1]["loss"]):
        raise UserError(f"training diverged (the loss is {history[-1]['loss']}): try another --batch-size or --seed")
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

    return _pipeline(gather, range(first_epoch * steps, recipe.epochs * steps), dataset, recipe.targets)


def _validation_batches(dataset, targets):
    """Return batches of almost one size, since Keras averages a head's loss over batches, not over images."""
    batches = np.array_split(dataset.split.validation, -(-len(dataset.split.validation) // EVALUATION_BATCH))

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


def _columns(prefixes):
    """Return the columns of a history: val_loss for the whole network (no prefix), val_angle_loss for a head."""
    return [f"{side}{prefix}{quantity}" for side in ("", "val_") for prefix in prefixes for quantity in ("loss", "accuracy")]


class _Recorder(keras.callbacks.Callback):
    """Adds a row to the history after every epoch and saves the checkpoint."""

    def __init__(self, history, checkpoint, progress):
        super().__init__()
        self.history, self.checkpoint, self.progress = history, checkpoint, progress

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.progress.advance(f"epoch {len(self.history) + 1}")

    def on_epoch_end(self, epoch, logs=None):
        prefixes = ["", *(f"{head}_" for head in heads(self.model))]
        row = {
            "epoch": epoch + 1,
            "learning_rate": float(self.model.optimizer.learning_rate),
            **{key: float(logs[key]) for key in _columns(prefixes)},
            "seconds": time.perf_counter() - self.start,
        }
        self.history.append(row)
        if self.checkpoint:  # before the row is printed: a printed epoch is never lost
            self.checkpoint.save(self.model, self.history)
        network, *of_heads = ("  ".join(f"{key} {row[key]:.4f}" for key in _columns([prefix])) for prefix in prefixes)
        self.progress.print(f"  epoch {row['epoch']}/{self.params['epochs']}  {network}  {row['seconds']:.1f} s")
        for text in of_heads:
            self.progress.print(f"    {text}")

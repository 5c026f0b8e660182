"""Trains a compiled Keras model on the pictures that a list of indices names."""

import time
from functools import lru_cache

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data.command_line import UserError
from training.architecture import heads
from training.normalization import BatchNormalization
from training.quiet import keras, tensorflow

EVALUATION_BATCH = 1000


def train(model, dataset, *, targets, epochs, batch_size, seed, augment=None, checkpoint=None, resume=False, quiet=False):
    """Trains `model` (compiled) for `epochs` and returns its history: one dict an epoch, as history.csv has it.

    dataset: has images uint8 (n, height, width, channels), labels int64 (n,) and split.train, split.validation.
    targets: TensorFlow function from labels (b,) to what the model's loss takes.
    augment: function of images (b, height, width, channels) and a NumPy generator to images like them, or None.
    checkpoint: a `Checkpoint` that is saved after every epoch; with `resume` the run goes on from it.
    quiet: print no progress.

    The order of the pictures and their augmentation depend on nothing but the seed and the number of the step.
    Raises UserError when memory runs out, or when the loss ends as no number.
    """
    model.optimizer.build(model.trainable_variables)
    history = checkpoint.restore(model) if resume and checkpoint else []
    steps = -(-len(dataset.split.train) // batch_size)
    try:
        with _Progress(epochs, steps, len(history), quiet) as progress:
            model.fit(
                _training_batches(dataset, targets, batch_size, steps, seed, augment, len(history), epochs),
                validation_data=_batches(dataset, dataset.split.validation, targets),
                initial_epoch=len(history),
                epochs=epochs,
                steps_per_epoch=steps,
                callbacks=[_Recorder(history, checkpoint, progress)],
                shuffle=False,
                verbose=0,
            )
    except tensorflow.errors.ResourceExhaustedError as error:
        raise UserError(f"not enough memory for batches of {batch_size} pictures: give a smaller --batch-size") from error
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


def _training_batches(dataset, targets, batch_size, steps, seed, augment, first_epoch, epochs):
    """Batches of all epochs from `first_epoch` on. A picture is copied when its batch needs it, never before."""

    @lru_cache(maxsize=1)
    def shuffled(epoch):
        return np.random.default_rng([seed, epoch]).permutation(dataset.split.train)

    def gather(number):
        epoch, step = divmod(int(number), steps)
        chosen = shuffled(epoch)[step * batch_size : (step + 1) * batch_size]
        images = dataset.images[chosen]
        if augment:
            images = augment(images, np.random.default_rng([seed, epoch, step]))
        return images, dataset.labels[chosen]

    return _pipeline(dataset, range(first_epoch * steps, epochs * steps), gather, targets)


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


class _Progress:
    """A bar on a terminal, and everywhere a line an epoch, and under it one for each head of several."""

    def __init__(self, epochs, steps, done, quiet):
        self.console = Console(highlight=False, soft_wrap=True, quiet=quiet)
        self.epochs, self.steps = epochs, steps
        columns = (TextColumn("epoch {task.fields[epoch]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=self.console, transient=True, disable=quiet or not self.console.is_terminal)
        self.task = self.bar.add_task("training", total=epochs * steps, completed=done * steps, epoch=done + 1)

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def advance(self, epoch):
        self.bar.update(self.task, advance=1, epoch=epoch)

    def report(self, row, names):
        self.console.print(f"  epoch {row['epoch']}/{self.epochs}  {_in_words(row)}  {row['seconds']:.1f} s")
        for name in names:
            self.console.print(f"    {_in_words(row, name)}")


def _columns(names):
    """Columns of a history, as Keras calls them: val_loss for the whole network (no name), val_angle_loss for a head."""
    prefixes = [f"{name}_" if name else "" for name in names]
    return [f"{side}{prefix}{quantity}" for side in ("", "val_") for prefix in prefixes for quantity in ("loss", "accuracy")]


def _in_words(row, name=""):
    return "  ".join(f"{key} {row[key]:.4f}" for key in _columns([name]))


class _Recorder(keras.callbacks.Callback):
    """Adds a row to the history after every epoch and saves the checkpoint."""

    def __init__(self, history, checkpoint, progress):
        super().__init__()
        self.history, self.checkpoint, self.progress = history, checkpoint, progress

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.progress.advance(len(self.history) + 1)

    def on_epoch_end(self, epoch, logs=None):
        self.history.append({
            "epoch": epoch + 1,
            "learning_rate": float(self.model.optimizer.learning_rate),
            **{key: float(logs[key]) for key in _columns(["", *heads(self.model)])},
            "seconds": time.perf_counter() - self.start,
        })  # fmt: skip
        if self.checkpoint:
            self.checkpoint.save(self.model, self.history)
        self.progress.report(self.history[-1], heads(self.model))  # what is told is not lost any more

"""Seconds of training until a network reaches an accuracy, with the validation after every epoch."""

from dataclasses import replace

from benchmarks.measuring import OURS, Row
from benchmarks.networks import mnist
from common.quiet import keras
from data import datasets
from q1_cnn.recipes import RECIPES, classifier
from training.blocks import convolution_block
from training.optimizers import one_cycle_adam
from training.recipe import Recipe
from training.run import train_network
from training.seeding import make_deterministic

layers = keras.layers
PRESCRIBED, KERAS_IO = "part 1, to its best validation accuracy", "the simple MNIST convnet of keras.io"
OURS_MNIST = "ours, a small network made for this race"
ENOUGH = 0.989  # of the MNIST test images; nothing is chosen on them


def measure(quick: bool) -> list[Row]:
    """Return two rows: lines to no error in validation, MNIST to 98.9% of the test images."""
    lines = datasets.load_lines(per_class=10 if quick else None)
    prescribed = RECIPES["lines", 1].adapted(epochs=2 if quick else None)
    contenders = {OURS: (RECIPES["lines", 2], 1), PRESCRIBED: (prescribed, None)}
    name = f"training to 0 errors on {len(lines.split.validation):,} validation images of lines"
    rows = [_race(name, contenders, lines, 1 / 4, quick)]
    digits = mnist(per_class=60 if quick else None)
    name = f"training to {ENOUGH:.1%} of {len(digits.split.test):,} MNIST test images"
    small = _mnist_recipe(_small, epochs=3, optimizer=one_cycle_adam(1.2e-2))
    keras_io = _mnist_recipe(_keras_io, epochs=1 if quick else 15)  # with the settings of its page
    contenders = {OURS_MNIST: (small, ENOUGH), KERAS_IO: (keras_io, ENOUGH)}
    tested = replace(digits, split=digits.split._replace(validation=digits.split.test))
    return [*rows, _race(name, contenders, tested, 1 / 5, quick)]


def trained(recipe: Recipe, dataset: datasets.Dataset, seed: int) -> list[dict]:
    """Train a network and return its history, a row for each epoch."""
    make_deterministic(seed)
    return train_network(recipe, dataset, seed=seed, quiet=True)[1].epochs


def _race(name, contenders, dataset, most, quick):
    """Return a row. contenders: by name the recipe and the accuracy to reach, or None for the best of its epochs."""
    attempts = {contender: [] for contender in contenders}
    for seed in range(1 if quick else 3):
        for contender, (recipe, accuracy) in contenders.items():
            attempts[contender].append(_until(trained(recipe, dataset, seed), accuracy))
    seconds = {contender: [spent for spent, _ in of_seeds] for contender, of_seeds in attempts.items()}
    short, others_short = (sum(not reached for _, reached in of_seeds) for of_seeds in attempts.values())
    if short and not quick:
        seconds[next(iter(seconds))] = f"not reached with {short} seeds"
    notes = {"seeds with which the other did not reach it; all its epochs count": others_short}
    return Row(name, "seconds", seconds, most=most, notes=notes)


def _until(history, accuracy=None):
    """Return the seconds until validation reached an accuracy, or those of all epochs, and whether it was reached."""
    accuracy = accuracy or max(row["val_accuracy"] for row in history)
    spent = 0
    for row in history:
        spent += row["seconds"]
        if row["val_accuracy"] >= accuracy:
            return spent, True
    return spent, False


def _mnist_recipe(hidden, **training):
    """Return the recipe of a network whose hidden layers a function makes."""

    def build(input_shape, classes):
        predictions = layers.Dense(classes, activation="softmax")
        return keras.Sequential([keras.Input(input_shape), layers.Rescaling(1 / 255), *hidden(), predictions])

    return classifier(build, classes=10, batch_size=128, **training)


def _small():
    """Make the hidden layers of a network for this race alone, chosen on validation images: part 2's blocks, flattened."""
    return [
        *convolution_block(1, 16, 5, strides=2),
        *convolution_block(2, 32, 5, strides=2),
        *convolution_block(3, 64, 3),
        layers.Flatten(),
        layers.Dropout(0.3),
    ]


def _keras_io():
    """Make the hidden layers of https://keras.io/examples/vision/mnist_convnet/."""
    return [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
    ]

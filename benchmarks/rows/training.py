"""Seconds of training until a network is as good as wanted. Every epoch's validation is in its time, for all alike."""

from dataclasses import replace
from statistics import median

from benchmarks.measuring import OURS, Row
from benchmarks.networks import mnist
from common.quiet import keras
from data import datasets
from q1_cnn.recipes import RECIPES, classifier
from training.blocks import convolution_block
from training.optimizers import one_cycle_adam
from training.run import train_network
from training.seeding import make_deterministic

layers = keras.layers
PRESCRIBED, KERAS_IO = "part 1, to its best validation accuracy", "the simple MNIST convnet of keras.io"
OURS_MNIST = "ours, a small network made for this race"
ENOUGH = 0.989
MANY = 10  # epochs of part 1, more than three times those that it is published with
NEARLY = 0.001


def measure(quick):
    """Two rows: lines to no error in validation, MNIST to 98.9 % of the test pictures."""
    return [lines_row(quick), mnist_row(quick)]


def lines_row(quick):
    dataset = datasets.load_lines(per_class=10 if quick else None)
    ours, prescribed, nearly, best = [], [], [], []
    for seed in range(1 if quick else 3):
        ours.append(until(trained(RECIPES["lines", 2], dataset, seed), 1))
        history = trained(RECIPES["lines", 1].adapted(epochs=2 if quick else MANY), dataset, seed)
        best.append(max(row["val_accuracy"] for row in history))
        prescribed.append(until(history, best[-1]))
        nearly.append(until(history, best[-1] - NEARLY))
    name = f"training to 0 errors on {len(dataset.split.validation):,} validation pictures of lines"
    notes = {
        "part 1's best validation accuracy (median)": median(best),
        f"part 1's seconds to within {NEARLY:.1%} of it (median)": median(seconds(nearly)),
    }
    contenders = {OURS: every_time(ours, quick), PRESCRIBED: seconds(prescribed)}
    return Row(name, "seconds", contenders, most=1 / 4, notes=notes)


def mnist_row(quick):
    """No choice is made on what is measured here."""
    dataset = mnist(per_class=60 if quick else None)
    tested = replace(dataset, split=dataset.split._replace(validation=dataset.split.test))
    ours, theirs = [], []
    for seed in range(1 if quick else 3):
        ours.append(until(trained(racing_mnist(), tested, seed), ENOUGH))
        theirs.append(until(trained(keras_io(epochs=1 if quick else 15), tested, seed), ENOUGH))
    name = f"training to {ENOUGH:.1%} of {len(dataset.split.test):,} MNIST test pictures"
    contenders = {OURS_MNIST: every_time(ours, quick), KERAS_IO: seconds(theirs)}
    came = sum(reached for _, reached in theirs)
    notes = {f"of {len(theirs)} seeds of the convnet of keras.io so many came so far; others stand with all their epochs": came}
    return Row(name, "seconds", contenders, OURS_MNIST, most=1 / 5, notes=notes)


def seconds(attempts):
    return [spent for spent, _ in attempts]


def every_time(attempts, quick):
    """The seconds of attempts as `until` has them; an error, a string, when one of them fell short. A quick run may."""
    short = sum(not reached for _, reached in attempts)
    return f"not reached by {short} of {len(attempts)} seeds" if short and not quick else seconds(attempts)


def trained(recipe, dataset, seed):
    """The history of a training."""
    make_deterministic(seed)
    return train_network(recipe, dataset, seed=seed, quiet=True)[1]


def until(history, accuracy):
    """Seconds until validation was first as good as that, and whether it ever was: if not, the seconds of all epochs."""
    spent = 0
    for row in history:
        spent += row["seconds"]
        if row["val_accuracy"] >= accuracy:
            return spent, True
    return spent, False


def racing_mnist():
    """A network for this race alone, chosen on validation pictures: three blocks as in part 2, their maps flattened."""

    def build(input_shape, classes):
        return keras.Sequential([
            keras.Input(input_shape),
            layers.Rescaling(1 / 255),
            *convolution_block(1, 16, 5, strides=2),
            *convolution_block(2, 32, 5, strides=2),
            *convolution_block(3, 64, 3),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax"),
        ])  # fmt: skip

    return classifier(build, classes=10, epochs=3, batch_size=128, optimizer=one_cycle_adam(1.2e-2))


def keras_io(epochs):
    """Architecture and settings of https://keras.io/examples/vision/mnist_convnet/, fed as ours are."""

    def build(input_shape, classes):
        return keras.Sequential([
            keras.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(classes, activation="softmax"),
        ])  # fmt: skip

    return classifier(build, classes=10, epochs=epochs, batch_size=128)

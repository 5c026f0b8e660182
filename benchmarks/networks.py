"""The networks and pictures that several rows share."""

import os
import sys

from common.quiet import keras
from common.results import Results
from data import datasets, line_classes, lines
from data.errors import UserError
from q1_cnn.recipes import RECIPES
from q2_multihead.recipes import RECIPE
from q3_visualize.networks import Network, open_network


def published(name, quick=False):
    """A `q3_visualize.networks.Network` of Section 1 by its name; with `quick` an untrained one where there is none.

    Raises UserError for one that was not trained.
    """
    results = Results()
    path = results.folder(name) / "model.keras"
    if path.exists():
        print(f"{name}: {results.origin(path.parent)}", file=sys.stderr)  # standard output is for the rows
        return open_network(path, name)
    if not quick:
        raise UserError(f"{path} is missing: run python q1_cnn/train.py first")
    _, dataset, part = name.split("/")
    shape = (28, 28, 3) if dataset == "lines" else (28, 28, 1)
    return Network(RECIPES[dataset, int(part[-1])].build(shape), name)


def line_recipes():
    """The recipes of the three line networks by their names."""
    return {f"q1_cnn/lines/part{part}": RECIPES["lines", part] for part in (1, 2)} | {"q2_multihead/lines": RECIPE}


def mnist(per_class=None):
    """MNIST, or so many of each class. Raises UserError where there are fewer."""
    dataset = datasets.load_mnist(os.environ.get("MNIST_PATH"), per_class)
    if len(dataset.labels) < (10 * per_class if per_class else 70_000):
        raise UserError("all of MNIST is needed: set MNIST_PATH, or give --quick")
    return dataset


def giving_logits(model):
    """A Sequential as others want it: a functional model whose last layer has no softmax, with the same weights."""
    inputs = keras.Input(model.input_shape[1:])
    outputs = inputs
    for layer in model.layers:
        config = layer.get_config()
        copy = layer.from_config({**config, "activation": "linear"} if layer is model.layers[-1] else config)
        outputs = copy(outputs)
        copy.set_weights(layer.get_weights())
    return keras.Model(inputs, outputs)


def pictures(count):
    """So many drawn lines, uint8 (count, 28, 28, 3), of all classes in turn."""
    per_class = -(-count // line_classes.CLASSES)
    drawn = lines.draw(per_class).images
    return drawn.reshape(line_classes.CLASSES, per_class, *drawn.shape[1:]).swapaxes(0, 1).reshape(drawn.shape)[:count]

"""The networks and data that several rows share."""

import os
import sys

from common.quiet import keras
from common.results import Results
from data import datasets
from data.errors import UserError
from q1_cnn.recipes import RECIPES
from q3_visualize.networks import Network, open_network


def line_network(part: int, quick: bool = False) -> Network:
    """Open Section 1's trained network for lines; with `quick` an untrained one where there is none, else raise UserError."""
    name = f"q1_cnn/lines/part{part}"
    results = Results()
    path = results.folder(name) / "model.keras"
    if path.exists():
        print(f"{name}: {results.whose(path.parent)}", file=sys.stderr)  # standard output is for the rows
        return open_network(path, name)
    if not quick:
        raise UserError(f"{path} is missing: run python q1_cnn/train.py first")
    return Network(RECIPES["lines", part].build((28, 28, 3)), name)


def mnist(per_class: int | None = None) -> datasets.Dataset:
    """Load all of MNIST or so many images of each class. Raise UserError where there are fewer."""
    dataset = datasets.load_mnist(os.environ.get("MNIST_PATH"), per_class)
    if len(dataset.labels) < (10 * per_class if per_class else 70_000):
        raise UserError("all of MNIST is needed: set MNIST_PATH, or give --quick")
    return dataset


def giving_logits(model: keras.Sequential) -> keras.Model:
    """Return a functional copy with the same weights whose last layer has no softmax, as the peers want it."""

    def copy(layer):
        config = layer.get_config()
        return layer.from_config({**config, "activation": "linear"} if layer is model.layers[-1] else config)

    logits = keras.models.clone_model(model, clone_function=copy)
    logits.set_weights(model.get_weights())
    return keras.Model(logits.inputs, logits.outputs)

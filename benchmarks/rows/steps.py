"""How much of the machine a training step uses: floating-point operations a second, beside a bare matrix product."""

import math
import timeit
from dataclasses import replace

from benchmarks.measuring import OURS, Row
from benchmarks.networks import mnist
from benchmarks.rows.training import trained
from common.quiet import keras, tensorflow
from data import datasets
from q1_cnn.recipes import RECIPES
from q2_multihead.recipes import RECIPE

SIDE = 2048
LIMIT = f"a product of two matrices of {SIDE:,} x {SIDE:,}"


def measure(quick: bool) -> list[Row]:
    """Return a row for each network."""
    lines = datasets.load_lines(per_class=10 if quick else 200)
    digits = mnist(per_class=60 if quick else 2000)
    return [
        _row("q1_cnn/lines/part1", RECIPES["lines", 1], lines, quick, least=0.5),
        _row("q1_cnn/lines/part2", RECIPES["lines", 2], lines, quick),
        _row("q2_multihead/lines", RECIPE, lines, quick),
        _row("q1_cnn/mnist/part1", RECIPES["mnist", 1], digits, quick, least=0.5),
        _row("q1_cnn/mnist/part2", RECIPES["mnist", 2], digits, quick),
    ]


def _row(network, recipe, dataset, quick, least=None):
    values = {OURS: [], LIMIT: []}
    for _ in range(1 if quick else 5):
        values[LIMIT].append(_product())
        values[OURS].append(_achieved(recipe, dataset))
    return Row(f"training, {network}", "GFLOPS", values, least=least)


def _product():
    """Return the GFLOPS of the fastest of eight products."""
    matrix = tensorflow.random.normal((SIDE, SIDE))
    return 2 * SIDE**3 / min(timeit.repeat(lambda: (matrix @ matrix).numpy(), number=1, repeat=8)) / 1e9


def _achieved(recipe, dataset):
    """Return the GFLOPS of a training's second epoch, reading, augmentation and recording included; the first one compiles."""
    split = dataset.split._replace(validation=dataset.split.validation[:1])
    history = trained(recipe.adapted(epochs=2), replace(dataset, split=split), seed=0)
    return _operations(recipe.build(dataset.images.shape[1:])) * len(split.train) / history[-1]["seconds"] / 1e9


def _operations(model):
    """Return the operations of a training step for one image, of convolutions and dense layers alone.

    A multiplication and an addition for each weight and place: forward, for the gradient of the weights, and for that of the
    layer's input, which the first layer with weights does not need.
    """
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)]
    products = [math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1]) for layer in layers]
    return 2 * (3 * sum(products) - products[0])

"""How much of the machine a training step uses: floating-point operations a second, beside a bare matrix product."""

import math
import time
from dataclasses import replace
from statistics import median

from benchmarks.measuring import OURS, Row
from benchmarks.networks import line_recipes, mnist
from benchmarks.rows.training import trained
from common.quiet import keras, tensorflow
from data import datasets
from q1_cnn.recipes import RECIPES

SIDE = 2048
LIMIT = f"a product of two matrices of {SIDE:,} x {SIDE:,}"


def measure(quick):
    """A row for each network."""
    lines = datasets.load_lines(per_class=10 if quick else 200)
    digits = mnist(per_class=60 if quick else 2000)
    of_digits = {f"q1_cnn/mnist/part{part}": RECIPES["mnist", part] for part in (1, 2)}
    return [
        row(name, recipe, dataset, quick)
        for recipes, dataset in ((line_recipes(), lines), (of_digits, digits))
        for name, recipe in recipes.items()
    ]


def row(name, recipe, dataset, quick):
    """A row: a training and the limit in turn."""
    values = {OURS: [], LIMIT: []}
    for _ in range(1 if quick else 5):
        values[LIMIT].append(product())
        values[OURS].append(achieved(recipe, dataset))
    of_step = flops(recipe.build(dataset.images.shape[1:])) * recipe.batch_size / 1e9
    notes = {"pictures a step": recipe.batch_size, "milliseconds a step": 1000 * of_step / median(values[OURS])}
    return Row(f"training, {name}", "GFLOPS", values, least=0.5 if name.endswith("part1") else None, notes=notes)


def product():
    """GFLOPS of the machine at its best."""
    matrix = tensorflow.random.normal((SIDE, SIDE))
    seconds = []
    for _ in range(8):
        start = time.perf_counter()
        (matrix @ matrix).numpy()
        seconds.append(time.perf_counter() - start)
    return 2 * SIDE**3 / min(seconds) / 1e9


def achieved(recipe, dataset):
    """GFLOPS of a training as it is, with its reading, augmentation and recording; of the second epoch: the first compiles."""
    split = dataset.split._replace(validation=dataset.split.validation[:1])
    history = trained(recipe.adapted(epochs=2), replace(dataset, split=split), seed=0)
    return flops(recipe.build(dataset.images.shape[1:])) * len(split.train) / history[-1]["seconds"] / 1e9


def flops(model):
    """Floating-point operations of a training step for one picture: of convolutions and dense layers alone.

    A multiplication and an addition for each weight and place: forward, for the gradient of the weights, and for that of the
    layer's input, which the first layer with weights does not need.
    """
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)]
    products = [math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1]) for layer in layers]
    return 2 * (3 * sum(products) - products[0])

"""How functions are described that a recipe is made of: by the numbers that they use."""

import json
import sys
import types
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest

from common.quiet import keras
from q1_cnn.augmentation import Deformation
from q1_cnn.recipes import RECIPES
from tests.conftest import described
from tests.training.test_recipe import IMAGES, SHAPE, description_of, recipe, sequence
from training.description import description, differences

CODE = '''"""{docstring}"""

from dataclasses import dataclass

from common.quiet import keras


class Doubled(keras.layers.Layer):
    """{docstring}"""

    def call(self, inputs):
        return 2 * inputs


@dataclass(frozen=True)
class Noise:
    """{docstring}"""

    share: float = {share}


def build(input_shape):
    """{docstring}"""
    return keras.Sequential([keras.Input(input_shape), Doubled(name="doubled"), keras.layers.Flatten(), keras.layers.Dense(2)])


def loss(true, predicted):
    """{docstring}"""
    return keras.losses.categorical_crossentropy(true, predicted)
'''


@pytest.fixture(scope="module")
def compiled():
    return sequence().compiled(SHAPE, IMAGES)


SHARE = 0.25
INNER = {"share": 2, "kind": "dots"}


def plain(images, generator, share=0.1, kind="dots"):
    return images


def reads_a_constant(images, generator):
    return images * SHARE


def enclosing(share):
    return lambda images, generator: images * share


@dataclass(frozen=True)
class Shift:
    pixels: tuple = (1, 2)
    inner: object = None

    def __call__(self, images, generator):
        return images


class Blur:
    def __init__(self, width):
        self.width, self._cache = width, object()

    def __call__(self, images, generator):
        return images

    def apply(self, images, generator):
        return images


WEIGHTS = [1, 2]


def reads_a_list(images, generator):
    return images * WEIGHTS[0]


def calls_another(images, generator):
    return plain(images, generator)


@pytest.mark.parametrize(
    ("augment", "expected"),
    [
        (None, None),
        (plain, {"plain": {"share": 0.1, "kind": "dots"}}),
        (reads_a_constant, {"reads_a_constant": {"SHARE": 0.25}}),
        (enclosing(0.3), {"<lambda>": {"share": 0.3}}),
        (partial(plain, share=0.5), {"plain": {"share": 0.5, "kind": "dots"}}),
        (partial(partial(plain, share=0.5), kind="lines"), {"plain": {"share": 0.5, "kind": "lines"}}),
        (partial(lambda share, images, generator: images, 0.7), {"<lambda>": {"arguments": [0.7]}}),
        (partial(plain, share=np.float32(0.5)), {"plain": {"share": 0.5, "kind": "dots"}}),
        (partial(plain, share=partial(plain, share=2)), {"plain": {"share": {"plain": INNER}, "kind": "dots"}}),
        (Shift(), {"Shift": {"pixels": [1, 2], "inner": None}}),
        (Shift(inner=plain), {"Shift": {"pixels": [1, 2], "inner": {"plain": {"share": 0.1, "kind": "dots"}}}}),
        (Blur(3), {"Blur": {"width": 3}}),
        (partial(Blur(3)), {"Blur": {"width": 3}}),
        (Blur(3).apply, {"apply": {"width": 3}}),
        (Blur(np.arange(2)), {"Blur": {"width": [0, 1]}}),
        (enclosing(np.float32(0.5)), {"<lambda>": {"share": 0.5}}),
        (reads_a_list, {"reads_a_list": {"WEIGHTS": [1, 2]}}),
        (calls_another, {"calls_another": {"plain": {"plain": {"share": 0.1, "kind": "dots"}}}}),
        (partial(np.roll, shift=3), {"roll": {"shift": 3}}),
        (partial(max, 3), {"max": {"arguments": [3]}}),
    ],
)  # fmt: skip
def test_an_augmentation_is_described_with_its_numbers(compiled, augment, expected):
    assert description(replace(sequence(), augment=augment), compiled)["augmentation"] == expected


def test_five_times_the_rotation_is_another_recipe():
    published = RECIPES["mnist", 2]
    changed = replace(published, augment=Deformation(rotation=60.0))
    then, now = (described(recipe, (28, 28, 1), 1000) for recipe in (published, changed))
    assert differences(then, now) == ["augmentation.Deformation.rotation: 12.0, now 60.0"]


def of_module(name, docstring, share):
    """The description of a recipe whose parts are of a module of this name, with these docstrings."""
    module = types.ModuleType(name)
    exec(compile(CODE.format(docstring=docstring, share=share), f"{name}.py", "exec"), module.__dict__)
    return description_of(recipe(module.build, loss=module.loss, augment=module.Noise()))


def test_another_module_or_docstring_is_not_seen_and_another_number_is(monkeypatch):
    for name in ("here", "elsewhere"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    here = of_module("here", "As it was.", 0.1)
    assert here == of_module("elsewhere", "In other words,\n\n    and longer.", 0.1)
    assert "here" not in json.dumps(here) and here["layers"][1]["class"] == "Doubled"
    assert differences(here, of_module("here", "As it was.", 0.2)) == ["augmentation.Noise.share: 0.1, now 0.2"]


def weighted(true, predicted, weight=1.0):
    return weight * keras.losses.categorical_crossentropy(true, predicted)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [("mse", "mse"), (weighted, {"weighted": {"weight": 1.0}}), (partial(weighted, weight=2.0), {"weighted": {"weight": 2.0}})],
)
def test_a_loss_may_be_a_name_or_a_function(loss, expected):
    assert description_of(replace(sequence(), loss=loss))["loss"] == expected


def test_numbers_in_operations_count():
    def shifted(by):
        def build(input_shape):
            images = keras.Input(input_shape)
            return keras.Model(images, keras.layers.Dense(3, name="predictions")(keras.layers.Flatten()(images + by)))

        return recipe(build)

    assert any("1.0, now 2.0" in line for line in differences(description_of(shifted(1.0)), description_of(shifted(2.0))))

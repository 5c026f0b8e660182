"""What a recipe says of itself: every setting of the network and its training, and nothing of files and modules."""

import json
import sys
import types
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest

from q1_cnn.augmentation import Deformation
from q1_cnn.recipes import RECIPES
from q2_multihead.recipe import RECIPE
from training.description import description, differences
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.quiet import keras
from training.recipe import Recipe
from training.run import described

layers = keras.layers
SHAPE, IMAGES = (8, 8, 1), 100
CODE = '''"""{docstring}"""

from dataclasses import dataclass

from training.quiet import keras


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


def recipe(build, **changes):
    settings = {"loss": "categorical_crossentropy", "metrics": ["accuracy"], "epochs": 2, "batch_size": 32, **changes}
    return Recipe(build=build, targets=one_hot(3), **settings)


def sequence(*some):
    """A recipe of the layers that functions make, with a classifier of 3 classes behind them."""
    ends = (layers.Flatten, lambda: layers.Dense(3, activation="softmax", name="predictions"))
    return recipe(lambda input_shape: keras.Sequential([keras.Input(input_shape), *(make() for make in (*some, *ends))]))


def of(one):
    """The description of a recipe."""
    return described(one, SHAPE, IMAGES)


@pytest.fixture(scope="module")
def compiled():
    return sequence().compiled(SHAPE, IMAGES)


@pytest.fixture(scope="module")
def convolution():
    """The description of a recipe with one convolution."""
    return of(sequence(partial(layers.Conv2D, 4, 3, name="one")))


@pytest.fixture(scope="module")
def cycle():
    """A recipe whose learning rate climbs and falls."""
    return replace(sequence(), optimizer=one_cycle_adam(1e-3))


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
    ],
)  # fmt: skip
def test_an_augmentation_is_told_with_its_numbers(compiled, augment, expected):
    assert description(replace(sequence(), augment=augment), compiled)["augmentation"] == expected


def test_five_times_the_rotation_is_another_recipe():
    one = RECIPES["mnist", 2]
    other = replace(one, augment=Deformation(rotation=60.0))
    then, now = (described(some, (28, 28, 1), 1000) for some in (one, other))
    assert differences(then, now) == ["augmentation.Deformation.rotation: 12.0, now 60.0"]


@pytest.mark.parametrize(
    ("one", "channels"),
    [(RECIPES["lines", 1], 3), (RECIPES["lines", 2], 3), (RECIPES["mnist", 1], 1), (RECIPES["mnist", 2], 1), (RECIPE, 3)],
)
def test_a_description_is_the_same_each_time_and_outlives_a_file(one, channels):
    then, now = (described(one, (28, 28, channels), 1000) for _ in range(2))
    assert then == now == json.loads(json.dumps(now))
    assert differences(json.loads(json.dumps(then)), now) == []


def test_layers_are_told_with_their_settings_without_what_is_usual():
    input_layer, conv, drop, _, predictions = of(
        sequence(
            partial(layers.Conv2D, 4, (3, 5), strides=2, kernel_regularizer=keras.regularizers.L2(0.01), name="conv1"),
            partial(layers.Dropout, 0.3, name="drop"),
        )
    )["layers"]
    assert (input_layer["class"], input_layer["batch_shape"]) == ("InputLayer", [None, *SHAPE])
    assert conv == {
        "name": "conv1", "class": "Conv2D", "filters": 4, "kernel_size": [3, 5], "strides": [2, 2], "padding": "valid",
        "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "activation": "linear", "use_bias": True,
        "kernel_initializer": "GlorotUniform", "bias_initializer": "Zeros", "kernel_regularizer": {"L2": {"l2": 0.01}},
    }  # fmt: skip
    assert drop == {"name": "drop", "class": "Dropout", "rate": 0.3}
    assert (predictions["units"], predictions["activation"]) == (3, "softmax")
    frozen = of(sequence(partial(layers.Dense, 4, trainable=False, name="fc1")))["layers"][1]
    assert frozen["trainable"] is False


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (partial(layers.Conv2D, 5, 3, name="one"), "layers.one.filters: 4, now 5"),
        (partial(layers.Conv2D, 4, 5, name="one"), "layers.one.kernel_size.0: 3, now 5"),
        (partial(layers.Conv2D, 4, 3, strides=2, name="one"), "layers.one.strides.0: 1, now 2"),
        (partial(layers.Conv2D, 4, 3, activation="relu", name="one"), "layers.one.activation: linear, now relu"),
        (partial(layers.Conv2D, 4, 3, use_bias=False, name="one"), "layers.one.use_bias: True, now False"),
        (partial(layers.Conv2D, 4, 3, kernel_initializer="he_normal", name="one"), "GlorotUniform, now HeNormal"),
        (partial(layers.Conv2D, 4, 3, bias_constraint="non_neg", name="one"), "layers.one.bias_constraint: None, now NonNeg"),
        (partial(layers.Conv2D, 4, 3, trainable=False, name="one"), "layers.one.trainable: None, now False"),
        (partial(layers.Conv2D, 4, 3, dtype="float16", name="one"), "layers.one.dtype: None, now 1 entries"),
        (partial(layers.SeparableConv2D, 4, 3, name="one"), "layers.one.class: Conv2D, now SeparableConv2D"),
        (partial(layers.Conv2D, 4, 3, name="other"), "layers.other.name: one, now other"),
    ],
)
def test_every_setting_of_a_layer_counts(convolution, make, change):
    lines = differences(convolution, of(sequence(make)))
    assert any(change in line for line in lines), lines


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        ({"optimizer": one_cycle_adam(2e-3)}, "optimizer.Adam.learning_rate.CosineDecay.warmup_target: 0.001, now 0.002"),
        ({"optimizer": lambda _: keras.optimizers.Adam(beta_1=0.8)}, "optimizer.Adam.beta_1: 0.9, now 0.8"),
        ({"optimizer": lambda _: keras.optimizers.SGD()}, "optimizer.SGD: None, now"),
        ({"epochs": 3}, "optimizer.Adam.learning_rate.CosineDecay.decay_steps: 7, now 10"),
        ({"loss": "mean_squared_error"}, "loss: categorical_crossentropy, now mean_squared_error"),
        ({"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)}, "loss: categorical_crossentropy, now 1 entries"),
        ({"loss_weights": [2.0]}, "loss_weights: None, now 1 entries"),
        ({"augment": plain}, "augmentation: None, now 1 entries"),
    ],
)
def test_every_setting_of_the_training_counts(cycle, changes, change):
    lines = differences(of(cycle), of(replace(cycle, **changes)))
    assert any(change in line for line in lines), lines
    if "beta" in change:
        assert "optimizer.Adam.learning_rate: 1 entries, now 0.001" in "; ".join(lines)


def test_the_optimizer_is_told_with_its_schedule():
    told = of(replace(sequence(), optimizer=one_cycle_adam(4e-3)))["optimizer"]["Adam"]
    schedule = told["learning_rate"]["CosineDecay"]
    steps = 2 * 4  # two epochs of 100 images in batches of 32
    assert (schedule["warmup_target"], schedule["warmup_steps"], schedule["decay_steps"]) == (4e-3, 1, steps - 1)
    assert of(sequence())["optimizer"]["Adam"]["learning_rate"] == pytest.approx(0.001)


def test_the_loss_is_told_with_its_numbers():
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    assert of(replace(sequence(), loss=smoothed))["loss"]["CategoricalCrossentropy"]["label_smoothing"] == 0.1
    assert of(sequence())["loss"] == "categorical_crossentropy"


def test_swapping_two_layers_is_seen():
    one, other = layers.ReLU, partial(layers.BatchNormalization, momentum=0.5)
    assert differences(of(sequence(one, other)), of(sequence(other, one)))
    named = partial(layers.ReLU, name="first"), partial(layers.BatchNormalization, name="second")
    lines = differences(of(sequence(*named)), of(sequence(*named[::-1])))
    assert "layers.second.name: first, now second" in lines and "layers.first.name: second, now first" in lines


def test_a_layer_more_is_seen():
    assert differences(of(sequence()), of(sequence(layers.ReLU))) == ["layers: 3 entries, now 4 entries"]


def test_models_inside_a_model_are_told_layer_by_layer():
    def block(filters):
        inner = keras.Sequential([layers.Conv2D(filters, 3, name="conv"), layers.ReLU(name="relu")], name="inner")
        return keras.Sequential([inner, layers.MaxPooling2D(2, name="pool")], name="block")

    then, now = of(sequence(partial(block, 4))), of(sequence(partial(block, 6)))
    outer = then["layers"][1]
    assert (outer["name"], outer["class"]) == ("block", "Sequential")
    inner = next(layer for layer in outer["layers"] if layer["name"] == "inner")
    assert [layer["name"] for layer in inner["layers"] if layer["class"] != "InputLayer"] == ["conv", "relu"]
    assert differences(then, now) == ["layers.block.layers.inner.layers.conv.filters: 4, now 6"]


def two_branches(input_shape, crossed=False):
    images = keras.Input(input_shape, name="images")
    one, other = (layers.Conv2D(2, 3, padding="same", name=name)(images) for name in ("one", "other"))
    last = layers.Conv2D(2, 3, padding="same", name="last")(other if crossed else one)
    joined = layers.Concatenate(name="joined")([last, one if crossed else other])
    return keras.Model(images, layers.Dense(3, activation="softmax", name="predictions")(layers.Flatten(name="flat")(joined)))


def test_a_functional_model_says_what_goes_into_each_layer():
    then, now = of(recipe(two_branches)), of(recipe(partial(two_branches, crossed=True)))
    inputs = {layer["name"]: layer.get("inputs") for layer in then["layers"]}
    assert inputs == {
        "images": None, "one": ["images"], "other": ["images"], "last": ["one"], "joined": [["last", "other"]],
        "flat": ["joined"], "predictions": ["flat"],
    }  # fmt: skip
    assert {layer["name"]: layer.get("inputs") for layer in now["layers"]}["joined"] == ["last", "one"]
    assert differences(then, now)


def of_module(name, docstring, share):
    """The description of a recipe whose parts are of a module of this name, with these docstrings."""
    module = types.ModuleType(name)
    exec(compile(CODE.format(docstring=docstring, share=share), f"{name}.py", "exec"), module.__dict__)
    return of(recipe(module.build, loss=module.loss, augment=module.Noise()))


def test_another_module_or_docstring_is_not_seen_and_another_number_is(monkeypatch):
    for name in ("here", "elsewhere"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    here = of_module("here", "As it was.", 0.1)
    assert here == of_module("elsewhere", "Said in other words,\n\n    and longer.", 0.1)
    assert "here" not in json.dumps(here) and here["layers"][1]["class"] == "Doubled"
    assert differences(here, of_module("here", "As it was.", 0.2)) == ["augmentation.Noise.share: 0.1, now 0.2"]


@pytest.mark.parametrize(
    ("then", "now", "lines"),
    [
        ({}, {}, []),
        ({"a": 1, "b": [1, {"c": 2}]}, {"b": [1, {"c": 2}], "a": 1}, []),
        ({"a": (1, 2)}, {"a": [1, 2]}, []),
        ({"a": 1}, {"a": 2}, ["a: 1, now 2"]),
        ({"a": 1}, {}, ["a: 1, now None"]),
        ({}, {"a": 1}, ["a: None, now 1"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ["a.b.c: 1, now 2"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["a.1: 2, now 3"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a: 2 entries, now 1 entries"]),
        ({"a": [{"name": "x", "n": 1}]}, {"a": [{"name": "x", "n": 2}]}, ["a.x.n: 1, now 2"]),
        ({"a": {"Adam": {"b": 1}}}, {"a": "Adam"}, ["a: 1 entries, now Adam"]),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, ["a: 1, now 2", "b: 2, now 1"]),
        ({"a": "hash"}, {"a": {"layers": []}}, ["a: hash, now 1 entries"]),
        (1, 1.5, [": 1, now 1.5"]),
    ],
)
def test_differences(then, now, lines):
    assert differences(then, now) == lines


def test_adapted_changes_what_is_given_and_not_none():
    one = sequence()
    other = one.adapted(epochs=7, batch_size=None)
    assert (other.epochs, other.batch_size, other.build) == (7, 32, one.build) and one.epochs == 2

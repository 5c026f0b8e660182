"""The description of a recipe: every setting of the network and its training, and nothing of files and modules."""

import json
from dataclasses import replace
from functools import partial

import pytest

from common.quiet import keras
from q1_cnn.augmentation import Deformation
from q1_cnn.recipes import RECIPES
from q2_multihead.recipes import RECIPE
from tests.conftest import described
from training.description import description, differences
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.recipe import Recipe
from training.seeding import drawn_from

layers = keras.layers
SHAPE, IMAGES = (8, 8, 1), 100


def recipe(build, **changes):
    settings = {"loss": "categorical_crossentropy", "metrics": ["accuracy"], "epochs": 2, "batch_size": 32, **changes}
    return Recipe(build=build, targets=one_hot(3), **settings)


def sequence(*makers):
    """A recipe of the layers that functions make, with a classifier of 3 classes behind them."""
    ends = (layers.Flatten, lambda: layers.Dense(3, activation="softmax", name="predictions"))
    return recipe(lambda input_shape: keras.Sequential([keras.Input(input_shape), *(make() for make in (*makers, *ends))]))


def description_of(recipe):
    """The description of a recipe."""
    return described(recipe, SHAPE, IMAGES)


@pytest.fixture(scope="module")
def compiled():
    return sequence().compiled(SHAPE, IMAGES)


@pytest.fixture(scope="module")
def convolution():
    """The description of a recipe with one convolution."""
    return description_of(sequence(partial(layers.Conv2D, 4, 3, name="one")))


@pytest.fixture(scope="module")
def cycle():
    """A recipe whose learning rate climbs and falls."""
    return replace(sequence(), optimizer=one_cycle_adam(1e-3))


@pytest.mark.parametrize(
    ("recipe", "channels"),
    [(RECIPES["lines", 1], 3), (RECIPES["lines", 2], 3), (RECIPES["mnist", 1], 1), (RECIPES["mnist", 2], 1), (RECIPE, 3)],
)
def test_a_description_is_the_same_each_time_and_in_a_file(recipe, channels):
    then, now = (described(recipe, (28, 28, channels), 1000) for _ in range(2))
    assert then == now == json.loads(json.dumps(now))
    assert differences(json.loads(json.dumps(then)), now) == []


def test_layers_are_described_with_their_settings_without_what_is_usual():
    input_layer, conv, drop, _, predictions = description_of(
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
    frozen = description_of(sequence(partial(layers.Dense, 4, trainable=False, name="fc1")))["layers"][1]
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
    lines = differences(convolution, description_of(sequence(make)))
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
        ({"augment": Deformation()}, "augmentation: None, now 1 entries"),
    ],
)
def test_every_setting_of_the_training_counts(cycle, changes, change):
    lines = differences(description_of(cycle), description_of(replace(cycle, **changes)))
    assert any(change in line for line in lines), lines
    if "beta" in change:
        assert "optimizer.Adam.learning_rate: 1 entries, now 0.001" in "; ".join(lines)


def test_the_optimizer_is_described_with_its_schedule():
    optimizer = description_of(replace(sequence(), optimizer=one_cycle_adam(4e-3)))["optimizer"]["Adam"]
    schedule = optimizer["learning_rate"]["CosineDecay"]
    steps = 2 * 4  # two epochs of 100 images in batches of 32
    assert (schedule["warmup_target"], schedule["warmup_steps"], schedule["decay_steps"]) == (4e-3, 1, steps - 1)
    assert description_of(sequence())["optimizer"]["Adam"]["learning_rate"] == pytest.approx(0.001)


def test_the_loss_is_described_with_its_numbers():
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    assert description_of(replace(sequence(), loss=smoothed))["loss"]["CategoricalCrossentropy"]["label_smoothing"] == 0.1
    assert description_of(sequence())["loss"] == "categorical_crossentropy"


def test_swapping_two_layers_is_seen():
    one, other = layers.ReLU, partial(layers.BatchNormalization, momentum=0.5)
    assert differences(description_of(sequence(one, other)), description_of(sequence(other, one)))
    named = partial(layers.ReLU, name="first"), partial(layers.BatchNormalization, name="second")
    lines = differences(description_of(sequence(*named)), description_of(sequence(*named[::-1])))
    assert "layers.second.name: first, now second" in lines and "layers.first.name: second, now first" in lines


def test_a_layer_more_is_seen():
    then, now = description_of(sequence()), description_of(sequence(layers.ReLU))
    assert differences(then, now) == ["layers: 3 entries, now 4 entries"]


def test_models_inside_a_model_are_described_layer_by_layer():
    def block(filters):
        inner = keras.Sequential([layers.Conv2D(filters, 3, name="conv"), layers.ReLU(name="relu")], name="inner")
        return keras.Sequential([inner, layers.MaxPooling2D(2, name="pool")], name="block")

    then, now = description_of(sequence(partial(block, 4))), description_of(sequence(partial(block, 6)))
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
    then, now = description_of(recipe(two_branches)), description_of(recipe(partial(two_branches, crossed=True)))
    inputs = {layer["name"]: layer.get("inputs") for layer in then["layers"]}
    assert inputs == {
        "images": None, "one": ["images"], "other": ["images"], "last": ["one"], "joined": [["last", "other"]],
        "flat": ["joined"], "predictions": ["flat"],
    }  # fmt: skip
    assert {layer["name"]: layer.get("inputs") for layer in now["layers"]}["joined"] == [["last", "one"]]
    assert differences(then, now)


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
    given = sequence()
    adapted = given.adapted(epochs=7, batch_size=None)
    assert (adapted.epochs, adapted.batch_size, adapted.build) == (7, 32, given.build) and given.epochs == 2


@pytest.mark.parametrize("make", [partial(layers.RandomCrop, 6, 6), partial(layers.Dropout, 0.3), layers.RandomFlip])
def test_seeds_that_keras_draws_are_of_the_run_and_not_of_the_recipe(make):
    random = sequence(make)
    with drawn_from(5) as drawn:
        described_here = description(random, random.compiled(SHAPE, IMAGES), drawn)
    assert described_here["layers"][1].keys() == description_of(random)["layers"][1].keys()
    assert description_of(random) == description_of(random)
    assert differences(description_of(sequence(partial(make, seed=1))), description_of(sequence(partial(make, seed=2))))


def test_a_layer_around_another_says_what_both_are():
    outer = description_of(sequence(lambda: layers.TimeDistributed(layers.Dense(4, name="inner"), name="outer")))["layers"][1]
    assert outer["class"] == "TimeDistributed" and outer["layer"]["Dense"]["units"] == 4


def test_two_heads_that_change_places_are_seen():
    def heads(swapped):
        def build(input_shape):
            images = keras.Input(input_shape, name="images")
            features = layers.Flatten(name="flat")(images)
            one, other = (layers.Dense(3, name=name)(features) for name in ("one", "other"))
            return keras.Model(images, {"left": other, "right": one} if swapped else {"left": one, "right": other})

        return recipe(build, loss={"left": "mse", "right": "mse"}, metrics=None)

    found = differences(description_of(heads(False)), description_of(heads(True)))
    assert "outputs.left: one, now other" in found and "outputs.right: other, now one" in found


def test_a_model_without_layers_that_keras_knows_of_is_described_by_its_class():
    class Network(keras.Model):
        def call(self, images):
            return images

    assert description_of(recipe(lambda _: Network()))["layers"] == [{"name": "network", "class": "Network"}]

"""What of a network is written for a page, and what is refused, without a browser."""

import base64
import json

import numpy as np
import pytest

from common.quiet import keras
from data.errors import UserError
from q3_visualize import lowered_layers
from q3_visualize.lowering import lower
from q3_visualize.networks import Network
from tests.q3_visualize import live_graphs, live_zoo
from tests.q3_visualize.live_building import chain

layers, ops = keras.layers, keras.ops


def refused(model):
    """The words of the error, which are one line."""
    with pytest.raises(UserError) as caught:
        lower(Network(model, "somebody's"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_all_unknown_layers_are_named_with_those_that_are_known():
    words = refused(chain(
        (8, 6, 3), layers.Conv2D(4, 3, activation="celu", name="odd"), layers.Reshape((6, 16)), layers.LSTM(5, name="memory"),
        layers.UnitNormalization(name="length"),
    ))  # fmt: skip
    for part in ("somebody's", "odd (Conv2D, activation celu)", "memory (LSTM)", "length (UnitNormalization)"):
        assert part in words
    assert all(name in words.split("It runs")[1] for name in lowered_layers.RULES)


def test_channels_first_are_named_even_where_section_3_computes_them_with_channels_last():
    """Flatten, whose own channels are last, has another order after them."""
    pooling = layers.MaxPooling2D(data_format="channels_first", name="p")
    inner = keras.Sequential([keras.Input((3, 8, 7)), pooling], name="inner")
    words = refused(chain((3, 10, 9), layers.Conv2D(3, 3, data_format="channels_first", name="c"), inner))
    assert "c (Conv2D, channels first)" in words and "inner/p (MaxPooling2D, channels first)" in words


@pytest.mark.parametrize("layer", [
    layers.Normalization(axis=1, mean=[0.1, 0.2, 0.3, 0.4], variance=[1, 2, 3, 4]), layers.BatchNormalization(axis=1),
    layers.LayerNormalization(axis=1), layers.GroupNormalization(2, axis=1), layers.Softmax(axis=1), layers.CenterCrop(9, 9),
    layers.Resizing(3, 3, antialias=True), layers.UpSampling2D(2, interpolation="bicubic"), layers.RMSNormalization(),
    layers.Lambda(lambda x: x), layers.Resizing(3, 5, crop_to_aspect_ratio=True),
], ids=lambda layer: layer.name)  # fmt: skip
def test_settings_that_the_page_does_not_know_are_refused(layer):
    """Of 4 rows and 4 channels: numbers of rows would fit the channels."""
    assert f"{layer.name} ({type(layer).__name__}" in refused(chain((6, 7, 1), layers.Conv2D(4, 3), layer))


@pytest.mark.parametrize(("compute", "reason"), [
    (lambda maps: ops.max(maps, axis=(1, 2), initial=3.0), "(Max, an initial value)"), (lambda maps: -maps, "(Negative)"),
    (lambda maps: ops.mean(maps, axis=-1), "(Mean, axis [-1])"), (lambda maps: ops.max(maps), "(Max, axis None)"),
    (lambda maps: maps**2, "(Power)"), (lambda maps: ops.softmax(maps, axis=1), "(Softmax, softmax over axis 1)"),
])  # fmt: skip
def test_operations_that_the_page_does_not_know_are_refused(compute, reason):
    image = keras.Input((6, 7, 1))
    maps = layers.Conv2D(4, 3)(image)
    features = layers.Flatten()(ops.reshape(compute(maps), (-1, 1)) * ops.ones((1, 4)))
    assert reason in refused(keras.Model(image, layers.Dense(2)(features)))


def test_an_array_for_one_side_is_refused_where_it_does_not_fit_the_channels():
    scale = np.array([1.0, 2, 3, 4]).reshape(4, 1, 1)
    assert "rows (Rescaling, numbers" in refused(chain((6, 7, 1), layers.Conv2D(4, 3), layers.Rescaling(scale, name="rows")))


def test_names_that_try_to_end_the_page_stay_as_they_are():
    lowered = live_zoo.lowered("hostile_names")
    again = json.loads(json.dumps(lowered, allow_nan=False))
    assert again == lowered
    paths = [layer["path"] for layer in again["layers"]]
    assert paths[:3] == [live_graphs.HOSTILE, "toString", "__proto__"]


def test_a_layer_that_is_called_twice_has_its_weights_once():
    lowered = live_zoo.lowered("twice")
    kernels = [tuple(each["weights"]["kernel"]) for each in lowered["operations"] if each["kind"] == "convolution"]
    assert len(kernels) == 8 and len(set(kernels)) == 3


def test_weights_are_those_of_keras():
    network, lowered = live_zoo.network("convolutions"), live_zoo.lowered("convolutions")
    numbers = np.frombuffer(base64.b64decode(lowered["weights"]), "<f4")
    first = next(each for each in lowered["operations"] if each["kind"] == "convolution")
    start, length = first["weights"]["kernel"]
    kernel = network.model.layers[0].kernel
    np.testing.assert_array_equal(numbers[start : start + length].reshape(kernel.shape), kernel)

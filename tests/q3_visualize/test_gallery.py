"""The parts of a gallery, of a network whose filters, activations and heat are known."""

import numpy as np
import pytest

from common.quiet import keras
from q3_visualize import gallery_parts
from q3_visualize.choices import METHODS
from q3_visualize.networks import Network

layers = keras.layers
SIX = np.zeros((6, 6, 6, 1), np.uint8)
SIX[range(6), range(6), range(6)] = 255  # a dot each, on the diagonal


@pytest.fixture(scope="module")
def network():
    """Brightness, what is dark, and nothing: three 1 x 1 filters; their means; bright against dark."""
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Rescaling(1 / 255), layers.Conv2D(3, 1, name="conv1"), layers.ReLU(name="relu1"),
        layers.GlobalAveragePooling2D(), layers.Dense(2, activation="softmax", name="predictions"),
    ])  # fmt: skip
    kernel, bias = np.array([[[[1.0, -1.0, 0.0]]]]), np.array([0.0, 0.5, 0.0])
    model.set_weights([kernel, bias, np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]]), np.zeros(2)])
    return Network(model)


@pytest.fixture(scope="module")
def found(network):
    """The gallery, with nine bright images of class 0 and eleven black ones of class 1 as real ones."""
    real = np.zeros((20, 6, 6, 1), np.uint8)
    real[:9] = 200
    factors = {"light": ("bright", "black")}
    return gallery_parts.parts(network, SIX, gallery_parts.Real(real, np.array([0] * 9 + [1] * 11), factors))


def test_activations_are_those_of_the_network_on_one_scale(found):
    before, layer = found.about["activations"]
    assert before["layer"] == "conv1" and (layer["layer"], layer["of"], layer["channels"], layer["largest"]) == (
        "relu1",
        3,
        [0, 1, 2],
        1.0,
    )
    # Of the dot's image the first channel is 1 at the dot, the second 0.5 everywhere else, the third 0.
    first, second, third = found.maps[18:21, :, :, 0]  # behind three channels of six images before the ReLU
    dot = np.zeros((6, 6), bool)
    dot[0, 0] = True
    assert np.array_equal(first, np.where(dot, 255, 0)) and np.array_equal(second, np.where(dot, 0, 128)) and not third.any()
    # Of 20 real images, nine have all cells of the first channel above zero, eleven all of the second.
    assert layer["active"] == round(1 / 3, 4)


def test_heat_is_of_every_method_at_the_first_layer_and_grows_with_the_dot(found):
    places = found.about["heatmaps"]
    expected = [*(("conv1", method) for method in METHODS), ("relu1", "scorecam")]
    assert [(place["layer"], place["method"]) for place in places] == expected
    heat = found.maps[2 * 3 * 6 :, :, :, 0].reshape(len(METHODS) + 1, 6, 6, 6)
    assert heat[METHODS.index("gradcam"), 0].argmax() != 0  # class "black" is predicted, so what is dark is hot
    assert heat[METHODS.index("gradcam"), 0, 0, 0] == 0


def test_filters_have_their_drawn_image_and_their_best_patch(found):
    conv1, predictions = found.about["filters"]
    assert (conv1["layer"], conv1["of"], conv1["height"], conv1["width"]) == ("conv1", 3, 1, 1)
    bright, dark, nothing = conv1["filters"]
    assert not bright["dead"] and nothing["dead"] and bright["times"] == pytest.approx(1, abs=0.02)  # the colors of the data
    tiles = found.images[6:12, :1, :1].reshape(3, 2, 3)
    assert tiles[0, 1].tolist() == [200] * 3 and tiles[1, 1].tolist() == [0] * 3  # the best real ones
    assert dark["times"] == pytest.approx(1, abs=0.02)
    assert predictions["layer"] == "predictions" and len(found.images) == 6 + 2 * (3 + 2)


def test_the_nine_best_images_are_as_alike_as_counted(found):
    conv1 = found.about["filters"][0]["alike"]["light"]
    # The nine brightest are all bright; of the second filter's eleven best, nine are all black; the dead one takes any nine.
    assert conv1["share"] >= (1 + 1 + 5 / 9) / 3 - 1e-4
    random = np.random.default_rng(0).integers(20, size=(1000, 9)) < 9
    assert conv1["chance"] == round(float(np.mean(np.maximum(random.sum(1), 9 - random.sum(1)) / 9)), 4)


def test_heat_on_strokes_is_a_share(found):
    rows = found.about["heat_on_strokes"]
    places = [(layer, method) for layer in ("conv1", "relu1") for method in ("gradcam", "scorecam")]
    assert [(row["layer"], row["method"]) for row in rows] == places
    assert all(row["area"] == pytest.approx(9 / 20) and 0 <= row["share"] <= 1 for row in rows)


def test_a_filter_that_sees_more_than_the_image_has_larger_tiles():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Conv2D(2, 4, padding="same", name="conv1"), layers.ReLU(),
        layers.Conv2D(2, 4, padding="same", name="conv2"), layers.ReLU(), layers.Flatten(), layers.Dense(2, name="predictions"),
    ])  # fmt: skip
    real = gallery_parts.Real(SIX, np.arange(6) % 2, None)
    found = gallery_parts.parts(Network(model), SIX, real, steps=1)
    assert found.images.shape[1:] == (7, 7, 3) and found.maps.shape[1:] == (7, 7, 1)
    assert [(layer["height"], layer["width"]) for layer in found.about["filters"]] == [(4, 4), (7, 7), (6, 6)]
    assert set(found.about["filters"][0]["alike"]) == {"class"}

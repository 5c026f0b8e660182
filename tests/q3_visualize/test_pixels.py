"""Which range of pixels a network takes."""

import numpy as np
import pytest

from common.quiet import keras
from data.errors import UserError
from q3_visualize import choices, pixels
from q3_visualize.heatmaps import heatmaps
from q3_visualize.networks import Network, open_network
from tests.q3_visualize import reference

layers, applications = keras.layers, keras.applications
SHAPE = (16, 16, 3)
IMAGES = reference.images(2, *SHAPE)
# What stands before the first convolution, and the range that it is made for.
SCALINGS = {
    "a Rescaling layer": (layers.Rescaling(1 / 255), "0..255"),
    "a Rescaling layer to -1..1": (layers.Rescaling(1 / 127.5, offset=-1), "0..255"),
    "a Rescaling layer of what is scaled already": (layers.Rescaling(2, offset=-1), "0..1"),
    "an operation": (lambda image: image / 255.0, "0..255"),
    "operations": (lambda image: (image - 127.5) * (1 / 127.5), "0..255"),
    "operations on 0..1": (lambda image: image * 2 - 1, "0..1"),
    "operations on -1..1": (lambda image: image / 2 + 0.5, "-1..1"),
    "preprocess_input, tf": (applications.mobilenet_v2.preprocess_input, "0..255"),
    "preprocess_input, torch": (applications.densenet.preprocess_input, "0..255"),
    "preprocess_input, caffe": (applications.resnet50.preprocess_input, "0..255"),
    "a Normalization that was adapted on 0..1": (layers.Normalization(mean=[0.13] * 3, variance=[0.09] * 3), "0..1"),
    "a Normalization that was adapted on 0..255": (layers.Normalization(mean=[33.0] * 3, variance=[6000.0] * 3), "0..255"),
    "a Normalization that was adapted on -1..1": (layers.Normalization(mean=[-0.7] * 3, variance=[0.4] * 3), "-1..1"),
    "ImageNet's mean and deviation of 0..1": (
        layers.Normalization(mean=[0.485, 0.456, 0.406], variance=[0.229**2, 0.224**2, 0.225**2]), "0..1"
    ),
    "padding and scaling": (lambda image: layers.ZeroPadding2D(2)(image / 255.0), "0..255"),
    "scaling inside a nested model": (
        keras.Sequential([keras.Input(SHAPE), layers.RandomFlip(), layers.Rescaling(1 / 255)]), "0..255"
    ),
}  # fmt: skip


def network_of(scaling, dtype=None, **options):
    image = keras.Input(SHAPE, dtype=dtype)
    features = layers.Conv2D(4, 3, activation="relu", name="conv")(scaling(image))
    scores = layers.Dense(3)(layers.GlobalAveragePooling2D()(features))
    return image, features, scores, Network(keras.Model(image, layers.Softmax(name="softmax")(scores)), **options)


@pytest.mark.parametrize("case", SCALINGS)
def test_scaling_at_the_input_tells_the_range_and_heatmaps_are_those_of_it(case):
    scaling, expected = SCALINGS[case]
    image, features, scores, network = network_of(scaling)
    assert network.pixels.name == expected and "scales itself" in network.pixels.why
    low, high = map(float, expected.split(".."))
    fed = IMAGES.astype(np.float64) / 255 * (high - low) + low  # by hand
    np.testing.assert_allclose(network.inputs(IMAGES), fed, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(network.predict(IMAGES)["softmax"], network.model(fed, training=False), atol=1e-5)
    maps = heatmaps(network, IMAGES, "conv", classes=1)
    independent = reference.gradcam(image, features, scores[:, 1], fed)
    np.testing.assert_allclose(maps, independent, rtol=1e-3, atol=1e-5 * np.abs(independent).max())


def test_without_scaling_the_range_is_an_assumption_that_a_flag_changes():
    *_, network = network_of(lambda image: image)
    assert network.pixels.name == "0..1"
    assert "assumption" in network.pixels.why and "--pixels" in network.pixels.why and "0..255" in network.pixels.why
    for name, (low, high) in {"0..1": (0, 1), "0..255": (0, 255), "-1..1": (-1, 1)}.items():
        *_, network = network_of(lambda image: image, pixel_range=name)
        black, white = network.inputs(np.uint8([0, 255])[:, None, None, None] * np.ones((1, *SHAPE), np.uint8))
        assert (black.min(), black.max(), white.min(), white.max()) == pytest.approx((low, low, high, high))


def test_ranges_by_channel():
    red = np.zeros((1, *SHAPE), np.uint8)
    red[..., 0] = 255
    *_, network = network_of(lambda image: image, pixel_range="imagenet")
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    np.testing.assert_allclose(network.inputs(red)[0, 0, 0], expected, rtol=1e-5)
    *_, network = network_of(lambda image: image, pixel_range="caffe")
    np.testing.assert_allclose(network.inputs(red)[0, 0, 0], [-103.939, -116.779, 255 - 123.68], rtol=1e-5)
    np.testing.assert_allclose(network.inputs(IMAGES), applications.resnet50.preprocess_input(IMAGES.astype(float)), atol=1e-3)


def test_integers_and_networks_of_keras_applications():
    *_, network = network_of(lambda image: keras.ops.cast(image, "float32"), dtype="uint8")
    assert network.pixels.name == "0..255" and "integers" in network.pixels.why
    np.testing.assert_allclose(network.predict(IMAGES)["softmax"], network.model(IMAGES), atol=1e-6)
    image = keras.Input(SHAPE)
    head = layers.Flatten()(layers.Conv2D(2, 3)(image))
    for name, expected in {"vgg16": "caffe", "resnet50v2": "-1..1", "densenet121": "imagenet", "mine": "0..1"}.items():
        network = Network(keras.Model(image, head, name=name))
        assert network.pixels.name == expected and "--pixels" in network.pixels.why


def test_a_range_of_three_colors_is_not_for_gray():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)])
    for name in ("imagenet", "caffe"):
        with pytest.raises(UserError, match=f"--pixels {name} is for images of 3 channels"):
            Network(model, pixel_range=name)


def test_the_flag_has_all_ranges():
    for name in choices.RANGES:
        assert pixels.named(name, 3).name == name


@pytest.mark.parametrize("scaling", ["an operation", "preprocess_input, caffe", "a Normalization that was adapted on 0..1"])
def test_a_saved_network_is_recognised_too(scaling, tmp_path):
    *_, network = network_of(SCALINGS[scaling][0])
    network.model.save(tmp_path / "m.keras")
    opened = open_network(tmp_path / "m.keras")
    assert opened.pixels.name == SCALINGS[scaling][1]
    np.testing.assert_allclose(heatmaps(opened, IMAGES, "conv"), heatmaps(network, IMAGES, "conv"), atol=1e-6)

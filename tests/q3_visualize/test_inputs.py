"""What networks take: images in other layouts, several inputs, and what is no image."""

import numpy as np
import pytest

from common.quiet import keras
from data.errors import UserError
from q3_visualize.heatmaps import heatmaps
from q3_visualize.networks import Network
from tests.q3_visualize import reference

layers, ops = keras.layers, keras.ops


def test_an_image_without_a_channel_axis():
    image = keras.Input((28, 28))
    features = layers.Conv2D(4, 3, activation="relu", name="conv")(layers.Reshape((28, 28, 1))(image))
    scores = layers.Dense(10)(layers.Flatten()(features))
    network = Network(keras.Model(image, scores))
    images = reference.images(2, 28, 28, 1)
    assert network.input_shape == (28, 28, 1)
    expected = reference.gradcam(image, features, scores[:, 7], images[..., 0] / np.float32(255))
    np.testing.assert_allclose(heatmaps(network, images, "conv", classes=7), expected, rtol=1e-4, atol=1e-6)


def test_an_image_of_four_channels():
    image = keras.Input((9, 9, 4))
    features = layers.Conv2D(4, 3, name="conv")(image)
    scores = layers.Dense(3)(layers.GlobalAveragePooling2D()(features))
    network = Network(keras.Model(image, scores))
    images = reference.images(2, 9, 9, 4)
    expected = reference.gradcam(image, features, scores[:, 0], images / np.float32(255))
    np.testing.assert_allclose(heatmaps(network, images, "conv", classes=0), expected, rtol=1e-4, atol=1e-6)


def with_metadata():
    image, numbers = keras.Input((9, 9, 3), name="image"), keras.Input((2,), name="metadata")
    features = layers.Conv2D(4, 3, name="conv")(image)
    pooled = layers.Concatenate()([layers.GlobalAveragePooling2D()(features), layers.Dense(2, name="of_numbers")(numbers)])
    scores = layers.Dense(3)(layers.Dense(5, activation="tanh")(pooled))
    return image, numbers, features, scores


@pytest.mark.parametrize("kind", ["list", "reversed", "dict"])
def test_an_image_and_numbers(kind):
    image, numbers, features, scores = with_metadata()
    taken = {"list": [image, numbers], "reversed": [numbers, image], "dict": {"metadata": numbers, "image": image}}[kind]
    network = Network(keras.Model(taken, scores), others={"metadata": [3.0, -1.0]})
    images = reference.images(2, 9, 9, 3)
    values = {"image": images / np.float32(255), "metadata": np.float32([[3, -1]] * 2)}
    fed = values if kind == "dict" else [values[tensor.name] for tensor in taken]
    np.testing.assert_allclose(next(iter(network.predict(images).values())), network.model(fed), rtol=1e-4)
    expected = reference.gradcam([image, numbers], features, scores[:, 1], [values["image"], values["metadata"]])
    np.testing.assert_allclose(heatmaps(network, images, "conv", classes=1), expected, rtol=1e-3, atol=1e-7)
    assert network.maps() == ["conv"]


def test_other_inputs_that_are_missing_or_do_not_fit():
    image, numbers, _, scores = with_metadata()
    model = keras.Model([image, numbers], scores)
    for others, words in (
        ({}, "2 numbers as input 'metadata' too: give --input metadata=1,2,"),
        ({"metadata": [1, 2, 3]}, "input 'metadata' takes 2 numbers, and was given 3"),
        ({"metadata": [1, 2], "age": [3]}, "no input 'age' beside the image 'image': metadata"),
    ):
        with pytest.raises(UserError, match=words):
            Network(model, others=others)


def test_two_images_and_an_encoder_that_both_go_through():
    left, right = keras.Input((9, 9, 3), name="left"), keras.Input((9, 9, 3), name="right")
    source = keras.Input((9, 9, 3))
    maps = layers.Conv2D(4, 3, activation="relu", name="conv")(source)
    encoder = keras.Model(source, maps, name="encoder")
    of_left, of_right = encoder(left), encoder(right)
    pool = layers.GlobalAveragePooling2D()
    logit = layers.Dense(1)(ops.abs(pool(of_left) - pool(of_right)))
    one, other = reference.images(1, 9, 9, 3), reference.images(9, 9, 3, seed=1)
    network = Network(keras.Model([left, right], logit), others={"right": other})
    assert network.image_inputs == ["left", "right"] and network.maps() == ["encoder/conv", "encoder:2/conv"]
    fed = [one / np.float32(255), other[None] / np.float32(255)]
    for path, features, seen in (("encoder/conv", of_left, one), ("encoder:2/conv", of_right, other[None])):
        expected = reference.gradcam([left, right], features, logit, fed)
        np.testing.assert_allclose(heatmaps(network, one, path), expected, rtol=1e-3, atol=1e-7)
        assert (network.image_seen_by(path, one) == seen).all()
    turned = Network(network.model, others={"left": one[0]}, image_input="right")
    np.testing.assert_allclose(turned.predict(other[None])[next(iter(turned.heads))], network.model(fed), rtol=1e-4)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: [keras.Input((5,)), layers.Dense(2)], "takes 5 numbers, not one image of 1, 3 or 4 channels"),
        (lambda: [keras.Input((8, 8, 7)), layers.Flatten()], "8 x 8 x 7, not one image of 1, 3 or 4 channels"),
        (
            lambda: [keras.Input((5, 16, 16, 3)), layers.TimeDistributed(layers.Conv2D(2, 3))],
            "frames or a volume.*sees one frame",
        ),
        (lambda: [keras.Input((8, 16, 16, 1)), layers.Conv3D(2, 3)], "frames or a volume.*sees one frame"),
        (lambda: [keras.Input((100, 3)), layers.Conv1D(2, 3)], "a signal or a sequence"),
        (lambda: [keras.Input((None, 8)), layers.LSTM(2)], "a signal or a sequence"),
        (lambda: [layers.Conv2D(2, 3)], "no input yet"),
    ],
)
def test_what_is_no_image_is_refused_with_what_is_possible(build, words):
    with pytest.raises(UserError, match=words):
        Network(keras.Sequential(build()))


def test_a_subclassed_model_is_refused():
    class Mine(keras.Model):
        def call(self, image):
            return image

    with pytest.raises(UserError, match="neither Sequential nor functional"):
        Network(Mine())

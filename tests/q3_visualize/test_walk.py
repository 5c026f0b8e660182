"""Layers that are called several times, operations, and maps with their channels first."""

import numpy as np
import pytest

from common.quiet import keras, tensorflow
from q3_visualize.heatmaps import heatmaps
from q3_visualize.networks import Network
from q3_visualize.walk import activation_name, before_activation, producer
from tests.q3_visualize import reference

layers = keras.layers
IMAGES = reference.images(3, 12, 12, 3)


def test_every_call_of_a_shared_layer_has_a_path_in_the_order_of_the_calls():
    image, act, maps = keras.Input((12, 12, 3)), layers.ReLU(name="act"), []
    features = image
    for number in range(3):
        features = act(layers.Conv2D(4 + number, 3, name=f"c{number + 1}")(features))
        maps.append(features)
    scores = layers.Dense(3)(layers.GlobalAveragePooling2D()(features))
    network = Network(keras.Model(image, scores))
    assert network.maps() == ["c1", "act", "c2", "act:2", "c3", "act:3"]
    assert [network.shapes[path] for path in ("act", "act:2", "act:3")] == [(10, 10, 4), (8, 8, 5), (6, 6, 6)]
    for path, tensor in zip(("act", "act:2", "act:3"), maps):
        expected = reference.gradcam(image, tensor, scores[:, 2], network.inputs(IMAGES))
        np.testing.assert_allclose(heatmaps(network, IMAGES, path, classes=2), expected, rtol=1e-4, atol=1e-7)


def test_every_call_of_a_shared_block_has_its_own_maps():
    image = keras.Input((12, 12, 3))
    source = keras.Input((12, 12, 3))
    block = keras.Model(source, layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(source), name="block")
    first = block(image)
    second = block(first)
    scores = layers.Dense(2)(layers.GlobalAveragePooling2D()(second))
    network = Network(keras.Model(image, scores))
    assert network.maps() == ["block/conv", "block:2/conv"]
    for path, tensor in (("block/conv", first), ("block:2/conv", second)):
        expected = reference.gradcam(image, tensor, scores[:, 0], network.inputs(IMAGES))
        np.testing.assert_allclose(heatmaps(network, IMAGES, path, classes=0), expected, rtol=1e-4, atol=1e-7)


def test_outputs_of_one_layer_are_heads_of_their_own():
    image, judge = keras.Input((12, 12, 3)), layers.Dense(4, activation="softmax", name="judge")
    first = layers.Conv2D(4, 3, name="c1")(image)
    second = layers.Conv2D(4, 3, name="c2")(first)
    network = Network(keras.Model(image, [judge(layers.GlobalAveragePooling2D()(maps)) for maps in (first, second)]))
    assert list(network.heads) == ["judge", "judge:2"]
    for (name, found), expected in zip(network.predict(IMAGES).items(), network.model(network.inputs(IMAGES))):
        np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=name)
    assert network.maps_before(["judge"]) == ["c1"] and network.maps_before(["judge:2"]) == ["c1", "c2"]


@pytest.mark.parametrize(
    "end",
    [
        lambda y: layers.Softmax(name="end")(y / 2.5),
        lambda y: keras.ops.softmax(y / 2.5),
        lambda y: keras.activations.softmax(y / 2.5),
        lambda y: layers.Activation("softmax", dtype="float32")(y / 2.5),
        lambda y: layers.Reshape((3,))(layers.Softmax()(layers.Reshape((1, 1, 3))(y / 2.5))),
    ],
)
def test_a_logit_behind_an_operation_is_the_input_of_the_softmax(end):
    image = keras.Input((12, 12, 3))
    features = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    values = layers.Dense(3)(layers.GlobalAveragePooling2D()(features))
    network = Network(keras.Model(image, end(values)))
    (head,) = network.heads.values()
    assert head.kind == "probabilities" and head.activation == "softmax"
    steps, outputs = network.trace(tensorflow.constant(network.inputs(IMAGES)))
    logits = before_activation(producer(steps, outputs[head.name]))
    np.testing.assert_allclose(
        tensorflow.reshape(logits, (3, 3)), keras.Model(image, values / 2.5)(network.inputs(IMAGES)), atol=1e-6
    )
    expected = reference.gradcam(image, features, values[:, 1] / 2.5, network.inputs(IMAGES))
    np.testing.assert_allclose(heatmaps(network, IMAGES, "conv", classes=1), expected, rtol=1e-4, atol=1e-7)


def test_operations_that_only_move_or_cast_are_steps_too():
    image = keras.Input((12, 12, 3))
    flipped = keras.ops.cast(image[..., ::-1], "float32")
    features = keras.ops.relu(layers.Conv2D(4, 3, name="conv")(flipped))
    network = Network(keras.Model(image, layers.Dense(2)(keras.ops.mean(features, axis=(1, 2)))))
    conv, relu = network.learned_maps()
    assert conv == "conv" and network.activated[relu] == "relu"
    np.testing.assert_allclose(
        next(iter(network.predict(IMAGES).values())),
        network.model(network.inputs(IMAGES)), atol=1e-6,
    )  # fmt: skip


def channels_first(last):
    """A model with its channels first, and another with the same weights and channels last, or one of the two."""
    order = "channels_last" if last else "channels_first"
    axis = -1 if last else 1
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3) if last else (3, 16, 16))
    features = layers.Conv2D(4, 3, padding="same", data_format=order, name="conv")(image)
    features = layers.ReLU(name="relu")(layers.BatchNormalization(axis=axis, name="bn")(features))
    branch = layers.Conv2D(6, 1, data_format=order, activation="relu", name="branch")(features)
    features = layers.Concatenate(axis=axis, name="both")([features, branch])
    features = layers.MaxPooling2D(data_format=order, name="pool")(features)
    features = layers.Flatten(data_format=order, name="flatten")(
        layers.DepthwiseConv2D(3, data_format=order, name="depthwise")(features)
    )
    return keras.Model(image, layers.Dense(3, activation="softmax", name="predictions")(features))


def test_a_network_with_channels_first_is_the_same_network():
    first, last = Network(channels_first(last=False)), Network(channels_first(last=True))
    for one, other in zip(first.model.weights, last.model.weights, strict=True):
        one.assign(other)
    images = reference.images(2, 16, 16, 3)
    assert first.input_shape == (16, 16, 3) and first.shapes == last.shapes and list(first.shapes)
    np.testing.assert_allclose(first.predict(images)["predictions"], last.predict(images)["predictions"], atol=1e-5)
    for path in last.maps():
        for method in ("gradcam", "scorecam"):
            expected = heatmaps(last, images, path, classes=1, method=method)
            np.testing.assert_allclose(
                heatmaps(first, images, path, classes=1, method=method), expected, atol=1e-5 * np.abs(expected).max() + 1e-6
            )


def test_a_trace_that_ends_at_a_layer_takes_images_of_another_size():
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(4, 3, name="conv"), layers.Flatten(), layers.Dense(2)])
    network = Network(model)
    steps, outputs = network.trace(tensorflow.zeros((1, 7, 9, 3)), until="conv")
    assert steps["conv"].output.shape == (1, 5, 7, 4) and outputs == {} and list(steps) == ["conv"]


def test_names_of_activation_functions():
    names = {
        layers.Dense(2, activation="gelu"): "gelu", layers.Dense(2): "", layers.ReLU(): "relu", layers.LSTM(2): "",
        layers.Conv2D(1, 1, activation=layers.LeakyReLU()): "leakyrelu",
    }  # fmt: skip
    for layer, name in names.items():
        assert activation_name(layer) == name

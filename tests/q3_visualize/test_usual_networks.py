"""Kinds of network that people have and that once went wrong, against a tape on the live model or values by hand."""

import numpy as np
import pytest

from common.quiet import keras, tensorflow
from data.errors import UserError
from q3_visualize.geometry import grids
from q3_visualize.heatmaps import heatmaps, placed_heatmaps
from q3_visualize.networks import Network
from tests.q3_visualize import reference

layers, ops = keras.layers, keras.ops
IMAGES = reference.images(2, 12, 12, 3)


def own(network):
    return network.model.predict(network.inputs(IMAGES), verbose=0)


def test_a_sequential_with_channels_first():
    first, last = ({"data_format": f"channels_{place}", "activation": "relu"} for place in ("first", "last"))
    pools = [layers.MaxPooling2D(data_format=options["data_format"]) for options in (first, last)]
    one, other = (
        keras.Sequential([
            keras.Input(shape), layers.Conv2D(8, 3, **options, name="a"), pool, layers.Conv2D(8, 3, **options, name="b"), pool,
            layers.Flatten(data_format=options["data_format"]), layers.Dense(10, activation="softmax", name="end"),
        ])
        for options, pool, shape in zip((first, last), pools, ((1, 28, 28), (28, 28, 1)))
    )  # fmt: skip
    one.set_weights(other.get_weights())
    images = reference.images(2, 28, 28, 1)
    np.testing.assert_allclose(Network(one).predict(images)["end"], Network(other).predict(images)["end"], atol=1e-5)
    for layer in ("a", "b"):
        expected = heatmaps(Network(other), images, layer, classes=3)
        np.testing.assert_allclose(
            heatmaps(Network(one), images, layer, classes=3), expected, atol=1e-5 * np.abs(expected).max()
        )


def test_a_sequence_that_ends_in_a_dense_layer_at_each_step_is_explained_by_its_logit():
    image = keras.Input((12, 12, 3))
    features = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    steps = layers.Reshape((10, 40))(features)
    dense = layers.Dense(5, activation="softmax")
    network = Network(keras.Model(image, layers.TimeDistributed(dense, name="text")(steps)))
    logits = ops.matmul(steps, ops.convert_to_tensor(dense.kernel.numpy())) + ops.convert_to_tensor(dense.bias.numpy())
    region = np.arange(10) == 3
    expected = reference.gradcam(image, features, logits[:, 3, 2], network.inputs(IMAGES))
    maps = heatmaps(network, IMAGES, "conv", classes=2, region=region)
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(network.predict(IMAGES)["text"], own(network), atol=1e-6)


def test_a_map_that_was_turned_for_a_recurrent_layer_is_no_map_of_the_image():
    image = keras.Input((16, 32, 1))
    pooled = layers.MaxPooling2D(name="pool")(layers.Conv2D(4, 3, padding="same", name="conv")(image))
    turned = layers.Permute((2, 1, 3), name="turned")(pooled)
    output = layers.Dense(3)(layers.LSTM(4)(layers.Reshape((16, 32))(turned)))
    assert Network(keras.Model(image, output)).maps() == ["conv", "pool"]


def test_an_image_without_channels_that_is_reshaped_has_maps():
    model = keras.Sequential([
        keras.Input((28, 28)), layers.Rescaling(1 / 255), layers.Reshape((28, 28, 1)), layers.Conv2D(2, 3, name="conv"),
        layers.Flatten(), layers.Dense(10),
    ])  # fmt: skip
    assert Network(model).learned_maps() == ["conv"]


def test_a_crop_moves_the_cells():
    model = keras.Sequential([
        keras.Input((64, 64, 1)), layers.CenterCrop(32, 32), layers.Conv2D(1, 1, kernel_initializer="ones", name="conv"),
        layers.GlobalAveragePooling2D(), layers.Dense(1, kernel_initializer="ones"),
    ])  # fmt: skip
    network = Network(model)
    image = np.zeros((1, 64, 64, 1), np.uint8)
    image[0, 20, 44] = 255
    assert grids(network, "conv")[0].start == 16
    heat = placed_heatmaps(network, image, "conv")[0]
    assert np.unravel_index(heat.argmax(), heat.shape) == (20, 44)


@pytest.mark.parametrize("end", ["reshape", "squeeze", "second class"])
def test_a_mask_without_an_axis_for_its_channel_is_a_map(end):
    image = keras.Input((12, 12, 3))
    features = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(image)
    if end == "second class":
        mask = layers.Conv2D(2, 1, activation="softmax")(features)[..., 1]
    else:
        mask = layers.Conv2D(1, 1, activation="sigmoid")(features)
        mask = layers.Reshape((12, 12))(mask) if end == "reshape" else ops.squeeze(mask, axis=-1)
    network = Network(keras.Model(image, mask))
    (head,) = network.heads.values()
    assert head.places == (12, 12) and head.binary and head.activation == ("" if end == "second class" else "sigmoid")
    found, values = network.predict(IMAGES)[head.name], own(network)
    np.testing.assert_allclose(found, np.stack([1 - values, values], axis=-1), atol=1e-6)
    assert np.isfinite(heatmaps(network, IMAGES, "conv", classes=1)).all()


@pytest.mark.parametrize("name", ["conv:a", "conv:2", "a b", "ö"])
def test_layers_of_any_name(name):
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(2, 3, name=name), layers.Flatten(), layers.Dense(2)])
    assert heatmaps(Network(model), IMAGES, name).shape == (2, 10, 10)


def test_two_images_of_different_channels_and_ranges():
    photo, mask = keras.Input((12, 12, 3), name="photo"), keras.Input((12, 12, 1), name="mask")
    both = layers.Concatenate()([layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(photo)), layers.Conv2D(2, 3)(mask)])
    model = keras.Model([photo, mask], layers.Dense(2, name="end")(layers.GlobalAveragePooling2D()(both)))
    one = reference.images(12, 12, 1)
    network = Network(model, others={"mask": one})
    assert {name: pixels.name for name, pixels in network.ranges.items()} == {"photo": "0..255", "mask": "0..1"}
    expected = model.predict([IMAGES.astype(np.float32), np.stack([one, one]) / np.float32(255)], verbose=0)
    np.testing.assert_allclose(network.predict(IMAGES)["end"], expected, rtol=1e-4, atol=1e-5)
    assert {each.name for each in Network(model, others={"mask": one}, pixel_range="imagenet").ranges.values()} == {
        "imagenet",
        "0..1",
    }


def plain(*end):
    model = [keras.Input((12, 12, 3)), layers.Conv2D(2, 3, name="conv"), layers.GlobalAveragePooling2D(), *end]
    return Network(keras.Sequential(model))


def test_images_that_are_scaled_already_are_refused():
    network = plain(layers.Dense(2))
    for wrong in (IMAGES / 255, IMAGES[0], IMAGES[:, :8]):
        with pytest.raises(UserError, match="takes images of 0 to 255, uint8"):
            heatmaps(network, wrong, "conv")


def test_what_is_not_there_is_named():
    network = plain(layers.Dense(3, name="end"))
    for options, words in (
        ({"layer": "nope"}, "no layer 'nope'.*conv"),
        ({"layer": "end"}, "no layer 'end' with height and width"),
        ({"layer": "conv", "head": "zz"}, "no head 'zz': give one of end"),
        ({"layer": "conv", "classes": 17}, "classes 0 to 2"),
    ):
        with pytest.raises(UserError, match=words):
            heatmaps(network, IMAGES, **options)


def test_values_that_sum_to_1_for_a_black_image_alone_are_no_probabilities():
    bias = keras.initializers.Constant([0.5, 0.5, 0, 0])
    assert plain(layers.Dense(4, bias_initializer=bias, name="box")).heads["box"].kind == "values"


def test_a_threshold_is_no_scaling():
    image = keras.Input((12, 12, 3))
    for begin in (lambda tensor: ops.clip(tensor, 0, 1), lambda tensor: ops.cast(tensor > 0.5, "float32")):
        output = layers.Dense(2)(layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(begin(image))))
        assert "assumption" in Network(keras.Model(image, output)).pixels.why


def test_a_network_that_takes_one_image_at_a_time():
    image = keras.Input(batch_shape=(1, 12, 12, 3))
    features = layers.Conv2D(2, 3, name="conv")(image)
    network = Network(keras.Model(image, layers.Dense(2, name="end")(ops.reshape(features, (1, -1)))))
    whole = np.concatenate([network.model(network.inputs(each[None])) for each in IMAGES])
    np.testing.assert_allclose(network.predict(IMAGES)["end"], whole, rtol=1e-4, atol=1e-6)
    assert heatmaps(network, IMAGES, "conv").shape == (2, 10, 10)


def test_outputs_of_other_shapes_and_depths():
    image = keras.Input((12, 12, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3, name="conv")(image))
    soft, number = layers.Softmax()(layers.Dense(3)(pooled)), layers.Dense(1)(pooled)[:, 0]
    network = Network(keras.Model(image, {"z": [soft, number], "image": image}))
    assert list(network.heads) == ["z/0", "z/1"] and network.heads["z/1"].kind == "values"
    expected = network.model(network.inputs(IMAGES))["z"]
    np.testing.assert_allclose(network.predict(IMAGES)["z/0"], expected[0], atol=1e-6)
    np.testing.assert_allclose(network.predict(IMAGES)["z/1"][:, 0], expected[1], atol=1e-6)
    assert heatmaps(network, IMAGES, "conv", head="z/1").shape == (2, 10, 10)


def test_a_softmax_along_another_axis_is_no_choice_between_classes():
    image = keras.Input((12, 12, 3))
    along_rows = layers.Softmax(axis=1, name="end")(layers.Conv2D(3, 3)(image))
    assert Network(keras.Model(image, along_rows)).heads["end"].activation == ""


def test_a_model_that_is_called_by_keyword():
    inner = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(2, 3, name="conv")], name="inner")
    image = keras.Input((12, 12, 3))
    network = Network(keras.Model(image, layers.Flatten()(inner(inputs=image))))
    assert "inner/conv" in network.maps() and tensorflow.is_tensor(
        network.trace(network.inputs(IMAGES))[0]["inner/conv"].output
    )

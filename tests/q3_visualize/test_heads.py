"""What the outputs of a network are, what is printed of them, and what their heatmaps explain."""

import numpy as np
import pytest

from common.quiet import keras, tensorflow
from q3_visualize.heatmaps import heatmaps, predicted_classes
from q3_visualize.networks import Network, open_network
from tests.q3_visualize import reference

layers, ops = keras.layers, keras.ops
IMAGES = reference.images(3, 12, 12, 3)


def trunk():
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 3))
    features = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    return image, features, layers.GlobalAveragePooling2D()(features)


def assert_explained(network, image, features, score, head, **options):
    """Heatmaps of a network are those of the symbolic tensor `score`, (n,)."""
    expected = reference.gradcam(image, features, score, network.inputs(IMAGES))
    maps = heatmaps(network, IMAGES, "conv", head=head, **options)
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-6 * np.abs(expected).max())


def test_a_linear_neuron_is_a_value_and_is_explained_by_its_gradient():
    image, features, pooled = trunk()
    age = layers.Dense(1, name="age", bias_initializer=keras.initializers.Constant(37))(pooled)
    network = Network(keras.Model(image, age))
    head = network.heads["age"]
    assert head.kind == "values" and not head.binary and head.class_names == ("output 0",)
    own = network.model(network.inputs(IMAGES)).numpy()[:, 0]
    np.testing.assert_allclose(network.predict(IMAGES)["age"][:, 0], own, rtol=1e-6)
    assert network.in_words(IMAGES) == [f"{value:.5g}" for value in own]
    assert_explained(network, image, features, age, "age")


def test_a_count_behind_a_relu_is_a_value():
    image, features, pooled = trunk()
    count = layers.Dense(1, activation="relu", bias_initializer=keras.initializers.Constant(1207.5))(pooled)
    network = Network(keras.Model(image, count))
    (words, *_), (value, *_) = network.in_words(IMAGES), network.model(network.inputs(IMAGES)).numpy()[:, 0]
    assert words == f"{value:.5g}" and float(words) > 1000 and "%" not in words and "class" not in words
    assert_explained(network, image, features, count, "dense" if "dense" in network.heads else next(iter(network.heads)))


def test_log_probabilities_are_printed_as_such_and_explained_by_the_logits():
    image, features, pooled = trunk()
    logits = layers.Dense(3)(pooled)
    network = Network(keras.Model(image, ops.log_softmax(logits)))
    (name, head), = network.heads.items()  # fmt: skip
    assert head.kind == "log-probabilities"
    own = network.model(network.inputs(IMAGES)).numpy()
    expected = [f"class {row.argmax()}, log-probability {row.max():.4g}" for row in own]
    assert network.in_words(IMAGES) == expected and "%" not in expected[0]
    assert_explained(network, image, features, logits[:, 2], name, classes=2)


def test_a_box_beside_a_class_is_four_values():
    image, _, pooled = trunk()
    box, label = layers.Dense(4, name="box")(pooled), layers.Dense(3, activation="softmax", name="label")(pooled)
    network = Network(keras.Model(image, [box, label]))
    own_box, own_label = (output.numpy()[0] for output in network.model(network.inputs(IMAGES)))
    (words, *_) = network.in_words(IMAGES)
    assert words.startswith("box: output ") and ", ".join(f"{value:.4g}" for value in own_box) in words
    assert words.endswith(f"label: class {own_label.argmax()}, {own_label.max():.1%}")


def test_logits_are_values_unless_the_file_says_that_they_are_logits(tmp_path):
    image, _, pooled = trunk()
    model = keras.Model(image, layers.Dense(3, name="scores")(pooled))
    own = model(IMAGES / np.float32(255)).numpy()
    assert Network(model).heads["scores"].kind == "values"
    np.testing.assert_allclose(Network(model).predict(IMAGES)["scores"], own, rtol=1e-5)
    for number, loss in enumerate([
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        {"scores": keras.losses.CategoricalCrossentropy(from_logits=True)},
        [keras.losses.CategoricalCrossentropy(from_logits=True)],
    ]):  # fmt: skip
        model.compile("sgd", loss)
        model.save(tmp_path / f"{number}.keras")
        for network in (Network(model), open_network(tmp_path / f"{number}.keras")):
            assert network.heads["scores"].kind == "logits" and network.heads["scores"].class_names[0] == "class 0"
            np.testing.assert_allclose(network.predict(IMAGES)["scores"], tensorflow.nn.softmax(own), atol=1e-6)
    model.compile("sgd", "mse")
    assert Network(model).heads["scores"].kind == "values"


def test_a_neuron_of_two_classes_by_its_loss():
    image, features, pooled = trunk()
    logit = layers.Dense(1, name="yes")(pooled)
    model = keras.Model(image, logit)
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    network = Network(model)
    assert network.heads["yes"].binary
    chance = tensorflow.sigmoid(model(network.inputs(IMAGES))).numpy()
    np.testing.assert_allclose(network.predict(IMAGES)["yes"], np.hstack([1 - chance, chance]), atol=1e-6)
    assert_explained(network, image, features, logit, "yes", classes=1)
    assert_explained(network, image, features, -logit, "yes", classes=0)


@pytest.mark.parametrize(
    "mix",
    [
        lambda one, other: layers.Average()([one, other]),
        lambda one, other: (one + other) / 2,
        lambda one, other: layers.GlobalAveragePooling1D()(ops.stack([one, other], axis=1)),
        lambda one, other: layers.Multiply()([one, layers.Flatten()(other)]),
    ],
)
def test_what_is_made_of_probabilities_is_printed_as_it_is_and_explained_by_its_own_gradient(mix):
    image, features, pooled = trunk()
    one, other = (layers.Dense(3, activation="softmax")(9 * pooled) for _ in range(2))
    mixed = mix(one, other)
    network = Network(keras.Model(image, mixed))
    (name, head), = network.heads.items()  # fmt: skip
    own = network.model(network.inputs(IMAGES)).numpy()
    assert head.kind == "probabilities"
    np.testing.assert_allclose(network.predict(IMAGES)[name], own, atol=1e-6)
    assert network.in_words(IMAGES) == [f"class {row.argmax()}, {row.max():.1%}" for row in own]
    assert_explained(network, image, features, mixed[:, 1], name, classes=1)


def segmenter(activation="softmax", classes=3):
    image, features, _ = trunk()
    logits = layers.Conv2D(classes, 1, name="logits")(layers.Conv2DTranspose(4, 3, name="up")(features))
    return image, features, logits, Network(keras.Model(image, layers.Activation(activation, name="mask")(logits)))


def test_a_segmentation_is_explained_by_the_mean_logit_over_the_predicted_region():
    image, features, logits, network = segmenter()
    own = network.model(network.inputs(IMAGES)).numpy()
    most = [np.bincount(row.argmax(axis=-1).ravel(), minlength=3).argmax() for row in own]
    assert predicted_classes(network, IMAGES, "mask").tolist() == most
    share = (own[0].argmax(axis=-1) == most[0]).mean()
    assert network.in_words(IMAGES)[0].startswith(f"class {most[0]} at {share:.1%} of the places")
    for index in range(3):
        where = own.argmax(axis=-1) == index
        where[~where.any(axis=(1, 2))] = True
        weights = where / where.sum(axis=(1, 2), keepdims=True)
        model = keras.Model(image, [features, logits])
        with tensorflow.GradientTape() as tape:
            maps, values = model(network.inputs(IMAGES))
            score = tensorflow.reduce_sum(values[..., index] * weights.astype(np.float32))
        gradients = tape.gradient(score, maps).numpy()
        expected = (maps.numpy() * gradients.mean(axis=(1, 2), keepdims=True)).sum(axis=3)
        np.testing.assert_allclose(heatmaps(network, IMAGES, "conv", classes=index), expected, rtol=1e-3, atol=1e-6)


def test_a_region_is_explained_if_it_is_given():
    image, features, logits, network = segmenter()
    region = np.zeros((12, 12), bool)
    region[2:4, 5:9] = True
    index = 1
    own = network.model(network.inputs(IMAGES)).numpy()
    where = (own.argmax(axis=-1) == index) & region
    if not where[0].any():  # predicted nowhere in the region: all of it
        where[0] = region
    score = ops.sum(logits[..., index] * (where[:1] / where[:1].sum()).astype(np.float32), axis=(1, 2))
    expected = reference.gradcam(image, features, score, network.inputs(IMAGES[:1]))
    maps = heatmaps(network, IMAGES[:1], "conv", classes=index, region=region)
    np.testing.assert_allclose(maps, expected, rtol=1e-3, atol=1e-6)


def test_a_mask_of_one_neuron_is_about_what_it_looks_for():
    *_, network = segmenter("sigmoid", 1)
    assert network.heads["mask"].binary and network.predict(IMAGES)["mask"].shape == (3, 12, 12, 2)
    assert predicted_classes(network, IMAGES, "mask").tolist() == [1, 1, 1]


def test_feature_maps_are_values_and_the_channel_with_the_greatest_mean_is_explained():
    image, features, _ = trunk()
    output = layers.Conv2D(5, 3, name="maps")(features)
    network = Network(keras.Model(image, output))
    own = network.model(network.inputs(IMAGES)).numpy()
    assert network.heads["maps"].kind == "values"
    assert predicted_classes(network, IMAGES, "maps").tolist() == own.mean(axis=(1, 2)).argmax(axis=1).tolist()
    assert_explained(network, image, features, ops.mean(output[..., 4], axis=(1, 2)), "maps", classes=4)


def test_a_sequence_of_classes_is_explained_at_a_position():
    image, features, pooled = trunk()
    logits = layers.Reshape((4, 6))(layers.Dense(24)(pooled))
    network = Network(keras.Model(image, layers.Softmax(name="text")(logits)))
    own = network.model(network.inputs(IMAGES)).numpy()
    words = " ".join(map(str, own[0].argmax(axis=-1)))
    assert network.heads["text"].places == (4,) and network.in_words(IMAGES)[0].startswith(f"classes {words}, ")
    for position in (0, 2):
        region = np.arange(4) == position
        assert predicted_classes(network, IMAGES, "text", region).tolist() == own[:, position].argmax(axis=-1).tolist()
        assert_explained(network, image, features, logits[:, position, 5], "text", classes=5, region=region)

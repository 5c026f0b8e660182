import gc
import weakref

import numpy as np
import pytest

from common.quiet import keras, tensorflow
from q3_visualize.ascent import best_images
from q3_visualize.choices import METHODS
from q3_visualize.heatmaps import heatmaps, placed_heatmaps
from q3_visualize.networks import Network, open_network
from q3_visualize.patches import responses
from q3_visualize.walk import before_activation, producer

layers = keras.layers
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 1), np.uint8)


def sequential(activation="softmax"):
    return keras.Sequential([
        keras.Input((12, 12, 1)),
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, name="conv1"),
        layers.ReLU(name="relu1"),
        layers.Flatten(name="flatten"),
        layers.Dense(3, activation=activation, name="predictions"),
    ])  # fmt: skip


def nested():
    inner = keras.Sequential([keras.Input((12, 12, 1)), layers.Conv2D(4, 3, activation="relu", name="conv1")], name="inner")
    image = keras.Input((12, 12, 1))
    source = keras.Input((12, 12, 1))
    middle = keras.Model(source, layers.MaxPooling2D(name="pool")(inner(source)), name="middle")
    features = layers.Flatten()(middle(image))
    return keras.Model(image, layers.Dense(3, activation="softmax", name="predictions")(features))


def with_heads(kind):
    image = keras.Input((12, 12, 1))
    features = layers.Flatten()(layers.Conv2D(4, 3, name="conv1")(image))
    one = layers.Dense(1, activation="sigmoid", name="one")(features)
    many = layers.Activation("softmax", name="many")(layers.Dense(5)(features))
    return keras.Model(image, {"one": one, "many": many} if kind == "dict" else [one, many])


def with_branches():
    image = keras.Input((12, 12, 1))
    trunk = layers.Conv2D(4, 3, padding="same", name="conv1")(image)
    features = layers.Add(name="add")([trunk, layers.Conv2D(4, 1, name="conv2")(trunk)])
    features = layers.GlobalAveragePooling2D()(keras.ops.relu(features))
    return keras.Model(image, layers.Dense(3)(features))


def saved_and_loaded(model, path):
    model.save(path / "model.keras")
    return open_network(path / "model.keras")


@pytest.mark.parametrize(
    ("build", "layer", "heads"),
    [
        (sequential, "conv1", ["predictions"]),
        (nested, "middle/inner/conv1", ["predictions"]),
        (lambda: with_heads("dict"), "conv1", ["one", "many"]),
        (lambda: with_heads("list"), "conv1", ["one", "many"]),
        (with_branches, "conv2", ["dense"]),
    ],
)
def test_networks_of_all_kinds_are_read_as_they_compute(build, layer, heads, tmp_path):
    keras.backend.clear_session()
    network = saved_and_loaded(build(), tmp_path)
    before = [weights.copy() for weights in network.model.get_weights()]
    assert list(network.heads) == heads and layer in network.maps()
    steps, outputs = network.trace(tensorflow.constant(network.inputs(IMAGES)))
    expected = network.model(network.inputs(IMAGES))
    expected = expected if isinstance(expected, dict) else dict(zip(heads, keras.tree.flatten(expected)))
    for head in heads:
        np.testing.assert_allclose(outputs[head], expected[head], atol=1e-6)
    for head, output in outputs.items():
        logits = before_activation(producer(steps, output))
        activation = {"softmax": tensorflow.nn.softmax, "sigmoid": tensorflow.sigmoid}.get(network.heads[head].activation)
        np.testing.assert_allclose(activation(logits) if activation else logits, output, atol=1e-6)
        for method in ("gradcam", "scorecam"):
            maps = heatmaps(network, IMAGES, layer, head=head, method=method)
            assert maps.shape == (3, *network.shapes[layer][:2]) and np.isfinite(maps).all() and (maps != 0).any()
    images = best_images(network, layer, [0, 1]).images
    assert images.shape == (2, 12, 12, 1) and responses(network, [layer], IMAGES)[layer].shape == (3, network.shapes[layer][2])
    assert all((one == other).all() for one, other in zip(before, network.model.get_weights()))


def test_the_textbook_way_gives_no_gradient_for_a_loaded_sequential_and_ours_does(tmp_path):
    sequential().save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    textbook = keras.Model(model.inputs, [model.get_layer("conv1").output, model.outputs[0]])
    with tensorflow.GradientTape() as tape:
        features, probabilities = textbook(tensorflow.constant(IMAGES, tensorflow.float32))
        score = probabilities[:, 0]
    assert tape.gradient(score, features) is None
    assert (heatmaps(open_network(tmp_path / "model.keras"), IMAGES, "conv1", classes=0) != 0).any()


def test_before_and_after_an_activation_are_distinguished(tmp_path):
    network = saved_and_loaded(nested(), tmp_path)
    assert network.activated["middle/inner/conv1"] == "relu" and network.activated["middle/pool"] == ""
    network = Network(sequential())
    assert (network.activated["conv1"], network.activated["relu1"]) == ("", "relu")


def test_softmax_is_found_behind_layers_that_only_pass_it_on():
    image = keras.Input((12, 12, 1))
    logits = layers.Dense(3, name="dense")(layers.Flatten()(image))
    outputs = {
        "a": layers.Dropout(0.5, name="a")(layers.Softmax()(logits)),
        "b": layers.Activation("linear", name="b")(layers.Activation("softmax")(logits)),
        "c": keras.ops.softmax(logits),
        "outer": {"d": layers.Dense(1, name="d")(logits)},
    }
    network = Network(keras.Model(image, outputs))
    steps, found = network.trace(tensorflow.constant(network.inputs(IMAGES)))
    assert list(found) == ["a", "b", "c", "outer/d"]
    for head in ("a", "b", "c"):
        assert network.heads[head].activation == "softmax"
        np.testing.assert_allclose(before_activation(producer(steps, found[head])), steps["dense"].output)
        np.testing.assert_allclose(network.predict(IMAGES)[head], found[head], rtol=1e-6)
    assert network.heads["outer/d"].kind == "values" and network.predict(IMAGES)["outer/d"].shape == (3, 1)


def test_layers_built_for_training_are_run_for_inference():
    image = keras.Input((12, 12, 1))
    features = layers.BatchNormalization()(layers.Conv2D(4, 3, name="conv1")(image), training=True)
    features = layers.Dropout(0.5)(features, training=True)
    network = Network(keras.Model(image, layers.Dense(3)(layers.Flatten()(features))))
    before = [weights.copy() for weights in network.model.get_weights()]
    first, second = (heatmaps(network, IMAGES, "conv1", classes=0) for _ in range(2))
    assert (first == second).all()
    assert all((one == other).all() for one, other in zip(before, network.model.get_weights()))


def test_names_that_tensorflow_has_no_graph_for():
    model = keras.Sequential([
        keras.Input((12, 12, 1)), layers.Conv2D(4, 3, name="mein Filter ö"), layers.Flatten(), layers.Dense(3)
    ])  # fmt: skip
    network = Network(model)
    assert heatmaps(network, IMAGES, "mein Filter ö").shape == (3, 10, 10)
    assert best_images(network, "mein Filter ö", [0]).images.shape == (1, 12, 12, 1)


def test_a_network_is_freed_with_all_that_was_computed():
    network = Network(sequential())
    for method in METHODS:
        placed_heatmaps(network, IMAGES, "conv1", method=method)
    best_images(network, "conv1", [0], steps=2)
    responses(network, ["conv1"], IMAGES)
    freed = weakref.ref(network)
    del network
    gc.collect()
    assert freed() is None

"""Classes held against each other, and integrated gradients, whose sum is known: the difference of the scores."""

from functools import partial

import numpy as np
import pytest
from PIL import Image

from common.quiet import keras
from data.errors import UserError
from q3_visualize.heatmaps import heatmaps, placed_heatmaps
from q3_visualize.networks import Network
from tests.conftest import assert_one_error_line

layers = keras.layers
integrated = partial(heatmaps, method="integrated")
placed_integrated = partial(placed_heatmaps, method="integrated")
IMAGES = np.random.default_rng(1).integers(0, 256, (5, 12, 12, 3), np.uint8)


@pytest.fixture(scope="module")
def deep():
    """A network with convolutions, batch normalization, ReLU and pooling, random weights, and two heads."""
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 3))
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    for number, filters in enumerate((8, 12), 1):
        x = layers.Conv2D(filters, 3, padding="same", name=f"conv{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(layers.BatchNormalization(name=f"bn{number}")(x))
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D(name="pool")(x))
    outputs = {"kind": layers.Dense(4, activation="softmax", name="kind")(x),
               "yes": layers.Dense(1, activation="sigmoid", name="yes")(x)}  # fmt: skip
    model = keras.Model(image, outputs)
    for number in (1, 2):
        model.get_layer(f"bn{number}").moving_variance.assign(0.2 * np.ones((8, 12)[number - 1]))
    return Network(model)


def logits(network, images, head):
    """The logits of a head, by Keras alone."""
    dense = network.model.get_layer(head)
    pooled = keras.Model(network.model.inputs[0], dense.input).predict(images, verbose=0)
    return pooled @ np.asarray(dense.kernel) + np.asarray(dense.bias)


@pytest.mark.parametrize("layer", ["rescaling", "conv1", "relu1", "bn2", "pool"])
def test_maps_sum_to_the_difference_of_the_logits(deep, layer):
    """Completeness, within 1 %: every layer here is all that the network passes through."""
    starts, classes, against = IMAGES[::-1].copy(), np.array([0, 1, 2, 3, 0]), np.array([1, 2, 3, 0, 3])
    starts[2] = 0
    maps = integrated(deep, IMAGES, layer, head="kind", classes=classes, against=against, baselines=starts)
    rows = np.arange(5)
    values = [
        found[rows, classes] - found[rows, against] for found in (logits(deep, part, "kind") for part in (IMAGES, starts))
    ]
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), values[0] - values[1], atol=0.01 * np.abs(values[0] - values[1]).max())


def test_black_is_the_baseline_and_the_predicted_class_is_explained_unless_others_are_named(deep):
    values, black = (logits(deep, images, "kind") for images in (IMAGES, np.zeros_like(IMAGES[:1])))
    predicted = values.argmax(axis=1)
    found = integrated(deep, IMAGES, "relu1").sum(axis=(1, 2))
    np.testing.assert_allclose(found, values[np.arange(5), predicted] - black[0, predicted], rtol=0.01, atol=1e-3)
    assert not integrated(deep, IMAGES, "relu1", baselines=IMAGES).any()  # no way to go
    assert placed_integrated(deep, IMAGES, "pool").shape == (5, 12, 12)


def test_a_neuron_with_two_signs_counts_twice_against_itself(deep):
    values, black = (logits(deep, images, "yes")[:, 0] for images in (IMAGES, np.zeros_like(IMAGES[:1])))
    found = integrated(deep, IMAGES, "conv2", head="yes", classes=1, against=0).sum(axis=(1, 2))
    np.testing.assert_allclose(found, 2 * (values - black), rtol=0.01, atol=1e-3)


def test_of_a_linear_network_it_is_the_gradient_times_the_features():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Rescaling(1 / 255), layers.Conv2D(3, 3, use_bias=False, name="conv1"),
        layers.Flatten(), layers.Dense(2, name="out"),
    ])  # fmt: skip
    network, images = Network(model), IMAGES[:, :6, :6, :1]
    expected = heatmaps(network, images, "conv1", classes=1, method="hirescam")
    np.testing.assert_allclose(integrated(network, images, "conv1", classes=1), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["gradcam", "hirescam"])
def test_a_class_against_another_is_the_difference_where_the_map_is_linear_in_the_gradient(deep, method):
    both, one, other = (
        heatmaps(deep, IMAGES, "relu1", head="kind", method=method, **options)
        for options in ({"classes": 2, "against": 0}, {"classes": 2}, {"classes": 0})
    )
    np.testing.assert_allclose(both, one - other, atol=1e-6)
    assert np.abs(both - one).max() > 1e-4


def test_scorecam_looks_for_what_tells_two_classes_apart(deep):
    options = {"head": "kind", "method": "scorecam"}
    against = heatmaps(deep, IMAGES, "relu1", classes=2, against=0, **options)
    assert np.abs(against - heatmaps(deep, IMAGES, "relu1", classes=2, **options)).max() > 1e-6
    same = heatmaps(deep, IMAGES, "relu1", classes=2, against=2, **options)  # no map makes a difference: all weigh alike
    steps, _ = deep.trace(deep.inputs(IMAGES), until="relu1")
    np.testing.assert_allclose(same, np.mean(steps["relu1"].output, axis=3), rtol=1e-4, atol=1e-6)


def test_what_cannot_be_explained_is_refused(deep):
    with pytest.raises(UserError, match="classes 0 to 3"):
        integrated(deep, IMAGES, "relu1", head="kind", against=4)
    with pytest.raises(UserError, match="no layer 'nothing'"):
        integrated(deep, IMAGES, "nothing")
    with pytest.raises(UserError, match="takes images of 0 to 255"):
        integrated(deep, IMAGES, "relu1", baselines=IMAGES[:, :3])


@pytest.mark.slow
def test_the_flags(call, deep, tmp_path):
    deep.model.save(tmp_path / "deep.keras")
    given = [IMAGES[0], IMAGES[1] // 4]
    for name, image in zip("xy", given):
        Image.fromarray(image).save(tmp_path / f"{name}.png")

    def run(*flags):
        return call("q3_visualize/gradcam.py", "--model", "deep.keras", "--image", "x.png", "--out", "out", *flags)

    result = run("--method", "integrated", "--baseline", "y.png", "--against", "class 0", "--class", "2", "--layer", "relu1")
    assert result.returncode == 0, result.stderr
    (path,) = (tmp_path / "out").rglob("*.npz")
    assert "against" in path.name
    values = [logits(deep, image[None], "kind")[0] for image in given]
    with np.load(path) as arrays:
        (name,) = [key for key in arrays if key != "images"]
        found = arrays[name].sum()
    assert found == pytest.approx((values[0][2] - values[0][0]) - (values[1][2] - values[1][0]), rel=0.01)
    assert "class 2 against class 0" in path.with_suffix(".csv").read_text()
    assert_one_error_line(run("--against", "nobody"), "nobody")
    assert_one_error_line(run("--class", "2", "--against", "2"), "--against 2", "--class")
    assert_one_error_line(run("--baseline", "y.png"), "--baseline", "integrated")
    assert_one_error_line(run("--method", "integrated", "--baseline", "no.png"), "no.png")

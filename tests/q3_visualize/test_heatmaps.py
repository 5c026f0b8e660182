import numpy as np
import pytest

from common.quiet import keras
from data.errors import UserError
from q3_visualize.choices import METHODS
from q3_visualize.heatmaps import BY_GRADIENT, heatmaps, placed_heatmaps, stages
from q3_visualize.networks import Network

layers = keras.layers


@pytest.fixture
def by_hand():
    """Two 1 x 1 filters with weights 1 and 2, the mean of each map, and two classes with weights (3, 1) and (-1, -1)."""
    model = keras.Sequential([
        keras.Input((2, 2, 1)),
        layers.Conv2D(2, 1, use_bias=False, name="conv1"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, activation="softmax", name="predictions"),
    ])  # fmt: skip
    model.set_weights([np.array([[[[1.0, 2.0]]]]), np.array([[3.0, -1.0], [1.0, -1.0]]), np.zeros(2)])
    return Network(model)


IMAGE = np.array([[[[255], [0]], [[0], [51]]]], np.uint8)  # the network sees 1, 0, 0 and 0.2


def test_gradcam_by_hand(by_hand):
    # Gradients of logit 0 are 3/4 and 1/4 everywhere, those of logit 1 are -1/4: 3/4 * x + 1/4 * 2x, and -1/4 * x - 1/4 * 2x.
    maps = heatmaps(by_hand, np.repeat(IMAGE, 2, axis=0), "conv1", classes=np.array([0, 1]), method="gradcam")
    np.testing.assert_allclose(maps[0], [[1.25, 0], [0, 0.25]], atol=1e-6)
    np.testing.assert_allclose(maps[1], [[-0.75, 0], [0, -0.15]], atol=1e-6)


def test_the_other_methods_by_hand(by_hand):
    # After the maps comes only their mean: gradients are the same everywhere, so place by place is as good as the mean.
    np.testing.assert_allclose(heatmaps(by_hand, IMAGE, "conv1", method="hirescam"), [[[1.25, 0], [0, 0.25]]], atol=1e-6)
    np.testing.assert_allclose(heatmaps(by_hand, IMAGE, "conv1", method="layercam"), [[[1.25, 0], [0, 0.25]]], atol=1e-6)
    assert (heatmaps(by_hand, IMAGE, "conv1", classes=1, method="layercam") == 0).all()
    # Grad-CAM++: maps have sums 1.2 and 2.4; G²/(2G² + sum G³) * G on 4 cells.
    weights = [4 * 0.75 * 0.75**2 / (2 * 0.75**2 + 1.2 * 0.75**3), 4 * 0.25 * 0.25**2 / (2 * 0.25**2 + 2.4 * 0.25**3)]
    expected = (weights[0] + 2 * weights[1]) * np.array([[1, 0], [0, 0.2]])
    np.testing.assert_allclose(heatmaps(by_hand, IMAGE, "conv1", method="gradcam++")[0], expected, rtol=1e-5)
    # Score-CAM: both maps, from 0 to 1, are the image itself, so both weigh one half.
    np.testing.assert_allclose(heatmaps(by_hand, IMAGE, "conv1", method="scorecam"), [[[1.5, 0], [0, 0.3]]], atol=1e-6)


def test_hirescam_is_the_exact_contribution_where_a_network_ends_in_one_dense_layer():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.Input((9, 9, 3)),
        layers.Conv2D(5, 3, activation="relu", name="conv1"),
        layers.Flatten(),
        layers.Dense(4, activation="softmax", name="predictions"),
    ])  # fmt: skip
    model.layers[-1].bias.assign([0.3, -0.2, 1.0, 0.1])
    network = Network(model)
    images = np.random.default_rng(0).integers(0, 256, (6, 9, 9, 3), np.uint8)
    linear = keras.Model(model.inputs[0], model.layers[-2].output)
    logits = linear(network.inputs(images)).numpy() @ model.layers[-1].kernel.numpy()
    for index in range(4):
        maps = heatmaps(network, images, "conv1", classes=index, method="hirescam")
        np.testing.assert_allclose(maps.sum(axis=(1, 2)), logits[:, index], rtol=1e-4, atol=1e-5)


def test_a_sigmoid_neuron_speaks_for_both_of_its_classes():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(3, 3, name="conv1"), layers.Flatten(), layers.Dense(1, activation="sigmoid")
    ])  # fmt: skip
    network = Network(model)
    images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), np.uint8)
    chances = network.model.predict_on_batch(network.inputs(images))
    model.layers[-1].bias.assign(-np.median(np.log(chances / (1 - chances)), axis=0))  # so that both classes occur
    of_0, of_1 = (heatmaps(network, images, "conv1", classes=index) for index in (0, 1))
    np.testing.assert_allclose(of_0, -of_1, atol=1e-6)
    predicted = next(iter(network.predict(images).values())).argmax(axis=1)
    assert set(predicted) == {0, 1}
    maps = heatmaps(network, images, "conv1")
    np.testing.assert_allclose(maps, np.where(predicted[:, None, None] == 1, of_1, of_0), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_batches_do_not_matter_and_nothing_is_no_number(method, monkeypatch):
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(3, 3, activation="relu", name="conv1"), layers.Flatten(), layers.Dense(2)
    ])  # fmt: skip
    network = Network(model)
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    images[0] = 0  # no evidence of anything
    whole = heatmaps(network, images, "conv1", method=method)
    assert np.isfinite(whole).all() and (whole[0] == 0).all()
    monkeypatch.setattr(network, "batch_size", lambda copies=1: 2)
    network._made.clear()
    np.testing.assert_allclose(heatmaps(network, images, "conv1", method=method), whole, atol=1e-5)


def test_a_head_that_does_not_depend_on_a_layer():
    image = keras.Input((8, 8, 1))
    one, other = (layers.Conv2D(2, 3, name=name)(image) for name in ("left", "right"))
    heads = {name: layers.Dense(2, name=name)(layers.Flatten()(maps)) for name, maps in (("a", one), ("b", other))}
    network = Network(keras.Model(image, heads))
    with pytest.raises(UserError, match="head 'b' does not depend on layer 'left'"):
        heatmaps(network, np.zeros((1, 8, 8, 1), np.uint8), "left", head="b")


def test_scorecam_shows_the_network_the_places_where_the_cells_look():
    """A strided map of a bright block, and a network that asks for exactly this block: moved by two pixels it would lose it."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(2, 5, strides=2, padding="same", use_bias=False, kernel_initializer="ones"),
        layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False, kernel_initializer="ones", name="last"),
        layers.Flatten(),
        layers.Dense(2),
    ])  # fmt: skip
    network = Network(model)
    image = np.zeros((1, 28, 28, 1), np.uint8)
    image[0, 8:13, 16:21] = 255
    heat = placed_heatmaps(network, image, "last", classes=0, method="scorecam")[0]
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    assert abs(y - 10) <= 2 and abs(x - 18) <= 2


def test_gradcam_plus_plus_before_a_relu_stays_finite():
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(3, 3, name="conv1"), layers.ReLU(), layers.Flatten(), layers.Dense(2)
    ])  # fmt: skip
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 1), np.uint8)
    network = Network(model)
    strongest = np.abs(heatmaps(network, images, "conv1", method="gradcam++")).max(axis=(1, 2))
    assert strongest.max() < 20 * np.median(strongest)


def two_stages():
    keras.utils.set_random_seed(2)
    return Network(keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(3, 3, padding="same", activation="relu", name="fine"), layers.MaxPooling2D(),
        layers.Conv2D(4, 3, padding="same", activation="relu", name="coarse"), layers.Flatten(), layers.Dense(2),
    ]))  # fmt: skip


def test_refinecam_multiplies_the_maps_of_this_layer_and_of_the_last_of_each_coarser_size():
    network = two_stages()
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), np.uint8)
    assert stages(network, "fine") == ["fine", "coarse"] and stages(network, "coarse") == ["coarse"]
    fine, coarse = (
        np.maximum(heatmaps(network, images, name, classes=1, method="gradcam++"), 0) for name in ("fine", "coarse")
    )
    expected = []
    for one, other in zip(fine, coarse):
        # The cells of the coarse map look at pixels 0.5, 2.5, 4.5 and 6.5.
        rows = np.stack([np.interp(np.arange(8), [0.5, 2.5, 4.5, 6.5], column) for column in other.T], axis=1)
        wide = np.stack([np.interp(np.arange(8), [0.5, 2.5, 4.5, 6.5], row) for row in rows])
        expected.append(one / one.max() * wide / other.max())
    maps = heatmaps(network, images, "fine", classes=1, method="refinecam")
    assert maps.max() > 0
    np.testing.assert_allclose(maps, expected, atol=1e-6)


def test_scorecam_of_some_channels_takes_those_that_vary_most():
    network = two_stages()
    images = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 1), np.uint8)
    whole = heatmaps(network, images, "coarse", classes=0, method="scorecam")
    np.testing.assert_allclose(heatmaps(network, images, "coarse", classes=0, method="scorecam", channels=None), whole)
    conv = network.model.get_layer("coarse")
    kernel, bias = conv.get_weights()
    kernel[..., 0], bias[:] = 0, 0.3  # the first is the same everywhere
    conv.set_weights([kernel, bias])
    maps = heatmaps(network, images, "coarse", classes=0, method="scorecam", channels=3)
    features = network.trace(network.inputs(images))[0]["coarse"].output.numpy()[0]
    assert features.std(axis=(0, 1))[0] == 0 < features.std(axis=(0, 1))[1:].min()
    scores = []
    for channel in np.moveaxis(features[..., 1:], 2, 0):
        mask = (channel - channel.min()) / (channel.max() - channel.min())
        rows = np.stack([np.interp(np.arange(8), [0.5, 2.5, 4.5, 6.5], column) for column in mask.T], axis=1)
        wide = np.stack([np.interp(np.arange(8), [0.5, 2.5, 4.5, 6.5], row) for row in rows])
        scores.append(network.model(network.inputs(images) * wide[None, ..., None].astype(np.float32)).numpy()[0, 0])
    weights = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(maps[0], features[..., 1:] @ weights, atol=1e-5)


def test_every_method_can_be_chosen():
    assert set(METHODS) == {*BY_GRADIENT, "scorecam", "refinecam"}

"""Dead filters and failed ascents, plans for large networks, colors, and how much drawn images are processed like real ones."""

import numpy as np
import pytest

from common.quiet import keras
from data.errors import UserError
from q3_visualize import climb_plan, colors, filters, verdicts
from q3_visualize.climb_plan import Plan, cost, multiply_adds, plans
from q3_visualize.drawn import class_means, drawn
from q3_visualize.likeness import activations, likeness
from q3_visualize.networks import Network
from q3_visualize.patches import embedded

layers = keras.layers
BLACK = colors.Colors(np.zeros(1, np.float32), np.eye(1, dtype=np.float32))


def one_convolution(kernels, biases, *after, activation=None):
    """A network of one convolution that covers the whole image, and what comes after it."""
    height, width, channels, count = kernels.shape
    conv = layers.Conv2D(count, (height, width), activation=activation, name="conv1")
    model = keras.Sequential([keras.Input((height, width, channels)), conv, *after])
    conv.set_weights([kernels, np.array(biases, np.float32)])
    return Network(model)


def found_by(network, real=None, layer="conv1", **plan):
    chosen = filters.neurons(network, layer)
    plan = Plan(layer, None, plan.get("steps", 40), 2, None)
    palette = BLACK if real is None else colors.of_images(real)
    return chosen, drawn(network, plan, chosen, real, palette)


def captions_of(network, real=None, **plan):
    chosen, found = found_by(network, real, **plan)
    return found, [caption.split("\n")[1] for caption in filters.captions(chosen, found, real is not None)]


def dark_images(count=20):
    return (np.random.default_rng(0).random((count, 6, 6, 1)) * 60).astype(np.uint8)


@pytest.mark.parametrize("real", [None, dark_images()])
def test_a_filter_that_black_activates_most_is_not_dead(real):
    network = one_convolution(-np.ones((6, 6, 1, 1)), [5], activation="relu")
    real = real if real is None else np.concatenate([real, np.zeros((30, 6, 6, 1), np.uint8)])
    found, captions = captions_of(network, real)
    assert not found.dead.any() and not found.failed.any() and captions == ["5, 1.0 ×" if real is not None else "5"]
    assert (found.best.images == 0).all() and found.raised[0] == 5


@pytest.mark.parametrize("real", [None, dark_images()])
@pytest.mark.parametrize("after", [False, True])
def test_a_filter_that_nothing_gets_through_its_relu_is_dead(real, after):
    behind = [layers.BatchNormalization(name="bn1"), layers.ReLU(name="relu1")] if after else []
    network = one_convolution(np.ones((6, 6, 1, 2)), [-1000, 0], *behind, activation=None if after else "relu")
    found, captions = captions_of(network, real)
    assert found.dead.tolist() == [True, False] and captions[0] == "dead" and "dead" not in captions[1]


def test_a_batch_normalization_that_turns_a_filter_upside_down_decides_what_is_dead():
    """The response is never above 0, and what comes through the ReLU is: a filter below zero, and a negative gamma."""
    norm = layers.BatchNormalization(name="bn1")
    network = one_convolution(-np.ones((6, 6, 1, 1)), [-1], norm, layers.ReLU(name="relu1"))
    norm.gamma.assign([-1])
    assert verdicts.gate(network, "conv1") == "relu1" and not found_by(network, dark_images())[1].dead.any()
    norm.beta.assign([-1000])
    assert found_by(network, dark_images())[1].dead.all()


def stuck_unless(pattern):
    """A neuron that needs both halves of a pattern of 0 and 1 at once: neither a blank image nor its slope tells."""
    signs = np.where(pattern, 1, -1)[..., None]
    halves = np.zeros((6, 6, 1, 2), np.float32)
    halves[:3, ..., 0], halves[3:, ..., 1] = signs[:3] / pattern[:3].sum(), signs[3:] / pattern[3:].sum()
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Conv2D(2, 6, activation="relu", name="halves"),
        layers.Conv2D(1, 1, activation="relu", name="both"),
    ])  # fmt: skip
    model.layers[0].set_weights([halves, np.array([-0.9, -0.9])])
    model.layers[1].set_weights([np.full((1, 1, 2, 1), 10.0), np.array([-1.5])])
    return Network(model)


WHITE, CHECKERS = np.ones((6, 6), int), np.indices((6, 6)).sum(axis=0) % 2


@pytest.mark.parametrize("pattern", [WHITE, CHECKERS])
def test_a_filter_that_real_images_activate_is_not_dead_where_the_ascent_is_stuck(pattern):
    real = dark_images()
    real[7] = 255 * pattern[..., None]
    found, captions = captions_of(stuck_unless(pattern), real, layer="both")
    assert not found.dead.any() and found.failed.all() and captions == ["ascent failed: -1.5 < 0.5"]


def test_noise_shows_too_that_a_filter_is_not_dead():
    _, captions = captions_of(stuck_unless(WHITE), layer="both")  # noise has a white image
    assert captions == ["ascent failed: -1.5 < 0.5"]
    assert not captions_of(stuck_unless(WHITE), dark_images(), layer="both")[0].dead.any()
    assert captions_of(stuck_unless(CHECKERS), dark_images(), layer="both")[1] == ["dead"]  # nothing that was tried


def test_without_a_relu_a_filter_is_dead_if_it_is_always_the_same():
    kernels = np.zeros((6, 6, 1, 2))
    kernels[..., 1] = -1
    found, _ = captions_of(one_convolution(kernels, [3, -2]))
    assert found.dead.tolist() == [True, False] and verdicts.gate(one_convolution(kernels, [0, 0]), "conv1") is None


def test_the_ratio_is_to_the_best_real_image():
    kernels = np.zeros((6, 6, 1, 1))
    kernels[2:4, 2:4] = 1
    real = np.zeros((3, 6, 6, 1), np.uint8)
    real[1, 2:4, 2:4], real[2, 0] = 102, 255  # a response of 4 x 0.4, and a bright line elsewhere that allows more energy
    found, (caption,) = captions_of(one_convolution(kernels, [0]), real, steps=100)
    assert found.real[0] == pytest.approx(1.6) and caption == f"{found.raised[0]:.3g}, {found.raised[0] / 1.6:.1f} ×"
    assert found.raised[0] > 2 and (found.patches.images[0, 0] == real[1]).all()


def test_the_colors_of_lines_are_red_and_blue_on_black():
    images = np.zeros((4, 10, 10, 3), np.uint8)
    images[:2, 3, :, 0] = images[2:, :, 4, 2] = 255
    background, covariance = colors.of_images(images)
    assert (background == 0).all()
    np.testing.assert_allclose(covariance, np.diag([1, 0, 1]), atol=1e-6)
    photographs = np.random.default_rng(0).integers(0, 256, (2, 30, 30, 3)).astype(np.uint8)
    assert colors.of_images(photographs).background == pytest.approx(photographs.mean(axis=(0, 1, 2)) / 255)
    for channels in (1, 3, 4):
        default = colors.of_photographs(channels)
        assert len(default.background) == channels and np.linalg.eigvalsh(default.covariance)[-1] == pytest.approx(1, abs=1e-5)


def test_bounds_are_the_mean_norms_of_the_patches():
    patches = np.zeros((3, 2, 4, 4, 1), np.uint8)
    patches[0, 1, :2, :2], patches[1, 0, 0], patches[2, 0, 0, 0] = 255, 51, 255
    l2, l1 = colors.bounds_of(patches, BLACK)
    np.testing.assert_allclose(l2, [1, 0.5, 0.5])  # of which 0.2 is less than the median
    np.testing.assert_allclose(l1, [2, 0.5, 0.5])


def test_a_classs_mean_is_that_of_the_images_that_the_network_gives_it():
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), layers.Flatten(name="flat"), layers.Dense(2, activation="softmax", name="out")]
    )
    model.set_weights([np.array([[1.0, 0], [0, 1], [0, 0], [0, 0]]), np.zeros(2)])
    images = np.zeros((7, 2, 2, 1), np.uint8)
    images[:4, 0, 0], images[4:, 0, 1] = [[51], [102], [153], [255]], 204
    network = Network(model)
    means = class_means(network, "out", filters.neurons(network, "out"), images)
    assert (
        means[0, 0, 0, 0] == pytest.approx(561 / 4 / 255) and means[1, 0, 1, 0] == pytest.approx(0.8) and means[1, 0, 0, 0] == 0
    )
    assert class_means(network, "flat", filters.neurons(network, "flat"), images) is None


def test_multiply_adds_are_those_of_the_layers():
    model = keras.Sequential([
        keras.Input((20, 30, 3)), layers.Conv2D(8, 5, strides=2, padding="same", name="conv"),
        layers.BatchNormalization(), layers.DepthwiseConv2D(3, padding="same", name="depth"), layers.Flatten(),
        layers.Dense(7, name="dense"),
    ])  # fmt: skip
    network = Network(model)
    conv, depth, dense = 10 * 15 * 8 * 5 * 5 * 3, 10 * 15 * 8 * 9, 10 * 15 * 8 * 7
    assert [multiply_adds(network, path) for path in ("conv", "depth", "dense")] == [conv, conv + depth, conv + depth + dense]
    written = 3 * 10 * 15 * 8 + 10 * 15 * 8 + 7  # conv, batch normalization, depth, flatten, dense
    assert cost(network, "dense") == 3 * (conv + depth + dense + climb_plan.WRITTEN * written)
    assert cost(network, "conv") < cost(network, "dense") / 4  # only what a cell sees


def test_a_small_network_gets_everything_and_a_large_one_what_the_budget_allows(monkeypatch):
    parts = [layers.Conv2D(20, 3, padding="same", name=f"conv{number}") for number in range(9)]
    model = keras.Sequential([keras.Input((64, 64, 3)), *parts, layers.GlobalMaxPooling2D(), layers.Dense(5, name="out")])
    network, names = Network(model), [f"conv{number}" for number in range(9)] + ["out"]
    counts = [20] * 9 + [5]
    full, reduced = plans(network, names, counts)
    assert not reduced and [plan.layer for plan in full] == names and {plan.steps for plan in full} == {150}
    everything = sum(cost(network, name) * count * 150 * 4 for name, count in zip(names, counts))
    monkeypatch.setattr(climb_plan, "BUDGET", everything / 10)
    monkeypatch.setattr(climb_plan, "SMALL", everything / 2)
    few, reduced = plans(network, names, counts)
    assert reduced and few[0].layer == "conv0" and few[-1].layer == "out" and len(few) == 5
    spent = sum(cost(network, plan.layer, plan.pixels) * plan.filters * plan.steps * plan.starts for plan in few)
    assert 0.3 * everything / 10 < spent <= everything / 10
    assert plans(network, names, counts) == (few, True)
    (one,), _ = plans(network, ["conv8"], [20], named=True, filters=3, steps=7)
    assert (one.filters, one.steps) == (3, 7)


def test_likeness_is_1_for_the_real_patches_and_0_for_others():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(6, 3, activation="relu", padding="same", name="conv1"),
        layers.Conv2D(4, 8, name="conv2"),
    ])  # fmt: skip
    network = Network(model)
    generator = np.random.default_rng(0)
    shapes = generator.integers(0, 2, (4, 8, 8, 1)) * 200
    real = np.concatenate([shapes + generator.integers(0, 50, shapes.shape) for _ in range(6)]).astype(np.uint8)
    _, found = found_by(network, real, layer="conv2", steps=2)
    some = np.stack([patches[generator.integers(0, 6)] for patches in found.patches.images])
    best = embedded(some, network, "conv2", np.zeros(1))

    def of(images):
        drawn_so = found._replace(best=found.best._replace(images=np.float32(images) / 255))
        return likeness(network, "conv2", drawn_so, real, np.zeros(1))["conv1"]

    assert of(best) > 0.9 and abs(of(real[generator.integers(0, 24, 4)])) < 0.75 and of(np.zeros((4, 8, 8, 1))) < 0


def test_only_layers_on_the_way_are_compared():
    image = keras.Input((6, 6, 1))
    first = layers.Conv2D(2, 3, activation="relu", name="first")(image)
    beside = layers.Dense(2, activation="relu", name="beside")(layers.Flatten()(first))
    outputs = [beside, layers.Dense(2, name="out")(layers.GlobalAveragePooling2D()(first))]
    network = Network(keras.Model(image, outputs))
    assert list(activations(network, "out", np.zeros((2, 6, 6, 1), np.float32))) == ["first"]


def test_a_wanted_class_of_a_layer_without_classes_is_refused():
    network = one_convolution(np.ones((6, 6, 1, 1)), [0], layers.Flatten(), layers.Dense(2, name="out"))
    with pytest.raises(UserError, match="'conv1' has no classes"):
        filters.neurons(network, "conv1", "long")

import numpy as np
import pytest

from common.quiet import keras, tensorflow
from q3_visualize import climbs
from q3_visualize.ascent import BLACK, Regularization, best_images
from q3_visualize.climbs import Bounded
from q3_visualize.colors import Bounds, Colors
from q3_visualize.frames import frame_of
from q3_visualize.networks import Network
from q3_visualize.patches import best_patches, cells, embedded, middle, responses
from q3_visualize.receptive import fields

layers = keras.layers
# Nothing but ascent, and a decay that ends where the brightest pixel is 1.
PLAIN = Regularization(sparsity=0, decay=climbs.RATE, blur=0, jitter=0)
STILL = Bounded(jitter=0)


def linear_filters(kernels, activation=None, bias=0.0):
    """A network whose one convolution covers the whole image. kernels: (height, width, colors, filters)."""
    height, width, colors, filters = kernels.shape
    model = keras.Sequential([
        keras.Input((height, width, colors)), layers.Conv2D(filters, (height, width), activation=activation, name="conv1")
    ])  # fmt: skip
    model.set_weights([kernels, np.full(filters, bias)])
    return Network(model)


def black(colors, energy, filters, sparse=np.inf):
    """Colors and bounds: a black background, all colors alike, and the L2 and L1 norms that images keep to."""
    bounds = Bounds(*(np.full(filters, norm, np.float32) for norm in (energy, sparse)))
    return {"colors": Colors(np.zeros(colors, np.float32), np.eye(colors, dtype=np.float32)), "bounds": bounds}


@pytest.mark.parametrize("colors", [1, 3])
def test_a_linear_filters_best_image_is_its_own_kernel(colors):
    kernels = np.random.default_rng(0).random((9, 9, colors, 4)).astype(np.float32)
    found = best_images(linear_filters(kernels), "conv1", range(4), recipe=PLAIN)
    expected = kernels.transpose(3, 0, 1, 2)
    np.testing.assert_allclose(found.images, expected / expected.max(axis=(1, 2, 3), keepdims=True), atol=2e-3)
    np.testing.assert_allclose(found.responses, (found.images * expected).sum(axis=(1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("colors", [1, 3])
def test_within_an_energy_it_is_the_kernel_of_that_energy(colors):
    kernels = np.random.default_rng(0).random((9, 9, colors, 4)).astype(np.float32)
    found = best_images(linear_filters(kernels), "conv1", range(4), recipe=STILL, **black(colors, 2.0, 4))
    expected = kernels.transpose(3, 0, 1, 2)
    expected *= 2 / np.sqrt((expected**2).sum(axis=(1, 2, 3), keepdims=True))
    assert expected.max() < 1
    np.testing.assert_allclose(found.images, expected, atol=0.02)
    np.testing.assert_allclose(found.alpha.max(axis=(1, 2, 3)), 1)


def test_within_an_l1_norm_only_the_strongest_pixels_are_drawn():
    kernels = np.full((6, 6, 1, 1), 0.1, np.float32)
    kernels[2, 3] = kernels[4, 1] = 1
    (image,), *_ = best_images(linear_filters(kernels), "conv1", [0], recipe=STILL, **black(1, 1.0, 1, sparse=1.5))
    assert np.argwhere(image[..., 0] > 0.01).tolist() == [[2, 3], [4, 1]]
    assert (image**2).sum() <= 1.01 and image.sum() <= 1.51


def test_a_color_that_the_data_does_not_have_is_never_drawn():
    kernels = np.random.default_rng(0).random((6, 6, 3, 3)).astype(np.float32)
    kernels[:, :, 1] += 2  # the filter likes green best
    settings = black(3, 2.0, 3)
    settings["colors"] = settings["colors"]._replace(covariance=np.diag([1, 0, 1]).astype(np.float32))
    images = best_images(linear_filters(kernels), "conv1", range(3), **settings).images
    assert (images[..., 1] == 0).all() and images[..., 0].max() > 0.2 < images[..., 2].max()


def test_what_speaks_against_a_filter_stays_black_and_colors_stay_in_their_place():
    kernels = np.zeros((5, 5, 3, 2), np.float32)
    kernels[1, 2, 0, 0], kernels[3, 3, 2, 0] = 1, -1  # a red pixel for it, a blue one against it
    kernels[4, 0, 2, 1] = 0.5
    for settings in ({"recipe": PLAIN}, {"recipe": STILL, **black(3, 1.0, 2)}):
        images = best_images(linear_filters(kernels), "conv1", [0, 1], **settings).images
        assert np.argwhere(images > 0.01).tolist() == [[0, 1, 2, 0], [1, 4, 0, 2]]


def test_a_relu_that_is_shut_is_climbed_from_before_it():
    kernels = np.random.default_rng(0).random((5, 5, 1, 2)).astype(np.float32)
    for settings in ({"recipe": PLAIN}, black(1, 3.0, 2)):
        found = best_images(linear_filters(kernels, "relu", bias=-1.0), "conv1", [0, 1], **settings)
        assert (found.responses > 0).all() and found.images.max() > 0.8


def test_what_nothing_raises_stays_blank():
    kernels = np.zeros((5, 5, 1, 2), np.float32)
    kernels[..., 1] = -1  # whatever is drawn lowers it
    for recipe in (PLAIN, BLACK, Regularization(fourier=True), Bounded(), Bounded(fourier=True)):
        assert (best_images(linear_filters(kernels), "conv1", [0, 1], recipe=recipe).images == 0).all()


def test_a_neuron_can_be_lowered():
    kernels = -np.random.default_rng(0).random((5, 5, 1, 1)).astype(np.float32)
    found = best_images(linear_filters(kernels), "conv1", [0], signs=[-1], recipe=PLAIN)
    np.testing.assert_allclose(found.images[0], kernels[..., 0] / kernels.min(), atol=2e-3)
    assert found.responses[0] < 0


@pytest.mark.parametrize("recipe", [BLACK, Bounded()])
def test_the_recipe_finds_a_kernel_too_and_comes_to_the_same_every_time(recipe):
    kernels = np.zeros((12, 12, 1, 1), np.float32)
    kernels[4:8, 2:10] = 1
    network = linear_filters(kernels)
    (image,), *_ = best_images(network, "conv1", [0], recipe=recipe)
    assert np.corrcoef(image.ravel(), kernels.ravel())[0, 1] > 0.7
    assert (best_images(network, "conv1", [0], recipe=recipe).images[0] == image).all()


def test_each_step_goes_a_known_way():
    kernels = np.zeros((3, 3, 1, 1), np.float32)
    kernels[1, 2] = 7
    (image,), *_ = best_images(linear_filters(kernels), "conv1", [0], recipe=PLAIN, steps=40)
    assert image[1, 2, 0] == pytest.approx(1 - (1 - climbs.RATE) ** 40, abs=1e-5)
    (image,), *_ = best_images(linear_filters(kernels), "conv1", [0], steps=4, starts=1, recipe=STILL, **black(1, 0.9, 1))
    assert image[1, 2, 0] == pytest.approx(4 * STILL.rate * 0.9, abs=1e-5)


def test_an_image_to_begin_from_counts_where_it_leads_higher():
    """Two rings of lines: from black nothing leads to either, from an image with one of them, it does."""
    kernels = np.zeros((6, 6, 1, 1), np.float32)
    kernels[2, :] = 1
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Conv2D(1, 6, activation="relu", name="conv1"), layers.Flatten(),
        layers.Dense(1, name="out"),
    ])  # fmt: skip
    model.set_weights([kernels, np.array([-2.0]), np.ones((1, 1)), np.zeros(1)])
    begin = np.zeros((1, 6, 6, 1), np.float32)
    begin[0, 2] = 0.5
    found = best_images(Network(model), "out", [0], starts=1, begin=begin, **black(1, 2.0, 1))
    assert found.begun == [1] and found.responses[0] > 1
    alone = best_images(Network(model), "out", [0], starts=1, **black(1, 2.0, 1))
    assert alone.begun == [0] and alone.responses[0] == 0 and not alone.images.any()


def test_filters_do_not_hang_on_those_beside_them_even_when_a_blank_image_has_no_slope():
    shut = [layers.Conv2D(2, 3, activation="relu", kernel_initializer="ones"), layers.Conv2D(40, 4, name="conv2")]
    model = keras.Sequential([keras.Input((6, 6, 1)), *shut])
    model.layers[0].bias.assign([-0.5, -0.6])
    network = Network(model)
    for recipe in (BLACK, Bounded()):
        found = best_images(network, "conv2", range(40), steps=30, recipe=recipe)
        assert (found.responses > 0).any()
        blank = best_images(network, "conv2", range(40), steps=30, starts=1, recipe=recipe)
        assert not blank.images.any()  # a blank image alone is stuck
        for chosen in ([39], [3, 35]):
            alone = best_images(network, "conv2", chosen, steps=30, recipe=recipe)
            np.testing.assert_allclose(alone.images, found.images[chosen], atol=1e-5)
            np.testing.assert_allclose(alone.responses, found.responses[chosen], rtol=1e-5)


def test_responses_are_the_greatest_of_each_map():
    kernels = np.ones((2, 2, 1, 1), np.float32)
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 2, activation="relu", name="conv1")])
    model.set_weights([kernels, np.array([-10.0])])
    images = np.zeros((2, 4, 4, 1), np.uint8)
    images[1, 1:3, 1:3] = 255
    np.testing.assert_allclose(responses(Network(model), ["conv1"], images)["conv1"], [[-10], [-6]])


def deep(size=40, padding="same"):
    """A network with strides, pooling and a residual connection that only one branch of leaves the size to."""
    image = keras.Input((size, size, 3))
    first = layers.Conv2D(4, 5, strides=2, padding=padding, name="conv1", activation="relu")(image)
    pooled = layers.MaxPooling2D(3, 2, padding=padding, name="pool")(first)
    second = layers.Conv2D(4, 3, padding="same", dilation_rate=2, name="conv2")(pooled)
    added = layers.Add(name="add")([pooled, second])
    return Network(keras.Model(image, layers.Dense(3, name="out")(layers.GlobalAveragePooling2D(name="mean")(added))))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [40, 41, 43])
@pytest.mark.parametrize("layer", ["conv1", "pool", "conv2", "add"])
def test_a_cell_sees_the_pixels_that_its_field_says_and_no_others(layer, size, padding):
    keras.utils.set_random_seed(0)
    network = deep(size, padding)
    cell = network.shapes[layer][0] // 2
    images = tensorflow.Variable(np.random.default_rng(0).random((20, size, size, 3)).astype(np.float32))
    with tensorflow.GradientTape() as tape:
        value = tensorflow.reduce_sum(network.trace(images, until=layer)[0][layer].output[:, cell, cell] ** 2)
    gradient = np.abs(tape.gradient(value, images).numpy()).sum(axis=(0, 2, 3))
    seen = fields(network, layer)[0].of(cell)
    touched = np.flatnonzero(gradient)
    assert [touched[0], touched[-1] + 1] == [max(seen.start, 0), min(seen.stop, size)]


def test_after_what_mixes_places_a_cell_sees_everything():
    network = deep()
    assert fields(network, "mean") is None is fields(network, "out")
    image = keras.Input((8, 8, 2 + 1))
    tokens = layers.Reshape((64, 3))(image)
    mixed = layers.Reshape((8, 8, 3), name="map")(layers.MultiHeadAttention(1, 2)(tokens, tokens))
    excited = layers.Multiply(name="excited")([image, layers.GlobalAveragePooling2D(keepdims=True)(image)])
    network = Network(keras.Model(image, layers.Flatten()(layers.Add()([mixed, excited]))))
    assert fields(network, "map") is None is fields(network, "excited")


@pytest.mark.parametrize("size", [64, 65, 67])
def test_climbing_a_part_is_climbing_the_whole(size):
    keras.utils.set_random_seed(0)
    network = deep(size)
    for layer in ("conv1", "add"):
        frame = frame_of(network, layer)
        assert all(part.stop - part.start < size for part in frame.part)
        image = np.random.default_rng(0).random((1, size, size, 3)).astype(np.float32)
        whole = cells(network.trace(image, until=layer)[0][layer])[0, middle(network.shapes[layer])]
        part = cells(network.trace(image[:, *frame.part], until=layer)[0][layer])[0, frame.place]
        np.testing.assert_allclose(part, whole, rtol=1e-5, atol=1e-6)


def test_a_part_keeps_to_a_limit_and_the_response_is_that_of_the_whole_image():
    keras.utils.set_random_seed(0)
    network = deep(120)
    assert all(part.stop - part.start <= 12 for part in frame_of(network, "add", most=12).part)
    found = best_images(network, "add", [1], most_pixels=12, steps=5)
    values = cells(network.trace(found.images, until="add")[0]["add"])[0, middle(network.shapes["add"]), 1]
    assert found.responses[0] == pytest.approx(float(values), rel=1e-4) and found.images.shape == (1, 120, 120, 3)


def test_the_best_patches_are_what_the_best_cells_see():
    kernels = np.zeros((3, 3, 1, 2), np.float32)
    kernels[..., 0], kernels[1, 1, 0, 1] = 1, -1
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, padding="same", name="conv1")])
    model.set_weights([kernels, np.array([0.0, 2.0])])
    images = np.zeros((5, 8, 8, 1), np.uint8)
    for number in range(5):
        images[number, number + 1, 0] = 50 * (number + 1)  # a pixel at the left border
    found = best_patches(Network(model), "conv1", [0, 1], images, most=2)
    np.testing.assert_allclose(found.responses, [[250 / 255, 200 / 255], [2, 2]], rtol=1e-5)
    assert found.images.shape == (2, 2, 3, 3, 1) and (found.images[0].max(axis=(1, 2, 3)) == [250, 200]).all()
    lowest = best_patches(Network(model), "conv1", [1], images, signs=[-1], most=1, background=np.ones(1))
    assert lowest.responses[0, 0] == pytest.approx(2 - 250 / 255)
    assert lowest.images[0, 0, :, :, 0].tolist() == [[255, 0, 0], [255, 250, 0], [255, 0, 0]]  # the border, and then the image
    placed = embedded(lowest.images[0], Network(model), "conv1", np.zeros(1))
    assert placed[0, 3:6, 3:6, 0].tolist() == lowest.images[0, 0, :, :, 0].tolist() and placed.sum() == 4 * 255 - 5

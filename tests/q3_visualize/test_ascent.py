import numpy as np
import pytest

from common.quiet import keras
from q3_visualize import ascent
from q3_visualize.ascent import Regularization, best_images, responses
from q3_visualize.networks import Network

layers = keras.layers
# Nothing but ascent, and a decay that ends where the brightest pixel is 1.
PLAIN = Regularization(sparsity=0, decay=ascent.RATE, blur=0, jitter=0)


def linear_filters(kernels, activation=None, bias=0.0):
    """A network whose one convolution covers the whole image. kernels: (height, width, colors, filters)."""
    height, width, colors, filters = kernels.shape
    model = keras.Sequential([
        keras.Input((height, width, colors)), layers.Conv2D(filters, (height, width), activation=activation, name="conv1")
    ])  # fmt: skip
    model.set_weights([kernels, np.full(filters, bias)])
    return Network(model)


@pytest.mark.parametrize("colors", [1, 3])
def test_a_linear_filters_best_image_is_its_own_kernel(colors):
    kernels = np.random.default_rng(0).random((9, 9, colors, 4)).astype(np.float32)
    images, reached = best_images(linear_filters(kernels), "conv1", range(4), regularization=PLAIN)
    expected = kernels.transpose(3, 0, 1, 2)
    np.testing.assert_allclose(images, expected / expected.max(axis=(1, 2, 3), keepdims=True), atol=2e-3)
    np.testing.assert_allclose(reached, (images * expected).sum(axis=(1, 2, 3)), rtol=1e-5)


def test_what_speaks_against_a_filter_stays_black_and_colors_stay_in_their_place():
    kernels = np.zeros((5, 5, 3, 2), np.float32)
    kernels[1, 2, 0, 0], kernels[3, 3, 2, 0] = 1, -1  # a red pixel for it, a blue one against it
    kernels[4, 0, 2, 1] = 0.5
    images, _ = best_images(linear_filters(kernels), "conv1", [0, 1], regularization=PLAIN)
    assert np.argwhere(images > 0.01).tolist() == [[0, 1, 2, 0], [1, 4, 0, 2]]


def test_a_relu_that_is_shut_is_climbed_from_before_it():
    kernels = np.random.default_rng(0).random((5, 5, 1, 2)).astype(np.float32)
    images, reached = best_images(linear_filters(kernels, "relu", bias=-1.0), "conv1", [0, 1], regularization=PLAIN)
    assert (reached > 0).all() and images.max() > 0.9


def test_a_dead_filter_stays_blank():
    kernels = np.zeros((5, 5, 1, 2), np.float32)
    kernels[..., 1] = -1  # whatever is drawn lowers it
    for regularization in (PLAIN, Regularization(), Regularization(fourier=True)):
        images, _ = best_images(linear_filters(kernels), "conv1", [0, 1], regularization=regularization)
        assert (images == 0).all()


def test_a_neuron_can_be_lowered():
    kernels = -np.random.default_rng(0).random((5, 5, 1, 1)).astype(np.float32)
    images, reached = best_images(linear_filters(kernels), "conv1", [0], signs=[-1], regularization=PLAIN)
    np.testing.assert_allclose(images[0], kernels[..., 0] / kernels.min(), atol=2e-3)
    assert reached[0] < 0


def test_the_recipe_finds_a_kernel_too_and_comes_to_the_same_every_time():
    kernels = np.zeros((12, 12, 1, 1), np.float32)
    kernels[4:8, 2:10] = 1
    network = linear_filters(kernels)
    (image,), _ = best_images(network, "conv1", [0])
    assert np.corrcoef(image.ravel(), kernels.ravel())[0, 1] > 0.7
    assert (best_images(network, "conv1", [0])[0][0] == image).all()


def test_responses_are_the_greatest_of_each_map():
    kernels = np.ones((2, 2, 1, 1), np.float32)
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 2, activation="relu", name="conv1")])
    model.set_weights([kernels, np.array([-10.0])])
    images = np.zeros((2, 4, 4, 1), np.uint8)
    images[1, 1:3, 1:3] = 255
    np.testing.assert_allclose(responses(Network(model), "conv1", images), [[-10], [-6]])


def test_each_step_goes_a_known_way():
    kernels = np.zeros((3, 3, 1, 1), np.float32)
    kernels[1, 2] = 7
    (image,), _ = best_images(linear_filters(kernels), "conv1", [0], regularization=PLAIN, steps=40)
    assert image[1, 2, 0] == pytest.approx(1 - (1 - ascent.RATE) ** 40, abs=1e-5)


def test_filters_do_not_hang_on_those_beside_them_even_when_a_blank_image_has_no_slope():
    shut = [layers.Conv2D(2, 3, activation="relu", kernel_initializer="ones"), layers.Conv2D(40, 4, name="conv2")]
    model = keras.Sequential([keras.Input((6, 6, 1)), *shut])
    model.layers[0].bias.assign([-0.5, -0.6])
    network = Network(model)
    images, reached = best_images(network, "conv2", range(40), steps=30)
    assert (reached > 0).any()
    assert not best_images(network, "conv2", range(40), steps=30, starts=1)[0].any()  # a blank image alone is stuck
    for chosen in ([39], [3, 35]):
        alone, of_alone = best_images(network, "conv2", chosen, steps=30)
        np.testing.assert_allclose(alone, images[chosen], atol=1e-5)
        np.testing.assert_allclose(of_alone, reached[chosen], rtol=1e-5)

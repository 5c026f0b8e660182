import numpy as np
import pytest

from common.quiet import keras
from data.datasets import LINES
from q1_cnn.augmentation import Deformation
from q1_cnn.recipes import RECIPES

SHAPES = {name: (28, 28, 3 if name in LINES else 1) for name, _ in RECIPES}
CLASSES = {name: 96 if name in LINES else 10 for name in SHAPES}


@pytest.mark.parametrize("name", ["lines", "mnist", "lines_noisy"])
def test_part_1_is_exactly_as_prescribed(name):
    rescaling, conv1, relu1, bn1, pool1, flatten, fc1, fc1_relu, predictions = RECIPES[name, 1].build(SHAPES[name]).layers
    assert isinstance(rescaling, keras.layers.Rescaling) and rescaling.scale == 1 / 255
    assert isinstance(conv1, keras.layers.Conv2D) and conv1.activation is keras.activations.linear
    assert (conv1.kernel_size, conv1.filters, conv1.strides) == ((7, 7), 32, (1, 1))
    assert isinstance(relu1, keras.layers.ReLU)
    assert isinstance(bn1, keras.layers.BatchNormalization)
    assert isinstance(pool1, keras.layers.MaxPooling2D) and (pool1.pool_size, pool1.strides) == ((2, 2), (2, 2))
    assert isinstance(flatten, keras.layers.Flatten)
    assert isinstance(fc1, keras.layers.Dense) and fc1.units == 1024 and fc1.activation is keras.activations.linear
    assert isinstance(fc1_relu, keras.layers.ReLU)
    assert predictions.units == CLASSES[name] and predictions.activation is keras.activations.softmax
    compiled = RECIPES[name, 1].compiled(SHAPES[name], 100)
    assert isinstance(compiled.optimizer, keras.optimizers.Adam)
    assert isinstance(compiled.loss, keras.losses.CategoricalCrossentropy)


@pytest.mark.parametrize(("name", "limit"), [("lines", 150_000), ("lines_noisy", 150_000), ("mnist", 300_000)])
def test_part_2_is_far_smaller(name, limit):
    part_1, part_2 = (RECIPES[name, part].build(SHAPES[name]) for part in (1, 2))
    assert part_2.count_params() <= limit
    assert part_2.count_params() < part_1.count_params() / 5


@pytest.mark.parametrize("key", RECIPES)
def test_networks_take_raw_pixels_and_give_probabilities(key):
    model = RECIPES[key].build(SHAPES[key[0]])
    probabilities = model.predict_on_batch(np.full((2, *SHAPES[key[0]]), 255, np.uint8))
    assert probabilities.shape == (2, CLASSES[key[0]])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert model.layers[0].name == "rescaling" and model.layers[-1].name == "predictions"


def test_deformed_digits_stay_in_place_and_differ_every_time():
    images = np.zeros((20, 28, 28, 1), np.uint8)
    images[:, 8:20, 10:18] = 255
    deform = Deformation()
    moved = deform(images, np.random.default_rng(0))
    assert moved.shape == images.shape and moved.dtype == np.uint8
    assert len({image.tobytes() for image in moved}) == 20
    y, x = np.mgrid[:28, :28]
    weights = moved[..., 0] / moved[..., 0].sum(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose((weights * y).sum(axis=(1, 2)), 13.5, atol=4)
    np.testing.assert_allclose((weights * x).sum(axis=(1, 2)), 13.5, atol=4)
    assert (deform(images, np.random.default_rng(0)) == moved).all()


def test_a_deformation_of_zero_leaves_a_digit_unchanged():
    unchanged = Deformation(rotation=0, scale=0, shear=0, shift=0, elastic=0)
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), np.uint8)
    assert (unchanged(images, np.random.default_rng(0)) == images).all()


@pytest.mark.parametrize("kind", ["rotation", "scale", "shear", "shift", "elastic"])
def test_each_kind_of_deformation_has_an_effect(kind):
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), np.uint8)
    zeros = dict.fromkeys(("rotation", "scale", "shear", "shift", "elastic"), 0)
    deform = Deformation(**{**zeros, kind: getattr(Deformation(), kind)})
    assert (deform(images, np.random.default_rng(0)) != images).any()


def test_lines_are_not_augmented():
    # Every deformation but a shift changes an angle, a length or a width, and with it the class.
    assert RECIPES["lines", 1].augment is None and RECIPES["lines", 2].augment is None

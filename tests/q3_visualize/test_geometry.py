import numpy as np
import pytest

from common.quiet import keras
from q3_visualize.geometry import Grid, enlarged, grids
from q3_visualize.networks import Network

layers = keras.layers


def network(size, *chain):
    return Network(keras.Sequential([keras.Input((size, size, 1)), *chain]))


@pytest.mark.parametrize(
    ("layer", "grid"),
    [
        (layers.Conv2D(1, 7), Grid(3, 1)),
        (layers.Conv2D(1, 3, padding="same"), Grid(0, 1)),
        (layers.Conv2D(1, 5, strides=2, padding="same"), Grid(1, 2)),  # 28 -> 14 pads one before and two after
        (layers.Conv2D(1, 3, dilation_rate=2), Grid(2, 1)),
        (layers.MaxPooling2D(2), Grid(0.5, 2)),
        (layers.ZeroPadding2D(3), Grid(-3, 1)),
        (layers.Cropping2D(2), Grid(2, 1)),
        (layers.UpSampling2D(2), Grid(-0.25, 0.5)),
        (layers.ReLU(), Grid(0, 1)),
        (layers.SeparableConv2D(1, 3), Grid(1, 1)),
        (layers.AveragePooling2D(4, padding="same"), Grid(1.5, 4)),
    ],
)
def test_grids_of_single_layers(layer, grid):
    layer.name = "it"
    assert grids(network(28, layer), "it") == (grid, grid)


def test_grids_add_up_along_a_chain():
    chain = [
        layers.Conv2D(1, 7),
        layers.MaxPooling2D(2),
        layers.BatchNormalization(),
        layers.Conv2D(1, 3, strides=2, name="last"),
    ]
    assert grids(network(28, *chain), "last") == (Grid(3 + 0.5 + 2, 4),) * 2


@pytest.mark.parametrize("size", [27, 28, 29, 31])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_point_lights_up_where_it_is(size, padding):
    """Filters of ones: the heat of a single bright pixel has its center on that pixel."""
    ones = {"use_bias": False, "kernel_initializer": "ones", "padding": padding}
    it = network(size, layers.Conv2D(1, 5, strides=2, **ones), layers.Conv2D(1, 3, strides=2, name="last", **ones))
    y, x = 13, 15
    image = np.zeros((1, size, size, 1), np.float32)
    image[0, y - 1 : y + 2, x - 1 : x + 2] = 1
    steps, _ = it.trace(image)
    heat = enlarged(steps["last"].output.numpy()[..., 0], grids(it, "last"), (size, size))[0]
    assert (heat * np.arange(size)[:, None]).sum() / heat.sum() == pytest.approx(y, abs=1)
    assert (heat * np.arange(size)).sum() / heat.sum() == pytest.approx(x, abs=1)


def test_enlarging_goes_through_the_cells_in_straight_lines():
    maps = np.array([[[0.0, 4.0, 8.0]] * 3])
    large = enlarged(maps, (Grid(1, 2), Grid(1, 2)), (7, 7))[0]
    assert large[3].tolist() == [0, 0, 2, 4, 6, 8, 8]
    same = np.random.default_rng(0).random((2, 5, 5))
    np.testing.assert_allclose(enlarged(same, (Grid(0, 1), Grid(0, 1)), (5, 5)), same)


def test_a_vector_that_became_a_map_again_lies_over_the_image_evenly():
    chain = [layers.Flatten(), layers.Dense(7 * 7 * 2), layers.Reshape((7, 7, 2), name="it")]
    assert grids(network(28, *chain), "it") == (Grid(1.5, 4),) * 2

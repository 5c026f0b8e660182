import numpy as np
import pytest

from common.quiet import keras
from data import line_classes, lines
from q3_visualize import deletion
from q3_visualize.known_lines import KnownLines
from q3_visualize.networks import Network

layers = keras.layers


def linear(kernel, name):
    """A network with one sigmoid neuron: the sum over pixels of a kernel, (28, 28), times the sum of their colors."""
    model = keras.Sequential([
        keras.Input((28, 28, 3)), layers.Rescaling(1 / 255), layers.Conv2D(1, 1, use_bias=False, name="conv1"),
        layers.Flatten(name="flatten"), layers.Dense(1, activation="sigmoid", use_bias=False, name=name),
    ])  # fmt: skip
    model.set_weights([np.ones((1, 1, 3, 1)), kernel.reshape(-1, 1)])
    return Network(model)


def lying(*centers, width=0):
    """Long red lines at 0 degrees, which reach 7.5 pixels to the left and to the right."""
    labels = np.full(len(centers), line_classes.class_index(1, width, 0, 0))
    return KnownLines(lines.draw_classes(labels, np.array(centers)), labels, np.array(centers))


def test_deletion_and_insertion_follow_the_heat():
    kernel = np.zeros((28, 28), np.float32)
    kernel[:14, :14] = 1
    network = linear(kernel, "bright")
    images = np.zeros((2, 28, 28, 3), np.uint8)
    images[:, 2:4, 2:6, 0] = 255  # eight pixels
    right, wrong = (images[..., 0].astype(float) * sign for sign in (1, -1))
    deleted, inserted = deletion.deletion_and_insertion(network, images, right, "bright")
    at = {count: place for place, count in enumerate(deletion.PIXELS)}
    assert deleted[0] > 0.999 and deleted[at[8]] == pytest.approx(0.5) == inserted[0] and inserted[at[8]] > 0.999
    assert deleted[at[4]] == pytest.approx(1 / (1 + np.exp(-4)))
    deleted, inserted = deletion.deletion_and_insertion(network, images, wrong, "bright")
    assert deleted[at[512]] > 0.999 and inserted[at[512]] == pytest.approx(0.5)


def test_a_line_is_drawn_shorter_at_its_ends():
    tested = lying([13.5, 10.5], [14.5, 11.5])  # pixels 6 to 20 of row 10, and 7 to 21 of row 11
    images = deletion.redrawn(tested, np.array([0, 3]), np.array([15, 13]))
    np.testing.assert_array_equal(images[0], tested.images[0])
    expected = np.zeros((28, 28), np.uint8)
    expected[11, 10:20] = 255
    np.testing.assert_array_equal(images[1, ..., 0], expected)
    assert not images[..., 1:].any()


def test_the_line_is_read_from_its_start_to_its_end_whatever_its_angle():
    labels = np.array([line_classes.class_index(1, 0, angle, 0) for angle in range(12)])
    centers = np.full((12, 2), [14.0, 13.0])
    tested = KnownLines(lines.draw_classes(labels, centers), labels, centers)
    x = np.broadcast_to(np.arange(28) + 0.5, (12, 28, 28))
    cosines = np.cos(np.deg2rad(np.array(line_classes.ANGLES)))
    np.testing.assert_allclose(deletion.heat_along(tested, x), 14 + cosines[:, None] * np.arange(-7, 7.1), atol=1e-9)


def test_the_hotter_end_goes_first():
    """What is right of column 14 decides: two lines, whose heat is that, lose their right end first, or last."""
    kernel = np.zeros((28, 28), np.float32)
    kernel[:, 14:] = 1
    network, tested = linear(kernel, "right"), lying([13.5, 10.5], [13.5, 12.5])
    rows = list(deletion.shortened(network, tested, np.broadcast_to(kernel, (2, 28, 28)), "right"))
    found = {order: [row["probability"] for row in rows if row["order"] == order] for order in deletion.ORDERS}
    right_pixels = {"hotter end first": [7 - min(count, 7) for count in range(15)],
                    "cooler end first": [min(7, 15 - count) for count in range(15)]}  # fmt: skip
    for order, pixels in right_pixels.items():
        np.testing.assert_allclose(found[order], 1 / (1 + np.exp(-np.array(pixels))), atol=1e-3)
    assert [row["pixels"] for row in rows] == [*range(15)] * 3

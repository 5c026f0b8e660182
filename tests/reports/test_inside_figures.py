import io

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from data import line_classes, lines
from reports import figures, inside_figures


def drawn(axes):
    """What an axes shows at the middle of every pixel of its image: float (height, width, 3)."""
    figure = axes.figure
    buffer = io.BytesIO()
    figures.save(figure, buffer)
    screen = matplotlib.image.imread(io.BytesIO(buffer.getvalue()))[..., :3]
    height, width = axes.images[0].get_array().shape[:2]
    y, x = np.mgrid[:height, :width]
    # The figure was laid out while it was saved; its transforms are for its own resolution.
    places = axes.transData.transform(np.stack([x.ravel(), y.ravel()], axis=1)) * 120 / figure.dpi
    rows = screen.shape[0] - 1 - np.rint(places[:, 1] - 0.5).astype(int)
    return screen[rows, np.rint(places[:, 0] - 0.5).astype(int)].reshape(height, width, 3)


def test_an_image_is_shown_pixel_by_pixel_in_its_own_colors():
    image = lines.draw(per_class=1)[0][line_classes.class_index(1, 1, 2, 0)]  # red
    axes = Figure(figsize=(4, 4)).subplots()
    inside_figures.show(axes, image)
    np.testing.assert_allclose(drawn(axes), image / 255, atol=0.02)


def test_hot_is_red_and_cold_is_blue_at_their_pixels():
    heat = np.zeros((28, 28))
    heat[3, 20], heat[25, 4] = 1, -1
    image = np.zeros((28, 28, 3), np.uint8)
    figure = inside_figures.heatmap_figure([{"image": image, "name": "", "maps": [heat]}], ["conv1"], "title")
    _, over, by_itself = figure.axes[:3]
    red, _, blue = np.moveaxis(drawn(by_itself), 2, 0)
    assert np.argwhere(red - blue > 0.2).tolist() == [[3, 20]] and np.argwhere(blue - red > 0.2).tolist() == [[25, 4]]
    bright = drawn(over).sum(axis=2)
    assert np.unravel_index(bright.argmax(), bright.shape) == (3, 20) and bright[25, 4] < 0.1


def test_heat_without_positive_evidence_says_so():
    row = {"image": np.zeros((9, 9, 1), np.uint8), "name": "x", "maps": [-np.ones((9, 9)), np.zeros((9, 9))]}
    figure = inside_figures.heatmap_figure([row], ["a", "b"], "title")
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words == ["no positive evidence"] * 2


def test_dead_channels_are_crossed_out_and_all_share_one_scale():
    maps = np.random.default_rng(0).random((2, 5, 5, 10))
    maps[..., 3] = 0.5
    figure = inside_figures.activation_maps(np.zeros((2, 8, 8, 1), np.uint8), ("a", "b"), maps, "title")
    mosaics = [axes for axes in figure.axes if axes.lines]
    assert len(mosaics) == 2 and len({axes.images[0].norm.vmax for axes in mosaics}) == 1
    ((x,), (y,)) = mosaics[0].lines[0].get_data()
    assert (x, y) == (pytest.approx(3 * 6 + 2), pytest.approx(2))  # the middle of the fourth tile


@pytest.mark.parametrize("channels", [1, 3, 64, 100])
def test_a_mosaic_holds_every_channel_in_order(channels):
    maps = np.arange(4 * 3 * channels, dtype=float).reshape(4, 3, channels)
    mosaic = inside_figures._mosaic(maps, 8)
    for channel in range(channels):
        top, left = channel // 8 * 5, channel % 8 * 4
        assert (mosaic[top : top + 4, left : left + 3] == maps[..., channel]).all()


def test_the_numbers_of_channels_stand_above_their_maps():
    maps = np.random.default_rng(0).random((1, 5, 5, 100)).astype(np.float32)
    numbers = list(range(0, 1000, 10))
    figure = inside_figures.activation_maps(np.zeros((1, 8, 8, 1), np.uint8), ("a",), maps, "title", numbers)
    (axes,) = [axes for axes in figure.axes if axes.lines]
    assert [text.get_text() for text in axes.texts] == [str(number) for number in numbers]
    mosaic = np.asarray(axes.images[0].get_array())
    for place, text in enumerate(axes.texts):
        left, top = (round(corner + 0.5) for corner in text.get_position())
        assert (mosaic[top : top + 5, left : left + 5] == maps[0, ..., place]).all()


def test_the_most_active_channels_have_the_largest_values_of_either_sign():
    values = np.zeros((2, 3, 3, 5))
    values[0, 1, 1, 4], values[1, 2, 0, 1], values[0, 0, 0, 2], values[0, 0, 0, 0] = 3, -5, 1, np.nan
    assert inside_figures.most_active(values, 2).tolist() == [1, 4]
    assert inside_figures.most_active(values, 3).tolist() == [1, 2, 4]
    assert inside_figures.most_active(values, 9).tolist() == [0, 1, 2, 3, 4]


def test_a_transparent_image_is_shown_over_black():
    image = np.full((6, 6, 4), 200, np.uint8)
    image[..., 3] = np.repeat([[0, 51, 102, 153, 204, 255]], 6, axis=0)
    expected = 200 / 255 * np.arange(6) / 5
    for shown in (image, image / 255):
        axes = Figure(figsize=(3, 3)).subplots()
        inside_figures.show(axes, shown)
        np.testing.assert_allclose(drawn(axes)[2], np.repeat(expected[:, None], 3, axis=1), atol=0.02)
    over = inside_figures.overlaid(image, np.zeros((6, 6)))
    np.testing.assert_allclose(over[2, :, 0], 255 * 0.6 * expected, atol=1)


def test_a_heatmap_can_lie_over_an_image_of_its_own():
    black, white = np.zeros((9, 9, 1), np.uint8), np.full((9, 9, 1), 255, np.uint8)
    row = {"image": black, "name": "x", "maps": [np.zeros((9, 9))] * 3, "images": [black, white, black]}
    figure = inside_figures.heatmap_figure([row], ["a", "b", "c"], "title")
    assert [round(float(drawn(axes).mean()), 1) for axes in figure.axes[:4]] == [0, 0, 0.6, 0]


@pytest.mark.parametrize("size", [(32, 200), (28, 28), (200, 32)])
def test_heatmaps_of_images_of_any_shape_are_large_enough(size):
    row = {"image": np.full((*size, 3), 255, np.uint8), "name": "x.png\nclass 3", "maps": [np.ones(size)] * 2}
    figure = inside_figures.heatmap_figure([row, row], ["a", "b"], "title")
    figures.save(figure, io.BytesIO())
    height, width = (axes := figure.axes[0]).bbox.height, axes.bbox.width
    assert min(height, width) / figure.dpi > 0.5 and max(height, width) / figure.dpi > 1.2
    assert width / height == pytest.approx(size[1] / size[0], rel=0.02)


def test_figures_of_vectors_tokens_and_overviews_are_drawn():
    vectors = np.random.default_rng(0).normal(size=(3, 40))
    odd = np.array([[[np.nan, np.inf, -np.inf, 3e38, -3e38]] * 2], np.float32)
    image = np.zeros((1, 8, 8, 3), np.uint8)
    maps = np.random.default_rng(0).normal(size=(6, 6, 30))
    layers = {
        "conv1": maps,
        "tokens": maps[0],
        "fc1": vectors[0],
        "zero": np.zeros((3, 3, 2)),
        "nan": np.full((2, 2, 1), np.nan),
    }
    for figure in (
        inside_figures.activation_vectors(("a", "b", "c"), vectors, "title"),
        inside_figures.activation_vectors(("a",), odd[:, 0], "title"),
        inside_figures.activation_tokens(image, ("a",), odd, "title"),
        inside_figures.activation_tokens(
            np.repeat(image, 2, axis=0), ("a", "b"), vectors[None].repeat(2, axis=0), "two\nlines"
        ),
        inside_figures.activation_maps(image, ("a",), odd[:, None], "title"),
        inside_figures.activation_maps(image, ("a",), odd[:, None] * np.nan, "title"),
        inside_figures.overview(np.zeros((8, 8, 3), np.uint8), "$x$ an image", layers, "title"),
        inside_figures.captioned(np.zeros((11, 8, 8, 3)), ["caption"] * 11, "title"),
    ):
        buffer = io.BytesIO()
        figures.save(figure, buffer)
        assert matplotlib.image.imread(io.BytesIO(buffer.getvalue())).std() > 0


def test_infinite_values_have_the_colors_of_the_ends_of_the_scale_and_nan_is_blank():
    tokens = np.array([[[1, np.inf, -1, -np.inf, np.nan]] * 5], np.float32)
    figure = inside_figures.activation_tokens(np.zeros((1, 8, 8, 3), np.uint8), ("a",), tokens, "title")
    above, infinite, below, minus_infinite, blank = drawn(figure.axes[1])[2]
    assert (above == infinite).all() and (below == minus_infinite).all() and (blank == 1).all()
    assert above[0] > above[2] and below[2] > below[0]

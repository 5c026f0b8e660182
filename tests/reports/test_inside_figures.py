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


def test_figures_of_vectors_and_overviews_are_drawn():
    vectors = np.random.default_rng(0).normal(size=(3, 40))
    layers = {"conv1": np.random.default_rng(0).normal(size=(6, 6, 30)), "fc1": vectors[0], "zero": np.zeros((3, 3, 2))}
    for figure in (
        inside_figures.activation_vectors(("a", "b", "c"), vectors, "title"),
        inside_figures.overview(np.zeros((8, 8, 3), np.uint8), "$x$ an image", layers, "title"),
        inside_figures.captioned(np.zeros((11, 8, 8, 3)), ["caption"] * 11, "title"),
    ):
        buffer = io.BytesIO()
        figures.save(figure, buffer)
        assert matplotlib.image.imread(io.BytesIO(buffer.getvalue())).std() > 0

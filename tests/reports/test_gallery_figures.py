"""The figures of a gallery, from sheets whose tiles are known."""

import numpy as np
import pytest

from common import run_folders
from common.results import Results
from reports import gallery_figures, sheets
from reports.print_size import WIDTH

HEADS, METHODS = ("length", "color"), ("gradcam", "scorecam")


@pytest.fixture
def gallery(tmp_path):
    """Two images, a layer of maps, two layers of filters and heat of two heads; a tile is larger than an image."""
    folder = tmp_path / "q3_visualize/q2_multihead/lines"
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    images, maps = (
        random.integers(0, 256, (2 + 4 + 6, 5, 6, 3), np.uint8),
        random.integers(0, 256, (2 * 3 + 2 * 4, 5, 6, 1), np.uint8),
    )
    places = [{"head": head, "layer": "relu1", "method": method} for head in HEADS for method in METHODS]
    one = {"times": 1.5, "dead": False, "failed": False}
    layers = [
        {
            "layer": "conv1",
            "of": 9,
            "height": 2,
            "width": 2,
            "filters": [{"name": "0", **one}, {"name": "8", **one, "dead": True}],
        },
        {"layer": "predictions", "of": 3, "height": 4, "width": 5, "filters": [{"name": "long thick 15° red", **one}] * 3},
    ]
    about = {
        "tile": [5, 6], "height": 4, "width": 5, "images": [{"name": "a"}, {"name": "b"}],
        "activations": [{"layer": "relu1", "height": 3, "width": 2, "of": 8, "channels": [1, 4, 7], "largest": 2.5}],
        "filters": layers, "heatmaps": places,
    }  # fmt: skip
    sheets.save(images, folder / "gallery.png")
    sheets.save(maps, folder / "maps.png")
    run_folders.write_json(folder / "gallery.json", about)
    return gallery_figures.read(Results(root=tmp_path), "q2_multihead/lines"), images, maps[..., 0]


def test_tiles_are_found_again(gallery):
    read, images, maps = gallery
    assert np.array_equal(read.six, images[:2, :4, :5])
    ((layer, activations),) = read.activations()
    assert layer["layer"] == "relu1" and np.array_equal(activations, maps[:6, :3, :2].reshape(2, 3, 3, 2))
    (_, small), (_, large) = read.filters()
    assert np.array_equal(small, images[2:6, :2, :2].reshape(2, 2, 2, 2, 3))
    assert np.array_equal(large, images[6:12, :4, :5].reshape(3, 2, 4, 5, 3))
    assert np.array_equal(read.heat("color", "relu1", "scorecam") * 255, maps[12:14, :4, :5])


def test_sheets_of_more_than_a_row_are_read_in_their_order(tmp_path):
    images = np.arange(45 * 6, dtype=np.uint8).reshape(45, 2, 3, 1)
    sheets.save(images, tmp_path / "x.png")
    assert np.array_equal(sheets.read(tmp_path / "x.png", "L", 2, 3)[:45], images[..., 0])


def test_figures_are_as_wide_as_the_text_with_16_tiles_at_most(gallery):
    read, *_ = gallery
    drawn = [
        gallery_figures.activations(read), gallery_figures.filters(read),
        gallery_figures.heatmaps(read, [("all", "length", "relu1", "gradcam")]),
    ]  # fmt: skip
    for figure in drawn:
        assert figure.get_figwidth() == WIDTH
        assert all(axes.get_position().width * WIDTH > WIDTH / 18 for axes in figure.axes if axes.images)
        assert all(text.get_fontsize() >= 6.5 for text in figure.texts)


def test_filters_say_what_they_are(gallery):
    read, *_ = gallery
    words = [text.get_text() for text in gallery_figures.filters(read).texts]
    assert "heads conv1" in words and "predictions: 3" in words  # two images of a layer stand with others of two
    assert "0  1.5 ×" in words and "8  dead" in words and "long thick\n15° red  1.5 ×" in words


def test_rows_of_heat_are_of_their_head(gallery):
    read, _, maps = gallery
    figure = gallery_figures.heatmaps(read, [("x", "color", "relu1", "gradcam")])
    heat = maps[10, :4, :5] / 255
    assert np.allclose(figure.axes[0].images[2].get_array(), gallery_figures.over_gray(read.six[0], heat))
    assert [text.get_text() for text in figure.texts[:2]] == ["image", "x"]


def test_no_heat_is_gray_and_full_heat_hides_the_image():
    image = np.full((1, 2, 3), (255, 0, 0), np.uint8)
    cold, hot = gallery_figures.over_gray(image, np.array([[0.0, 1.0]]))[0]
    assert np.allclose(cold, 0.6) and np.allclose(hot, (0.988, 0.998, 0.645), atol=0.01)  # the end of inferno


def test_blue_is_lighter_and_nothing_else():
    colors = np.array([[[0, 0, 255], [255, 0, 0], [0, 0, 0], [200, 200, 200], [0, 0, 100]]], np.uint8)
    blue, *others = gallery_figures.lighter(colors)[0]
    assert np.allclose(blue, (0.45, 0.45, 1)) and np.allclose(others[:3], colors[0, 1:4] / 255)
    assert np.allclose(others[3], (0.45 * 100 / 255, 0.45 * 100 / 255, 100 / 255))

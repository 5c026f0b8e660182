import io

import matplotlib.image
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from data import line_classes
from reports import figures, metrics


def pixels(figure):
    buffer = io.BytesIO()
    figures.save(figure, buffer)
    return buffer.getvalue(), matplotlib.image.imread(io.BytesIO(buffer.getvalue()))


def history(epochs):
    keys = ("loss", "accuracy", "val_loss", "val_accuracy")
    return [{"epoch": epoch + 1, **dict.fromkeys(keys, 0.5 / (epoch + 1))} for epoch in range(epochs)]


def test_the_same_data_gives_the_same_bytes():
    first, second = (pixels(figures.learning_curves(history(3), "title"))[0] for _ in range(2))
    assert first == second


def test_learning_curves_of_one_epoch_and_of_a_loss_of_zero():
    one = history(1)
    one[0]["loss"] = 0.0
    assert pixels(figures.learning_curves(one, "title"))[1].std() > 0


def test_confusion_matrix_draws_the_counts():
    figure = figures.confusion_matrix(np.array([[3, 1], [0, 2]]), ("a", "b"), "title")
    (axes,) = figure.axes
    assert sorted(text.get_text() for text in axes.texts) == ["0", "1", "2", "3"]


def test_a_figure_says_where_it_comes_from(tmp_path):
    path, source = tmp_path / "x.png", {"networks": {"q1_cnn/lines/part2": "ec7fb16d"}}
    figures.save(figures.Figure(), path, source)
    assert figures.about(path) == source
    figures.save(figures.Figure(), path)
    assert figures.about(path) == {}


@pytest.mark.parametrize("comment", ["Created with GIMP", "[1]", ""])
def test_an_edited_figure_says_nothing(tmp_path, comment):
    text = PngInfo()
    text.add_text("Comment", comment)
    Image.new("RGB", (1, 1)).save(tmp_path / "x.png", pnginfo=text)
    assert figures.about(tmp_path / "x.png") == {}
    (tmp_path / "x.png").write_bytes(b"no image")
    assert figures.about(tmp_path / "x.png") == {}


def test_factored_confusion_matrix_has_every_factor():
    labels = np.arange(96)
    predictions = line_classes.class_index(**{**line_classes.class_factors(labels), "color": np.zeros(96, int)})
    matrix = metrics.confusion(labels, predictions, 96)
    matrices = metrics.factor_confusions(matrix, line_classes.FACTOR_SIZES)
    figure = figures.factored_confusion_matrix(matrix, matrices, line_classes.FACTORS, "title")
    drawn = {axes.get_title(): [text.get_text() for text in axes.texts] for sub in figure.subfigs for axes in sub.axes}
    assert {"length", "width", "angle", "color"} <= drawn.keys()
    assert drawn["color"] == ["48", "0", "48", "0"] and drawn["angle"] == ["8"] * 12


def test_learning_curves_have_a_column_for_each_head():
    names = ("", "length_", "angle_")
    keys = [f"{side}{name}{quantity}" for side in ("", "val_") for name in names for quantity in ("loss", "accuracy")]
    rows = [{"epoch": epoch, **{key: position + epoch for position, key in enumerate(keys)}} for epoch in (1, 2)]
    figure = figures.learning_curves(rows, "title")
    top, bottom = figure.axes[:3], figure.axes[3:]
    assert [axes.get_title() for axes in top] == ["whole network", "length", "angle"] and len(bottom) == 3
    drawn = {line.get_label(): line.get_ydata().tolist() for line in bottom[2].lines}
    assert drawn == {"training": [5, 6], "validation": [11, 12]}  # angle_loss and val_angle_loss


def test_architecture_names_every_layer_and_counts_the_parameters():
    shared = [
        {"shape": (28, 28, 3), "layers": ["image"], "parameters": 0},
        {"shape": (8,), "layers": ["conv1", "flatten"], "parameters": 1000},
    ]
    heads = {name: [{"shape": (1,), "layers": [name], "parameters": 9}] for name in ("length", "width")}
    (axes,) = figures.architecture(shared, heads, "title").axes
    words = " ".join(text.get_text() for text in axes.texts)
    for part in ("28 × 28 × 3", "conv1\nflatten\n→ 8\n1,000 parameters", "length\n→ 1", "width\n→ 1"):
        assert part in words
    assert "feature network: 1,000 parameters" in words and "heads: 18 parameters" in words
    assert pixels(figures.architecture(shared, {}, "title"))[1].std() > 0


def test_noise_curve_draws_every_head_above_its_images():
    columns = ("length_accuracy", "angle_accuracy", "all_heads_accuracy", "independent_heads_accuracy")
    strengths = {"blur": 0.1, "dimmest": 0.9, "noise": 9}
    accuracies = {column: np.linspace(1, 1 / (2 + place), 3) for place, column in enumerate(columns)}
    rows = [{"level": level, **strengths, **{name: of[level] for name, of in accuracies.items()}} for level in range(3)]
    examples = [np.full((2, 28, 28, 3), 100 * level, np.uint8) for level in range(3)]
    curve, *examples_drawn = figures.noise_curve(rows, ["length", "angle"], examples, "title").axes
    assert [line.get_label() for line in curve.lines] == ["length", "angle", "all heads", "if independent (product)"]
    assert all((line.get_ydata() == accuracies[column]).all() for line, column in zip(curve.lines, columns))
    assert [axes.images[0].get_array().max() for axes in examples_drawn] == [0, 0, 100, 100, 200, 200]

"""What the PDFs show of confusions, on matrices that are counted by hand."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from data import line_classes
from reports import print_confusions


def texts(axes):
    return [text.get_text() for text in axes.texts]


def axes_of(figure):
    return {axes.get_title(): axes for sub in figure.subfigs for axes in sub.axes}


def test_lines_have_blocks_with_names_and_every_factor_in_per_cent():
    matrix = np.diag([4] * 96)
    first = line_classes.class_index(0, 0, 0, 0)
    matrix[first, first], matrix[first, line_classes.class_index(1, 0, 1, 0)] = 3, 1  # of the length and of the angle
    figure = print_confusions.of_lines(matrix)
    drawn = axes_of(figure)
    assert texts(drawn["length, %"]) == ["99.5", "0.5", "0.0", "100.0"]  # 1 of 192
    assert texts(drawn["color, %"]) == ["100.0", "0.0", "0.0", "100.0"]
    assert [text for text in texts(drawn["angle, %"]) if text] == ["3"]  # 1 of 32, and nothing on the diagonal
    blocks = figure.subfigs[0].axes[0]
    assert [text.get_text() for text in blocks.get_xticklabels()] == ["short thin", "short thick", "long thin", "long thick"]
    assert blocks.get_xticks().tolist() == [11.5, 35.5, 59.5, 83.5]


def test_digits_have_their_errors_and_an_empty_diagonal():
    figure = print_confusions.of_digits({"one": (np.array([[3200, 2], [1, 5000]]), ["0", "1"], [0.9995, 0.5])})
    (axes,) = figure.axes
    assert axes.get_title() == "one: 3 errors" and texts(axes) == ["", "2", "1", ""]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0:  0.9995", "1:  0.5000"]


def test_heads_have_a_matrix_each_the_largest_last():
    two, three = np.array([[1, 1], [0, 2]]), np.diag([1] * 12)
    figure = print_confusions.of_heads({"angle": (three, [*map(str, range(12))]), "color": (two, ["red", "blue"])})
    assert [axes.get_title() for axes in figure.axes] == ["color, %", "angle, %"]
    assert texts(figure.axes[0]) == ["50.0", "50.0", "0.0", "100.0"] and not any(texts(figure.axes[1]))


def test_f_scores_stand_at_their_class():
    scores = np.arange(96) / 100
    (axes,) = print_confusions.f_scores(scores).axes
    rows = [text.get_text() for text in axes.get_yticklabels()]
    columns = [text.get_text() for text in axes.get_xticklabels()]
    written = np.reshape(texts(axes), (8, 12))
    for index in (0, 1, 2, 23, 24, 50, 95):
        length, width, angle, color = line_classes.class_name(index).split(" ")
        assert written[rows.index(f"{length} {width} {color}"), columns.index(angle)] == f"{scores[index]:.3f}"


def test_mistakes_have_their_captions_below_them():
    images = np.zeros((9, 28, 28), np.uint8)
    images[8] = 255
    figure = print_confusions.mistakes(images, [f"{number}, classified\nas 0" for number in range(9)])
    assert [text.get_text() for text in figure.texts][:2] == ["0, classified\nas 0", "1, classified\nas 0"]
    first, last = (figure.axes[number].get_position() for number in (0, 8))
    caption = figure.texts[8].get_position()
    assert [last.x0, caption[0]] == pytest.approx([first.x0] * 2) and last.y0 < first.y0  # row 2
    assert 0 < last.y0 - caption[1] < 0.05 and to_hex(figure.axes[8].images[0].to_rgba(images[8])[0, 0]) == "#ffffff"


def test_none_misclassified_is_an_empty_figure():
    assert not print_confusions.mistakes(np.zeros((0, 1, 1), np.uint8), []).axes

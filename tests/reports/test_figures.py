import io

import matplotlib.image
import numpy as np

from data import lines
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


def test_factored_confusion_matrix_has_every_factor():
    labels = np.arange(96)
    predictions = lines.class_index(**{**lines.class_factors(labels), "color": np.zeros(96, int)})
    matrices = metrics.factor_confusions(labels, predictions, lines.FACTOR_SIZES)
    figure = figures.factored_confusion_matrix(metrics.confusion(labels, predictions, 96), matrices, lines.FACTORS, "title")
    drawn = {axes.get_title(): [text.get_text() for text in axes.texts] for sub in figure.subfigs for axes in sub.axes}
    assert {"length", "width", "angle", "color"} <= drawn.keys()
    assert drawn["color"] == ["48", "0", "48", "0"] and drawn["angle"] == ["8"] * 12

"""The truth of each factor is counted by hand; heat that is known to be right or wrong is told apart."""

import numpy as np
import pytest

from common.quiet import keras
from data import line_classes, lines
from data.line_classes import FACTORS, class_index
from q3_visualize import factor_truth
from q3_visualize.known_lines import KnownLines
from q3_visualize.networks import Network, open_network

layers = keras.layers


def drawn(labels, centers):
    labels, centers = np.array(labels), np.array(centers, float)
    return KnownLines(lines.draw_classes(labels, centers), labels, centers)


@pytest.fixture(scope="module")
def several():
    made = lines.draw(per_class=4, seed=3)
    return factor_truth.with_room(KnownLines(*made)).spread(60)


def test_what_differs_in_one_factor():
    labels = np.array([class_index(1, 0, 11, 1), class_index(0, 1, 0, 0)])
    expected = {
        "length": [[class_index(0, 0, 11, 1), class_index(1, 1, 0, 0)]],
        "width": [[class_index(1, 1, 11, 1), class_index(0, 0, 0, 0)]],
        "angle": [[class_index(1, 0, 0, 1), class_index(0, 1, 1, 0)], [class_index(1, 0, 10, 1), class_index(0, 1, 11, 0)]],
        "color": [[class_index(1, 0, 11, 0), class_index(0, 1, 0, 1)]],
    }
    for factor in FACTORS:
        np.testing.assert_array_equal(factor_truth.others(labels, factor), expected[factor])


@pytest.mark.parametrize("length", [0, 1])
def test_truths_of_a_line_whose_pixels_are_countable(length):
    """A thin line in row 14 whose middle is that of column 13: long it has the columns 6 to 20, short 10 to 16."""
    truth = factor_truth.truths(drawn([class_index(length, 0, 0, 1)], [[13.5, 14.5]]))
    ends, first, last = np.zeros((28, 28)), *((6, 21) if length else (10, 17))
    ends[14, 6:10] = ends[14, 17:21] = 1
    flanks, line = np.zeros((28, 28)), np.zeros((28, 28))
    flanks[[13, 15], first:last] = 1
    line[14, first:last] = 1
    for factor, expected in (("length", ends), ("width", flanks), ("color", line)):
        np.testing.assert_allclose(truth[factor][0], expected, atol=1e-9)
    angle = truth["angle"][0]
    np.testing.assert_allclose(angle[1:][::-1], angle[1:], atol=1e-9)  # one neighbor is the other's mirror image in row 14
    assert angle[14, 13] < 0.06 and angle[14, first] > 0.3


def test_lines_without_room_are_left_out():
    """A short line near the border would be long outside of it; one whose neighbor in angle would, too."""
    short, long_ = class_index(0, 0, 0, 0), class_index(1, 0, 0, 0)
    known = drawn([short, short, long_, long_], [[5.0, 14], [8, 14], [14, 2.0], [14, 3.6]])
    np.testing.assert_array_equal(factor_truth.with_room(known).centers, [[8, 14], [14, 3.6]])


def test_heat_that_is_the_truth_wins_everywhere_and_the_others_truth_nowhere(several):
    truth = factor_truth.truths(several)
    right = factor_truth.summary(factor_truth.matrix(truth, truth))
    assert (right["heat_fits_own_truth"], right["truth_fits_own_heat"]) == (4, 4) and right["contrast"] > 0.3
    names = list(FACTORS)
    turned = {name: truth[names[(place + 1) % 4]] for place, name in enumerate(names)}
    wrong = factor_truth.summary(factor_truth.matrix(turned, truth))
    assert (wrong["heat_fits_own_truth"], wrong["truth_fits_own_heat"]) == (0, 0) and wrong["contrast"] < 0
    assert right["contrast_error"] < 0.05


def test_the_same_heat_for_every_factor_has_no_contrast(several):
    truth = factor_truth.truths(several)
    same = factor_truth.summary(factor_truth.matrix(dict.fromkeys(FACTORS, truth["color"]), truth))
    assert same["contrast"] == pytest.approx(0, abs=1e-9)


def test_contrast_by_hand():
    """A row and a column that are better than the others count for nothing; one third of what the diagonal has more is lost."""
    scores = np.full((4, 4, 2), 0.1)
    scores[1] += 0.3
    scores[:, 2] += 0.4
    assert factor_truth.contrast(scores) == pytest.approx((0, 0))
    scores[range(4), range(4), 0] += 0.4
    assert factor_truth.contrast(scores) == pytest.approx((0.75 * 0.4 / 2, 0.75 * 0.4 / 2))


@pytest.fixture(scope="module")
def linear_heads():
    """A network whose heads are linear in the pixels, with random weights."""
    keras.utils.set_random_seed(0)
    image = keras.Input((28, 28, 3))
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    flat = layers.Flatten()(layers.Conv2D(4, 3, padding="same", name="conv1")(x))
    sizes = {"length": 1, "width": 1, "angle": 12, "color": 1}
    outputs = {
        name: layers.Dense(size, activation="sigmoid" if size == 1 else "softmax", name=name)(flat)
        for name, size in sizes.items()
    }
    return Network(keras.Model(image, outputs))


@pytest.mark.slow
def test_at_the_image_integrated_gradients_are_hot_only_on_what_changes(linear_heads, several):
    truth = factor_truth.truths(several)
    maps = factor_truth.maps_of_factors(linear_heads, several, "rescaling", "integrated")
    for factor in FACTORS:
        assert np.abs(maps[factor][truth[factor] < 1e-9]).max() < 1e-6 < np.abs(maps[factor]).max()
    rows = list(factor_truth.rows(linear_heads, several, ["conv1"], ["hirescam"]))
    assert {(row["layer"], row["method"]) for row in rows} == {
        ("conv1", "hirescam"), ("rescaling", "integrated"), ("conv1", "integrated")
    }  # fmt: skip
    assert [row["heat"] for row in rows[:4]] == list(FACTORS)


@pytest.mark.parametrize("network", ["q1_cnn/lines/part2", "q2_multihead/lines"])
def test_the_paths_are_complete_in_so_many_steps(trained, several, network):
    """The map sums to the difference of the logits within 1 %: of the line's class and of the class with the factor changed."""
    known = open_network(trained / network / "model.keras", network)
    maps = factor_truth.maps_of_factors(known, several, "rescaling", "integrated")
    changed = factor_truth.others(several.labels, "color")[0]
    after = lines.draw_classes(changed, several.centers)
    if "color" in known.heads:
        level, head = line_classes.class_factors(several.labels)["color"], "color"
        other, neurons = 1 - level, 2  # one sigmoid neuron counts as two, of both signs
    else:
        level, other, head, neurons = several.labels, changed, "predictions", 1
    rows = np.arange(len(level))
    margins = []
    for images in (several.images, after):
        probabilities = known.predict(images)[head].astype(float)
        margins.append(np.log(probabilities[rows, level]) - np.log(probabilities[rows, other]))
    difference = neurons * (margins[0] - margins[1])
    sums = maps["color"].sum(axis=(1, 2))
    np.testing.assert_allclose(sums, difference, atol=0.01 * np.abs(difference).max())

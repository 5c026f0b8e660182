import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from reports import metrics

# Seven images of three classes: one 0 is classified as 1, one 2 as 0.
LABELS = np.array([0, 0, 1, 1, 1, 2, 2])
PREDICTIONS = np.array([0, 1, 1, 1, 1, 0, 2])
F1 = (1 / 2, 6 / 7, 2 / 3)  # from precisions 1/2, 3/4, 1 and recalls 1/2, 1, 1/2
PROBABILITIES = np.where(np.eye(3)[PREDICTIONS] > 0, 0.8, 0.1).astype(np.float32)


def test_confusion_by_hand():
    assert metrics.confusion(LABELS, PREDICTIONS, 3).tolist() == [[1, 1, 0], [0, 3, 0], [1, 0, 1]]


def test_scores_by_hand():
    scores = metrics.score(LABELS, PROBABILITIES)
    assert scores["errors"] == 2
    assert scores["accuracy"] == pytest.approx(5 / 7) == accuracy_score(LABELS, PREDICTIONS)
    assert scores["loss"] == pytest.approx(-(5 * np.log(0.8) + 2 * np.log(0.1)) / 7)
    assert scores["macro_f1"] == pytest.approx(sum(F1) / 3)
    assert scores["weighted_f1"] == pytest.approx((2 * F1[0] + 3 * F1[1] + 2 * F1[2]) / 7)
    assert scores["micro_f1"] == pytest.approx(5 / 7)


def test_f_scores_by_hand():
    rows = metrics.f_scores(LABELS, PREDICTIONS, ("a", "b", "c"))
    assert [row["name"] for row in rows] == ["a", "b", "c", "macro", "weighted", "micro"]
    assert [row["precision"] for row in rows[:3]] == pytest.approx([1 / 2, 3 / 4, 1])
    assert [row["recall"] for row in rows[:3]] == pytest.approx([1 / 2, 1, 1 / 2])
    assert [row["f1"] for row in rows] == pytest.approx([*F1, sum(F1) / 3, (2 * F1[0] + 3 * F1[1] + 2 * F1[2]) / 7, 5 / 7])
    assert [row["support"] for row in rows] == [2, 3, 2, 7, 7, 7]


def test_a_perfect_network():
    scores = metrics.score(LABELS, np.eye(3, dtype=np.float32)[LABELS])
    assert (scores["accuracy"], scores["errors"], scores["macro_f1"]) == (1.0, 0, 1.0)
    assert scores["loss"] == pytest.approx(0, abs=1e-6)


def test_factors_of_a_class_index_by_hand():
    # Sizes (2, 3): index 4 is (1, 1), index 1 is (0, 1), index 3 is (1, 0).
    matrix = metrics.confusion(np.array([4, 4, 1]), np.array([4, 1, 3]), 6)
    first, second = metrics.factor_confusions(matrix, (2, 3))
    assert first.tolist() == [[0, 1], [1, 1]]
    assert second.tolist() == [[0, 0, 0], [1, 2, 0], [0, 0, 0]]


# Four images, two heads: the first errs on image 0, the second on images 0 and 1.
HEAD_LABELS = {"one": np.array([0, 1, 0, 1]), "two": np.array([0, 1, 2, 2])}
HEAD_PREDICTIONS = {"one": np.array([1, 1, 0, 1]), "two": np.array([1, 0, 2, 2])}
HEAD_PROBABILITIES = {
    "one": np.where(np.eye(2)[HEAD_PREDICTIONS["one"]] > 0, 0.9, 0.1),
    "two": np.where(np.eye(3)[HEAD_PREDICTIONS["two"]] > 0, 0.8, 0.1),
}


def test_heads_together_by_hand():
    scores = metrics.score_heads(HEAD_LABELS, HEAD_PROBABILITIES)
    assert (scores["heads"]["one"]["errors"], scores["heads"]["two"]["errors"], scores["all_heads_errors"]) == (1, 2, 2)
    assert scores["all_heads_accuracy"] == 0.5 and scores["mean_head_accuracy"] == 0.625
    assert scores["independent_heads_accuracy"] == 0.375  # less than 0.5: the errors fall together
    assert scores["classes"]["accuracy"] == 0.5


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_all_heads_right_is_the_accuracy_of_the_joint_classes(seed, count):
    generator = np.random.default_rng(seed)
    sizes = {"a": 2, "b": 3, "c": 4}
    labels = {head: generator.integers(size, size=count) for head, size in sizes.items()}
    probabilities = {head: generator.dirichlet(np.ones(size), count) for head, size in sizes.items()}
    scores = metrics.score_heads(labels, probabilities)
    assert scores["all_heads_errors"] == scores["classes"]["errors"]
    assert scores["all_heads_accuracy"] <= min(of_head["accuracy"] for of_head in scores["heads"].values())
    assert scores["classes"]["loss"] == pytest.approx(sum(of_head["loss"] for of_head in scores["heads"].values()))


def test_one_sigmoid_neuron_gives_two_classes():
    np.testing.assert_allclose(metrics.as_softmax(np.array([[0.25], [1.0]])), [[0.75, 0.25], [0.0, 1.0]])
    softmax = np.array([[0.2, 0.3, 0.5]])
    assert metrics.as_softmax(softmax) is softmax


def test_distance_around_a_circle():
    assert metrics.mean_circular_error([165, 0, 90], [0, 165, 0], period=180) == pytest.approx((15 + 15 + 90) / 3)


@given(st.integers(0, 11), st.integers(0, 11), st.integers(-5, 5))
def test_distance_around_a_circle_is_a_distance(one, other, turns):
    distance = metrics.mean_circular_error([15 * one], [15 * other], 180)
    assert 0 <= distance <= 90 and (distance == 0) == (one == other)
    assert distance == metrics.mean_circular_error([15 * other], [15 * one], 180)
    assert distance == metrics.mean_circular_error([15 * one + 180 * turns], [15 * other], 180)


def test_the_loss_of_many_images_is_that_of_its_parts():
    labels = np.arange(2 * metrics.LOSS_CHUNK + 1) % 2
    probabilities = np.where(labels[:, None] == [0, 1], 0.8, 0.2).astype(np.float32)
    probabilities[-1] = [0.5, 0.5]
    expected = -(2 * metrics.LOSS_CHUNK * np.log(0.8) + np.log(0.5)) / len(labels)
    assert metrics.score(labels, probabilities)["loss"] == pytest.approx(expected, rel=1e-6)

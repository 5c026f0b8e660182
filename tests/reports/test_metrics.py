import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from reports import metrics

# Seven pictures of three classes: one 0 is taken for 1, one 2 for 0.
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
    first, second = metrics.factor_confusions(np.array([4, 4, 1]), np.array([4, 1, 3]), (2, 3))
    assert first.tolist() == [[0, 1], [1, 1]]
    assert second.tolist() == [[0, 0, 0], [1, 2, 0], [0, 0, 0]]

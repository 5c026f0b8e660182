"""Scores of predictions against labels, computed by scikit-learn."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

LOSS_CHUNK = 10_000  # images
AVERAGES = ("macro", "weighted", "micro")


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict:
    """Score one softmax output.

    Parameters
    ----------
    labels, probabilities
        int (n,), and float (n, classes).

    Returns
    -------
    dict
        loss (mean cross-entropy, nats), accuracy, errors (images), and macro_f1, weighted_f1 (by the images of each class) and
        micro_f1. Macro and weighted averages are over the classes that occur among labels or predictions.
    """
    predictions = probabilities.argmax(axis=1)
    errors = int((predictions != labels).sum())
    return {
        "loss": _cross_entropy(labels, probabilities),
        "accuracy": 1 - errors / len(labels),
        "errors": errors,
        **{f"{name}_f1": float(f1_score(labels, predictions, average=name, zero_division=0)) for name in AVERAGES},
    }


def score_heads(labels: dict[str, np.ndarray], probabilities: dict[str, np.ndarray]) -> dict:
    """Score a network with several heads, each head and all together.

    Parameters
    ----------
    labels, probabilities
        {head: int (n,)}, and {head: float (n, classes of that head)}, see `as_softmax`.

    Returns
    -------
    dict
        heads (the `score` of each); all_heads_accuracy and all_heads_errors (an image counts as right when every head is);
        mean_head_accuracy (which one bad head hardly lowers); independent_heads_accuracy (the product of the heads'
        accuracies: that of all heads if their errors were independent); and classes: the `score` of the joint classes, one for
        each combination of the heads' classes, with the product of their probabilities. Its loss is the sum of the heads'
        losses, which it equals except where scikit-learn clips a probability of 0.
    """
    heads = {head: score(labels[head], probabilities[head]) for head in labels}
    accuracies = [scores["accuracy"] for scores in heads.values()]
    wrong = np.logical_or.reduce([probabilities[head].argmax(axis=1) != labels[head] for head in labels])
    sizes = [probabilities[head].shape[1] for head in labels]
    joint = np.ones((len(wrong), 1))
    for head in labels:
        joint = (joint[:, :, None] * probabilities[head][:, None, :]).reshape(len(wrong), -1)
    classes = score(np.ravel_multi_index(list(labels.values()), sizes), joint)
    return {
        "heads": heads,
        "all_heads_accuracy": 1 - int(wrong.sum()) / len(wrong),
        "all_heads_errors": int(wrong.sum()),
        "mean_head_accuracy": float(np.mean(accuracies)),
        "independent_heads_accuracy": float(np.prod(accuracies)),
        "classes": {**classes, "loss": sum(scores["loss"] for scores in heads.values())},
    }


def as_softmax(probabilities: np.ndarray) -> np.ndarray:
    """Return the output of one sigmoid neuron, float (n, 1), as probabilities of its two classes, (n, 2); others unchanged."""
    if probabilities.shape[1] > 1:
        return probabilities
    second = probabilities.astype(np.float64)
    return np.hstack([1 - second, second])


def mean_circular_error(values: np.ndarray, others: np.ndarray, period: float) -> float:
    """Return the mean distance of values (n,) from others (n,) around a circle: with period 180, 165 and 0 differ by 15."""
    distance = np.abs(np.subtract(values, others)) % period
    return float(np.minimum(distance, period - distance).mean())


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Return counts, int64 (classes, classes): rows are the true classes, columns the predicted ones."""
    return confusion_matrix(labels, predictions, labels=np.arange(classes))


def f_scores(labels: np.ndarray, predictions: np.ndarray, names: Sequence[str]) -> list[dict]:
    """Return a row a class (class, name, precision, recall, f1, support), then the macro, weighted and micro averages."""
    columns = precision_recall_fscore_support(labels, predictions, labels=np.arange(len(names)), zero_division=0)
    rows = [(position, name, *scores) for position, (name, *scores) in enumerate(zip(names, *columns))]
    for name in AVERAGES:
        scores = precision_recall_fscore_support(labels, predictions, average=name, zero_division=0)
        rows.append(("", name, *scores[:3], len(labels)))
    keys = ("class", "name", "precision", "recall", "f1", "support")
    return [dict(zip(keys, (index, name, *map(float, scores), int(support)))) for index, name, *scores, support in rows]


def factor_confusions(matrix: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """Return the confusion matrix of each factor that makes up the classes of one, int (n, n), with n the product of sizes.

    The class index counts the levels of the last factor fastest. Returns int (size, size) for each of `sizes`.
    """
    levels, axes = matrix.reshape(*sizes, *sizes), range(2 * len(sizes))
    others = ([axis for axis in axes if axis % len(sizes) != factor] for factor in range(len(sizes)))
    return [levels.sum(axis=tuple(summed)) for summed in others]


def _cross_entropy(labels, probabilities):
    """Return the mean cross-entropy in nats, computed in chunks, since scikit-learn makes several copies."""
    total = 0
    for start in range(0, len(labels), LOSS_CHUNK):
        exact = probabilities[start : start + LOSS_CHUNK].astype(np.float64)
        exact /= exact.sum(axis=1, keepdims=True)  # float32 rows differ from a sum of 1 by more than scikit-learn accepts
        total += log_loss(labels[start : start + LOSS_CHUNK], exact, labels=np.arange(probabilities.shape[1]), normalize=False)
    return float(total / len(labels))

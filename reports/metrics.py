"""Scores of predictions against labels. scikit-learn does the arithmetic."""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support


def score(labels, probabilities):
    """Loss, accuracy and F-scores of one softmax output.

    labels: int (n,). probabilities: float (n, classes). Returns a dict: loss (mean cross-entropy, nats), accuracy,
    errors (pictures), and F1 as macro (every class counts the same), weighted (by its pictures) and micro mean.
    Macro and weighted take the classes that occur among labels or predictions.
    """
    predictions = probabilities.argmax(axis=1)
    errors = int((predictions != labels).sum())
    exact = probabilities.astype(np.float64)  # float32 rows miss a sum of 1 by more than scikit-learn lets pass
    exact /= exact.sum(axis=1, keepdims=True)
    return {
        "loss": float(log_loss(labels, exact, labels=np.arange(probabilities.shape[1]))),
        "accuracy": 1 - errors / len(labels),
        "errors": errors,
        **{f"{mean}_f1": _f1(labels, predictions, mean) for mean in ("macro", "weighted", "micro")},
    }


def confusion(labels, predictions, classes):
    """Counts, int64 (classes, classes): rows are the true classes, columns the predicted ones."""
    return confusion_matrix(labels, predictions, labels=np.arange(classes))


def f_scores(labels, predictions, names):
    """One dict a class (class, name, precision, recall, f1, support), then the macro, weighted and micro means."""
    columns = precision_recall_fscore_support(labels, predictions, labels=np.arange(len(names)), zero_division=0)
    rows = [_row(position, name, *values) for position, (name, *values) in enumerate(zip(names, *columns))]
    for mean in ("macro", "weighted", "micro"):
        precision, recall, f1, _ = precision_recall_fscore_support(labels, predictions, average=mean, zero_division=0)
        rows.append(_row("", mean, precision, recall, f1, len(labels)))
    return rows


def factor_confusions(labels, predictions, sizes):
    """Confusion matrices of each factor of a class index: a list of int64 (size, size), one for each of `sizes`."""
    levels = zip(np.unravel_index(labels, sizes), np.unravel_index(predictions, sizes), sizes)
    return [confusion(true, predicted, size) for true, predicted, size in levels]


def _f1(labels, predictions, mean):
    return float(f1_score(labels, predictions, average=mean, zero_division=0))


def _row(index, name, precision, recall, f1, support):
    return {
        "class": index, "name": name, "precision": float(precision), "recall": float(recall), "f1": float(f1),
        "support": int(support),
    }  # fmt: skip

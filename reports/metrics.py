"""Scores of predictions against labels. scikit-learn does the arithmetic."""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

LOSS_CHUNK = 10_000  # pictures


def score(labels, probabilities):
    """Loss, accuracy and F-scores of one softmax output.

    labels: int (n,). probabilities: float (n, classes). Returns a dict: loss (mean cross-entropy, nats), accuracy,
    errors (pictures), and F1 as macro (every class counts the same), weighted (by its pictures) and micro mean.
    Macro and weighted take the classes that occur among labels or predictions.
    """
    predictions = probabilities.argmax(axis=1)
    errors = int((predictions != labels).sum())
    return {
        "loss": _cross_entropy(labels, probabilities),
        "accuracy": 1 - errors / len(labels),
        "errors": errors,
        **{f"{mean}_f1": _f1(labels, predictions, mean) for mean in ("macro", "weighted", "micro")},
    }


def score_heads(labels, probabilities):
    """Scores of a network with several heads, one by one and together.

    labels: {head: int (n,)}. probabilities: {head: float (n, classes of that head)}, see `as_softmax`.

    The accuracy of the whole network is that of all heads at once: a picture counts when every head is right. Returns a
    dict: heads (the `score` of each), all_heads_accuracy and all_heads_errors, mean_head_accuracy (which one bad head
    hardly lowers), independent_heads_accuracy (the product of the heads' accuracies: what all heads would reach if
    their errors fell on pictures independently), and classes: the `score` of the joint classes, one for each combination
    of the heads' classes, whose probability is the product of theirs. Its accuracy is that of all heads; its loss is given
    as the sum of theirs, which it equals but for where scikit-learn cuts a probability of 0 off.
    """
    heads = {head: score(labels[head], probabilities[head]) for head in labels}
    accuracies = [scores["accuracy"] for scores in heads.values()]
    wrong = np.logical_or.reduce([probabilities[head].argmax(axis=1) != labels[head] for head in labels])
    sizes = [probabilities[head].shape[1] for head in labels]
    classes = score(np.ravel_multi_index(list(labels.values()), sizes), _joint(probabilities[head] for head in labels))
    return {
        "heads": heads,
        "all_heads_accuracy": 1 - int(wrong.sum()) / len(wrong),
        "all_heads_errors": int(wrong.sum()),
        "mean_head_accuracy": float(np.mean(accuracies)),
        "independent_heads_accuracy": float(np.prod(accuracies)),
        "classes": {**classes, "loss": sum(scores["loss"] for scores in heads.values())},
    }


def as_softmax(probabilities):
    """The output of one sigmoid neuron, float (n, 1), as the two classes that it stands for, (n, 2); others as they are."""
    if probabilities.shape[1] > 1:
        return probabilities
    second = probabilities.astype(np.float64)
    return np.hstack([1 - second, second])


def mean_circular_error(values, others, period):
    """The mean distance of values (n,) from others (n,) around a circle: with a period of 180, 165 and 0 differ by 15."""
    distance = np.abs(np.subtract(values, others)) % period
    return float(np.minimum(distance, period - distance).mean())


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


def _cross_entropy(labels, probabilities):
    """The mean cross-entropy, in nats: in parts, since scikit-learn makes several copies on its way."""
    total = 0
    for start in range(0, len(labels), LOSS_CHUNK):
        exact = probabilities[start : start + LOSS_CHUNK].astype(np.float64)
        exact /= exact.sum(axis=1, keepdims=True)  # float32 rows miss a sum of 1 by more than scikit-learn lets pass
        total += log_loss(labels[start : start + LOSS_CHUNK], exact, labels=np.arange(probabilities.shape[1]), normalize=False)
    return float(total / len(labels))


def _joint(outputs):
    """Probabilities of every combination of classes, (n, product of the sizes), from those of each output, (n, size)."""
    joint = np.ones((1, 1))
    for output in outputs:
        joint = (joint[:, :, None] * output[:, None, :]).reshape(len(output), -1)
    return joint


def _f1(labels, predictions, mean):
    return float(f1_score(labels, predictions, average=mean, zero_division=0))


def _row(index, name, precision, recall, f1, support):
    return {
        "class": index, "name": name, "precision": float(precision), "recall": float(recall), "f1": float(f1),
        "support": int(support),
    }  # fmt: skip

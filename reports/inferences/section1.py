"""What follows from the results of Section 1."""

from __future__ import annotations

import numpy as np

from data.line_classes import ANGLES, FACTOR_SIZES, FACTORS
from reports import metrics
from reports.inferences import Inference
from reports.inferences.evidence import Evidence
from reports.names import LINES1, LINES2, MNIST1, MNIST2, NOISY1, NOISY2, OFFICIAL1, OFFICIAL2

AIM = 0.997  # of our network on MNIST, 60 % training


def few_weights(of: Evidence) -> Inference:
    """Compare the networks of both parts on lines."""
    small, large = of.parameters(LINES2), of.parameters(LINES1)
    better = of.mean_accuracy(LINES2) > of.mean_accuracy(LINES1) and of.mean_accuracy(NOISY2) > of.mean_accuracy(NOISY1)
    return Inference(
        "few-weights",
        "A network built for the question needs few weights.",
        f"With {small:,} parameters our network misclassifies {of.errors(LINES2)} test images of lines, the prescribed one, "
        f"with {large:,}, {of.errors(LINES1)} (means over seeds). On the noisy task the order is the same: the accuracies are "
        f"{of.accuracy(NOISY2)} and {of.accuracy(NOISY1)}.",
        "scores",
        of.scores(LINES1, LINES2, NOISY1, NOISY2),
        better and small < large / 10,
    )


def patience(of: Evidence) -> Inference:
    """Say what the prescribed network gains from being trained until it gets no better."""
    name = f"{LINES1}/history.csv"
    validation = [float(row["val_accuracy"]) for row in of.rows(name)]
    best = int(np.argmax(validation)) + 1
    third = validation[min(2, len(validation) - 1)]
    return Inference(
        "patience",
        "Part 1 must be trained out to be compared fairly.",
        f"On lines the prescribed network has a validation accuracy of {third:.2%} after three epochs and of "
        f"{max(validation):.2%} after {best} of {len(validation)}; three epochs in a row without a better one end its "
        "training.",
        "curves",
        (name,),
        best > 3 and max(validation) > third,
    )


def memorizing(of: Evidence) -> Inference:
    """Compare training with validation at the end of both trainings on MNIST."""
    names = [f"{network}/history.csv" for network in (MNIST1, MNIST2)]
    (train1, validation1), (train2, validation2) = (
        [float(of.rows(name)[-1][column]) for column in ("accuracy", "val_accuracy")] for name in names
    )
    return Inference(
        "memorizing",
        "On MNIST the prescribed network overfits, ours hardly does.",
        f"In its last epoch the prescribed network classifies {train1:.2%} of the training digits correctly and "
        f"{validation1:.2%} of the validation digits. Ours, which sees every digit deformed in another way in each epoch, is "
        f"at {train2:.2%} of the deformed training digits and at {validation2:.2%} of the validation digits.",
        "curves",
        tuple(names),
        train1 - validation1 > 0.005 > train2 - validation2,
    )


def neighbors(of: Evidence) -> Inference:
    """Say which factor is wrong where networks err on lines."""
    names = [f"{network}/confusion_matrix.csv" for network in (LINES1, NOISY2)]
    clean, noisy = (_wrong_factors(of.matrix(name)[0]) for name in names)
    shares = ", ".join(f"the {factor} of {noisy[factor] / noisy['images']:.1%}" for factor in FACTORS)
    return Inference(
        "neighbors",
        "Lines are confused with those of the next angle.",
        f"Of the {clean['errors']:,} test images that the prescribed network (one seed) misclassifies without noise, the angle "
        f"is wrong in {clean['angle']:,}, in {clean['next']:,} of them by one step of 15°, the length in {clean['length']:,}, "
        f"the width in {clean['width']:,} and the color in {clean['color']:,}. On the noisy task our network misclassifies "
        f"{shares} of the test images; {noisy['next'] / max(noisy['angle'], 1):.1%} of its wrong angles are one step away.",
        "lines-confusion",
        tuple(names),
        all(
            count["angle"] == max(count[factor] for factor in FACTORS) and count["next"] > count["angle"] / 2
            for count in (clean, noisy)
        ),
    )


def _wrong_factors(matrix):
    """Return how many images a confusion matrix has, how many are errors, of each factor, and by one angle."""
    of_factors = dict(zip(FACTORS, metrics.factor_confusions(matrix, FACTOR_SIZES)))
    count = len(ANGLES)
    steps = np.abs(np.subtract.outer(range(count), range(count)))
    return {
        "images": matrix.sum(), "errors": matrix.sum() - matrix.trace(),
        **{factor: confused.sum() - confused.trace() for factor, confused in of_factors.items()},
        "next": of_factors["angle"][np.minimum(steps, count - steps) == 1].sum(),
    }  # fmt: skip


def faint_lines(of: Evidence) -> Inference:
    """Compare the F-scores of short, long, thin and thick lines on the noisy task."""
    name = f"{NOISY2}/f_scores.csv"
    scores = [(row["name"], float(row["f1"])) for row in of.rows(name) if row["class"]]
    kinds = ("short thin", "short thick", "long thin", "long thick")
    means = {kind: np.mean([f1 for name, f1 in scores if name.startswith(kind)]) for kind in kinds}
    lowest, highest = min(scores, key=lambda score: score[1]), max(scores, key=lambda score: score[1])
    return Inference(
        "faint-lines",
        "With noise, short thin lines are the hardest and long thick ones the easiest.",
        "On the noisy task the F-scores of our network are on average "
        + ", ".join(f"{mean:.3f} for {kind} lines" for kind, mean in means.items())
        + f". The lowest of the 96 is {lowest[1]:.3f} ({lowest[0]}), the highest {highest[1]:.3f} ({highest[0]}).",
        "fscores-lines",
        (name,),
        min(means, key=means.get) == kinds[0] and max(means, key=means.get) == kinds[-1],
    )


def digits(of: Evidence) -> Inference:
    """Say how many digits are left, and which."""
    name = f"{MNIST2}/f_scores.csv"
    scores = {row["name"]: float(row["f1"]) for row in of.rows(name) if row["class"]}
    lowest, highest = min(scores, key=scores.get), max(scores, key=scores.get)
    matrix, names = of.matrix(f"{MNIST2}/confusion_matrix.csv")
    off = matrix - np.diag(matrix.diagonal())
    true, predicted = np.unravel_index(off.argmax(), off.shape)
    mean = of.mean_accuracy(MNIST2)
    reached = "reached" if mean >= AIM else "missed"
    return Inference(
        "digits",
        "On MNIST few test images are misclassified, whatever the digit.",
        f"Our network misclassifies {of.errors(MNIST2)} test digits ({of.accuracy(MNIST2)} correct; our aim of {AIM:.2%} is "
        f"{reached}), the prescribed one {of.errors(MNIST1)}; on the official split {of.errors(OFFICIAL2)} and "
        f"{of.errors(OFFICIAL1)} (means over seeds). With one seed, the F-scores of our ten digits lie between "
        f"{scores[lowest]:.4f} ({lowest}) and {scores[highest]:.4f} ({highest}), and the most frequent confusion is that of "
        f"{names[true]} with {names[predicted]}: {off.max()} images of {names[true]} are classified as {names[predicted]}.",
        "mistakes",
        (
            name,
            f"{MNIST2}/confusion_matrix.csv",
            *of.scores(MNIST2, MNIST1, OFFICIAL2, OFFICIAL1),
        ),
        mean > of.mean_accuracy(MNIST1) and scores[lowest] > 0.99,
    )


ALL = (few_weights, patience, memorizing, neighbors, faint_lines, digits)

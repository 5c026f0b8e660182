"""What follows from the variations that Section 1 tried."""

from __future__ import annotations

from reports.inferences import Inference
from reports.inferences.evidence import Evidence, is_better, is_unclear, is_worse, points

_COMPARED = "q1_cnn/sweep/comparison.csv"
_DATASETS = ("lines", "mnist")


def _inference(name, claim, evidence, holds):
    return Inference(name, claim, evidence, "variations", (_COMPARED,), holds)


def _pair(of, question, variation):
    """Return a variation on lines and on MNIST."""
    return [of.variation("q1_cnn", dataset, question, variation) for dataset in _DATASETS]


def _on_both(pair):
    """Return the differences of a variation from the baseline on both data sets, in words."""
    return f"{points(pair[0])} points on lines and {points(pair[1])} on MNIST"


def depth(of: Evidence) -> Inference:
    """Say what the number of convolutions, filters and their size do."""
    one, four, five = (_pair(of, "depth", name) for name in ("1 convolution", "4 convolutions", "5 convolutions"))
    larger = _pair(of, "filter-size", "5, 5, 5")
    return _inference(
        "depth",
        "One convolution is too few; more than three, and larger filters, still help.",
        f"One convolution instead of three changes the accuracy by {_on_both(one)}, four by {_on_both(four)}, five by "
        f"{_on_both(five)}. 5 × 5 filters in every convolution bring {_on_both(larger)}.",
        is_worse(*one) and is_better(*four, *five, *larger),
    )


def pooling_head(of: Evidence) -> Inference:
    """Compare the mean of each map with flattening."""
    flat, hidden = (_pair(of, "pooling-head", name) for name in ("flatten", "flatten, 128 units"))
    return _inference(
        "pooling-head",
        "The mean of each map suits lines and, on this short budget, not digits.",
        f"Flattening the maps instead changes the accuracy by {_on_both(flat)}, with a hidden layer of 128 units behind it by "
        f"{_on_both(hidden)}, which on lines is no clear loss. Where a line lies says nothing about its class, where a stroke "
        "of a digit lies does.",
        is_worse(flat[0]) and is_better(flat[1], hidden[1]) and is_unclear(hidden[0]),
    )


def downsampling(of: Evidence) -> Inference:
    """Compare pooling with strides, per step and per second."""
    largest, average = (_pair(of, "downsampling", name) for name in ("max pooling", "average pooling"))
    baseline = _pair(of, "baseline", "baseline")
    return _inference(
        "downsampling",
        "In as many steps, pooling is better than strides, but slower.",
        f"Max pooling in the place of strides brings {_on_both(largest)}, average pooling {_on_both(average)}; but with max "
        f"pooling a trial on lines takes {largest[0]['seconds']:.1f} seconds instead of {baseline[0]['seconds']:.1f}, since "
        "the convolution before it computes four times as many positions.",
        is_better(*largest, *average) and largest[0]["seconds"] > 1.2 * baseline[0]["seconds"],
    )


def learning_rate(of: Evidence) -> Inference:
    """Compare learning rates with optimizers."""
    quarter, default = _pair(of, "learning-rate", "a quarter"), _pair(of, "decay", "none, at Keras' 0.001")
    optimizers = [_pair(of, "optimizer", name) for name in ("SGD with momentum, rate 0.3", "RMSprop", "AdamW")]
    smallest = min(abs(row["gain"]) for row in quarter + default)
    return _inference(
        "learning-rate",
        "The learning rate decides more than the optimizer.",
        f"A quarter of the rate changes the accuracy by {_on_both(quarter)}, Keras' default of 0.001 without decay by "
        f"{_on_both(default)}. SGD with momentum, at a rate of its own, changes it by {_on_both(optimizers[0])}, RMSprop by "
        f"{_on_both(optimizers[1])}, AdamW by {_on_both(optimizers[2])}.",
        is_worse(*quarter, *default) and smallest > max(abs(row["gain"]) for pair in optimizers for row in pair),
    )


def regularization(of: Evidence) -> Inference:
    """Say what dropout and L2 do."""
    half, strong = _pair(of, "regularization", "dropout 0.5"), _pair(of, "regularization", "L2 0.001")
    others = [row for name in ("dropout 0.2", "L2 0.0001") for row in _pair(of, "regularization", name)]
    plain = _pair(of, "normalization", "no batch normalization")
    return _inference(
        "regularization",
        "Regularization has no clear effect on this short budget; batch normalization has one on MNIST.",
        f"Dropout of 0.5 changes the accuracy by {_on_both(half)}, L2 of 0.001 by {_on_both(strong)}; neither these nor weaker "
        f"ones (0.2 and 0.0001) differ clearly from none. Without batch normalization it changes by {_on_both(plain)}; on "
        "lines the difference varies too much from seed to seed to be clear.",
        is_unclear(*half, *strong, *others, plain[0]) and is_worse(plain[1]),
    )


def hinge(of: Evidence) -> Inference:
    """Say what other loss functions do."""
    lines, mnist = _pair(of, "loss", "hinge")
    others = [row for name in ("focal", "label smoothing 0.1", "mean squared error") for row in _pair(of, "loss", name)]
    return _inference(
        "hinge",
        "Hinge fails with the 96 classes of lines; no other loss makes a clear difference.",
        f"With hinge on the softmax {lines['accuracy']:.1%} of the lines are classified correctly ({points(lines)} points); it "
        f"makes no clear difference with the ten classes of MNIST ({points(mnist)}). Focal loss, label smoothing and squared "
        "error do not clearly differ from cross-entropy on either.",
        is_worse(lines) and is_unclear(mnist, *others),
    )


def filters(of: Evidence) -> Inference:
    """Say what the number of filters does."""
    half, double = _pair(of, "filters", "half"), _pair(of, "filters", "double")
    baseline = _pair(of, "baseline", "baseline")
    return _inference(
        "filters",
        "More filters help, at the cost of time.",
        f"Twice the filters bring {_on_both(double)}, in {double[0]['seconds'] / baseline[0]['seconds']:.1f} times the time on "
        f"lines; half of them change the accuracy by {_on_both(half)}"
        f"{'' if is_worse(half[0]) else ', which on lines is not clear'}.",
        is_better(*double) and is_worse(half[1]) and double[0]["seconds"] > baseline[0]["seconds"],
    )


ALL = (depth, filters, pooling_head, downsampling, learning_rate, regularization, hinge)

"""What follows from the results of Section 2."""

from __future__ import annotations

from math import inf

from data.line_classes import FACTORS
from reports.inferences import Inference
from reports.inferences.evidence import Evidence, is_better, is_unclear, is_worse, points
from reports.names import LINES2, MULTIHEAD, MULTIHEAD_NOISY, NOISIEST, NOISY2

_COMPARED = "q2_multihead/sweep/comparison.csv"
AIM = 0.10  # by how much the network of the noisy task should be better than the first one at the highest level of noise


def little_cost(of: Evidence) -> Inference:
    """Compare four heads with one softmax over all classes."""
    names = MULTIHEAD, LINES2, MULTIHEAD_NOISY, NOISY2
    heads, classes, noisy_heads, noisy_classes = (of.mean_accuracy(name) for name in names)
    return Inference(
        "little-cost",
        "Four heads are nearly as accurate as one softmax over all classes.",
        f"Of the four heads ({of.parameters(MULTIHEAD):,} parameters) at least one is wrong in {of.errors(MULTIHEAD)} test "
        f"images, Section 1's own network for the 96 classes ({of.parameters(LINES2):,}) in {of.errors(LINES2)} (means "
        f"over seeds). On the noisy task all heads are right in {of.accuracy(MULTIHEAD_NOISY)} of them "
        f"({of.parameters(MULTIHEAD_NOISY):,} parameters), Section 1's network in {of.accuracy(NOISY2)} "
        f"({of.parameters(NOISY2):,}).",
        "scores",
        of.scores(*names),
        abs(heads - classes) < 0.001 and abs(noisy_heads - noisy_classes) < 0.02,
    )


def angle_first(of: Evidence) -> Inference:
    """Say which head fails first as noise grows."""
    name = f"{MULTIHEAD}/noise.csv"
    levels = [{key: float(value) for key, value in row.items()} for row in of.rows(name)]
    last = levels[-1]
    lost = {head: [row["level"] for row in levels if row[f"{head}_accuracy"] < 0.99] for head in FACTORS}
    first = {head: found[0] if found else inf for head, found in lost.items()}
    words = ", ".join(f"the {head} in {last[f'{head}_accuracy']:.1%}" for head in FACTORS)
    return Inference(
        "angle-first",
        "Noise takes the angle first, then the length.",
        f"Trained anew at each level of noise, the network classifies less than 99% of the angles correctly from level "
        f"{first['angle']:.0f} on, of the lengths from level {first['length']:.0f}. At level {last['level']:.0f} it has "
        f"{words} of the test images right; guesses would be right in 8.3% for the angle and in 50% for the others. Wrong "
        f"angles are near ones: on average the angle is off by {last['mean_absolute_error_degrees']:.1f}°, that of a guess by "
        "45°.",
        "noise",
        (name,),
        first["angle"] < first["length"] <= min(first["width"], first["color"], last["level"])
        and last["angle_accuracy"] < last["length_accuracy"] < min(last["width_accuracy"], last["color_accuracy"]),
    )


def together(of: Evidence) -> Inference:
    """Compare the accuracy of all heads with the product of theirs."""
    test = of.metrics(MULTIHEAD_NOISY)["test"]
    return Inference(
        "together",
        "The heads err on the same images more often than by chance.",
        f"On the noisy task all heads are right in {test['all_heads_accuracy']:.1%} of the test images; if their errors were "
        f"independent it would be {test['independent_heads_accuracy']:.1%}, the product of the four. Some lines are faint, and "
        "they are so for every head.",
        "scores",
        (f"{MULTIHEAD_NOISY}/metrics.json",),
        test["all_heads_accuracy"] > test["independent_heads_accuracy"] + 0.005,
    )


def features(of: Evidence) -> Inference:
    """Say which variations of the network help on the noisy task."""
    four, hidden, largest, later = (
        of.variation("q2_multihead", "lines_noisy", *name)
        for name in (
            ("shared-depth", "4 convolutions"), ("head-size", "a hidden layer of 64"),
            ("pooling-head", "maximum of each map"), ("downsampling", "by the first and third"),
        )
    )  # fmt: skip
    return Inference(
        "features",
        "Against noise, a fourth shared convolution helps most.",
        f"On the noisy task a fourth convolution that all heads share brings {points(four)} points, a hidden layer of 64 in "
        f"each head {points(hidden)}, the maximum of each map in the place of the mean {points(largest)}, and halving the "
        f"maps later {points(later)}. The network of the noisy task has all four.",
        "variations",
        (_COMPARED,),
        is_better(four, hidden, largest, later) and four["gain"] > max(hidden["gain"], largest["gain"], later["gain"]),
    )


def sharing(of: Evidence) -> Inference:
    """Compare filters that heads share with filters of their own."""
    own, early = (
        of.variation("q2_multihead", "lines_noisy", "branch", name)
        for name in ("after the second, 64 filters each", "after the first, 12 and 16 filters each")
    )
    four = of.variation("q2_multihead", "lines_noisy", "shared-depth", "4 convolutions")
    return Inference(
        "sharing",
        "Sharing features pays.",
        f"On the noisy task heads that branch off after the second convolution, with 64 filters of their own each, bring "
        f"{points(own)} points, less than a fourth shared convolution ({points(four)}) and in "
        f"{own['seconds'] / four['seconds']:.1f} times its time; heads that branch off after the first one, with 12 and 16 "
        f"filters each, lose ({points(early)}).",
        "variations",
        (_COMPARED,),
        own["gain"] < four["gain"] and own["seconds"] > four["seconds"] and is_worse(early),
    )


def equal_weights(of: Evidence) -> Inference:
    """Say what other weights of the losses do."""
    names = ("angle 0.25", "angle 4", "angle 16")
    noisy = [of.variation("q2_multihead", "lines_noisy", "loss-weights", name) for name in names]
    quarter, four, sixteen = map(points, noisy)
    return Inference(
        "equal-weights",
        "Of the weights of the losses that we tried, equal ones are best.",
        f"On the noisy task a quarter of the weight for the angle changes the accuracy by {quarter} points, four times its "
        f"weight by {four}, sixteen times by {sixteen}.",
        "variations",
        (_COMPARED,),
        is_worse(*noisy),
    )


def ceiling(of: Evidence) -> Inference:
    """Say why variations are compared with noise."""
    names = (("shared-depth", "4 convolutions"), ("filters", "24, 48, 128"), ("head-size", "a hidden layer of 64"))
    four, more, hidden = (of.variation("q2_multihead", "lines", *name) for name in names)
    largest = of.variation("q2_multihead", "lines", "pooling-head", "maximum of each map")
    baseline = of.variation("q2_multihead", "lines", "baseline", "baseline")
    return Inference(
        "ceiling",
        "Without noise no variation is clearly better, so we compare with noise.",
        f"There the baseline is right in {baseline['accuracy']:.2%} of the validation images, and what helps with noise makes "
        f"no clear difference (a fourth convolution {points(four)} points, more filters {points(more)}, a hidden layer of 64 "
        f"{points(hidden)}) or loses (the maximum of each map {points(largest)}).",
        "variations",
        (_COMPARED,),
        is_unclear(four, more, hidden)
        and is_worse(largest)
        and not any(is_better(row) for row in of.compared("q2_multihead", "lines")),
    )


def noisiest(of: Evidence) -> Inference:
    """Compare the network of the noisy task with the first one at the highest level of noise."""
    name = f"{MULTIHEAD}/noise.csv"
    level = of.metrics(NOISIEST)["data"]["noise_level"]
    epochs, before_epochs = (of.metrics(network)["training"]["epochs"] for network in (NOISIEST, MULTIHEAD))
    before = float(of.rows(name, level=str(level))[0]["all_heads_accuracy"])
    now = of.mean_accuracy(NOISIEST)
    aim = "reached" if now - before >= AIM else "missed"
    return Inference(
        "noisiest",
        "The network of the noisy task is the better one at the highest level of noise, too.",
        f"At level {level} the network of the noisy task has all heads right in {of.accuracy(NOISIEST)} of the test images, "
        f"with {of.parameters(NOISIEST):,} parameters and {epochs} epochs; the first network, with "
        f"{of.parameters(MULTIHEAD):,} and {before_epochs}, in {before:.1%}. Our aim of {100 * AIM:.0f} points more is {aim}.",
        "noise",
        (*of.scores(NOISIEST), f"{MULTIHEAD}/metrics.json", name),
        now > before + 0.02,
    )


ALL = (little_cost, angle_first, together, features, sharing, equal_weights, ceiling, noisiest)

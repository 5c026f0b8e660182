"""What follows from the results of Section 2."""

from __future__ import annotations

from data.line_classes import FACTORS
from reports.inferences import Inference
from reports.inferences.evidence import Evidence, is_better, is_unclear, is_worse, points
from reports.names import MULTIHEAD, MULTIHEAD_NOISY, NOISIEST

_COMPARED = "q2_multihead/sweep/comparison.csv"
_CLASSES, _NOISY_CLASSES = "q1_cnn/lines/part2", "q1_cnn/lines_noisy/part2"
AIM = 0.10  # by how much the network of the noisy task should be better than the first one at the highest level of noise


def little_cost(of: Evidence) -> Inference:
    """Compare four heads with one softmax over all classes."""
    names = MULTIHEAD, _CLASSES, MULTIHEAD_NOISY, _NOISY_CLASSES
    heads, classes, noisy_heads, noisy_classes = (of.mean_accuracy(name) for name in names)
    return Inference(
        "little-cost",
        "Four heads are about as accurate as one softmax over all classes.",
        f"With {of.parameters(MULTIHEAD):,} parameters the four heads misclassify {of.errors(MULTIHEAD)} test images, with "
        f"{of.parameters(_CLASSES):,} Section 1's own network for the 96 classes {of.errors(_CLASSES)}. On the noisy task all "
        f"heads are right in {of.accuracy(MULTIHEAD_NOISY)} ({of.parameters(MULTIHEAD_NOISY):,} parameters), Section 1's "
        f"network in {of.accuracy(_NOISY_CLASSES)} ({of.parameters(_NOISY_CLASSES):,}).",
        "scores",
        tuple(f"{name}/metrics.json" for name in names),
        abs(heads - classes) < 0.001 and abs(noisy_heads - noisy_classes) < 0.02,
    )


def angle_first(of: Evidence) -> Inference:
    """Say which head fails first as noise grows."""
    name = f"{MULTIHEAD}/noise.csv"
    levels = [{key: float(value) for key, value in row.items()} for row in of.rows(name)]
    last = levels[-1]
    lost = {head: [row["level"] for row in levels if row[f"{head}_accuracy"] < 0.99] for head in FACTORS}
    first = {head: found[0] if found else float("inf") for head, found in lost.items()}
    words = ", ".join(f"the {head} in {last[f'{head}_accuracy']:.1%}" for head in FACTORS)
    return Inference(
        "angle-first",
        "Noise takes the angle first, then the length.",
        f"The angle is below 99% from level {first['angle']:.0f} of the noise on, the length from level "
        f"{first['length']:.0f}. At level {last['level']:.0f} the network has {words} of the test images right; guesses would "
        "be right in 8.3% for the angle and in 50% for the others. Wrong angles are near ones: on average the angle is off "
        f"by {last['mean_absolute_error_degrees']:.1f}°, that of a guess by 45°.",
        "noise",
        (name,),
        first["angle"] < first["length"] <= min(first["width"], first["color"])
        and last["angle_accuracy"] < last["length_accuracy"] < min(last["width_accuracy"], last["color_accuracy"]),
    )


def together(of: Evidence) -> Inference:
    """Compare the accuracy of all heads with the product of theirs."""
    test = of.metrics(MULTIHEAD_NOISY)["test"]
    return Inference(
        "together",
        "The heads err on the same images.",
        f"On the noisy task all heads are right in {test['all_heads_accuracy']:.1%} of the test images; if their errors were "
        f"independent it would be {test['independent_heads_accuracy']:.1%}, the product of the four. A line that is faint for "
        "one head is faint for all.",
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
        "What helps against noise is a better feature network.",
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
        f"On the noisy task 64 filters of its own for each head bring {points(own)} points, less than the fourth shared "
        f"convolution ({points(four)}) and at {own['seconds'] / four['seconds']:.1f} times its time; heads that branch "
        f"off after the first convolution lose ({points(early)}).",
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
        "The losses are best weighed equally.",
        f"On the noisy task a quarter of the weight for the angle changes the accuracy by {quarter} points, four times its "
        f"weight by {four}, sixteen times by {sixteen}.",
        "variations",
        (_COMPARED,),
        is_worse(*noisy),
    )


def ceiling(of: Evidence) -> Inference:
    """Say why variations are compared with noise."""
    names = (("shared-depth", "4 convolutions"), ("filters", "24, 48, 128"), ("head-size", "a hidden layer of 64"))
    rows = [of.variation("q2_multihead", "lines", *name) for name in names]
    baseline = of.variation("q2_multihead", "lines", "baseline", "baseline")
    return Inference(
        "ceiling",
        "Without noise, variations cannot be told apart.",
        f"There the baseline is right in {baseline['accuracy']:.2%} of the validation images, and what helps with noise makes "
        f"no clear difference: a fourth convolution {points(rows[0])} points, more filters {points(rows[1])}, a hidden layer "
        f"of 64 {points(rows[2])}.",
        "variations",
        (_COMPARED,),
        is_unclear(*rows),
    )


def noisiest(of: Evidence) -> Inference:
    """Compare the network of the noisy task with the first one at the highest level of noise."""
    name = f"{MULTIHEAD}/noise.csv"
    level, epochs = of.metrics(NOISIEST)["data"]["noise_level"], of.metrics(MULTIHEAD)["training"]["epochs"]
    before = float(of.rows(name, level=str(level))[0]["all_heads_accuracy"])
    now = of.mean_accuracy(NOISIEST)
    aim = "reached" if now - before >= AIM else "missed"
    return Inference(
        "noisiest",
        "The gain lasts at the highest level of noise.",
        f"At level {level} the network of the noisy task has all heads right in {of.accuracy(NOISIEST)} of the test images, "
        f"with {of.parameters(NOISIEST):,} parameters; the first network, trained there for {epochs} epochs, in {before:.1%}. "
        f"Our aim of {100 * AIM:.0f} points more is {aim}.",
        "noise",
        (f"{NOISIEST}/seeds.json", name),
        now > before + 0.02,
    )


ALL = (little_cost, angle_first, together, features, sharing, equal_weights, ceiling, noisiest)

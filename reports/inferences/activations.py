"""What follows from the activations of the networks: Section 3, part 1."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean, stdev

from reports.inferences import Inference
from reports.inferences.evidence import Evidence, NotMeasuredError, matching
from reports.names import LINES1, LINES2, MNIST1, MNIST2, MULTIHEAD, TUNING

_STUDY = f"{TUNING}/tuning.json"
_CONVOLUTIONS = ("conv1", "conv2", "conv3")
_HEADS = ("length", "width", "color")  # of one neuron each, which has no preferred angle
_MIDDLE = {"length": 11, "width": 2, "angle": 7.5, "color": 0.5}  # of two classes: pixels, pixels, degrees, share of blue
_WAYS = {"length": 8, "width": 2, "angle": 15, "color": 1}  # from one class to the other


def _layer(of: Evidence, network: str, layer: str) -> dict:
    """Return what the tuning study measured of a layer."""
    return matching(of.study(_STUDY)["layers"], network=network, layer=layer)[0]


def _values(rows, name, digits=2):
    """Return a column of layers in words: "0.21, 0.33, 0.27"."""
    return ", ".join(f"{row[name]:.{digits}f}" for row in rows)


def narrower(of: Evidence) -> Inference:
    """Follow the peaks of the tuning curves and the effect of the length through the convolutions."""
    own, heads = ([_layer(of, name, layer) for layer in _CONVOLUTIONS] for name in (LINES2, MULTIHEAD))
    return Inference(
        "narrower",
        "From layer to layer, tuning curves get narrower and the length counts more.",
        f"In our own network for lines the peak of a filter's tuning curve has a half width of {_values(own, 'bandwidth', 0)} "
        f"degrees (`conv1`, `conv2`, `conv3`; medians), and the length of the line modulates the response by "
        f"{_values(own, 'length_modulation')}, where 1 is all of it. In the network with four heads the widths are "
        f"{_values(heads, 'bandwidth', 0)} degrees and the modulations {_values(heads, 'length_modulation')}.",
        "tuning",
        (_STUDY,),
        all(
            _falls(rows, "bandwidth") and _falls(rows[::-1], "length_modulation")
            for rows in (own, heads)
        ),
    )  # fmt: skip


def _falls(rows, name):
    return all(later[name] < earlier[name] for earlier, later in pairwise(rows))


def selective_outputs(of: Evidence) -> Inference:
    """Compare how selective hidden layers and outputs are for the angle."""
    hidden, heads = ([_layer(of, name, layer) for layer in _CONVOLUTIONS] for name in (LINES2, MULTIHEAD))
    output, angle = _layer(of, LINES2, "predictions"), _layer(of, MULTIHEAD, "angle")
    prescribed = [_layer(of, LINES1, layer) for layer in ("conv1", "fc1", "predictions")]
    highest = max(row["selectivity"] for row in (*hidden, *heads, *prescribed))
    return Inference(
        "selective-outputs",
        "Most filters of our networks do not single out an angle before the outputs.",
        f"Selectivity is 0 for a filter that responds to all angles alike and 1 for one that responds to a single angle. Its "
        f"median is {_values(hidden, 'selectivity')} in the three convolutions of our own network and "
        f"{output['selectivity']:.2f} at its outputs; with four heads {_values(heads, 'selectivity')}, and "
        f"{angle['selectivity']:.2f} at the angle head. In the prescribed network it is {_values(prescribed, 'selectivity')} "
        "(`conv1`, `fc1`, outputs): even its outputs are less selective.",
        "tuning",
        (_STUDY,),
        min(output["selectivity"], angle["selectivity"]) > highest + 0.1,
    )


def own_factor(of: Evidence) -> Inference:
    """Say what modulates the heads of the network with four heads."""
    heads = {name: _layer(of, MULTIHEAD, name) for name in _HEADS}
    own = {name: row[f"{name}_modulation"] for name, row in heads.items()}
    other = {name: max(row[f"{each}_modulation"] for each in _HEADS if each != name) for name, row in heads.items()}
    words = "; ".join(f"`{name}` {own[name]:.2f} by its own, at most {other[name]:.2f} by another" for name in heads)
    selectivity = max(row["selectivity"] for row in heads.values())
    return Inference(
        "own-factor",
        "Each head follows its own factor most, though all read the same features.",
        f"How much a factor modulates the response of the heads with one neuron, where 1 is all of it: {words}. The angle "
        f"hardly matters to them: their selectivity is at most {selectivity:.2f}.",
        "tuning",
        (_STUDY,),
        all(own[name] > 1.3 * other[name] for name in heads) and selectivity < 0.05,
    )


def sparser(of: Evidence) -> Inference:
    """Compare the share of active cells of the first and the last hidden layer with maps."""
    names = {name: f"q3_visualize/{name}/gallery.json" for name in (LINES2, MULTIHEAD, MNIST2)}
    shares = {name: [row["active"] for row in of.study(file)["activations"]] for name, file in names.items()}
    words = "; ".join(", ".join(f"{share:.0%}" for share in of_network) for of_network in shares.values())
    return Inference(
        "sparser",
        "Deep layers are sparser than the first.",
        f"Share of cells above zero in three layers from the first to the last: {words} (our own network for lines, the one "
        "with four heads, our own for MNIST).",
        "gallery-activations",
        tuple(names.values()),
        all(of_network[-1] < of_network[0] for of_network in shares.values()),
    )


def spare_units(of: Evidence) -> Inference:
    """Count the units of the prescribed network that never respond."""
    layers = of.study(_STUDY)["layers"]
    row = matching(layers, network=LINES1, layer="fc1")[0]
    silent = row["filters"] - row["responding"]
    ours = [each for each in layers if each["network"] != LINES1]
    others, filters = sum(each["filters"] - each["responding"] for each in ours), sum(each["filters"] for each in ours)
    return Inference(
        "spare-units",
        "The prescribed network has dead units, our networks for lines have none.",
        f"Of the {row['filters']:,} units of its `fc1`, {silent} respond to no line of any length, width, angle or color; of "
        f"the {filters:,} filters and outputs of our own network and the one with four heads, {others} do.",
        "tuning",
        (_STUDY,),
        silent > 0 and others == 0,
    )


def middle(of: Evidence) -> Inference:
    """Say where between two classes the networks change their answer."""
    name = f"{TUNING}/thresholds.csv"
    networks = (LINES1, LINES2, MULTIHEAD)
    found = {factor: [_thresholds(of, name, network, factor) for network in networks] for factor in _MIDDLE}
    length, width, angle, color = ([fmean(seeds) for seeds in of_factor] for of_factor in found.values())
    spread = _relative_spread(found, "color")
    others = max(_relative_spread(found, factor) for factor in _MIDDLE if factor != "color")
    return Inference(
        "middle",
        "Decisions lie near the middle of two classes; that of the color differs most from seed to seed.",
        f"Lines become long at {_span(length, '.1f')} pixels (the classes have 7 and 15), thick at {_span(width, '.2f')} "
        f"pixels (1 and 3), of the next angle at {_span(angle, '.1f')} degrees (0 and 15), and blue at a share of blue of "
        f"{_span(color, '.2f')} (three networks, means over seeds). From seed to seed of a network the standard deviation is "
        f"up to {spread:.0%} of the way from red to blue, and up to {others:.0%} of the way between two classes of another "
        "factor.",
        "psychometric",
        (name,),
        _near_middle(found) and spread > 2 * others,
    )


def _thresholds(of, name, network, factor):
    """Return where a network decides between two levels of a factor without noise, for each seed."""
    found = [row["threshold"] for row in of.rows(name, network=network, noise="0", factor=factor)]
    if len(found) < 2 or not all(found):
        raise NotMeasuredError(f"{network} has too few thresholds of the {factor}")
    return [float(threshold) for threshold in found]


def _span(values, form):
    """Return the lowest and the highest value in words, or the one that both are: "7.5", "1.75 to 1.97"."""
    return " to ".join(dict.fromkeys(format(value, form) for value in (min(values), max(values))))


def _near_middle(found):
    """Whether all means are within a quarter of the way between two classes of its middle."""
    return all(
        abs(fmean(seeds) - _MIDDLE[factor]) < _WAYS[factor] / 4 for factor, of_factor in found.items() for seeds in of_factor
    )


def _relative_spread(found, factor):
    return max(stdev(seeds) for seeds in found[factor]) / _WAYS[factor]


def moved_digits(of: Evidence) -> Inference:
    """Compare what digits that are moved, turned and scaled do to both networks for MNIST."""
    name = f"{TUNING}/digits.csv"
    cases = (("shift", "4.0"), ("rotation", "30.0"), ("scale", "0.7"))
    own, prescribed = (
        [float(of.rows(name, network=network, axis=axis, value=value)[0]["accuracy"]) for axis, value in cases]
        for network in (MNIST2, MNIST1)
    )  # fmt: skip
    return Inference(
        "moved-digits",
        "Our network for MNIST tolerates moved, turned and smaller digits, the prescribed one far less.",
        f"Moved by 4 pixels, {own[0]:.1%} of the digits are still classified correctly, {prescribed[0]:.1%} by the prescribed "
        f"network; turned by 30°, {own[1]:.1%} and {prescribed[1]:.1%}; at 0.7 of their size, {own[2]:.1%} and "
        f"{prescribed[2]:.1%}. Ours was trained on deformed digits and averages over positions.",
        "digits-tuning",
        (name,),
        all(ours > theirs + 0.05 for ours, theirs in zip(own, prescribed)),
    )


ALL = (narrower, sparser, spare_units, own_factor, selective_outputs, middle, moved_digits)

"""What Section 3's studies of activations wrote, and what their inferences must say of it."""

from reports.inferences import activations
from tests.reports.inferences.putting import case, changed, percent, rows_without, setting

LINES1, LINES2, HEADS = "q1_cnn/lines/part1", "q1_cnn/lines/part2", "q2_multihead/lines"
MNIST1, MNIST2 = "q1_cnn/mnist/part1", "q1_cnn/mnist/part2"
STUDY, DIGITS, THRESHOLDS = (f"q3_visualize/tuning/{file}" for file in ("tuning.json", "digits.csv", "thresholds.csv"))
CONVOLUTIONS, SINGLE = ("conv1", "conv2", "conv3"), ("length", "width", "color")
MIDDLES, WAYS = {"length": 11, "width": 2, "angle": 7.5, "color": 0.5}, {"length": 8, "width": 2, "angle": 15, "color": 1}


def put(random):
    """Return results that bear all inferences out; the galleries' other parts are of `made_filters` and `made_heatmaps`."""
    return {STUDY: {"layers": _layers(random)}, DIGITS: _digits(random), THRESHOLDS: _thresholds(random)}


def active(random):
    """Return what a gallery says of the activations of three layers."""
    return [{"layer": f"relu{place}", "active": 0.9 - 0.2 * place + random.uniform(0, 0.1)} for place in (1, 2, 3)]


def _layers(random):
    """Return the tuning of all layers."""
    rows = []
    for network in (LINES2, HEADS):
        for place, layer in enumerate(CONVOLUTIONS):
            rows.append(_layer(random, network, layer, 2 ** (4 + place), 0.2, 60 - 20 * place, 0.3 + 0.2 * place))
    rows += [_layer(random, LINES1, layer, count, 0.4) for layer, count in (("conv1", 32), ("fc1", 1024), ("predictions", 96))]
    rows[-2]["responding"] -= random.randint(1, 99)
    rows += [_layer(random, LINES2, "predictions", 96, 0.9), _layer(random, HEADS, "angle", 12, 0.9)]
    for head in SINGLE:
        row = _layer(random, HEADS, head, 1, 0, 90)
        row.update(
            {f"{factor}_modulation": random.uniform(0.1, 0.6) for factor in SINGLE}, selectivity=random.uniform(0.01, 0.04)
        )
        row[f"{head}_modulation"] = random.uniform(0.9, 1)
        rows.append(row)
    return rows


def _layer(random, network, layer, filters, selectivity, width=20, modulation=0.5):
    return {
        "network": network, "layer": layer, "filters": filters, "responding": filters,
        "selectivity": selectivity + random.uniform(0, 0.09), "bandwidth": width + random.uniform(0, 9),
        **{f"{factor}_modulation": modulation + random.uniform(0, 0.1) for factor in SINGLE},
    }  # fmt: skip


def _digits(random):
    """Return how many digits are right: the prescribed network has fewer."""
    return [
        {"network": network, "axis": axis, "value": value, "accuracy": right + random.uniform(0, 0.1), "confidence": 0.9}
        for network, right in ((MNIST2, 0.9), (MNIST1, 0.5))
        for axis, value in (("shift", 0.0), ("shift", 4.0), ("rotation", 30.0), ("scale", 0.7))
    ]


def _thresholds(random):
    """Return where networks decide: all near the middle, the color's most different."""
    return [
        {"network": network, "seed": seed, "noise": noise, "factor": factor, "slope": 1,
         "threshold": middle + WAYS[factor] * (random.uniform(0, 0.01) + (seed - 1) * (0.1 if factor == "color" else 0.01))}
        for network in (LINES2, LINES1, HEADS) for seed in (0, 1, 2) for noise in (0, 4) for factor, middle in MIDDLES.items()
    ]  # fmt: skip


def layer_of(put, network, layer):
    """Return the tuning of a layer that was put in."""
    return next(row for row in put[STUDY]["layers"] if (row["network"], row["layer"]) == (network, layer))


def _column(put, network, layers, name, digits=2):
    return [f"{layer_of(put, network, layer)[name]:.{digits}f}" for layer in layers]


def _once(words):
    return list(dict.fromkeys(words))


def _study(to, **where):
    return setting(STUDY, "layers", to=to, **where)


def _without_layer(**where):
    return rows_without(STUDY, "layers", **where)


@case(
    activations.narrower,
    [
        _study({"bandwidth": 80}, network=HEADS, layer="conv2"),
        _study({"length_modulation": 0.1}, network=LINES2, layer="conv3"),
    ],
    [_without_layer(network=LINES2, layer="conv2")],
)
def narrower(put):
    """Half widths and modulations of two networks."""
    of_networks = [
        _column(put, name, CONVOLUTIONS, *column)
        for name in (LINES2, HEADS) for column in (("bandwidth", 0), ("length_modulation",))
    ]  # fmt: skip
    of_networks.insert(2, ["1"])
    return [number for numbers in of_networks for number in numbers]


@case(
    activations.selective_outputs,
    [_study({"selectivity": 0.95}, network=LINES2, layer="conv3"), _study({"selectivity": 0.3}, network=HEADS, layer="angle"),
     _study({"selectivity": 0.95}, network=LINES1, layer="predictions")],
    [_without_layer(network=HEADS, layer="angle")],
)  # fmt: skip
def selective_outputs(put):
    """Selectivity of hidden layers and outputs of three networks."""
    of_networks = (
        (LINES2, (*CONVOLUTIONS, "predictions")),
        (HEADS, (*CONVOLUTIONS, "angle")),
        (LINES1, ("conv1", "fc1", "predictions")),
    )
    return ["0", "1", *(number for name, layers in of_networks for number in _column(put, name, layers, "selectivity"))]


@case(
    activations.own_factor,
    [
        _study({"length_modulation": 0.95}, network=HEADS, layer="color"),
        _study({"selectivity": 0.3}, network=HEADS, layer="width"),
    ],
    [_without_layer(network=HEADS, layer="color")],
)
def own_factor(put):
    """The modulation of each head by its own and another factor."""
    numbers, rows = [], [layer_of(put, HEADS, head) for head in SINGLE]
    for head, row in zip(SINGLE, rows):
        others = [row[f"{factor}_modulation"] for factor in SINGLE if factor != head]
        numbers += [f"{row[f'{head}_modulation']:.2f}", f"{max(others):.2f}"]
    return ["1", *numbers, f"{max(row['selectivity'] for row in rows):.2f}"]


@case(
    activations.spare_units,
    [_study({"responding": 1024}, network=LINES1, layer="fc1"),
     _study({"responding": 3}, network=HEADS, layer="conv1")],
    [_without_layer(network=LINES1, layer="fc1")],
)  # fmt: skip
def spare_units(put):
    """Units of the prescribed network that do not respond, and filters of the others."""
    row = layer_of(put, LINES1, "fc1")
    ours = sum(row["filters"] for row in put[STUDY]["layers"] if row["network"] in (LINES2, HEADS))
    return [f"{row['filters']:,}", str(row["filters"] - row["responding"]), f"{ours:,}", "0"]


@case(
    activations.sparser,
    [lambda put: put[f"q3_visualize/{MNIST2}/gallery.json"]["activations"][-1].update(active=0.99)],
)
def sparser(put):
    """The share of active cells of three layers of three networks."""
    galleries = [put[f"q3_visualize/{network}/gallery.json"] for network in (LINES2, HEADS, MNIST2)]
    return percent(*(row["active"] for gallery in galleries for row in gallery["activations"]), digits=0)


@case(
    activations.middle,
    [setting(THRESHOLDS, to={"threshold": 14.5}, network=HEADS, factor="length"),
     lambda put: [row.update(threshold=0.5) for row in put[THRESHOLDS] if row["factor"] == "color"]],
    [rows_without(THRESHOLDS, network=LINES1), rows_without(THRESHOLDS, noise=0),
     lambda put: put[THRESHOLDS].__setitem__(slice(None), [row for row in put[THRESHOLDS] if row["seed"] == 0])],
)  # fmt: skip
def middle(put):
    """Thresholds, least and largest of three networks, and how they differ from seed to seed."""
    means, spreads = {}, {}
    for factor in MIDDLES:
        rows = [row for row in put[THRESHOLDS] if row["noise"] == 0 and row["factor"] == factor]
        of_networks = [[row["threshold"] for row in rows if row["network"] == name] for name in (LINES1, LINES2, HEADS)]
        means[factor] = sorted(sum(seeds) / 3 for seeds in of_networks)
        squares = [sum((seed - sum(seeds) / 3) ** 2 for seed in seeds) / 2 for seeds in of_networks]
        spreads[factor] = max(squares) ** 0.5 / WAYS[factor]
    ends = {factor: (of_networks[0], of_networks[-1]) for factor, of_networks in means.items()}
    length, angle = (_once(f"{end:.1f}" for end in ends[factor]) for factor in ("length", "angle"))
    width, color = (_once(f"{end:.2f}" for end in ends[factor]) for factor in ("width", "color"))
    spread = percent(spreads.pop("color"), max(spreads.values()), digits=0)
    return [*length, "7", "15", *width, "1", "3", *angle, "0", "15", *color, *spread]


@case(
    activations.moved_digits,
    [setting(DIGITS, to={"accuracy": 0.99}, network=MNIST1, axis="scale")],
    [rows_without(DIGITS, network=MNIST1), changed(DIGITS, list.clear)],
)
def moved_digits(put):
    """Digits moved, turned and scaled: our network and the prescribed one."""
    right = {(row["network"], row["axis"], row["value"]): row["accuracy"] for row in put[DIGITS]}
    cases = (("4", "shift", 4.0), ("30", "rotation", 30.0), ("0.7", "scale", 0.7))
    shares = [[words, *percent(right[MNIST2, axis, value], right[MNIST1, axis, value])] for words, axis, value in cases]
    return [number for numbers in shares for number in numbers]

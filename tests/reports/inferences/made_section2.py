"""Results of Section 2, and what its inferences must say of them."""

from reports.inferences import section2
from tests.reports.inferences.made_variations import baseline, compared, points_of, row_of, turned
from tests.reports.inferences.putting import (
    accuracy_of,
    case,
    changed,
    errors_of,
    network,
    parameters,
    percent,
    rows_without,
    setting,
)

HEADS, NOISY, NOISIEST = "q2_multihead/lines", "q2_multihead/lines_noisy", "q2_multihead/lines_noisy_6"
CLASSES, NOISY_CLASSES = "q1_cnn/lines/part2", "q1_cnn/lines_noisy/part2"
COMPARED, NOISE = "q2_multihead/sweep/comparison.csv", f"{HEADS}/noise.csv"
FACTORS = ("length", "width", "angle", "color")
# Gains in points on noisy lines and on lines, and whether they are clear there.
_GAINS = {
    ("shared-depth", "4 convolutions"): (5.6, True, 0.02, False),
    ("head-size", "a hidden layer of 64"): (3.9, True, -0.01, False),
    ("pooling-head", "maximum of each map"): (3.1, True, -0.1, True), ("filters", "24, 48, 128"): (1.7, True, 0.01, False),
    ("downsampling", "by the first and third"): (2.5, True, -0.03, False),
    ("branch", "after the second, 64 filters each"): (2.2, True, 0.01, False),
    ("branch", "after the first, 12 and 16 filters each"): (-3.5, True, -0.1, False),
    ("loss-weights", "angle 0.25"): (-10, True, -1, False), ("loss-weights", "angle 4"): (-1.2, True, -0.1, False),
    ("loss-weights", "angle 16"): (-14, True, -2, True),
}  # fmt: skip


def put(random):
    """Return results that bear all inferences out; those of Section 1's networks are of `made_section1`."""
    rows = []
    for place, (dataset, accuracy) in enumerate((("lines_noisy", 0.5), ("lines", 0.97))):
        rows.append(baseline(random, dataset, accuracy))
        rows += [compared(random, dataset, *name, *gains[2 * place : 2 * place + 2]) for name, gains in _GAINS.items()]
    turned(COMPARED, "lines_noisy", "branch", "after the second, 64 filters each", seconds=12.3)({COMPARED: rows})
    few, noisy, noisiest = (
        [random.randint(*bounds) for _ in range(3)] for bounds in ((0, 9), (11_000, 12_000), (19_000, 20_000))
    )
    heads = {"length": 0.94, "width": 0.98, "angle": random.uniform(0.7, 0.71), "color": 0.97}
    return {
        **network(HEADS, random, errors=few, heads=heads), **network(NOISY, random, errors=noisy, heads=heads),
        **network(NOISIEST, random, errors=noisiest, heads=heads, epochs=random.randint(10, 20)),
        COMPARED: rows, NOISE: [_noise(random, level) for level in range(7)],
    }  # fmt: skip


def _noise(random, level):
    """Return a row of the noise curve: the angle is below 99% from level 3 on, the length from level 4, the others never."""
    right = {"length": (1, 1, 1, 0.995, 0.97, 0.91, 0.84), "angle": (1, 1, 0.995, 0.96, 0.84, 0.66, 0.5)}
    shares = {factor: right.get(factor, [0.998] * 7)[level] - random.uniform(0, 0.004) for factor in FACTORS}
    return {
        "level": level, **{f"{factor}_accuracy": share for factor, share in shares.items()},
        "all_heads_accuracy": 0.44 + random.uniform(0, 0.02), "mean_absolute_error_degrees": random.uniform(2, 20),
    }  # fmt: skip


def _of_noise(put, *names):
    return [number for name in names for number in points_of(row_of(put, COMPARED, "lines_noisy", *name))]


def _of_lines(put, *names):
    return [number for name in names for number in points_of(row_of(put, COMPARED, "lines", *name))]


def _without(question, variation):
    return rows_without(COMPARED, question=question, variation=variation)


def _noisy(question, variation, **columns):
    return turned(COMPARED, "lines_noisy", question, variation, **columns)


def _fewer_right(name):
    return lambda put: put[f"{name}/seeds.json"].update(accuracy=[0.3, 0.3, 0.3])


FOUR, HIDDEN = ("shared-depth", "4 convolutions"), ("head-size", "a hidden layer of 64")
LARGEST, LATER = ("pooling-head", "maximum of each map"), ("downsampling", "by the first and third")
OWN, EARLY = ("branch", "after the second, 64 filters each"), ("branch", "after the first, 12 and 16 filters each")
MORE = ("filters", "24, 48, 128")


@case(section2.little_cost, [_fewer_right(HEADS), _fewer_right(NOISY)])
def little_cost(put):
    """Errors without noise, accuracies with noise, of four heads and one softmax."""
    clean = [parameters(put, HEADS), *errors_of(put, HEADS), "1", "96", parameters(put, CLASSES), *errors_of(put, CLASSES)]
    noisy = [*accuracy_of(put, NOISY), parameters(put, NOISY), "1", *accuracy_of(put, NOISY_CLASSES)]
    return [*clean, *noisy, parameters(put, NOISY_CLASSES)]


@case(
    section2.angle_first,
    [setting(NOISE, to={"length_accuracy": 0.98}, level=3), setting(NOISE, to={"width_accuracy": 0.98}, level=3),
     setting(NOISE, to={"width_accuracy": 0.7}, level=6),
     lambda put: [row.update(length_accuracy=0.991) for row in put[NOISE]]],
    [changed(NOISE, list.clear)],
)  # fmt: skip
def angle_first(put):
    """The first levels below 99%, and all heads at the last."""
    last = put[NOISE][-1]
    right = percent(*(last[f"{factor}_accuracy"] for factor in FACTORS))
    return ["99", "3", "4", "6", *right, "8.3", "50", f"{last['mean_absolute_error_degrees']:.1f}", "45"]


@case(section2.together, [lambda put: put[f"{NOISY}/metrics.json"]["test"].update(independent_heads_accuracy=0.9)])
def together(put):
    """All heads, and the product of the four."""
    test = put[f"{NOISY}/metrics.json"]["test"]
    product = 1
    for head in test["heads"].values():
        product *= head["accuracy"]
    return percent(test["all_heads_accuracy"], product)


@case(
    section2.features,
    [_noisy(*LATER, clear=False), _noisy(*HIDDEN, gain=0.2), _noisy(*FOUR, gain=-0.05)],
    [_without(*LATER)],
)
def features(put):
    """What helps against noise."""
    return [*_of_noise(put, FOUR), "64", *_of_noise(put, HIDDEN, LARGEST, LATER)]


@case(
    section2.sharing,
    [_noisy(*OWN, gain=0.1), _noisy(*OWN, seconds=1), _noisy(*EARLY, clear=False)],
    [_without(*OWN), _without(*EARLY)],
)
def sharing(put):
    """Filters of the heads' own against shared ones."""
    own, four = (row_of(put, COMPARED, "lines_noisy", *name) for name in (OWN, FOUR))
    return [
        "64",
        *points_of(own),
        *points_of(four),
        f"{own['seconds'] / four['seconds']:.1f}",
        "12",
        "16",
        *_of_noise(put, EARLY),
    ]


@case(
    section2.equal_weights,
    [_noisy("loss-weights", "angle 4", clear=False), _noisy("loss-weights", "angle 0.25", gain=0.1)],
    [_without("loss-weights", "angle 16")],
)
def equal_weights(put):
    """A quarter, four and sixteen times the weight."""
    return _of_noise(put, *(("loss-weights", f"angle {weight}") for weight in ("0.25", "4", "16")))


@case(
    section2.ceiling,
    [turned(COMPARED, "lines", *MORE, clear=True), turned(COMPARED, "lines", *LARGEST, clear=False),
     turned(COMPARED, "lines", *OWN, clear=True)],
    [rows_without(COMPARED, dataset="lines")],
)  # fmt: skip
def ceiling(put):
    """What noise tells apart, without noise."""
    right = row_of(put, COMPARED, "lines", "baseline", "baseline")["accuracy"]
    return [*percent(right, digits=2), *_of_lines(put, FOUR, MORE), "64", *_of_lines(put, HIDDEN, LARGEST)]


@case(section2.noisiest, [_fewer_right(NOISIEST)], [rows_without(NOISE, level=6)])
def noisiest(put):
    """Two networks at level 6: accuracy, parameters and epochs."""
    after = [*accuracy_of(put, NOISIEST), parameters(put, NOISIEST), str(_epochs(put, NOISIEST))]
    before = [parameters(put, HEADS), str(_epochs(put, HEADS)), *percent(put[NOISE][6]["all_heads_accuracy"])]
    return ["6", *after, *before, "10"]


def _epochs(put, name):
    return put[f"{name}/metrics.json"]["training"]["epochs"]

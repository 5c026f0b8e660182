"""Variations of both sections as their sweeps compare them, and what the inferences of Section 1 must say of them."""

from reports.inferences import variations
from tests.reports.inferences.putting import case, rows_without

COMPARED = "q1_cnn/sweep/comparison.csv"
# Each question and variation with its least gain on lines and on MNIST, in points, and whether it is clear there.
_GAINS = {
    ("depth", "1 convolution"): (-25, True, -48, True), ("depth", "4 convolutions"): (0.4, True, 1.8, True),
    ("depth", "5 convolutions"): (0.5, True, 2.1, True), ("filter-size", "5, 5, 5"): (0.2, True, 1.4, True),
    ("filters", "double"): (0.3, True, 1.0, True), ("filters", "half"): (-5, False, -2, True),
    ("pooling-head", "flatten"): (-9, True, 1.7, True), ("pooling-head", "flatten, 128 units"): (-0.3, False, 1.8, True),
    ("downsampling", "max pooling"): (0.3, True, 1.0, True), ("downsampling", "average pooling"): (0.4, True, 1.3, True),
    ("learning-rate", "a quarter"): (-29, True, -2.6, True), ("decay", "none, at Keras' 0.001"): (-28, True, -3.3, True),
    ("optimizer", "SGD with momentum, rate 0.3"): (0.1, False, 0.7, True), ("optimizer", "RMSprop"): (-0.1, False, 0.3, False),
    ("optimizer", "AdamW"): (0.05, False, 0.01, False), ("normalization", "no batch normalization"): (-8, False, -3, True),
    ("regularization", "dropout 0.5"): (-0.2, False, -0.7, False), ("regularization", "dropout 0.2"): (0.1, False, -0.2, False),
    ("regularization", "L2 0.001"): (0.1, False, 0.1, False), ("regularization", "L2 0.0001"): (0.1, False, 0.1, False),
    ("loss", "hinge"): (-73, True, -0.2, False), ("loss", "focal"): (-0.1, False, -0.1, False),
    ("loss", "label smoothing 0.1"): (-0.1, False, 0.4, False), ("loss", "mean squared error"): (-5, False, 0.1, False),
}  # fmt: skip


def put(random):
    """Return results that bear all inferences out."""
    rows = []
    for place, dataset in enumerate(("lines", "mnist")):
        rows.append(baseline(random, dataset, 0.97))
        for (question, variation), gains in _GAINS.items():
            rows.append(compared(random, dataset, question, variation, *gains[2 * place : 2 * place + 2]))
    return {COMPARED: rows}


def baseline(random, dataset, accuracy):
    """Return the row of a data set's baseline."""
    return {
        "dataset": dataset, "question": "baseline", "variation": "baseline", "trials": 30, "failed": "", "train_accuracy": 0.99,
        "accuracy": accuracy + random.uniform(0, 0.02), "seconds": random.uniform(4, 5), "spread": 0.001, "pairs": 0,
        "gain": 0.0, "uncertainty": "", "p": "", "p_holm": "", "clear": False,
    }  # fmt: skip


def compared(random, dataset, question, variation, points, clear):
    """Return the row of a variation, of which the difference from the baseline is up to a tenth more than so many points."""
    gain = points * random.uniform(1, 1.1) / 100
    return {
        "dataset": dataset, "question": question, "variation": variation, "trials": 5, "failed": "", "train_accuracy": 0.99,
        "accuracy": 0.98 + gain, "seconds": random.uniform(7, 9), "spread": 0.001, "pairs": 5, "gain": gain,
        "uncertainty": abs(gain) * random.uniform(0.1, 0.9), "p": 0.01, "p_holm": 0.02 if clear else 0.2, "clear": clear,
    }  # fmt: skip


def row_of(put, result, dataset, question, variation):
    """Return the row of a variation that was put in."""
    where = (dataset, question, variation)
    return next(row for row in put[result] if (row["dataset"], row["question"], row["variation"]) == where)


def points_of(row):
    """Return the numbers of "+0.34 ± 0.12"."""
    sign = "+" if row["gain"] >= 0 else "−"
    return [f"{sign}{abs(100 * row['gain']):.2f}", f"{100 * row['uncertainty']:.2f}"]


def turned(result, dataset, question, variation, **columns):
    """Return a change that gives the row of a variation other values."""
    return lambda put: row_of(put, result, dataset, question, variation).update(columns)


def _rows(put, question, variation):
    return [row_of(put, COMPARED, dataset, question, variation) for dataset in ("lines", "mnist")]


def _points(put, question, *names):
    return [number for name in names for row in _rows(put, question, name) for number in points_of(row)]


def _unclear(dataset, question, variation):
    return turned(COMPARED, dataset, question, variation, clear=False)


def _clear(dataset, question, variation):
    return turned(COMPARED, dataset, question, variation, clear=True)


def _without(question, variation):
    return rows_without(COMPARED, question=question, variation=variation)


def _no_pairs(question, variation):
    """Return a change after which no seed of a variation is one of the baseline's."""
    return turned(COMPARED, "mnist", question, variation, gain="", uncertainty="", p="", p_holm="", pairs=0)


@case(
    variations.depth,
    [_unclear("lines", "depth", "1 convolution"), _unclear("mnist", "depth", "5 convolutions"),
     turned(COMPARED, "lines", "filter-size", "5, 5, 5", gain=-0.01)],
    [_without("depth", "4 convolutions"), _no_pairs("depth", "1 convolution")],
)  # fmt: skip
def depth(put):
    """One, four and five convolutions, and larger filters."""
    of_depth = _points(put, "depth", "1 convolution", "4 convolutions", "5 convolutions")
    return [*of_depth, "5", "5", *_points(put, "filter-size", "5, 5, 5")]


@case(
    variations.filters,
    [_unclear("mnist", "filters", "double"), _unclear("mnist", "filters", "half"),
     turned(COMPARED, "lines", "filters", "double", seconds=1)],
    [_without("filters", "half")],
)  # fmt: skip
def filters(put):
    """Twice the filters and half of them, and the time on lines."""
    times = row_of(put, COMPARED, "lines", "filters", "double")["seconds"] / put[COMPARED][0]["seconds"]
    return [*_points(put, "filters", "double"), f"{times:.1f}", *_points(put, "filters", "half")]


@case(
    variations.pooling_head,
    [_unclear("lines", "pooling-head", "flatten"), _unclear("mnist", "pooling-head", "flatten"),
     _clear("lines", "pooling-head", "flatten, 128 units")],
    [_without("pooling-head", "flatten")],
)  # fmt: skip
def pooling_head(put):
    """Flattening, and a hidden layer behind it."""
    flat, hidden = (_points(put, "pooling-head", name) for name in ("flatten", "flatten, 128 units"))
    return [*flat, "128", *hidden]


@case(
    variations.downsampling,
    [_unclear("mnist", "downsampling", "average pooling"), turned(COMPARED, "lines", "downsampling", "max pooling", seconds=1)],
    [_without("downsampling", "max pooling")],
)  # fmt: skip
def downsampling(put):
    """Max and average pooling, and the time on lines."""
    seconds = [row_of(put, COMPARED, "lines", "downsampling", "max pooling")["seconds"], put[COMPARED][0]["seconds"]]
    return [*_points(put, "downsampling", "max pooling", "average pooling"), *(f"{each:.1f}" for each in seconds)]


@case(
    variations.learning_rate,
    [_unclear("lines", "learning-rate", "a quarter"), turned(COMPARED, "lines", "optimizer", "RMSprop", gain=-0.03)],
    [_without("optimizer", "AdamW"), _without("decay", "none, at Keras' 0.001")],
)  # fmt: skip
def learning_rate(put):
    """Learning rates, then optimizers."""
    rates = [*_points(put, "learning-rate", "a quarter"), "0.001", *_points(put, "decay", "none, at Keras' 0.001")]
    return rates + _points(put, "optimizer", "SGD with momentum, rate 0.3", "RMSprop", "AdamW")


@case(
    variations.regularization,
    [_clear("mnist", "regularization", "dropout 0.2"), _clear("lines", "normalization", "no batch normalization"),
     _unclear("mnist", "normalization", "no batch normalization")],
    [_without("regularization", "L2 0.0001")],
)  # fmt: skip
def regularization(put):
    """Dropout, L2 and no batch normalization."""
    of_half, of_strong = (_points(put, "regularization", name) for name in ("dropout 0.5", "L2 0.001"))
    plain = _points(put, "normalization", "no batch normalization")
    return ["0.5", *of_half, "2", "0.001", *of_strong, "0.2", "0.0001", *plain]


@case(
    variations.hinge,
    [_unclear("lines", "loss", "hinge"), _clear("mnist", "loss", "hinge"), _clear("lines", "loss", "focal")],
    [_without("loss", "mean squared error")],
)
def hinge(put):
    """Hinge on lines and on MNIST."""
    lines, mnist = _rows(put, "loss", "hinge")
    return [f"{100 * lines['accuracy']:.1f}", *points_of(lines), *points_of(mnist)]

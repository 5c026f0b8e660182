"""Results of Section 1's networks, and what their inferences must say of them."""

import numpy as np

from data.line_classes import class_name
from reports.inferences import section1
from tests.reports.inferences.putting import accuracy_of, case, changed, errors_of, network, parameters, percent, setting

LINES1, LINES2, MNIST1, MNIST2 = "q1_cnn/lines/part1", "q1_cnn/lines/part2", "q1_cnn/mnist/part1", "q1_cnn/mnist/part2"
NOISY1, NOISY2 = "q1_cnn/lines_noisy/part1", "q1_cnn/lines_noisy/part2"
OFFICIAL1, OFFICIAL2 = "q1_cnn/mnist_official/part1", "q1_cnn/mnist_official/part2"
OF_LINES1, OF_MNIST1, OF_MNIST2 = (f"{name}/history.csv" for name in (LINES1, MNIST1, MNIST2))
F_LINES, F_DIGITS = f"{NOISY2}/f_scores.csv", f"{MNIST2}/f_scores.csv"
# How much a class index grows with each factor, and how many levels it has.
STEPS = {"length": (48, 2), "width": (24, 2), "angle": (2, 12), "color": (1, 2)}


def put(random):
    """Return results that bear all inferences out."""
    few, many = ([random.randint(*bounds) for _ in range(5)] for bounds in ((0, 9), (40, 99)))
    noisy, noisier = ([random.randint(*bounds) for _ in range(3)] for bounds in ((11_000, 12_000), (20_000, 22_000)))
    digits = [random.randint(60, 95) for _ in range(3)]
    return {
        **network(LINES1, random, errors=many, parameters=random.randint(4_000_000, 5_000_000)),
        **network(LINES2, random, errors=few),
        **network(NOISY1, random, errors=noisier), **network(NOISY2, random, errors=noisy),
        **network(MNIST1, random, 28_000, [random.randint(300, 400)]), **network(MNIST2, random, 28_000, digits),
        **network(OFFICIAL1, random, 10_000, [random.randint(101, 120)]),
        **network(OFFICIAL2, random, 10_000, [random.randint(20, 40) for _ in range(2)]),
        OF_LINES1: _history(random, [0.9, 0.95, 0.96, 0.97, 0.98, 0.97, 0.97, 0.97]),
        OF_MNIST1: _history(random, [0.97, 0.98], 0.999),
        OF_MNIST2: _history(random, [0.97, 0.995]),
        f"{LINES1}/confusion_matrix.csv": (_confused_lines(random, 60), [class_name(index) for index in range(96)]),
        f"{NOISY2}/confusion_matrix.csv": (_confused_lines(random, 300), [class_name(index) for index in range(96)]),
        F_LINES: _scores([(class_name(index), _f1_of_line(random, index)) for index in range(96)]),
        F_DIGITS: _scores([(str(digit), random.uniform(0.992, 0.999)) for digit in range(10)]),
        f"{MNIST2}/confusion_matrix.csv": (_confused_digits(random), [str(digit) for digit in range(10)]),
    }  # fmt: skip


def _history(random, validation, training=0.99):
    """Return epochs with about these validation accuracies."""
    return [
        {"epoch": epoch, "accuracy": training - random.uniform(0, 0.0009), "val_accuracy": share + random.uniform(0, 0.0009)}
        for epoch, share in enumerate(validation, 1)
    ]


def _scores(classes):
    """Return F-scores of classes and, as the files have it, a row of all."""
    return [{"class": index, "name": name, "f1": f1} for index, (name, f1) in enumerate(classes)] + [
        {"class": "", "name": "macro average", "f1": 0.1}
    ]


def _f1_of_line(random, index):
    return (0.2, 0.6, 0.7, 0.95)[index // 24] + random.uniform(0, 0.05)


def _confused_lines(random, errors):
    """Return the confusion of 96 classes: most errors are by one step of the angle."""
    matrix = np.diag([400] * 96)
    for _ in range(errors):
        true = random.randrange(96)
        factor, by = random.choice(
            [("angle", 1), ("angle", 11), ("angle", 1), ("angle", 5), ("length", 1), ("width", 1), ("color", 1)]
        )
        step, levels = STEPS[factor]
        level = true // step % levels
        predicted = true + ((level + by) % levels - level) * step
        matrix[true, true] -= 1
        matrix[true, predicted] += 1
    return matrix


def _confused_digits(random):
    matrix = np.array([[random.randint(0, 5) for _ in range(10)] for _ in range(10)])
    np.fill_diagonal(matrix, 2800)
    matrix[random.randrange(5), random.randrange(5, 10)] = random.randint(7, 12)
    return matrix


def _wrong(matrix):
    """Return how many images are wrong in each factor, and in how many the angle is the next one."""
    count = dict.fromkeys((*STEPS, "next"), 0)
    for true in range(96):
        for predicted in range(96):
            for factor, (step, levels) in STEPS.items():
                apart = (predicted // step - true // step) % levels
                count[factor] += matrix[true, predicted] * (apart > 0)
                count["next"] += matrix[true, predicted] * (factor == "angle" and apart in (1, 11))
    return count


def _equal_errors(put):
    for name in (LINES1, LINES2):
        put[f"{name}/seeds.json"].update(accuracy=[0.9, 0.9], errors=[3840, 3840])


def _shorten(rows):
    del rows[2:]


def _far_angles(put):
    matrix = put[f"{NOISY2}/confusion_matrix.csv"][0]
    matrix[0, 10] += 2000


def _colors(put):
    matrix = put[f"{LINES1}/confusion_matrix.csv"][0]
    matrix[0, 1] += 2000


@case(
    section1.few_weights,
    [_equal_errors, lambda put: put[f"{NOISY2}/seeds.json"].update(accuracy=[0.1, 0.1]),
     lambda put: put[f"{LINES2}/metrics.json"]["training"].update(parameters=1_000_000)],
)  # fmt: skip
def few_weights(put):
    """A network with few weights is better on lines, and on noisy ones."""
    of_lines = [parameters(put, LINES2), *errors_of(put, LINES2), parameters(put, LINES1), *errors_of(put, LINES1)]
    return [*of_lines, *accuracy_of(put, NOISY2), *accuracy_of(put, NOISY1)]


@case(
    section1.patience,
    [
        setting(OF_LINES1, to={"val_accuracy": 0.999}, epoch=2),
        changed(OF_LINES1, _shorten),
    ],
    [changed(OF_LINES1, list.clear)],
)
def patience(put):
    """The best epoch is the fifth of eight."""
    rows = put[OF_LINES1]
    return [*percent(rows[2]["val_accuracy"], rows[4]["val_accuracy"], digits=2), "5", "8"]


@case(
    section1.memorizing,
    [setting(OF_MNIST1, to={"val_accuracy": 0.9985}, epoch=2), setting(OF_MNIST2, to={"val_accuracy": 0.98}, epoch=2)],
    [changed(OF_MNIST1, list.clear)],
)
def memorizing(put):
    """Accuracies of the last epoch: training and validation of both networks."""
    last = [put[name][-1] for name in (OF_MNIST1, OF_MNIST2)]
    return percent(*(row[column] for row in last for column in ("accuracy", "val_accuracy")), digits=2)


@case(section1.neighbors, [_far_angles, _colors])
def neighbors(put):
    """Counts of wrong factors without noise, shares with noise."""
    clean, noisy = (put[f"{name}/confusion_matrix.csv"][0] for name in (LINES1, NOISY2))
    wrong, of_noisy = _wrong(clean), _wrong(noisy)
    errors = clean.sum() - sum(clean[index, index] for index in range(96))
    counts = [f"{count:,}" for count in (errors, wrong["angle"], wrong["next"])]
    others = [f"{wrong[factor]:,}" for factor in ("length", "width", "color")]
    shares = [of_noisy[factor] / noisy.sum() for factor in ("length", "width", "angle", "color")]
    return [*counts, "15", *others, *percent(*shares, of_noisy["next"] / of_noisy["angle"])]


@case(
    section1.faint_lines,
    [lambda put: [row.update(f1=0.1) for row in put[F_LINES] if row["name"].startswith("long thin")],
     lambda put: [row.update(f1=0.99999) for row in put[F_LINES] if row["name"].startswith("short thick")]],
    [changed(F_LINES, list.clear)],
)  # fmt: skip
def faint_lines(put):
    """Mean F-scores of four kinds of 24 classes, the lowest and the highest class."""
    scores = [row["f1"] for row in put[F_LINES][:96]]
    means = [f"{sum(scores[start : start + 24]) / 24:.3f}" for start in (0, 24, 48, 72)]
    angles = {end: str(15 * (scores.index(end(scores)) // 2 % 12)) for end in (min, max)}
    return [*means, "96", f"{min(scores):.3f}", angles[min], f"{max(scores):.3f}", angles[max]]


@case(
    section1.digits,
    [setting(F_DIGITS, to={"f1": 0.95}, name="7"), lambda put: put[f"{MNIST2}/seeds.json"].update(accuracy=[0.9, 0.9])],
    [changed(F_DIGITS, list.clear)],
)  # fmt: skip
def digits(put):
    """Errors of both networks and splits, F-scores of digits and their most frequent confusion."""
    of_ours = [*errors_of(put, MNIST2), *accuracy_of(put, MNIST2), "99.70", *errors_of(put, MNIST1)]
    scores = [row["f1"] for row in put[F_DIGITS][:10]]
    ends = [text for end in (min, max) for text in (f"{end(scores):.4f}", str(scores.index(end(scores))))]
    matrix = put[f"{MNIST2}/confusion_matrix.csv"][0]
    count, true, predicted = max((matrix[i, j], i, j) for i in range(10) for j in range(10) if i != j)
    confused = [str(number) for number in (true, predicted, count, true, predicted)]
    return [*of_ours, *errors_of(put, OFFICIAL2), *errors_of(put, OFFICIAL1), *ends, *confused]

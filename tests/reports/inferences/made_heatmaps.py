"""What Section 3's studies of heatmaps wrote, and what their inferences must say of it."""

from reports.inferences import heatmaps
from tests.reports.inferences.made_activations import HEADS, LINES1, LINES2, MNIST1, MNIST2
from tests.reports.inferences.putting import case, changed, percent, rows_without, setting

FOLDER = "q3_visualize/localization"
BEST, SCORES, FACTORS = (f"{FOLDER}/{file}" for file in ("scores.json", "scores.csv", "factors.csv"))
PROFILES = f"{FOLDER}/q2_multihead_lines_heads.csv"
SHUFFLED = {network: f"{FOLDER}/{network.replace('/', '_')}_shuffled.csv" for network in (LINES1, LINES2)}
DIGITS1, DIGITS2 = (f"q3_visualize/{network}/gallery.json" for network in (MNIST1, MNIST2))
NEAR = "share_grown"
_PLACES = (
    (LINES2, "predictions", "conv1", "scorecam"),
    (LINES1, "predictions", "bn1", "refinecam"),
    (HEADS, "angle", "conv1", "scorecam"),
)


def put(random):
    """Return results that bear all inferences out; the galleries are of `made_filters`."""
    best = [_scored(random, *place, 0.8) for place in _PLACES] + [
        _scored(random, LINES2, "predictions", "bn2", "scorecam", 0.6)
    ]
    last = [_scored(random, LINES2, "predictions", layer, "gradcam", 0.2) for layer in ("conv3", "bn3", "relu3")]
    controls = {network: {"noise_level": 4} for network in (LINES2, LINES1, HEADS)}
    baselines = {"brightness": {NEAR: 1.0}, "uniform": {NEAR: 0.1}}
    return {
        BEST: {"best": best, "baselines": baselines, "controls": controls}, SCORES: best + last, FACTORS: _contrasts(random),
        PROFILES: _profiles(random), SHUFFLED[LINES1]: _shuffled(random, LINES1, "refinecam", 0.7, 0.75),
        SHUFFLED[LINES2]: _shuffled(random, LINES2, "scorecam", 0.8, 0.1),
    }  # fmt: skip


def on_strokes(random):
    """Return what a gallery of digits says of the heat on strokes."""
    return [
        {"layer": layer, "method": method, "area": 0.14, "share": share + random.uniform(0, 0.1)}
        for layer, most in (("relu1", 0.6), ("relu3", 0.3), ("relu5", 0.4))
        for method, share in (("gradcam", 0.1), ("scorecam", most))
    ]  # fmt: skip


def _scored(random, network, head, layer, method, near):
    return {
        "network": network, "head": head, "layer": layer, "method": method, NEAR: near + random.uniform(0, 0.1),
        "right": 0.6 + random.uniform(0, 0.2), "wrong": 0.3 + random.uniform(0, 0.2),
    }  # fmt: skip


def _shuffled(random, network, method, before, after):
    return [
        {"network": network, "head": "predictions", "shuffled": shuffled, "method": each, NEAR: near + random.uniform(0, 0.04)}
        for shuffled, near in (("nothing", before), ("predictions", 0.5), ("conv1", after))
        for each, near in (("gradcam", 0.3), (method, near))
    ]  # fmt: skip


def _contrasts(random):
    """Return contrasts that are small on maps and large at the image, the same in the row of every factor."""
    rows = []
    for network in (LINES2, LINES1, HEADS):
        for layer, method, contrast in (("conv1", "gradcam", 0), ("relu1", "integrated", 0), ("rescaling", "integrated", 0.3)):
            value = contrast + random.uniform(0.01, 0.05)
            rows += [
                {"network": network, "layer": layer, "method": method, "heat": factor, "contrast": value}
                for factor in ("length", "width")
            ]
    return rows


def _profiles(random):
    """Return the heat along and across lines: that of the length head lies in the middle, that of the others at the ends."""
    rows = []
    for head in ("length", "width", "angle", "color"):
        middle, ends = (3, 1) if head == "length" else (1, 2.5)
        for position in (place - 13.5 for place in range(28)):
            heat = middle if abs(position) < 3 else ends if 5 < abs(position) < 9 else 0.1
            rows.append({"head": head, "axis": "along", "position": position, "heat": heat * random.uniform(1, 1.2)})
        rows += [{"head": head, "axis": "across", "position": position, "heat": 50} for position in (-0.5, 0.5)]
    return rows


def _best(put, network, head="predictions"):
    rows = [row for row in put[BEST]["best"] if (row["network"], row["head"]) == (network, head)]
    return max(rows, key=lambda row: row[NEAR])


def _near(put, network, shuffled):
    method = _best(put, network)["method"]
    return next(row[NEAR] for row in put[SHUFFLED[network]] if (row["shuffled"], row["method"]) == (shuffled, method))


@case(
    heatmaps.fine_layers,
    [setting(BEST, "best", to={"layer": "conv3"}, network=LINES2), setting(SCORES, to={NEAR: 0.75}, layer="relu3")],
    [rows_without(BEST, "best", network=LINES2), rows_without(SCORES, network=LINES2)],
)
def fine_layers(put):
    """The heat of the best layer and of the last."""
    last = [row[NEAR] for row in put[SCORES] if row["layer"] in ("conv3", "bn3", "relu3")]
    return percent(_best(put, LINES2)[NEAR], max(last))


@case(heatmaps.trivial_maps, [lambda put: put[BEST]["baselines"]["brightness"].update({NEAR: 0.5})])
def trivial_maps(put):
    """The brightness, and the best heat of all networks."""
    return ["100", *percent(max(row[NEAR] for row in put[BEST]["best"]))]


@case(
    heatmaps.shuffled_weights,
    [setting(SHUFFLED[LINES1], to={NEAR: 0.5}, shuffled="conv1"), setting(SHUFFLED[LINES2], to={NEAR: 0.6}, shuffled="conv1")],
    [rows_without(SHUFFLED[LINES2], shuffled="conv1"), rows_without(SHUFFLED[LINES1], method="refinecam")],
)
def shuffled_weights(put):
    """The heat of two networks after and before their weights are shuffled."""
    return percent(*(_near(put, network, shuffled) for network in (LINES1, LINES2) for shuffled in ("conv1", "nothing")))


@case(
    heatmaps.which_factor,
    [setting(FACTORS, to={"contrast": 0.2}, network=HEADS, layer="conv1"),
     setting(FACTORS, to={"contrast": 0.2}, network=HEADS, layer="relu1"),
     setting(FACTORS, to={"contrast": 0.05}, network=LINES1, layer="rescaling")],
    [changed(FACTORS, list.clear), rows_without(FACTORS, layer="rescaling")],
)  # fmt: skip
def which_factor(put):
    """The largest contrast on maps, the least and the largest at the image."""
    maps, image = [], []
    for row in put[FACTORS]:
        (image if row["layer"] == "rescaling" else maps).append(row["contrast"])
    return [f"{value:.2f}" for value in (max(maps), min(image), max(image))]


@case(
    heatmaps.heads_look,
    [setting(PROFILES, to={"heat": 1}, head="length"), setting(PROFILES, to={"heat": 1}, head="color")],
    [rows_without(PROFILES, head="width")],
)
def heads_look(put):
    """Six bins in the middle over eight at the ends, along the line."""
    ratios = []
    for head in ("length", "width", "angle", "color"):
        heat = {row["position"]: row["heat"] for row in put[PROFILES] if (row["head"], row["axis"]) == (head, "along")}
        middle = sum(heat[place] for place in (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)) / 6
        ends = sum(heat[place] for place in (-8.5, -7.5, -6.5, -5.5, 5.5, 6.5, 7.5, 8.5)) / 8
        ratios.append(f"{middle / ends:.1f}")
    return ["3", "5", "9", *ratios]


@case(
    heatmaps.wrong_answers,
    [setting(BEST, "best", to={"wrong": 0.8}, network=HEADS, head="angle")],
    [rows_without(BEST, "best", network=HEADS)],
)
def wrong_answers(put):
    """The heat of right and wrong predictions of three networks."""
    rows = [_best(put, LINES1), _best(put, LINES2), _best(put, HEADS, "angle")]
    return ["4", *percent(*(row[column] for row in rows for column in ("right", "wrong")), digits=0)]


@case(
    heatmaps.digit_strokes,
    [setting(DIGITS1, "heat_on_strokes", to={"share": 0.95}, layer="relu3", method="scorecam"),
     setting(DIGITS2, "heat_on_strokes", to={"share": 0.1}, layer="relu3", method="scorecam")],
)  # fmt: skip
def digit_strokes(put):
    """The area of strokes, and the heat on them in three layers of two networks."""
    heat = [row["share"] for name in (DIGITS2, DIGITS1) for row in put[name]["heat_on_strokes"] if row["method"] == "scorecam"]
    return ["14", *percent(*heat, digits=0)]

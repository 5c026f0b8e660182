"""What Section 3's studies of filters wrote, and what their inferences must say of it."""

from reports.inferences import filters
from tests.reports.inferences.made_activations import HEADS, LINES1, LINES2, MNIST1, MNIST2, SINGLE, active
from tests.reports.inferences.made_heatmaps import on_strokes
from tests.reports.inferences.putting import case, percent, rows_without, setting, signed

LIKENESS = "q3_visualize/likeness.json"
LINES_GALLERY, DIGITS_GALLERY = (f"q3_visualize/{network}/gallery.json" for network in (LINES2, MNIST2))
OF_LINES, OF_DIGITS = ("conv1", "conv2", "conv3", "predictions"), ("conv1", "conv3", "conv5", "predictions")
# Layers of which images were drawn, and the layers before them.
_DRAWN = {
    (LINES2, "conv2"): ("relu1",), (LINES2, "conv3"): ("relu1", "relu2"), (LINES2, "predictions"): ("relu1", "relu2", "relu3"),
    (LINES1, "fc1"): ("relu1",), (LINES1, "predictions"): ("relu1", "fc1_relu"), (HEADS, "angle"): ("relu1", "relu2", "relu3"),
    **{(HEADS, head): ("relu1", "relu3") for head in SINGLE}, (MNIST2, "conv5"): ("relu1", "relu4"),
    (MNIST2, "predictions"): ("relu1", "relu2", "relu3", "relu4", "relu5"), (MNIST1, "predictions"): ("relu1", "fc1_relu"),
}  # fmt: skip


def put(random):
    """Return results that bear all inferences out: galleries and the study of drawn images."""
    lines = {"length": 0.63, "width": 0.63, "angle": 0.27, "color": 0.63}
    galleries = {
        LINES2: _gallery(random, OF_LINES, lines), HEADS: _gallery(random, ("conv1", *SINGLE), lines),
        MNIST1: _gallery(random, ("conv1", "fc1"), {"class": 0.3}), MNIST2: _gallery(random, OF_DIGITS, {"class": 0.29}),
    }  # fmt: skip
    rows = [row for place, layers in _DRAWN.items() for row in _drawn(random, *place, layers)]
    return {
        **{f"q3_visualize/{network}/gallery.json": gallery for network, gallery in galleries.items()},
        LIKENESS: {"rows": rows},
    }


def _gallery(random, layers, chances):
    found = [
        {"layer": layer, "filters": [], "alike": {
            factor: {"share": 0.97 + random.uniform(0, 0.02) if layer == "predictions" else chance + random.uniform(0, 0.2),
                     "chance": chance + random.uniform(0, 0.02)}
            for factor, chance in chances.items()}}
        for layer in layers
    ]  # fmt: skip
    return {"activations": active(random), "filters": found, "heatmaps": [], "heat_on_strokes": on_strokes(random)}


def _drawn(random, network, layer, earlier):
    """Return rows of drawn images, whose likeness grows from layer to layer, by the recipe in use and by the one before."""
    ratio = random.uniform(5, 7) if layer in SINGLE else random.uniform(1.5, 4)
    return [
        {"network": network, "layer": layer, "recipe": recipe, "filters": 96, "ratio": ratio * share, "failed": 0,
         "earlier_layer": each, "likeness": 0.8 - 0.7 * (len(earlier) - place) + random.uniform(0, 0.1)}
        for recipe, share in (("penalties", 0.1), ("bounds", 1)) for place, each in enumerate(earlier, 1)
    ]  # fmt: skip


def _rows(put, **where):
    return [row for row in put[LIKENESS]["rows"] if all(row[key] == value for key, value in where.items())]


def _spoiled(gallery, layer, factor, share):
    def change(put):
        next(row for row in put[gallery]["filters"] if row["layer"] == layer)["alike"][factor]["share"] = share

    return change


@case(
    filters.like_minded,
    [_spoiled(LINES_GALLERY, "conv3", "length", 1.0), _spoiled(LINES_GALLERY, "predictions", "angle", 0.9),
     _spoiled(DIGITS_GALLERY, "conv1", "class", 0.9)],
    [rows_without(LINES_GALLERY, "filters", layer="conv2")],
)  # fmt: skip
def like_minded(put):
    """How many of nine images are alike, layer by layer, and at random."""
    lines, digits = ({row["layer"]: row["alike"] for row in put[name]["filters"]} for name in (LINES_GALLERY, DIGITS_GALLERY))
    angle, length = (
        percent(*(lines[layer][factor]["share"] for layer in OF_LINES), digits=0) for factor in ("angle", "length")
    )
    of_digits = percent(*(digits[layer]["class"]["share"] for layer in OF_DIGITS), digits=0)
    random = [
        f"{100 * of['conv1'][factor]['chance']:.0f}" for of, factor in ((lines, "angle"), (lines, "length"), (digits, "class"))
    ]
    return [*angle, random[0], *length, random[1], *of_digits, random[2]]


@case(
    filters.more_than_real,
    [setting(LIKENESS, "rows", to={"ratio": 0.9}, network=LINES2, layer="conv2", recipe="bounds"),
     setting(LIKENESS, "rows", to={"ratio": 1.3}, network=HEADS, layer="width", recipe="bounds"),
     setting(LIKENESS, "rows", to={"ratio": 9}, network=LINES1, layer="fc1", recipe="bounds")],
    [rows_without(LIKENESS, "rows", network=HEADS, layer="color")],
)  # fmt: skip
def more_than_real(put):
    """The least and the largest ratio, and those of the heads with one neuron."""
    ratios, single = [], []
    for row in _rows(put, recipe="bounds"):
        (single if row["layer"] in SINGLE else ratios).append(row["ratio"])
    low, high = ([f"{end(values):.1f}" for values in (ratios, single)] for end in (min, max))
    return [low[0], high[0], "5", low[1], high[1]]


@case(
    filters.seen_by_late_layers,
    [setting(LIKENESS, "rows", to={"likeness": 0.99}, network=LINES2, layer="predictions", earlier_layer="relu2"),
     setting(LIKENESS, "rows", to={"likeness": 0.1}, network=MNIST2, layer="predictions", earlier_layer="relu5")],
    [rows_without(LIKENESS, "rows", network=MNIST2, layer="predictions", earlier_layer="relu3")],
)  # fmt: skip
def seen_by_late_layers(put):
    """The likeness in three layers, for lines and digits."""
    places = [(LINES2, f"relu{number}") for number in (1, 2, 3)] + [(MNIST2, f"relu{number}") for number in (1, 3, 5)]
    found = [
        _rows(put, network=name, layer="predictions", recipe="bounds", earlier_layer=layer)[0]["likeness"]
        for name, layer in places
    ]
    return ["1", "0", "0", *(signed(value) for value in found)]

"""What follows from the images that activate filters most: Section 3, part 2."""

from __future__ import annotations

from reports.inferences import Inference
from reports.inferences.evidence import Evidence, matching
from reports.names import LIKENESS, MULTIHEAD

_LINES1, _LINES2, _MNIST1, _MNIST2 = "q1_cnn/lines/part1", "q1_cnn/lines/part2", "q1_cnn/mnist/part1", "q1_cnn/mnist/part2"
_DRAWN = "bounds"  # the recipe of filters.py


def _gallery(network):
    return f"q3_visualize/{network}/gallery.json"


def _alike(of, network, layer, factor):
    return matching(of.study(_gallery(network))["filters"], layer=layer)[0]["alike"][factor]


def _drawn(of, network, layer, earlier=None):
    """Return a row of the study of drawn images: of a layer, and how an earlier layer sees them."""
    where = {"earlier_layer": earlier} if earlier else {}
    return matching(of.study(LIKENESS)["rows"], network=network, layer=layer, recipe=_DRAWN, **where)[0]


def like_minded(of: Evidence) -> Inference:
    """Say how alike the real images are that activate a filter most, layer by layer."""
    layers = ("conv1", "conv2", "conv3", "predictions")
    angle, length = ([_alike(of, _LINES2, layer, factor) for layer in layers] for factor in ("angle", "length"))
    digits = [_alike(of, _MNIST2, layer, "class") for layer in ("conv1", "conv3", "conv5", "predictions")]
    return Inference(
        "like-minded",
        "What activates a filter most becomes a class only at the end.",
        f"Of the nine lines that activate a filter of our own network most, {_shares(angle)} have one angle (`conv1`, `conv2`, "
        f"`conv3`, outputs; {angle[0]['chance']:.0%} of nine at random) and {_shares(length)} one length "
        f"({length[0]['chance']:.0%}). Of nine digits, {_shares(digits)} are the same digit (`conv1`, `conv3`, `conv5`, "
        f"outputs; {digits[0]['chance']:.0%}).",
        "gallery-filters",
        (_gallery(_LINES2), _gallery(_MNIST2)),
        all(rows[-1]["share"] == max(row["share"] for row in rows) for rows in (angle, length, digits))
        and digits[0]["share"] < digits[-1]["share"] - 0.3,
    )


def _shares(rows):
    *first, last = (f"{row['share']:.0%}" for row in rows)
    return f"{', '.join(first)} and {last}"


def more_than_real(of: Evidence) -> Inference:
    """Compare the response to drawn images with the highest to real ones."""
    places = [(_LINES2, "conv2"), (_LINES2, "conv3"), (_LINES2, "predictions"), (MULTIHEAD, "angle"), (_LINES1, "predictions"),
              (_MNIST2, "conv5"), (_MNIST2, "predictions"), (_MNIST1, "predictions")]  # fmt: skip
    ratios = [_drawn(of, *place)["ratio"] for place in places]
    single = [_drawn(of, MULTIHEAD, head)["ratio"] for head in ("length", "width", "color")]
    return Inference(
        "more-than-real",
        "No filter's best image is in the data.",
        f"A drawn image activates its filter {min(ratios):.1f} to {max(ratios):.1f} times as much as the best real image does "
        f"(means of layers of five networks), the heads with one neuron {min(single):.1f} to {max(single):.1f} times: these "
        "find several lines in one image, which is more evidence than one line can be. The mean over positions makes "
        "that pay: it counts evidence and forgets where it was.",
        "gallery-filters",
        (LIKENESS,),
        min(ratios) > 1.2 and min(single) > max(ratios),
    )


def seen_by_late_layers(of: Evidence) -> Inference:
    """Say how like real images the drawn ones of outputs are, for earlier layers."""
    lines = [_drawn(of, _LINES2, "predictions", f"relu{number}")["likeness"] for number in (1, 2, 3)]
    digits = [_drawn(of, _MNIST2, "predictions", f"relu{number}")["likeness"] for number in (1, 3, 5)]
    return Inference(
        "seen-by-late-layers",
        "What a class looks like depends on who looks.",
        "Likeness is 1 where an earlier layer responds to the drawn image of a class as it does to real images of it, and 0 "
        f"where it does no more than to any other. For the classes of lines it is {_words(lines)} at `relu1`, `relu2` and "
        f"`relu3`, for the digits {_words(digits)} at `relu1`, `relu3` and `relu5`. The last layer takes the images for its "
        "class; the first, which sees strokes, does not.",
        "likeness",
        (LIKENESS,),
        lines == sorted(lines) and digits == sorted(digits) and digits[0] < 0 < digits[-1],
    )


def _words(values):
    *first, last = (f"{value:.2f}".replace("-", "−") for value in values)
    return f"{', '.join(first)} and {last}"


ALL = (like_minded, more_than_real, seen_by_late_layers)

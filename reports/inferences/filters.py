"""What follows from the images that activate filters most: Section 3, part 2."""

from __future__ import annotations

from reports.inferences import Inference
from reports.inferences.evidence import Evidence, listed, matching
from reports.names import LIKENESS, LINES2, MNIST2, MULTIHEAD

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
    angle, length = ([_alike(of, LINES2, layer, factor) for layer in layers] for factor in ("angle", "length"))
    digits = [_alike(of, MNIST2, layer, "class") for layer in ("conv1", "conv3", "conv5", "predictions")]
    same_angle, same_length, same_digit = (listed([row["share"] for row in rows], ".0%") for rows in (angle, length, digits))
    return Inference(
        "like-minded",
        "The images that activate an output most are nearly all of one class.",
        f"Of the nine lines that activate a filter of our own network most, on average {same_angle} have the same angle "
        f"(`conv1`, `conv2`, `conv3`, outputs; of nine at random {angle[0]['chance']:.0%}) and {same_length} the same "
        f"length (at random {length[0]['chance']:.0%}). Of nine digits, {same_digit} are the same digit (`conv1`, "
        f"`conv3`, `conv5`, outputs; at random {digits[0]['chance']:.0%}).",
        "gallery-filters",
        (_gallery(LINES2), _gallery(MNIST2)),
        all(rows[-1]["share"] > max(0.95, *(row["share"] for row in rows[:-1])) for rows in (angle, length, digits))
        and digits[0]["share"] < digits[-1]["share"] - 0.3,
    )


def more_than_real(of: Evidence) -> Inference:
    """Compare the response to drawn images with the highest to real ones."""
    heads = [(MULTIHEAD, head) for head in ("length", "width", "color")]
    single = [_drawn(of, *place)["ratio"] for place in heads]
    drawn = matching(of.study(LIKENESS)["rows"], recipe=_DRAWN)
    ratios = [row["ratio"] for row in drawn if (row["network"], row["layer"]) not in heads]
    networks = len({row["network"] for row in drawn})
    return Inference(
        "more-than-real",
        "Drawn images activate filters more than real images do.",
        f"A drawn image activates its filter {min(ratios):.1f} to {max(ratios):.1f} times as much as the best real image does "
        f"(medians of the layers after the first of {networks} networks), the heads with one neuron {min(single):.1f} to "
        f"{max(single):.1f} times: their images repeat small patterns all over, and the mean over positions adds them up.",
        "gallery-filters",
        (LIKENESS,),
        min(ratios) > 1.2 and min(single) > max(ratios),
    )


def seen_by_late_layers(of: Evidence) -> Inference:
    """Say how like real images the drawn ones of outputs are, for earlier layers."""
    lines = [_drawn(of, LINES2, "predictions", f"relu{number}")["likeness"] for number in (1, 2, 3)]
    digits = [_drawn(of, MNIST2, "predictions", f"relu{number}")["likeness"] for number in (1, 3, 5)]
    return Inference(
        "seen-by-late-layers",
        "Later layers process the drawn image of a class much like real ones, the first does not.",
        "Likeness is 1 where a layer responds to the drawn image of a class as it does to the real images that activate its "
        "output most, 0 where the two are no more alike than others are, and below 0 where they are less. For the classes of "
        f"lines it is {listed(lines, '.2f')} at `relu1`, `relu2` and `relu3` of our own network, for the digits "
        f"{listed(digits, '.2f')} at `relu1`, `relu3` and `relu5`.",
        "likeness",
        (LIKENESS,),
        lines == sorted(lines) and digits == sorted(digits) and max(lines[0], digits[0]) < 0.5 < min(lines[-1], digits[-1]),
    )


ALL = (like_minded, more_than_real, seen_by_late_layers)

"""What follows from the heatmaps of class activation: Section 3, part 3."""

from __future__ import annotations

from statistics import fmean

from reports.inferences import Inference
from reports.inferences.evidence import Evidence, NotMeasuredError, listed, matching, some
from reports.names import LINES1, LINES2, LOCALIZATION, METHOD_WORDS, MNIST1, MNIST2, MULTIHEAD, localized

_BEST, _SCORES = f"{LOCALIZATION}/scores.json", f"{LOCALIZATION}/scores.csv"
_FACTORS, _PROFILES = f"{LOCALIZATION}/factors.csv", localized(MULTIHEAD, "heads")
_NEAR = "share_grown"  # the share of heat within a pixel of the line
_IMAGE = "rescaling"  # the layer that hands the image on


def _best(of, network, head="predictions"):
    """Return the row of the best method and layer of a head."""
    return max(matching(of.study(_BEST)["best"], network=network, head=head), key=lambda row: row[_NEAR])


def fine_layers(of: Evidence) -> Inference:
    """Compare the heat of the first and the last convolution."""
    best = _best(of, LINES2)
    last = max(some(float(row[_NEAR]) for row in of.rows(_SCORES, network=LINES2) if row["layer"].endswith("3")))
    return Inference(
        "fine-layers",
        "The first layers localize far better than the last.",
        f"Of the best heat of our own network for lines, by {METHOD_WORDS[best['method']]} at `{best['layer']}`, "
        f"{best[_NEAR]:.1%} lies within a pixel of the line; at the last convolution, the usual choice, no method has more "
        f"than {last:.1%} there. Its cells are four pixels apart and each sees much of the image, so where one is hot says "
        "little.",
        "localization",
        (_BEST, _SCORES),
        best["layer"].endswith("1") and best[_NEAR] > last + 0.2,
    )


def trivial_maps(of: Evidence) -> Inference:
    """Compare heatmaps with maps that use no network."""
    none = of.study(_BEST)["baselines"]
    best = max(some(row[_NEAR] for row in of.study(_BEST)["best"]))
    return Inference(
        "trivial-maps",
        "Heat on the line alone does not show what a network has learned.",
        f"The brightness of the image, which uses no network, has {none['brightness'][_NEAR]:.0%} within a pixel of the line, "
        f"the best heatmap of three networks {best:.1%}.",
        "localization",
        (_BEST,),
        none["brightness"][_NEAR] >= best,
    )


def shuffled_weights(of: Evidence) -> Inference:
    """Say what is left of the heat when the weights are shuffled."""
    before, after, same = {}, {}, {}
    names = {name: localized(name, "shuffled") for name in (LINES1, LINES2)}
    for name, file in names.items():
        method = _best(of, name)["method"]
        same[name] = METHOD_WORDS[method]
        whole, shuffled = of.rows(file, shuffled="nothing", method=method), of.rows(file, shuffled="conv1", method=method)
        before[name], after[name] = float(whole[0][_NEAR]), float(shuffled[0][_NEAR])
    return Inference(
        "shuffled-weights",
        "A heatmap needs the check with shuffled weights.",
        f"With all weights shuffled, {after[LINES1]:.1%} of the prescribed network's best heat ({same[LINES1]}) still lie "
        f"within a pixel of the line, {before[LINES1]:.1%} before: it follows the image, not what was learned. Of our own "
        f"network's ({same[LINES2]}), {after[LINES2]:.1%} do, {before[LINES2]:.1%} before.",
        "shuffled",
        (_BEST, *names.values()),
        after[LINES1] > 0.9 * before[LINES1] and after[LINES2] < 0.5 * before[LINES2],
    )


def which_factor(of: Evidence) -> Inference:
    """Say whether heat shows which factor decides."""
    rows = of.rows(_FACTORS, heat="length")  # the contrast is the same in the row of every factor
    maps = max(some(float(row["contrast"]) for row in rows if row["layer"] != _IMAGE))
    image = [float(row["contrast"]) for row in matching(rows, method="integrated", layer=_IMAGE)]
    return Inference(
        "which-factor",
        "Heat on maps does not tell which factor decides.",
        "If it did, the heat of a head would correlate more with the pixels that change with its factor than with those of "
        f"the others. The difference of these correlations is at most {maps:.2f} over all layers with maps, all methods and "
        "three networks; integrated gradients at the image, whose baseline is the same line with that factor changed, reach "
        f"{min(image):.2f} to {max(image):.2f}.",
        "factors",
        (_FACTORS,),
        maps < 0.1 < min(image),
    )


def heads_look(of: Evidence) -> Inference:
    """Say where along the line the heat of each head lies."""
    along = {}
    for head in ("length", "width", "angle", "color"):
        rows = [(abs(float(row["position"])), float(row["heat"])) for row in of.rows(_PROFILES, head=head, axis="along")]
        middle = [heat for place, heat in rows if place < 3]
        ends = [heat for place, heat in rows if 5 < place < 9]
        along[head] = fmean(middle) / max(fmean(ends), 1e-12)
    words = ", ".join(f"`{head}` {ratio:.1f}" for head, ratio in along.items())
    return Inference(
        "heads-look",
        "The heat of the heads lies at different places of a line.",
        f"Along long thick lines, heat within 3 pixels of the middle divided by that 5 to 9 pixels from it, at the ends: "
        f"{words}. The length head looks at the middle, the others at the ends.",
        "profiles",
        (_PROFILES,),
        along["length"] > 2 and max(along[head] for head in ("width", "angle", "color")) < 0.75,
    )  # fmt: skip


def wrong_answers(of: Evidence) -> Inference:
    """Compare the heat of right and wrong predictions."""
    rows = [_best(of, *place) for place in ((LINES1,), (LINES2,), (MULTIHEAD, "angle"))]
    if any(row[column] is None for row in rows for column in ("right", "wrong")):
        raise NotMeasuredError("all predictions are right, or all are wrong")
    level = next(iter(of.study(_BEST)["controls"].values()))["noise_level"]
    words = ", ".join(f"{row['right']:.0%} and {row['wrong']:.0%}" for row in rows)
    return Inference(
        "wrong-answers",
        "Where the prediction is wrong, less of the heat is on the line.",
        f"Share of the heat within a pixel of the line for right and wrong predictions at noise level {level}: {words} (the "
        "prescribed network, our own, the angle head of the one with four heads).",
        "localization",
        (_BEST,),
        all(row["right"] > row["wrong"] + 0.05 for row in rows),
    )


def digit_strokes(of: Evidence) -> Inference:
    """Say how much of the heat lies on the strokes of digits."""
    names = {name: f"q3_visualize/{name}/gallery.json" for name in (MNIST2, MNIST1)}
    heat = {name: of.study(file)["heat_on_strokes"] for name, file in names.items()}
    own, prescribed = ([row["share"] for row in rows if row["method"] == "scorecam"] for rows in heat.values())
    area = heat[MNIST2][0]["area"]
    return Inference(
        "digit-strokes",
        "On digits, too, the first layer's heat is the most on the strokes.",
        f"Strokes are {area:.0%} of an image. Of the heat by Score-CAM, {listed(own, '.0%')} lie on them in three layers of "
        f"our own network, from the first to the last, and {listed(prescribed, '.0%')} in the prescribed one, whose maps are "
        "finer. All of it is more than chance; the rest lies beside the strokes, where a cell sees the edge of one.",
        "gallery-heatmaps",
        tuple(names.values()),
        area < min(own + prescribed) and own[0] == max(own) and prescribed[0] == max(prescribed),
    )


ALL = (fine_layers, trivial_maps, shuffled_weights, heads_look, which_factor, wrong_answers, digit_strokes)

"""Do heatmaps depend on what they should depend on? Shuffled weights, a small shift, a mark that is ignored, wrong answers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data import lines, noise
from q3_visualize import marks, scoring
from q3_visualize.known_lines import KnownLines, answers
from q3_visualize.networks import Network
from q3_visualize.other_weights import exchanged, hardened, stages_of_shuffling, trained_on

NOISE_LEVEL = 4
SHIFT = 0.25  # pixels


class Controls(NamedTuple):
    """What a network's heatmaps are tested with.

    `shifted` and `marked` are images of the lines in `known`; `noisy` are other lines, at NOISE_LEVEL. `near_marks` and
    `near_noisy` are the pixels within one of a mark, and of a noisy line. `shuffled`, `ignoring` and `hardened` are weights:
    all of the network's shuffled, those that have learned to ignore marks, and those that have learned from noisy lines.
    `classes` and `noisy_classes` are what each head says of the lines, and of the noisy ones with the hardened weights.
    """

    known: KnownLines
    shifted: np.ndarray
    marked: np.ndarray
    near_marks: np.ndarray
    noisy: KnownLines
    near_noisy: np.ndarray
    shuffled: list[np.ndarray]
    ignoring: list[np.ndarray]
    hardened: list[np.ndarray]
    classes: dict[str, np.ndarray]
    noisy_classes: dict[str, np.ndarray]


def prepare(network: Network, known: KnownLines, noisy: KnownLines, training: KnownLines) -> Controls:
    """Return the controls for lines, for lines without noise yet, and with new lines to learn from."""
    marked, masks = marks.marked(known)
    noisy = noisy._replace(images=noise.corrupted(noisy.images, NOISE_LEVEL))
    used_to_noise = hardened(network, training, NOISE_LEVEL)
    with exchanged(network, used_to_noise):
        noisy_classes = _classes(network, noisy.images)
    return Controls(
        known=known, shifted=shifted(known), marked=marked, near_marks=scoring.grown(masks), noisy=noisy,
        near_noisy=scoring.grown(noisy.masks), shuffled=list(stages_of_shuffling(network))[-1][1],
        ignoring=trained_on(network, training, lambda some, seed: marks.marked(some, seed)[0]), hardened=used_to_noise,
        classes=_classes(network, known.images), noisy_classes=noisy_classes,
    )  # fmt: skip


def _classes(network, images):
    return {head: values.argmax(axis=1) for head, values in network.predict(images).items()}


def shifted(known: KnownLines) -> np.ndarray:
    """Draw the lines again SHIFT pixels to the right, or to the left where they lie right of the middle."""
    middle = known.images.shape[2] / 2
    steps = np.where(known.centers[:, :1] > middle, -SHIFT, SHIFT) * [1, 0]
    return lines.draw_classes(known.labels, known.centers + steps)


def control_scores(network: Network, controls: Controls, layer: str, head: str, method: str) -> dict[str, float | None]:
    """Return what the controls say of a method at a layer, means over lines.

    "shifted" and "shuffled": the correlation with the maps of the shifted lines, and with those of the same lines and shuffled
    weights. "mark" and "mark_before": the heat within a pixel of a mark, in the network that has learned to ignore it, and
    in the one that has never seen one. "right" and "wrong": the heat within a pixel of noisy lines that the head classifies
    right, and wrong, after it has learned from others; None without any.
    """
    from q3_visualize.heatmaps import placed_heatmaps

    known, near_marks, noisy_classes = controls.known, controls.near_marks, controls.noisy_classes[head]

    def maps(images, classes=controls.classes[head]):
        return placed_heatmaps(network, images, layer, head=head, classes=classes, method=method)

    own = maps(known.images)
    found = {"shifted": scoring.correlations(own, maps(controls.shifted))}
    with exchanged(network, controls.shuffled):
        found["shuffled"] = scoring.correlations(own, maps(known.images))
    found["mark_before"] = scoring.share_on(maps(controls.marked), near_marks)
    with exchanged(network, controls.ignoring):
        found["mark"] = scoring.share_on(maps(controls.marked), near_marks)
    with exchanged(network, controls.hardened):
        near = scoring.share_on(maps(controls.noisy.images, noisy_classes), controls.near_noisy)
    right = noisy_classes == answers(head, controls.noisy.labels)
    found |= {"right": near[right], "wrong": near[~right]}
    return {name: float(values.mean()) if len(values) else None for name, values in found.items()}


def what_was_tested(network: Network, controls: Controls) -> dict:
    """Return what the scores of `control_scores` rest on: how many lines, how many are right, and whether marks are ignored."""
    known, noisy = controls.known, controls.noisy
    before = marks.agreement(network, known.images, controls.marked)
    with exchanged(network, controls.ignoring):
        after = marks.agreement(network, known.images, controls.marked)
    right = {head: int((said == answers(head, noisy.labels)).sum()) for head, said in controls.noisy_classes.items()}
    return {
        "images": len(known.labels), "noise_level": NOISE_LEVEL, "noisy_images": len(noisy.labels), "noisy_right": right,
        "same_answer_with_mark_before": before, "same_answer_with_mark": after,
        "mark_area": float(controls.near_marks.mean()),
    }  # fmt: skip


def shuffled_scores(network: Network, known: KnownLines, best: dict, methods: Sequence[str]) -> Iterator[dict]:
    """Score maps while a network's weights are shuffled, from the last layer on; "correlation" is with the unshuffled maps.

    The sanity check of Adebayo et al., arXiv 1810.03292, for the layer and head of `best`.
    """
    from q3_visualize.heatmaps import placed_heatmaps

    layer, head, masks = best["layer"], best["head"], known.masks
    options = {"head": head, "classes": network.predict(known.images)[head].argmax(axis=1)}
    trained = {}
    for stage, weights in (("nothing", network.model.get_weights()), *stages_of_shuffling(network, head)):
        with exchanged(network, weights):
            for method in methods:
                maps = placed_heatmaps(network, known.images, layer, method=method, **options)
                same = scoring.correlations(maps, trained.setdefault(method, maps))
                place = {"network": network.name, "head": head, "layer": layer, "shuffled": stage, "method": method}
                yield {**place, **scoring.mean_scores(maps, masks), "correlation": float(same.mean())}

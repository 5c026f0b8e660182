"""Do heatmaps depend on what they should depend on? Shuffled weights, a small shift, a mark that is ignored, wrong answers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data import lines, noise
from q3_visualize import marks, scoring
from q3_visualize.known_lines import KnownLines, answers
from q3_visualize.networks import Network
from q3_visualize.other_weights import exchanged, stages_of_shuffling, trained_on

NOISE_LEVEL = 4
SHIFT = 0.25  # pixels


class Controls(NamedTuple):
    """What a network's heatmaps are tested with.

    `shifted` and `marked` are images of the lines in `known`, `marks` the pixels of the marks; `noisy` are other lines, at
    NOISE_LEVEL. `shuffled`, `ignoring` and `hardened` are weights: all of the network's shuffled, those that have learned to
    ignore marks, and those that have learned from noisy lines.
    """

    known: KnownLines
    shifted: np.ndarray
    marked: np.ndarray
    marks: np.ndarray
    noisy: KnownLines
    shuffled: list[np.ndarray]
    ignoring: list[np.ndarray]
    hardened: list[np.ndarray]


def prepare(network: Network, known: KnownLines, noisy: KnownLines, training: KnownLines) -> Controls:
    """Return the controls for lines, for lines without noise yet, and with new lines to learn from."""
    marked, masks = marks.marked(known)
    noisy = noisy._replace(images=noise.corrupted(noisy.images, NOISE_LEVEL))
    shuffled = list(stages_of_shuffling(network))[-1][1]
    ignoring = trained_on(network, training, lambda some, seed: marks.marked(some, seed)[0])
    hardened = trained_on(network, training, lambda some, seed: noise.corrupted(some.images, NOISE_LEVEL, seed))
    return Controls(known, shifted(known), marked, masks, noisy, shuffled, ignoring, hardened)


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

    known, noisy, near_marks = controls.known, controls.noisy, scoring.grown(controls.marks)
    classes = network.predict(known.images)[head].argmax(axis=1)

    def maps(images, of=classes):
        return placed_heatmaps(network, images, layer, head=head, classes=of, method=method)

    own = maps(known.images)
    found = {"shifted": scoring.correlations(own, maps(controls.shifted))}
    with exchanged(network, controls.shuffled):
        found["shuffled"] = scoring.correlations(own, maps(known.images))
    found["mark_before"] = scoring.share_on(maps(controls.marked), near_marks)
    with exchanged(network, controls.ignoring):
        found["mark"] = scoring.share_on(maps(controls.marked), near_marks)
    with exchanged(network, controls.hardened):
        predicted = network.predict(noisy.images)[head].argmax(axis=1)
        near = scoring.share_on(maps(noisy.images, predicted), scoring.grown(noisy.masks))
    right = predicted == answers(head, noisy.labels)
    found |= {"right": near[right], "wrong": near[~right]}
    return {name: float(values.mean()) if len(values) else None for name, values in found.items()}


def what_was_tested(network: Network, controls: Controls) -> dict:
    """Return what the scores of `control_scores` rest on: how many lines, how many are right, and whether marks are ignored."""
    known, noisy = controls.known, controls.noisy
    before = marks.agreement(network, known.images, controls.marked)
    with exchanged(network, controls.ignoring):
        after = marks.agreement(network, known.images, controls.marked)
    with exchanged(network, controls.hardened):
        predicted = network.predict(noisy.images)
    right = {head: int((predicted[head].argmax(axis=1) == answers(head, noisy.labels)).sum()) for head in network.heads}
    return {
        "images": len(known.labels), "noise_level": NOISE_LEVEL, "noisy_images": len(noisy.labels), "noisy_right": right,
        "same_answer_with_mark_before": before, "same_answer_with_mark": after,
        "mark_area": float(scoring.grown(controls.marks).mean()),
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

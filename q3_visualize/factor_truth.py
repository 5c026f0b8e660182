"""The truth of each factor of a line, and whether heatmaps know it.

What decides the length of a line are its ends, and what decides its width are its flanks: the truth of a factor is what changes
in the image when that factor alone changes, and the line is drawn again at the same center. Of the angle that is the difference
to both neighbors; of the color it is the line itself.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from data import line_classes, lines
from data.line_classes import FACTORS
from q3_visualize import scoring
from q3_visualize.choices import INTEGRATED
from q3_visualize.known_lines import KnownLines, answers
from q3_visualize.networks import Network

STEPS = 32  # of a path from a line to a similar one; completeness is tested at this number


def others(labels: np.ndarray, factor: str) -> np.ndarray:
    """Return the classes that differ from class indices (n,) in one factor: int64 (k, n), of the angle both neighbors."""
    levels, count = line_classes.class_factors(labels), len(FACTORS[factor])
    steps = (1, -1) if count > 2 else (1,)
    return np.stack([line_classes.class_index(**{**levels, factor: (levels[factor] + step) % count}) for step in steps])


def with_room(known: KnownLines) -> KnownLines:
    """Return those lines that lie inside the image whichever factor changes."""
    room = np.ones(len(known.labels), bool)
    for factor in FACTORS:
        for changed in others(known.labels, factor):
            for shape, chosen in lines.by_class(changed):
                room[chosen] &= lines.inside(shape, known.centers[chosen])
    return known.of(room)


def truths(known: KnownLines) -> dict[str, np.ndarray]:
    """Return how much each pixel changes when a factor changes, by factor: float64 (n, 28, 28) from 0 to 1.

    Raises ValueError for lines that are not `with_room`.
    """
    before = lines.coverage(known.labels, known.centers)
    found = {"color": before}
    for factor in ("length", "width", "angle"):
        after = [lines.coverage(changed, known.centers) for changed in others(known.labels, factor)]
        found[factor] = np.max(np.abs(after - before), axis=0)
    return {factor: found[factor] for factor in FACTORS}


def maps_of_factors(network: Network, known: KnownLines, layer: str, method: str) -> dict[str, np.ndarray]:
    """Return a network's heatmap for each factor, at every pixel, float32 (n, 28, 28).

    That is the map of the head that is called as the factor; of one head for all classes, that of the line's class against the
    one with the factor changed. INTEGRATED follows the path from the line with the factor changed, for either. Where there are
    two neighbors it is the mean of both maps.
    """
    from q3_visualize.heatmaps import placed_heatmaps

    found = {}
    for factor in FACTORS:
        head = factor if factor in network.heads else next(iter(network.heads))
        classes, maps = answers(head, known.labels), []
        for changed in others(known.labels, factor):
            options = {"head": head, "classes": classes, "method": method}
            if method == INTEGRATED:
                options |= {"baselines": lines.draw_classes(changed, known.centers), "steps": STEPS}
            if method == INTEGRATED or head != factor:
                options["against"] = answers(head, changed)
            maps.append(placed_heatmaps(network, known.images, layer, **options))
            if "against" not in options:
                break  # the same for every neighbor
        found[factor] = np.mean(maps, axis=0)
    return found


def matrix(maps: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> np.ndarray:
    """Return how each factor's heat correlates with each factor's truth, float64 (4 of heat, 4 of truth, n).

    The correlation over pixels is the CC of Bylinskii et al., "What do different evaluation metrics tell us about saliency
    models?", arXiv 1604.03605: it does not depend on how many pixels a truth has.
    """
    heat = [np.maximum(maps[factor], 0) for factor in FACTORS]
    return np.array([[scoring.correlations(each, truth[factor]) for factor in FACTORS] for each in heat])


def contrast(matrix: np.ndarray) -> tuple[float, float]:
    """Return by how much own factors score above the others, and its standard error, of a `matrix`.

    A factor that every heat fits well, and heat that fits every factor, count for nothing: from each score the means of its row
    and of its column are subtracted, and the mean of all is added. What is left on the diagonal is 0 by chance.
    """
    left = matrix - matrix.mean(axis=0) - matrix.mean(axis=1)[:, None] + matrix.mean(axis=(0, 1))
    own = np.trace(left) / len(matrix)
    return float(own.mean()), float(own.std(ddof=1) / np.sqrt(len(own))) if len(own) > 1 else 0.0


def summary(scores: np.ndarray) -> dict[str, float]:
    """Return of a `matrix` how many factors' own heat or own truth is the best one, of 4 each, and the `contrast`."""
    means, (own, error) = scores.mean(axis=2), contrast(scores)
    diagonal = np.arange(len(means))
    return {
        "heat_fits_own_truth": int((means.argmax(axis=1) == diagonal).sum()),
        "truth_fits_own_heat": int((means.argmax(axis=0) == diagonal).sum()),
        "contrast": round(own, 4), "contrast_error": round(error, 4),
    }  # fmt: skip


def rows(network: Network, known: KnownLines, layers: Sequence[str], methods: Sequence[str]) -> Iterator[dict]:
    """Yield the `matrix` of every layer and method as rows, one for the heat of each factor, with the `summary` of all four.

    INTEGRATED is taken at the image itself too, where its map has heat only on what changes.
    """
    truth = truths(known)
    first = network.maps()[0]
    places = [(layer, method) for layer in layers for method in methods]
    ends = [layer for layer in layers if network.activated[layer]] or layers  # a ReLU splits no credit between places
    places += [(layer, INTEGRATED) for layer in dict.fromkeys((first, *ends))]
    for layer, method in places:
        scores = matrix(maps_of_factors(network, known, layer, method), truth)
        place, found = {"network": network.name, "layer": layer, "method": method}, summary(scores)
        for factor, values in zip(FACTORS, scores.mean(axis=2)):
            cells = {f"truth_{each}": round(float(value), 4) for each, value in zip(FACTORS, values)}
            yield {**place, "heat": factor, **cells, **found}

"""How right heatmaps are, where the true pixels are known. Plain arrays; no network.

Heat is the part of a map above 0. A map without heat scores 0.
"""

import cv2
import numpy as np

MOVED = 200  # maps whose heat is moved for a mean distance
BLOCK = 2  # pixels along a side of the blocks between which `distances` moves heat
FARTHEST = 28.0  # pixels that a map without heat is away


def grown(masks: np.ndarray) -> np.ndarray:
    """Return masks (n, h, w) with every pixel that touches one of theirs, also by a corner: bool (n, h, w)."""
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).any(axis=(3, 4))


def scores(maps: np.ndarray, masks: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Score maps, float (n, h, w), against the true pixels, bool (n, h, w). Pixels of equal heat are ranked at random.

    Returns
    -------
    scores
        Floats (n,) from 0 to 1. "pointing": 1 where the hottest pixel is a true one (Zhang et al., arXiv 1608.00507).
        "share": the part of the heat on true pixels, and "rank_accuracy": the part of the hottest pixels, as many as there are
        true ones, that are true (relevance mass and rank accuracy of Arras, Osman and Samek, arXiv 2003.07258).
        "share_grown": the part of the heat on true pixels or their neighbors. "average_precision": the mean over true pixels of
        the part of all pixels at least as hot that is true.
    """
    heat = np.maximum(maps, 0).reshape(len(maps), -1)
    true, hot = masks.reshape(len(maps), -1), heat.any(axis=1)
    chance = np.random.default_rng(seed).random(heat.shape)
    hits = np.take_along_axis(true, np.lexsort((chance, -heat), axis=1), axis=1)
    area = true.sum(axis=1)
    common = (hits & (np.arange(heat.shape[1]) < area[:, None])).sum(axis=1)
    precision = hits.cumsum(axis=1) / np.arange(1, heat.shape[1] + 1)
    return {
        "pointing": hits[:, 0] * hot,
        "share": share_on(maps, masks),
        "share_grown": share_on(maps, grown(masks)),
        "rank_accuracy": _ratio(common, area) * hot,
        "average_precision": _ratio((precision * hits).sum(axis=1), area) * hot,
    }


def mean_scores(maps: np.ndarray, masks: np.ndarray) -> dict[str, float]:
    """Return the means of `scores`, the share of maps without any heat, and of MOVED maps the mean of `distances`."""
    means = {name: float(values.mean()) for name, values in scores(maps, masks).items()}
    some = np.unique(np.linspace(0, len(maps) - 1, min(len(maps), MOVED)).astype(int))
    distance = float(distances(maps[some], masks[some]).mean())
    return {**means, "distance": distance, "without_heat": float((maps.max(axis=(1, 2)) <= 0).mean())}


def share_on(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the part of the heat of maps, float (n, h, w), that lies on the pixels of masks, bool (n, h, w): float (n,)."""
    heat = np.maximum(maps, 0)
    return _ratio((heat * masks).sum(axis=(1, 2)), heat.sum(axis=(1, 2)))


def distances(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return how far heat must be moved to be spread evenly over the true pixels: the earth mover's distance, pixels, (n,).

    Rubner, Tomasi and Guibas, 10.1023/A:1026543900054; for heatmaps Clark et al., XAI-TRIS, arXiv 2306.12816. Heat is moved
    between blocks of 2 x 2 pixels, which is 40 times as fast as between pixels, and off by less than half a pixel. A map
    without heat is FARTHEST away.
    """
    heat, true = (_in_blocks(values) for values in (np.maximum(maps, 0), masks))
    y, x = np.indices(heat.shape[1:]).reshape(2, -1) * BLOCK
    found = np.full(len(maps), FARTHEST)
    for number in np.flatnonzero(heat.any(axis=(1, 2)) & true.any(axis=(1, 2))):
        piles = [np.stack([each[number].ravel() / each[number].sum(), y, x], axis=1) for each in (heat, true)]
        found[number] = cv2.EMD(*(np.float32(pile[pile[:, 0] > 0]) for pile in piles), cv2.DIST_L2)[0]
    return found


def _in_blocks(values):
    count, height, width = values.shape
    return values.reshape(count, height // BLOCK, BLOCK, width // BLOCK, BLOCK).sum(axis=(2, 4), dtype=float)


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the correlation of each two maps, float (n, h, w), over their pixels, (n,); 0 where one is the same everywhere."""
    first, second = (each - each.mean(axis=(1, 2), keepdims=True) for each in (first, second))
    sizes = np.sqrt((first**2).sum(axis=(1, 2)) * (second**2).sum(axis=(1, 2)))
    return _ratio((first * second).sum(axis=(1, 2)), sizes)


def baselines(images: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Return maps that know nothing of a network, float (n, h, w), for images, uint8 (n, h, w, channels)."""
    count, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width]
    blob = np.exp(-((y - (height - 1) / 2) ** 2 + (x - (width - 1) / 2) ** 2) / (2 * (height / 4) ** 2))
    brightness = images.max(axis=3).astype(float)
    slopes = [[cv2.Sobel(image, cv2.CV_64F, *axis) for axis in ((1, 0), (0, 1))] for image in brightness]
    return {
        "uniform": np.ones((count, height, width)),
        "random": np.random.default_rng(seed).random((count, height, width)),
        "centred blob": np.broadcast_to(blob, (count, height, width)),
        "brightness": brightness,
        "Sobel": np.hypot(*np.swapaxes(slopes, 0, 1)),
    }


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)

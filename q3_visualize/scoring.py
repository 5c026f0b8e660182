"""How right heatmaps are, where the true pixels are known. Plain arrays; no network.

Heat is the part of a map above 0. A map without heat scores 0.
"""

import numpy as np


def grown(masks: np.ndarray) -> np.ndarray:
    """Return masks (n, h, w) with every pixel that touches one of theirs, also by a corner: bool (n, h, w)."""
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).any(axis=(3, 4))


def scores(maps: np.ndarray, masks: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Score maps, float (n, h, w), against the true pixels, bool (n, h, w). Pixels of equal heat are ranked at random.

    Returns
    -------
    scores
        Floats (n,) from 0 to 1. "pointing": 1 where the hottest pixel is a true one (Zhang et al., arXiv 1608.00507);
        "share": the part of the heat on true pixels; "share_grown": on these or their neighbors; "iou": intersection over
        union of the true pixels and as many of the hottest ones.
    """
    heat = np.maximum(maps, 0).reshape(len(maps), -1)
    true, near = masks.reshape(len(maps), -1), grown(masks).reshape(len(maps), -1)
    total = heat.sum(axis=1)
    chance = np.random.default_rng(seed).random(heat.shape)
    hits = np.take_along_axis(true, np.lexsort((chance, -heat), axis=1), axis=1)
    area = true.sum(axis=1)
    common = (hits & (np.arange(heat.shape[1]) < area[:, None])).sum(axis=1)
    return {
        "pointing": hits[:, 0] * (total > 0),
        "share": _ratio((heat * true).sum(axis=1), total),
        "share_grown": _ratio((heat * near).sum(axis=1), total),
        "iou": _ratio(common, 2 * area - common) * (total > 0),
    }


def baselines(images: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Return maps that know nothing of a network, float (n, h, w), for images, uint8 (n, h, w, channels)."""
    count, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width]
    blob = np.exp(-((y - (height - 1) / 2) ** 2 + (x - (width - 1) / 2) ** 2) / (2 * (height / 4) ** 2))
    return {
        "uniform": np.ones((count, height, width)),
        "random": np.random.default_rng(seed).random((count, height, width)),
        "centred blob": np.broadcast_to(blob, (count, height, width)),
        "brightness": images.max(axis=3).astype(float),
    }


def along_and_across(
    maps: np.ndarray, centers: np.ndarray, directions: np.ndarray, edges_along: np.ndarray, edges_across: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean heat along lines (within 1.5 pixels of the axis) and across them (within 3 pixels of the center).

    Parameters
    ----------
    maps, centers, directions
        (n, h, w), each of which counts alike; (n, 2) of the lines, x right and y down, in pixels from the upper left corner;
        and unit vectors (n, 2) along them.
    edges_along, edges_across
        Borders of the bins, in pixels from the center.
    """
    heat = np.maximum(maps, 0)
    heat = heat / np.maximum(heat.mean(axis=(1, 2), keepdims=True), 1e-12)
    y, x = np.mgrid[: maps.shape[1], : maps.shape[2]] + 0.5
    offset_x, offset_y = x - centers[:, 0, None, None], y - centers[:, 1, None, None]
    along = offset_x * directions[:, 0, None, None] + offset_y * directions[:, 1, None, None]
    across = offset_x * -directions[:, 1, None, None] + offset_y * directions[:, 0, None, None]
    near_axis, near_middle = np.abs(across) <= 1.5, np.abs(along) <= 3
    heat_along = _binned(along[near_axis], heat[near_axis], edges_along)
    return heat_along, _binned(across[near_middle], heat[near_middle], edges_across)


def _binned(positions, values, edges):
    sums, counts = (np.histogram(positions, edges, weights=weights)[0] for weights in (values, None))
    return _ratio(sums, counts)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)

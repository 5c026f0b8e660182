"""How right heatmaps are, where the true pixels are known. Plain arrays; no network.

Heat is what a map has above 0. A map without any scores 0.
"""

import numpy as np


def grown(masks):
    """Masks (n, h, w) with every pixel that touches one of theirs, also by a corner: bool (n, h, w)."""
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)))
    height, width = masks.shape[1:]
    shifted = [padded[:, y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.logical_or.reduce(shifted)


def scores(maps, masks, seed=0):
    """Scores of maps (n, h, w) against the true pixels, bool (n, h, w): a dict of floats (n,).

    pointing: 1 where the hottest pixel is a true one (Zhang et al., arXiv 1608.00507), else 0.
    share: of the heat that lies on true pixels. share_grown: or on a neighbour of one.
    iou: intersection over union of the true pixels and as many of the hottest ones.
    Pixels of equal heat are ranked at random.
    """
    heat = np.maximum(maps, 0).reshape(len(maps), -1)
    true, near = masks.reshape(len(maps), -1), grown(masks).reshape(len(maps), -1)
    total = heat.sum(axis=1)
    anything = total > 0
    chance = np.random.default_rng(seed).random(heat.shape)
    hits = np.take_along_axis(true, np.lexsort((chance, -heat), axis=1), axis=1)
    area = true.sum(axis=1)
    common = np.where(np.arange(heat.shape[1]) < area[:, None], hits, False).sum(axis=1)
    return {
        "pointing": hits[:, 0] * anything,
        "share": _ratio((heat * true).sum(axis=1), total),
        "share_grown": _ratio((heat * near).sum(axis=1), total),
        "iou": _ratio(common, 2 * area - common) * anything,
    }


def baselines(images, seed=0):
    """Maps that know nothing of a network, for pictures uint8 (n, h, w, channels): a dict of float (n, h, w)."""
    count, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width]
    blob = np.exp(-((y - (height - 1) / 2) ** 2 + (x - (width - 1) / 2) ** 2) / (2 * (height / 4) ** 2))
    return {
        "uniform": np.ones((count, height, width)),
        "random": np.random.default_rng(seed).random((count, height, width)),
        "centred blob": np.broadcast_to(blob, (count, height, width)),
        "brightness": images.max(axis=3).astype(float),
    }


def along_and_across(maps, centers, directions, edges_along, edges_across):
    """Mean heat at positions along a line and across it, from its centre: two float arrays, one value a bin.

    maps: (n, h, w). centers: (n, 2), x right and y down, in pixels from the upper left corner. directions: unit vectors (n, 2)
    along the lines, x right and y down. edges_along, edges_across: borders of the bins in pixels. Each map counts alike.
    Along are the pixels within a pixel and a half of the line's axis, across those within three pixels of its middle.
    """
    heat = np.maximum(maps, 0)
    heat = heat / np.maximum(heat.mean(axis=(1, 2), keepdims=True), 1e-12)
    y, x = np.mgrid[: maps.shape[1], : maps.shape[2]] + 0.5
    offset_x, offset_y = x - centers[:, 0, None, None], y - centers[:, 1, None, None]
    along = offset_x * directions[:, 0, None, None] + offset_y * directions[:, 1, None, None]
    across = offset_x * -directions[:, 1, None, None] + offset_y * directions[:, 0, None, None]
    near_axis, near_middle = np.abs(across) <= 1.5, np.abs(along) <= 3
    return (
        _binned(along[near_axis], heat[near_axis], edges_along),
        _binned(across[near_middle], heat[near_middle], edges_across),
    )


def _binned(positions, values, edges):
    sums, _ = np.histogram(positions, edges, weights=values)
    counts, _ = np.histogram(positions, edges)
    return _ratio(sums, counts)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)

"""Marks that a network has learned to ignore, to see whether there is heat on them.

Yang and Kim, "Benchmarking attribution methods with relative feature importance", arXiv 1907.09701: what is in images of all
classes tells a network nothing about the class. Here it is a white square somewhere beside the line.
"""

import numpy as np

from q3_visualize import scoring
from q3_visualize.known_lines import KnownLines
from q3_visualize.networks import Network

SIDE = 3  # pixels


def marked(lines: KnownLines, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw a white square into each image, at a place where it does not touch the line, with a pixel between them.

    Returns
    -------
    images, masks
        uint8 (n, 28, 28, 3), and the pixels of the squares, bool (n, 28, 28).
    """
    windows = np.lib.stride_tricks.sliding_window_view(scoring.grown(lines.masks), (SIDE, SIDE), axis=(1, 2))
    free = ~windows.any(axis=(3, 4))
    chance = np.random.default_rng(seed).random(free.shape) * free
    y, x = np.unravel_index(chance.reshape(len(free), -1).argmax(axis=1), free.shape[1:])
    pixels = np.arange(lines.images.shape[1])
    rows, columns = ((pixels >= start[:, None]) & (pixels < start[:, None] + SIDE) for start in (y, x))
    masks = rows[:, :, None] & columns[:, None, :]
    return np.where(masks[..., None], np.uint8(255), lines.images), masks


def agreement(network: Network, images: np.ndarray, others: np.ndarray) -> float:
    """Return the share of images, and other images of the same lines, of which all heads give the same answer."""
    first, second = network.predict(images), network.predict(others)
    same = [first[head].argmax(axis=1) == second[head].argmax(axis=1) for head in network.heads]
    return float(np.all(same, axis=0).mean())

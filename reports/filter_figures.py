"""Figures of filters: what gradient ascent draws, beside the best patches of real images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from reports.figures import titled
from reports.inside_figures import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE, GAP = 3, 1  # patches along a side of their square, and pixels between them
INCHES = 1.45  # the height of an image
FINE = 96  # pixels from which patches are drawn smaller, instead of their image larger


def beside_patches(images: np.ndarray, patches: np.ndarray | None, captions: Sequence[str], title: str) -> Figure:
    """Draw images in a grid, each with its nine best real patches on its right, and a caption.

    Parameters
    ----------
    images
        float (k, height, width, 1, 3 or 4), from 0 to 1.
    patches
        uint8 (k, m, height, width, channels), m up to 9, or None.
    """
    panels = [np.uint8(np.rint(255 * np.clip(image[..., :3], 0, 1))) for image in images]
    if patches is not None:
        panels = [_with_patches(image, some[..., :3]) for image, some in zip(panels, patches)]
    height, width = panels[0].shape[:2]
    wide = INCHES * width / height
    columns = min(len(panels), max(1, round((16 if len(panels) <= 40 else 24) / (wide + 0.1))))
    rows = -(-len(panels) // columns)
    lines = max(caption.count("\n") + 1 for caption in captions)
    figure = titled(title, (max(wide * columns, 6), 0.7 + (INCHES + 0.05 + 0.16 * lines) * rows))
    for axes in (grid := figure.subplots(rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, panel, caption in zip(grid.flat, panels, captions):
        show(axes, panel, caption)
    return figure


def _with_patches(image, patches):
    """Put an image beside its best patch, or a square of patches of its size."""
    if len(patches) == 1:
        return np.concatenate([image, np.full((len(image), 2 * GAP, image.shape[2]), 255, np.uint8), patches[0]], axis=1)
    if min(image.shape[:2]) >= FINE:
        patches = patches[:, ::SIDE, ::SIDE]
    height, width, channels = patches.shape[1:]
    square = np.full((SIDE * (height + GAP) - GAP, SIDE * (width + GAP) - GAP, channels), 255, np.uint8)
    for place, patch in enumerate(patches):
        row, column = (index * (side + GAP) for index, side in zip(divmod(place, SIDE), (height, width)))
        square[row : row + height, column : column + width] = patch
    rows, columns = (np.arange(side) * small // side for side, small in zip(square.shape, image.shape[:2]))
    gap = np.full((len(square), 2 * GAP, channels), 255, np.uint8)
    return np.concatenate([image[rows[:, None], columns], gap, square], axis=1)

"""The colors and the energy of real images, which gradient ascent keeps to.

A network says nothing about what it never saw, and gradient ascent draws just that if it may: green for a network that was
trained on red and blue lines. So the ascent moves along the principal axes of the data's colors, in steps as long as the data
varies along each (Olah, Mordvintsev and Schubert, "Feature visualization", Distill 2017), and a drawn image differs from the
background by no more than real ones do.
"""

from typing import NamedTuple

import numpy as np

LEAST_VARIANCE = 1e-4  # of that of the first axis: below it, a color is no color of the data
# The square root of the covariance of the colors of photographs, and their mean: those of ImageNet, as Lucid has them.
_PHOTOGRAPHS = np.float32([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
_MEAN = np.float32([0.48, 0.46, 0.41])
_CONTRAST = 0.25  # of photographs: the root of the mean square of the difference from the mean color, from 0 to 1


class Colors(NamedTuple):
    """The background of images, float32 (channels,), from 0 to 1, and the covariance of the colors around it.

    `covariance`, float32 (channels, channels), is 1 along the first principal axis, and 0 along those that the data lacks.
    """

    background: np.ndarray
    covariance: np.ndarray


class Bounds(NamedTuple):
    """How much k drawn images may differ from the background: the L2 norm and the L1 norm of the difference, float32 (k,)."""

    l2: np.ndarray
    l1: np.ndarray

    def of(self, chosen: np.ndarray | slice, factor: float = 1) -> "Bounds":
        """Return the bounds of some filters, times a factor."""
        return Bounds(*(np.float32(factor) * bound[chosen] for bound in self))


def of_images(images: np.ndarray) -> Colors:
    """Return the colors of images, uint8 (n, height, width, channels).

    The background is the color that is most frequent, if half of the pixels have it, else the mean color.
    """
    channels = images.shape[-1]
    pixels = images.reshape(-1, channels)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    frequent = counts.max() >= len(pixels) / 2
    background = np.float32(found[counts.argmax()] if frequent else pixels.mean(axis=0)) / 255
    differences = found / 255 - background
    return Colors(background, _kept((differences * counts[:, None]).T @ differences / len(pixels)))


def of_photographs(channels: int) -> Colors:
    """Return the colors of photographs in general, where none is known; for gray images, bright strokes on black."""
    if channels < 3:
        return Colors(np.zeros(channels, np.float32), np.eye(channels, dtype=np.float32))
    covariance = np.eye(channels, dtype=np.float32)
    covariance[:3, :3] = _PHOTOGRAPHS @ _PHOTOGRAPHS.T
    covariance[3:, 3:] *= covariance[0, 0]
    return Colors(np.concatenate([_MEAN, np.ones(channels - 3, np.float32)]), _kept(covariance))


def bounds_of(patches: np.ndarray, colors: Colors) -> Bounds:
    """Return the bounds for k filters from their best real patches, uint8 (k, m, height, width, channels).

    They are the mean norms of the filter's patches, and at least the medians of all filters.
    """
    differences = (patches / 255 - colors.background).reshape(*patches.shape[:2], -1)
    l2, l1 = np.sqrt((differences**2).sum(axis=2)).mean(axis=1), np.abs(differences).sum(axis=2).mean(axis=1)
    return Bounds(*(np.maximum(norm, np.median(norm)).astype(np.float32) for norm in (l2, l1)))


def bounds_of_photographs(values: int, count: int) -> Bounds:
    """Return the bounds for `count` filters that see so many values, pixels times channels, where no image is known."""
    return Bounds(np.full(count, _CONTRAST * np.sqrt(values), np.float32), np.full(count, _CONTRAST * values, np.float32))


def _kept(covariance):
    """Scale a covariance, and remove axes along which there is next to none."""
    variances, axes = np.linalg.eigh(covariance)
    if variances[-1] <= 0:  # images of one color
        return np.eye(len(covariance), dtype=np.float32)
    variances = np.where(variances < LEAST_VARIANCE * variances[-1], 0, variances) / variances[-1]
    return np.float32((axes * variances) @ axes.T)

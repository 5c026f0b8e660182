"""Random deformations of handwritten digits, small enough that a digit keeps its class."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Deformation:
    """Rotates, scales, shears, shifts and bends images a little, at random.

    Attributes
    ----------
    rotation, shear
        The largest angle, in degrees, and the largest slope, to either side.
    scale, shift
        The largest logarithm of the scale, and the largest shift in pixels, along each axis.
    elastic, knots
        Standard deviation of the bending at the knots of a grid, in pixels, and the number of knots along each axis.

    References
    ----------
    Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document analysis"
    (2003). Here the displacements between the knots are blended by Gaussians, so that they are smooth by construction.
    """

    rotation: float = 12.0
    scale: float = 0.12
    shear: float = 0.15
    shift: float = 2.0
    elastic: float = 0.6
    knots: int = 5

    def __call__(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return the images, uint8 (n, height, width, 1), each deformed in its own way."""
        count, height, width, _ = images.shape
        center = np.array([(width - 1) / 2, (height - 1) / 2])[:, None, None]
        positions = np.mgrid[:height, :width][::-1].astype(np.float32) - center.astype(np.float32)  # x, y
        matrices = self._matrices(count, generator)
        shifts = generator.uniform(-self.shift, self.shift, (count, 2))[:, :, None, None]
        knots = generator.normal(0, self.elastic, (count, 2, self.knots, self.knots))
        bending = self._blend(height) @ knots @ self._blend(width).T  # (count, 2, height, width)
        grid = np.einsum("nij,jhw->nihw", matrices, positions) + shifts + bending + center
        moved = [cv2.remap(image, *where, cv2.INTER_LINEAR) for image, where in zip(images, grid.astype(np.float32))]
        return np.stack(moved)[..., None]

    def _matrices(self, count, generator):
        """Draw rotation, shear and scale as matrices, float64 (count, 2, 2)."""
        angle = generator.uniform(-np.deg2rad(self.rotation), np.deg2rad(self.rotation), count)
        shear = generator.uniform(-self.shear, self.shear, count)
        scale = np.exp(generator.uniform(-self.scale, self.scale, (count, 2)))
        cosine, sine = np.cos(angle), np.sin(angle)
        rows = [[cosine, shear * cosine - sine], [sine, shear * sine + cosine]]
        return np.array(rows).transpose(2, 0, 1) * scale[:, None, :]

    def _blend(self, size):
        """Return the weights of the knots at each pixel along an axis, float64 (size, knots); each row has length 1."""
        distance = np.linspace(0, self.knots - 1, size)[:, None] - np.arange(self.knots)
        weights = np.exp(-(distance**2) / (2 * 0.6**2))
        return weights / np.linalg.norm(weights, axis=1, keepdims=True)

"""Random deformations of handwritten digits, which leave a digit what it is."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Deformation:
    """Rotates, scales, shears, shifts and bends pictures a little, at random.

    rotation: degrees, to either side. scale: of the logarithm of the size, along each axis. shear: a slope. shift: pixels,
    along each axis. elastic: pixels, standard deviation of the bending at the knots of a grid. knots: of it along an axis.

    After Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document
    analysis" (2003), with the field of displacements smooth by construction: knots blended by Gaussians.
    """

    rotation: float = 12.0
    scale: float = 0.12
    shear: float = 0.15
    shift: float = 2.0
    elastic: float = 0.6
    knots: int = 5

    def __call__(self, images, generator):
        """Each picture deformed in a way of its own. images: uint8 (n, height, width, 1). generator: a NumPy generator."""
        count, height, width, _ = images.shape
        y, x = np.mgrid[:height, :width].astype(np.float32)
        x, y = x - (width - 1) / 2, y - (height - 1) / 2
        matrices = self._matrices(count, generator)
        shifts = generator.uniform(-self.shift, self.shift, (count, 2))
        knots = generator.normal(0, self.elastic, (count, 2, self.knots, self.knots))
        bending = self._blend(height) @ knots @ self._blend(width).T  # (count, 2, height, width)
        grid = np.einsum("nij,jhw->nihw", matrices, np.stack([x, y])) + shifts[:, :, None, None] + bending
        grid += np.array([(width - 1) / 2, (height - 1) / 2])[:, None, None]
        grid = grid.astype(np.float32)
        moved = [cv2.remap(image, *where, cv2.INTER_LINEAR) for image, where in zip(images, grid)]
        return np.stack(moved)[..., None]

    def _matrices(self, count, generator):
        """Random rotation, shear and scale as matrices, float64 (count, 2, 2)."""
        angle = generator.uniform(-np.deg2rad(self.rotation), np.deg2rad(self.rotation), count)
        shear = generator.uniform(-self.shear, self.shear, count)
        scale = np.exp(generator.uniform(-self.scale, self.scale, (count, 2)))
        cosine, sine = np.cos(angle), np.sin(angle)
        rows = [[cosine, shear * cosine - sine], [sine, shear * sine + cosine]]
        return np.array(rows).transpose(2, 0, 1) * scale[:, None, :]

    def _blend(self, size):
        """Weights of the knots at each pixel along an axis, float64 (size, knots); each row has length 1."""
        distance = np.linspace(0, self.knots - 1, size)[:, None] - np.arange(self.knots)
        weights = np.exp(-(distance**2) / (2 * 0.6**2))
        return weights / np.linalg.norm(weights, axis=1, keepdims=True)

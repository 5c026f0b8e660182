"""Random deformations of handwritten digits, which leave a digit what it is."""

import cv2
import numpy as np

ROTATION = np.deg2rad(12)
SCALE = 0.12  # of the logarithm of the size, along each axis
SHEAR = 0.15
SHIFT = 2.0  # pixels
ELASTIC = 0.6  # pixels, standard deviation of the bending at a grid's knot
KNOTS = 5  # of that grid along each axis


def deform(images, generator):
    """Rotates, scales, shears, shifts and bends each picture a little, at random.

    images: uint8 (n, height, width, 1). generator: a NumPy generator. Returns an array like `images`.
    After Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
    document analysis" (2003), with the field of displacements smooth by construction: knots blended by Gaussians.
    """
    count, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - (width - 1) / 2, y - (height - 1) / 2
    matrices = _matrices(count, generator)
    shifts = generator.uniform(-SHIFT, SHIFT, (count, 2))
    knots = generator.normal(0, ELASTIC, (count, 2, KNOTS, KNOTS))
    bending = _blend(height) @ knots @ _blend(width).T  # (count, 2, height, width)
    grid = np.einsum("nij,jhw->nihw", matrices, np.stack([x, y])) + shifts[:, :, None, None] + bending
    grid += np.array([(width - 1) / 2, (height - 1) / 2])[:, None, None]
    grid = grid.astype(np.float32)
    moved = [cv2.remap(image, *where, cv2.INTER_LINEAR) for image, where in zip(images, grid)]
    return np.stack(moved)[..., None]


def _matrices(count, generator):
    """Random rotation, shear and scale as matrices, float64 (count, 2, 2)."""
    angle = generator.uniform(-ROTATION, ROTATION, count)
    shear = generator.uniform(-SHEAR, SHEAR, count)
    scale = np.exp(generator.uniform(-SCALE, SCALE, (count, 2)))
    cosine, sine = np.cos(angle), np.sin(angle)
    rows = [[cosine, shear * cosine - sine], [sine, shear * sine + cosine]]
    return np.array(rows).transpose(2, 0, 1) * scale[:, None, :]


def _blend(size):
    """Weights of the knots at each pixel along an axis, float64 (size, KNOTS); each row has length 1."""
    distance = np.linspace(0, KNOTS - 1, size)[:, None] - np.arange(KNOTS)
    weights = np.exp(-(distance**2) / (2 * 0.6**2))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)

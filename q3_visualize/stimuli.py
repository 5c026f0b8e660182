"""Lines as stimuli: one factor is varied, the others stay at the levels of the data set, and the places are always the same.

Hubel and Wiesel, "Receptive fields, binocular interaction and functional architecture in the cat's visual cortex", J. Physiol.
160, 1962: moved a bar of light in front of a cell, and asked at which orientation, length and width it responds most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from data import line_classes
from data.lines import Shape, draw_shape, shape_coverage

FIELDS = {"length": "length", "width": "width", "angle": "degrees", "color": "blue"}  # of Shape, by factor
LEVELS = {"length": line_classes.LENGTHS, "width": line_classes.WIDTHS, "angle": line_classes.ANGLES, "color": (0.0, 1.0)}
LARGEST = Shape(21, 6, 0)


class Axis(NamedTuple):
    """One factor's values, and the shapes that show them: `shapes[i][j]` has value i, and the other factors' combination j."""

    factor: str
    values: np.ndarray
    shapes: list[list[Shape]]


def axis(factor: str, values: Sequence[float]) -> Axis:
    """Return lines with each value of a factor, at every combination of the other factors' levels in the data set."""
    others = [FIELDS[name] for name in FIELDS if name != factor]
    combinations = [dict(zip(others, levels)) for levels in product(*(LEVELS[name] for name in FIELDS if name != factor))]
    shapes = [[Shape(**{FIELDS[factor]: float(value)}, **each) for each in combinations] for value in values]
    return Axis(factor, np.asarray(values, float), shapes)


def places(side: int = 8) -> np.ndarray:
    """Return side x side centers, float64 (side * side, 2), at which even the LARGEST line lies inside at every angle.

    They are the same for every line, so that nothing else changes with a factor; they are a part of a pixel apart, so that how
    a line meets the pixels counts evenly.
    """
    half = line_classes.SIZE / 2 - np.hypot(LARGEST.length, LARGEST.width) / 2
    steps = line_classes.SIZE / 2 + half * (2 * np.arange(side) + 1 - side) / side
    return np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)


def images_of(one: Axis, centers: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the images of each value of an axis, uint8 (combinations * centers, 28, 28, 3), combination after combination."""
    for shapes in one.shapes:
        yield np.concatenate([draw_shape(shape, centers) for shape in shapes])


def outside(centers: np.ndarray) -> dict[str, np.ndarray]:
    """Return images of what is not in the training data, by name in words, uint8 (n, 28, 28, 3) each, one for each center."""
    long_thin = Shape(15, 1, 0)
    red = draw_shape(long_thin, centers)
    blue_upright = draw_shape(long_thin._replace(degrees=90, blue=1.0), centers)
    shifted = np.zeros_like(red)
    shifted[:, :, :8] = red[:, :, 14:22]  # what of it lies right of the middle is at the left border
    return {
        "a long thin red line at 0°, as in the data": red,
        "two lines: that one, and a blue one across it": np.maximum(red, blue_upright),
        "with a gap of 3 pixels": _union([long_thin._replace(length=6)] * 2, centers, [(-4.5, 0), (4.5, 0)]),
        "bent into a quarter of a circle": _arc(long_thin, centers),
        "green": red[..., [1, 0, 2]],
        "white": np.repeat(red[..., :1], 3, axis=3),
        "cut in half by the border": shifted,
        "nothing": np.zeros_like(red),
    }


def _union(shapes, centers, offsets):
    """Draw several red lines, which do not lie on each other, into one image, each off the centers."""
    covered = [shape_coverage(shape, centers + offset) for shape, offset in zip(shapes, offsets)]
    images = np.zeros((len(centers), line_classes.SIZE, line_classes.SIZE, 3), np.uint8)
    images[..., 0] = np.rint(255 * np.minimum(np.sum(covered, axis=0), 1))
    return images


def _arc(shape, centers, pieces=32):
    """Draw a quarter of a circle, as long as a line, of short lines end to end."""
    radius = shape.length / (np.pi / 2)
    turned = (np.arange(pieces) + 0.5) / pieces * 90 - 45  # degrees from the top of the circle
    offsets = radius * np.stack([np.sin(np.deg2rad(turned)), 0.85 - np.cos(np.deg2rad(turned))], axis=1)
    shapes = [shape._replace(length=shape.length / pieces, degrees=-angle) for angle in turned]
    return _union(shapes, centers, offsets)

"""The 96 classes of lines: a class is a choice of four factors, length, width, angle and color."""

import numpy as np

SIZE = 28  # pixels along each side of a picture
LENGTHS = (7, 15)  # pixels
WIDTHS = (1, 3)  # pixels
ANGLES = tuple(range(0, 180, 15))  # degrees to the X axis, counter-clockwise
COLORS = ("red", "blue")

# Each factor and its levels in words, in the order of the file names and of the class index.
FACTORS = {
    "length": ("short", "long"),
    "width": ("thin", "thick"),
    "angle": tuple(f"{angle}°" for angle in ANGLES),
    "color": COLORS,
}
FACTOR_SIZES = tuple(len(levels) for levels in FACTORS.values())
CLASSES = int(np.prod(FACTOR_SIZES))  # 96


def class_index(length, width, angle, color):
    """Class index 0..95 of 0-based factor labels (numbers or arrays alike).

    Raises ValueError for a label out of range.
    """
    return np.ravel_multi_index((length, width, angle, color), FACTOR_SIZES)


def class_factors(index):
    """The 0-based labels of a class index (number or array): {"length": ..., "width": ..., "angle": ..., "color": ...}."""
    return dict(zip(FACTORS, np.unravel_index(index, FACTOR_SIZES)))


def class_name(index):
    """A class index in words: "long thick 135° red"."""
    return " ".join(FACTORS[factor][level] for factor, level in class_factors(index).items())

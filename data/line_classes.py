"""The 96 classes of lines: a class is a choice of four factors, length, width, angle and color."""

import numpy as np

SIZE = 28  # pixels along each side of an image
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

Integers = int | np.ndarray  # 0-based levels or class indices: one, or an array of any shape


def class_index(length: Integers, width: Integers, angle: Integers, color: Integers) -> Integers:
    """Return the class index, ((length * 2 + width) * 12 + angle) * 2 + color; raise ValueError for levels out of range."""
    return np.ravel_multi_index((length, width, angle, color), FACTOR_SIZES)


def class_factors(index: Integers) -> dict[str, Integers]:
    """Return the 0-based levels of a class index: {"length": ..., "width": ..., "angle": ..., "color": ...}."""
    return dict(zip(FACTORS, np.unravel_index(index, FACTOR_SIZES)))


def class_name(index: int) -> str:
    """Return a class index in words: "long thick 135° red"."""
    return " ".join(FACTORS[factor][level] for factor, level in class_factors(index).items())

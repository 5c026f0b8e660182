"""How a network responds to digits that are turned, scaled, shifted, or written with another pen."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from q3_visualize.networks import Network

FINE = 4  # pixels of an enlarged digit along one of its own
AXES = {
    "rotation": np.arange(-90, 91, 15.0), "scale": np.arange(0.5, 1.61, 0.1).round(2), "shift": np.arange(0, 11, 1.0),
    "stroke": np.arange(-1.5, 3.1, 0.5),
}  # fmt: skip
DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))


def changed(image: np.ndarray, axis: str, value: float, direction: tuple[int, int] = DIRECTIONS[0]) -> np.ndarray:
    """Return a bright digit on black, changed along one of the AXES.

    Parameters
    ----------
    image
        uint8 (height, width).
    axis, value
        rotation in degrees, counter-clockwise about the middle; scale; shift in pixels along `direction` (x, y); stroke, by how
        many pixels all strokes are wider.

    Returns
    -------
    changed
        uint8 (height, width).
    """
    height, width = image.shape
    middle = ((width - 1) / 2, (height - 1) / 2)
    if axis == "stroke":
        return _other_pen(image, value)
    matrix = cv2.getRotationMatrix2D(middle, value if axis == "rotation" else 0, value if axis == "scale" else 1)
    if axis == "shift":
        matrix[:, 2] += np.multiply(direction, value)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR)


def _other_pen(image, wider):
    """Widen or narrow bright strokes, on an image that is enlarged so that parts of a pixel can be told."""
    radius = round(abs(wider) / 2 * FINE)
    if radius == 0:
        return image
    large = cv2.resize(image, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_CUBIC)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    large = cv2.dilate(large, disk) if wider > 0 else cv2.erode(large, disk)
    return cv2.resize(large, image.shape[::-1], interpolation=cv2.INTER_AREA)


def rows(
    network: Network, images: np.ndarray, labels: np.ndarray, values: dict[str, Sequence[float]], advance: Callable
) -> list[dict]:
    """Return the accuracy and mean confidence of a network on changed digits, a row for each value of each axis.

    Parameters
    ----------
    images, labels
        uint8 (n, 28, 28, 1), and class indices (n,).
    values
        By axis; a shift is tried in four directions.
    advance
        Called after each value.
    """
    head, found = next(iter(network.heads)), []
    for axis, several in values.items():
        for value in several:
            directions = DIRECTIONS if axis == "shift" else DIRECTIONS[:1]
            turned = [changed(image[..., 0], axis, value, direction) for direction in directions for image in images]
            probabilities = network.predict(np.stack(turned)[..., None])[head]
            right = probabilities.argmax(axis=1) == np.tile(labels, len(directions))
            found.append({
                "axis": axis, "value": float(value), "accuracy": round(float(right.mean()), 5),
                "confidence": round(float(probabilities.max(axis=1).mean()), 5),
            })  # fmt: skip
            advance()
    return found

"""The line data set: 28 x 28 RGB images of one straight line on black, in 96 classes.

    python data/lines.py --out my_lines                     # 96,000 JPEG files and a contact sheet
    python data/lines.py --out my_lines --format png --video

A class is a choice of four factors: length, width, angle and color. Within a class only the center of the
line moves, over all real positions at which the whole line lies inside the image.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.line_classes import ANGLES, CLASSES, COLORS, LENGTHS, SIZE, WIDTHS, class_factors

PER_CLASS = 1000

# Cosines of 0, 15, ..., 90 degrees, from square roots alone: IEEE 754 fixes every bit of a root, while the
# last bit of a library's cosine differs between machines, and the drawn images would differ with it.
_ROOT_2, _ROOT_3, _ROOT_6 = np.sqrt([2.0, 3.0, 6.0]).tolist()
_COSINES = (1.0, (_ROOT_6 + _ROOT_2) / 4, _ROOT_3 / 2, _ROOT_2 / 2, 0.5, (_ROOT_6 - _ROOT_2) / 4, 0.0)


class Shape(NamedTuple):
    """A line without its place: any real length, width, angle and mix of the two colors."""

    length: float  # pixels
    width: float  # pixels
    degrees: float  # to the X axis, counter-clockwise
    blue: float = 0.0  # the share of blue, from 0, red, to 1


class Lines(NamedTuple):
    """Drawn images, class after class."""

    images: np.ndarray  # uint8 (n, 28, 28, 3), RGB
    labels: np.ndarray  # int64 (n,), class indices
    centers: np.ndarray  # float64 (n, 2), x to the right and y down, in pixels from the upper left corner of the image


def draw(per_class: int = PER_CLASS, seed: int = 0) -> Lines:
    """Draw `per_class` images of each of the 96 classes.

    Each class has its own random stream, so that its first images are the same for any `per_class`.
    """
    images = np.zeros((CLASSES, per_class, SIZE, SIZE, 3), np.uint8)
    centers = np.empty((CLASSES, per_class, 2))
    for index in range(CLASSES):
        shape = class_shape(index)
        margin = reach(shape)
        uniform = np.random.default_rng([seed, index]).random((per_class, 2))
        centers[index] = margin + uniform * (SIZE - 2 * margin)
        images[index] = draw_shape(shape, centers[index])
    labels = np.repeat(np.arange(CLASSES), per_class)
    return Lines(images.reshape(-1, SIZE, SIZE, 3), labels, centers.reshape(-1, 2))


def class_shape(index: int) -> Shape:
    """Return the line of a class index."""
    length, width, angle, color = class_factors(index).values()
    return Shape(LENGTHS[length], WIDTHS[width], ANGLES[angle], float(COLORS[color] == "blue"))


def reach(shape: Shape) -> np.ndarray:
    """Return how far a line reaches from its center, float64 (2,), x and y in pixels."""
    return np.abs(_half_sides(shape)).sum(axis=0)


def inside(shape: Shape, centers: np.ndarray) -> np.ndarray:
    """Return whether the whole of a line lies inside the image at each center, float (n, 2): bool (n,)."""
    margin = reach(shape)
    return ((centers >= margin - 1e-9) & (centers <= SIZE - margin + 1e-9)).all(axis=1)


def draw_shape(shape: Shape, centers: np.ndarray) -> np.ndarray:
    """Draw one line at each of several centers.

    Parameters
    ----------
    shape
        Its length and width above 0, `blue` from 0 to 1.
    centers
        float64 (n, 2), x to the right and y down, in pixels from the upper left corner. The whole line must lie inside.

    Returns
    -------
    images
        uint8 (n, 28, 28, 3), RGB: 255 times the share of each pixel that the line covers times the share of red or blue.

    Raises
    ------
    ValueError
        For a line without length or width, a mix out of range, or a line that is partly outside.
    """
    if not (shape.length > 0 and shape.width > 0 and 0 <= shape.blue <= 1):
        raise ValueError(f"{shape}: length and width must be above 0, and blue from 0 to 1")
    covered = shape_coverage(shape, centers)
    images = np.zeros((*covered.shape, 3), np.uint8)
    for channel, share in ((0, 1 - shape.blue), (2, shape.blue)):
        if share:
            images[..., channel] = np.rint(255 * share * covered)
    return images


def shape_coverage(shape: Shape, centers: np.ndarray) -> np.ndarray:
    """Return the share of each pixel that a line covers at each center, float64 (n, 28, 28); as for `draw_shape`."""
    centers = np.asarray(centers, np.float64)
    if not inside(shape, centers).all():
        margin = reach(shape).round(2)
        raise ValueError(f"{shape} lies partly outside: its center must be {margin} pixels inside of each border")
    return _coverage(_half_sides(shape), centers)


def by_class(labels: np.ndarray) -> Iterator[tuple[Shape, np.ndarray]]:
    """Yield the line of each class that class indices (n,) have, and which of them it is, bool (n,)."""
    for index in np.unique(labels):
        yield class_shape(index), labels == index


def draw_classes(labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Draw the line of each class index at its center: uint8 (n, 28, 28, 3); parameters as for `coverage`."""
    images = np.empty((len(labels), SIZE, SIZE, 3), np.uint8)
    for shape, chosen in by_class(labels):
        images[chosen] = draw_shape(shape, centers[chosen])
    return images


def coverage(labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the share of each pixel that each line covers: float64 (n, 28, 28) in [0, 1], exact but for rounding.

    Parameters
    ----------
    labels, centers
        As in `Lines`. Each line must lie inside the image.
    """
    covered = np.empty((len(labels), SIZE, SIZE))
    for shape, chosen in by_class(labels):
        covered[chosen] = shape_coverage(shape, centers[chosen])
    return covered


def masks(labels: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return the pixels that each line touches, bool (n, 28, 28); parameters as for `coverage`."""
    return coverage(labels, centers) > 1e-9


def _half_sides(shape):
    """Half the long and half the short side of a line as vectors (x right, y down), float64 (2, 2)."""
    cosine, sine = _direction(shape.degrees % 180)
    return np.array([[cosine, -sine], [sine, cosine]]) * [[shape.length / 2], [shape.width / 2]]


def _direction(degrees):
    """Cosine and sine of 0 to 180 degrees."""
    if degrees % 15:
        return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    step = int(degrees // 15)
    return _COSINES[step] if step <= 6 else -_COSINES[12 - step], _COSINES[abs(6 - step)]


def _coverage(half_sides, centers):
    """Exact coverage for lines of one shape, (n, 28, 28): Green's theorem around the rectangle, pixel by pixel.

    The rectangle's area left of x = b within a row of pixels is, over its edges X(y) taken in turn around it,
    minus the sum of the integrals of max(b - X(y), 0) dy; the difference of two neighboring b is a pixel's share.
    """
    long_side, short_side = half_sides
    corners = np.array([-long_side - short_side, long_side - short_side, long_side + short_side, short_side - long_side])
    columns, rows = np.minimum(np.ceil(np.ptp(corners, axis=0)).astype(int) + 1, SIZE)
    left, top = np.clip(np.floor(centers + corners.min(axis=0)).astype(int), 0, [SIZE - columns, SIZE - rows]).T

    borders_x = (left[:, None] + np.arange(columns + 1) - centers[:, :1])[:, None, :]  # (n, 1, columns + 1)
    borders_y = top[:, None] + np.arange(rows + 1) - centers[:, 1:]  # (n, rows + 1)
    area = np.zeros((len(centers), rows, columns + 1))
    for start, end in zip(corners, np.roll(corners, -1, axis=0)):
        area -= _area_right_of_edge(start, end, borders_x, borders_y)

    covered = np.zeros((len(centers), SIZE, SIZE))
    row = (top[:, None] + np.arange(rows))[:, :, None]
    column = (left[:, None] + np.arange(columns))[:, None, :]
    covered[np.arange(len(centers))[:, None, None], row, column] = np.diff(area, axis=2)
    return covered


def _area_right_of_edge(start, end, borders_x, borders_y):
    """Integral over each row of max(b - X(y), 0) dy for the edge X from start to end, signed by its direction.

    Without the slope, which would lose digits where an edge nearly follows an axis: where b - X goes from one sign to another,
    the triangle of its positive part has a share of the height that is that part's share of both.
    """
    (start_x, start_y), (end_x, end_y) = start, end
    if start_y == end_y:
        return 0.0
    first, last = (np.clip(y, borders_y[:, :-1], borders_y[:, 1:])[..., None] for y in (start_y, end_y))
    gaps = [borders_x - (start_x + (end_x - start_x) * ((y - start_y) / (end_y - start_y))) for y in (first, last)]
    positive = np.maximum(gaps[0], 0) + np.maximum(gaps[1], 0)
    both = np.abs(gaps[0]) + np.abs(gaps[1])
    return (last - first) * positive * (positive / np.maximum(both, np.finfo(float).tiny)) / 2


def main() -> None:
    """Parse the command line and write the folder."""
    from common import command_line

    parser = command_line.Parser(__doc__)
    parser.add_argument("--out", type=command_line.new_path, required=True, metavar="DIR", help="a new folder for the files")
    parser.add_argument("--format", choices=("jpg", "png"), default="jpg", help="file format (default: jpg)")
    parser.add_argument("--per-class", type=command_line.positive, default=PER_CLASS, metavar="N", help="images of each class")
    parser.add_argument("--seed", type=command_line.seed, default=0, metavar="N", help="seeds the lines' centers (default: 0)")
    parser.add_argument("--video", action="store_true", help="also write an MP4: two frames a second, 3 x 3 images a frame")
    arguments = parser.parse_args()

    from data import line_folder, line_overview

    with line_folder.new_folder(arguments.out) as folder:
        images, labels, _ = draw(arguments.per_class, arguments.seed)
        line_folder.write(folder, images, labels, arguments.format)
        line_overview.write_contact_sheet(folder / line_folder.CONTACT_SHEET, images, labels)
        if arguments.video:
            line_overview.write_video(folder / line_overview.VIDEO, images, labels)
    print(f"{arguments.out}: {len(images):,} images of {CLASSES} classes and {line_folder.CONTACT_SHEET}")


if __name__ == "__main__":
    from common.command_line import execute

    execute(main)

"""The part of an image that is climbed for a layer: what the middle cell of its map sees, and a margin to move in."""

from typing import NamedTuple

import numpy as np

from q3_visualize.climbs import DEFAULT, Bounded, Regularization, jitter
from q3_visualize.networks import Network
from q3_visualize.patches import middle
from q3_visualize.receptive import Field, fields


class Frame(NamedTuple):
    """The part of the image that is climbed, where its middle cell lies in the layer's output, and what that cell sees."""

    part: tuple[slice, slice]
    place: int
    seen: tuple[slice, slice]


def frame_of(network: Network, layer: str, recipe: Bounded | Regularization = DEFAULT, most: int | None = None) -> Frame:
    """Return the part of the image that is climbed for a layer: what its middle cell sees, and a margin to move in."""
    field, shape = fields(network, layer), network.shapes[layer]
    if field is None:
        whole = tuple(slice(0, side) for side in network.input_shape[:2])
        return Frame(whole, middle(shape), whole)
    along = [_along(*axis, jitter(recipe, axis[0].size), most) for axis in zip(field, network.input_shape, shape)]
    sides = [part.stop - part.start for part, _ in along]
    # The layer's map of a part: so many cells fewer as strides fit into what was left out.
    width = shape[1] - (network.input_shape[1] - sides[1]) // field[1].stride
    (row, column) = (cell for _, cell in along)
    seen = tuple(
        slice(max(each.of(cell).start, 0), min(each.of(cell).stop, side)) for each, (_, cell), side in zip(field, along, sides)
    )
    return Frame(tuple(part for part, _ in along), row * width + column, seen)


def _along(field: Field, side: int, cells: int, margin: int, most: int | None) -> tuple[slice, int]:
    """Return the pixels along one axis, and the number of the middle cell in a layer's map of them.

    What is left out is a multiple of the stride, so that padding falls as it does in the whole image.
    """
    wanted = field.size + 2 * margin + field.stride
    wanted = min(wanted, most or wanted)
    if wanted < side:
        length = side - (side - wanted) // field.stride * field.stride
        cell = max(round(((length - field.size) / 2 - field.first) / field.stride), 0)
        offset = (cells // 2 - cell) * field.stride
        if 0 <= offset <= side - length:
            return slice(offset, offset + length), cell
    return slice(0, side), cells // 2


def in_place(parts: np.ndarray, frame: Frame, network: Network, background: np.ndarray | float) -> np.ndarray:
    """Put what the middle cell sees of parts into whole images of a background."""
    shape = (len(parts), *network.input_shape[:2], parts.shape[-1])
    images = np.full(shape, background, np.float32)
    target = tuple(slice(part.start + seen.start, part.start + seen.stop) for part, seen in zip(frame.part, frame.seen))
    images[:, *target] = parts[:, *frame.seen]
    return images


def is_part(network: Network, frame: Frame) -> bool:
    """Return whether less than the whole image is climbed."""
    return any(part.stop - part.start < side for part, side in zip(frame.part, network.input_shape))

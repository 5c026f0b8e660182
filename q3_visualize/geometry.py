"""Where in the image the cells of a feature map look.

The usual way stretches a small map over the image. But a convolution without padding never centers on a border, and one
with a stride of 2 and TensorFlow's "same" padding centers off the middle: after two of them, a stretched 7 x 7 map of
a 28 x 28 image lies 1.5 pixels too far to the upper left. Here the center of each cell's receptive field is followed through
the layers instead (Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019).
"""

from typing import NamedTuple

import numpy as np

from common.quiet import keras, tensorflow
from q3_visualize.networks import Network
from q3_visualize.sliding import CONVOLUTIONS, POOLINGS, sliding


class Grid(NamedTuple):
    """Along one axis, cell i of a map looks at pixel start + i * stride, counted from the center of the first."""

    start: float
    stride: float


def grids(network: Network, path: str) -> tuple[Grid, Grid]:
    """Return the grids of a layer's map along y and x."""
    return network.made("grids", lambda: _of_all(network)).get(path) or _even(network, path)


def _of_all(network):
    """Return the grids of every map that came from a map, by path."""
    steps, _ = network.trace(tensorflow.zeros((1, *network.input_shape)))
    known, found = {}, {}  # known: by the id of a tensor
    for step in steps.values():
        source = step.input
        if len(getattr(source, "shape", ())) == len(step.output.shape) == 4:
            before = known.get(id(source), (Grid(0.0, 1.0), Grid(0.0, 1.0)))
            known[id(step.output)] = found[step.path] = tuple(
                _after(step.layer, axis, before[axis], source.shape[1 + axis], step.output.shape[1 + axis]) for axis in (0, 1)
            )
    return found


def _even(network, path):
    """Return the grids of a map that did not come from a map, such as a vector that was reshaped: evenly over the image."""
    return tuple(_after(None, axis, Grid(0.0, 1.0), network.input_shape[axis], network.shapes[path][axis]) for axis in (0, 1))


def _after(layer, axis, before, cells, cells_after):
    """Return the grid of a layer's output from that of its input."""
    if isinstance(layer, keras.layers.ZeroPadding2D):
        return Grid(before.start - before.stride * layer.padding[axis][0], before.stride)
    if isinstance(layer, keras.layers.Cropping2D):
        return Grid(before.start + before.stride * layer.cropping[axis][0], before.stride)
    if isinstance(layer, keras.layers.CenterCrop) and cells_after <= cells:
        return Grid(before.start + before.stride * ((cells - cells_after) // 2), before.stride)
    if isinstance(layer, CONVOLUTIONS + POOLINGS):
        slides = sliding(layer, axis, cells, cells_after)
        return Grid(before.start + before.stride * (slides.reach / 2 - slides.padding), before.stride * slides.stride)
    ratio = cells / cells_after  # a layer that keeps the size, or changes it in another way: evenly
    return Grid(before.start + before.stride * (ratio - 1) / 2, before.stride * ratio)


def enlarged(maps: np.ndarray, grids: tuple[Grid, Grid], size: tuple[int, int]) -> np.ndarray:
    """Return maps (n, h, w) at every pixel of images of `size`, linear between cells and constant beyond: (n, *size)."""
    along_y, along_x = (weights(grid, cells, np.arange(pixels)) for grid, cells, pixels in zip(grids, maps.shape[1:], size))
    return along_y @ maps @ along_x.T


def weights(grid: Grid, cells: int, positions: np.ndarray) -> np.ndarray:
    """Return how much each cell of a map counts at each of p positions, in pixels along one axis, (p, cells)."""
    centers = centers_of(grid, cells)
    return np.stack([np.interp(positions, centers, cell) for cell in np.eye(cells)], axis=1)


def centers_of(grid: Grid, cells: int) -> np.ndarray:
    """Return the positions at which the cells of a map look, in pixels along one axis, (cells,)."""
    return grid.start + grid.stride * np.arange(cells)

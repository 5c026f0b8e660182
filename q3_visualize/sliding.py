"""How the kernel of a convolution, or the window of a pooling, slides over the cells of a map."""

from typing import NamedTuple

from common.quiet import keras

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
POOLINGS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


class Sliding(NamedTuple):
    """Along one axis: cells of a kernel, from one place to the next, between two cells of the kernel, and before the map."""

    kernel: int
    stride: int
    dilation: int
    padding: int

    @property
    def reach(self) -> int:
        """How many cells lie between the first and the last that a kernel sees."""
        return (self.kernel - 1) * self.dilation


def sliding(layer: keras.Layer, axis: int, cells: int, cells_after: int) -> Sliding:
    """Return how one of CONVOLUTIONS or POOLINGS slides along y, axis 0, or x, over so many cells into so many.

    As TensorFlow pads for "same", an odd row or column of padding comes last.
    """
    kernel = (layer.kernel_size if isinstance(layer, CONVOLUTIONS) else layer.pool_size)[axis]
    stride, dilation = layer.strides[axis], getattr(layer, "dilation_rate", (1, 1))[axis]
    missing = max((cells_after - 1) * stride + (kernel - 1) * dilation + 1 - cells, 0)
    return Sliding(kernel, stride, dilation, missing // 2 if layer.padding == "same" else 0)

"""Which pixels a cell of a map sees: the receptive field, followed through strides, kernels and padding.

Only layers that look at a neighborhood are followed (Araujo, Norris and Sim, "Computing receptive fields of convolutional
neural networks", Distill 2019). After anything else that mixes places (global pooling, attention, a Dense layer over a
flattened map) a cell sees the whole image.
"""

from typing import NamedTuple

import numpy as np

from common.quiet import keras, tensorflow
from q3_visualize.networks import Network
from q3_visualize.sliding import CONVOLUTIONS, POOLINGS, sliding

_MIXING = (
    keras.layers.GroupNormalization, keras.layers.UnitNormalization, keras.layers.Attention, keras.layers.AdditiveAttention,
    keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention, keras.layers.RNN, keras.layers.Permute,
    keras.layers.EinsumDense,
)  # fmt: skip
_POINTWISE_OPERATIONS = {
    "add", "subtract", "multiply", "divide", "truedivide", "negative", "maximum", "minimum", "concatenate", "cast", "relu",
    "relu6", "sigmoid", "tanh", "silu", "gelu", "hardsigmoid", "hardsilu", "hardswish", "swish", "elu", "selu", "leakyrelu",
    "softplus", "abs", "absolute", "square", "sqrt", "exp", "log", "power", "clip",
}  # fmt: skip


MOST_SIDES = 1.5  # of the image: a cell that sees more sees everything


class Field(NamedTuple):
    """Along one axis, cell i of a map sees `size` pixels from first + i * stride on; some may lie outside the image."""

    first: int
    size: int
    stride: int

    def of(self, cell: int) -> slice:
        """Return the pixels that a cell sees; the ends may lie outside the image."""
        start = self.first + cell * self.stride
        return slice(start, start + self.size)


_PIXEL = Field(0, 1, 1)


def fields(network: Network, path: str) -> tuple[Field, Field] | None:
    """Return the receptive field of a layer's cells along y and x; None if there are none, or each may see everything."""
    return network.made("fields", lambda: _of_all(network))[path]


def _of_all(network):
    """Return the fields of every layer, by path."""
    image = tensorflow.zeros((1, *network.input_shape))
    steps, _ = network.trace(image)
    known, found = {}, {}  # known: by the id of a tensor
    for step in steps.values():
        known[id(step.output)] = _after(step, [known.get(id(tensor), _of_source(tensor, image)) for tensor in step.inputs])
        found[step.path] = _if_small(known[id(step.output)], network)
    return found


def _if_small(found, network):
    """Return the fields, None if each is nearly everything."""
    small = found and all(field.size < MOST_SIDES * side for field, side in zip(found, network.input_shape))
    return found if small else None


def _of_source(tensor, image):
    """Return the fields of a tensor that no layer computed: a pixel each, if it is the image."""
    return (_PIXEL, _PIXEL) if tuple(tensor.shape) == tuple(image.shape) else None


def _after(step, before):
    """Return the fields of a layer's output from those of its inputs, None if they are unknown or the whole image."""
    if not before or any(each is None for each in before) or len(step.output.shape) != 4:
        return None
    layer, source = step.layer, step.inputs[0]
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return None
    if isinstance(layer, keras.layers.ZeroPadding2D | keras.layers.Cropping2D):
        sign, amounts = (-1, layer.padding) if isinstance(layer, keras.layers.ZeroPadding2D) else (1, layer.cropping)
        return tuple(
            field._replace(first=field.first + sign * pair[0] * field.stride) for field, pair in zip(before[0], amounts)
        )
    if isinstance(layer, CONVOLUTIONS + POOLINGS):
        return tuple(
            _slid(layer, axis, before[0][axis], source.shape[1 + axis], step.output.shape[1 + axis]) for axis in (0, 1)
        )
    if not _is_pointwise(layer) or any(tensor.shape[1:3] != step.output.shape[1:3] for tensor in step.inputs):
        return None
    return tuple(map(_union, zip(*before)))


def _slid(layer, axis, before, cells, cells_after):
    """Return the field after a kernel that slides over cells."""
    slides = sliding(layer, axis, cells, cells_after)
    return Field(
        before.first - slides.padding * before.stride, before.size + slides.reach * before.stride, before.stride * slides.stride
    )


def _union(several):
    """Return the field that covers several of one stride."""
    first = min(field.first for field in several)
    return Field(first, max(field.first + field.size for field in several) - first, several[0].stride)


def _is_pointwise(layer):
    """Whether each cell of an output comes from the same cell of the inputs, whose sizes are those of the output."""
    if not isinstance(layer, keras.Layer):
        return type(layer).__name__.lower() in _POINTWISE_OPERATIONS
    if isinstance(layer, keras.layers.LayerNormalization | keras.layers.Softmax):
        return list(np.ravel(layer.axis)) in ([-1], [3])
    if isinstance(layer, _MIXING):
        return False
    return type(layer).__module__.startswith("keras.") or not layer.weights

"""How each kind of layer becomes operations of live/engine.js: one rule for each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from common.quiet import keras
from q3_visualize.lowered_activations import activated, shape_of, unknown
from q3_visualize.sliding import sliding
from q3_visualize.walk import LayerCall, activation_name, is_activation

if TYPE_CHECKING:
    from q3_visualize.program import Program

layers = keras.layers
# At inference these return what they are given.
_IDENTITIES = (
    layers.Dropout, layers.SpatialDropout2D, layers.GaussianNoise, layers.GaussianDropout, layers.AlphaDropout, layers.Identity,
    layers.ActivityRegularization, layers.RandomFlip, layers.RandomRotation, layers.RandomTranslation, layers.RandomZoom,
    layers.RandomContrast, layers.RandomBrightness, layers.RandomCrop,
)  # fmt: skip


def add(program: Program, step: LayerCall, sources: list[int]) -> tuple[int, int]:
    """Add the operations of one call of a layer; return the numbers of its output and of what its activation was given.

    Raises `lowered_activations.Unknown`.
    """
    layer = step.layer
    if is_activation(layer):
        return activated(program, layer, sources[0], step), sources[0]
    rule = RULES.get(type(layer).__name__)
    if rule is None or (rule is _identity and step.input.shape != step.output.shape):
        raise unknown(layer)
    before = rule(program, step, sources)
    return (activated(program, layer, before, step), before) if activation_name(layer) else (before, before)


def names() -> str:
    """Return the names of all layers and operations that are known."""
    return ", ".join(sorted(RULES)) + ", and activation functions"


# ---- layers with weights


def _convolution(program, step, sources):
    layer = step.layer
    kernel, kind = np.asarray(layer.kernel), {"kind": "convolution"}
    if isinstance(layer, layers.DepthwiseConv2D):
        kernel, kind = kernel.reshape(*kernel.shape[:2], 1, -1), {"kind": "groups", "groups": kernel.shape[2]}
    elif layer.groups > 1:
        kind = {"kind": "groups", "groups": layer.groups}
    window = _window(step)
    weights = {"kernel": kernel, "bias": _bias(layer)}
    return program.add(sources=sources, shape=shape_of(step), weights=weights, **kind, **window)


def _separable_convolution(program, step, sources):
    layer, shape = step.layer, shape_of(step)
    depth = np.asarray(layer.depthwise_kernel)
    between, window = (*shape[:2], depth.shape[2] * depth.shape[3]), _window(step)
    weights = {"kernel": depth.reshape(*depth.shape[:2], 1, -1)}
    number = program.add("groups", sources, between, weights, groups=depth.shape[2], **window)
    return program.add("dense", [number], shape, {"kernel": layer.pointwise_kernel, "bias": _bias(layer)})


def _window(step):
    """Return how a kernel or a pooling's window slides, along y and x."""
    sides = [sliding(step.layer, axis, step.input.shape[1 + axis], step.output.shape[1 + axis]) for axis in (0, 1)]
    return dict(zip(("window", "strides", "dilation", "padding"), map(list, zip(*sides))))


def _bias(layer):
    return layer.bias if layer.use_bias else None


def _dense(program, step, sources):
    return program.add("dense", sources, shape_of(step), {"kernel": step.layer.kernel, "bias": _bias(step.layer)})


# ---- scaling and normalization


def _scale(program, step, sources, gain, offset):
    """Add gain * x + offset, arrays that are repeated over the output: of channels, or of all of its last axes."""
    shape, weights = shape_of(step), {"gain": np.asarray(gain), "offset": np.asarray(offset)}
    for array in weights.values():
        repeated = np.resize(array, np.prod(shape))  # as engine.js does
        if not np.array_equal(np.broadcast_to(array, (1, *shape)).ravel(), repeated):
            raise unknown(step.layer, "numbers that are not those of channels")
    return program.add("scale", sources, shape, weights)


def _rescaling(program, step, sources):
    return _scale(program, step, sources, step.layer.scale, step.layer.offset)


def _normalization(program, step, sources):
    layer = step.layer
    mean = np.asarray(layer.mean, np.float64)
    deviation = np.maximum(np.sqrt(np.asarray(layer.variance, np.float64)), keras.backend.epsilon())
    if layer.invert:
        return _scale(program, step, sources, deviation, mean)
    return _scale(program, step, sources, 1 / deviation, -mean / deviation)


def _batch_normalization(program, step, sources):
    layer = step.layer
    if layer.axis not in (-1, len(shape_of(step))):
        raise unknown(layer, f"axis {layer.axis}")
    gain = _or(layer.gamma, 1.0) / np.sqrt(np.asarray(layer.moving_variance, np.float64) + layer.epsilon)
    offset = _or(layer.beta, 0.0) - np.asarray(layer.moving_mean, np.float64) * gain
    return _scale(program, step, sources, gain, np.broadcast_to(offset, gain.shape))


def _or(weight, default):
    return np.float64(default) if weight is None else np.asarray(weight, np.float64)


def _layer_normalization(program, step, sources):
    layer, shape = step.layer, shape_of(step)
    axes = sorted(axis % (len(shape) + 1) for axis in np.atleast_1d(layer.axis))
    if axes != list(range(len(shape) + 1 - len(axes), len(shape) + 1)) or layer.rms_scaling:
        raise unknown(layer, "RMS scaling" if layer.rms_scaling else f"axis {layer.axis}")
    together = int(np.prod(shape[-len(axes) :]))
    number = program.add("standardize", sources, shape, together=together, epsilon=float(layer.epsilon))
    return _scale(program, step, [number], _or(layer.gamma, 1.0), _or(layer.beta, 0.0))


def _group_normalization(program, step, sources):
    layer, shape = step.layer, shape_of(step)
    if layer.axis not in (-1, len(shape)):
        raise unknown(layer, f"axis {layer.axis}")
    groups = shape[-1] if layer.groups == -1 else layer.groups
    number = program.add("standardize", sources, shape, groups=groups, epsilon=float(layer.epsilon))
    return _scale(program, step, [number], _or(layer.gamma, 1.0), _or(layer.beta, 0.0))


def _layer_scale(program, step, sources):
    return _scale(program, step, sources, step.layer.gamma, 0.0)  # of ConvNeXt in keras.applications


# ---- pooling


def _pool(how, program, step, sources):
    return program.add("pool", sources, shape_of(step), how=how, **_window(step))


def _reduce(how, program, step, sources):
    """Over all places of each channel: a global pooling, or ops.mean and ops.max along the axes between."""
    if not isinstance(step.layer, keras.Layer):
        rank, axis = len(step.input.shape), step.layer.axis
        if axis is None or sorted(each % rank for each in np.atleast_1d(axis)) != list(range(1, rank - 1)):
            raise unknown(step.layer, f"axis {axis}")
        if getattr(step.layer, "initial", None) is not None:
            raise unknown(step.layer, "an initial value")
    return program.add("reduce", sources, shape_of(step), how=how)


# ---- several values


def _pair(how, program, step, sources):
    """Of two or more values, from the first to the last; numbers in place of a value are constants."""
    if len(sources) == 1:
        constants = [argument for argument in step.arguments if isinstance(argument, int | float)]
        if len(constants) != 1 or len(step.arguments) != 2:
            raise unknown(step.layer, "what it is given")
        number = program.add("constant", [], (1,), {"value": constants})
        sources = [number, *sources] if isinstance(step.arguments[0], int | float) else [*sources, number]
    result, *others = sources
    for other in others:
        shape = np.broadcast_shapes(*(program.operations[number]["shape"] for number in (result, other)))
        result = program.add("pair", [result, other], shape, how=how)
    return result


def _average(program, step, sources):
    return _scale(program, step, [_pair("add", program, step, sources)], 1 / len(sources), 0.0)


def _concatenate(program, step, sources):
    axis = step.layer.axis % (len(shape_of(step)) + 1) - 1
    return program.add("concatenate", sources, shape_of(step), axis=axis)


# ---- places


def _identity(_, __, sources):
    return sources[0]


def _reshape(program, step, sources):
    return program.add("reshape", sources, shape_of(step))


def _pad(program, step, sources):
    layer, (height, width) = step.layer, step.input.shape[1:3]
    if isinstance(layer, layers.ZeroPadding2D):
        before = [pair[0] for pair in layer.padding]
    elif isinstance(layer, layers.Cropping2D):
        before = [-pair[0] for pair in layer.cropping]
    elif layer.height <= height and layer.width <= width:  # CenterCrop
        before = [-((height - layer.height) // 2), -((width - layer.width) // 2)]
    else:
        raise unknown(layer, "a crop that enlarges")
    return program.add("pad", sources, shape_of(step), before=before, value=0)


def _resize(program, step, sources):
    layer = step.layer
    plain = not any(getattr(layer, name, False) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"))
    if layer.interpolation not in ("nearest", "bilinear") or not plain:
        raise unknown(layer, f"interpolation {layer.interpolation}")
    return program.add(layer.interpolation, sources, shape_of(step))


RULES: dict[str, Callable] = {
    **{kind.__name__: _identity for kind in _IDENTITIES}, "StochasticDepth": _identity,
    "Conv2D": _convolution, "DepthwiseConv2D": _convolution, "SeparableConv2D": _separable_convolution, "Dense": _dense,
    "Rescaling": _rescaling, "Normalization": _normalization, "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization, "GroupNormalization": _group_normalization, "LayerScale": _layer_scale,
    "MaxPooling2D": partial(_pool, "maximum"), "AveragePooling2D": partial(_pool, "mean"),
    "GlobalMaxPooling2D": partial(_reduce, "maximum"), "GlobalAveragePooling2D": partial(_reduce, "mean"),
    "Max": partial(_reduce, "maximum"), "Mean": partial(_reduce, "mean"),
    **{name: partial(_pair, name.lower()) for name in ("Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum")},
    "TrueDivide": partial(_pair, "divide"), "Average": _average, "Concatenate": _concatenate,
    **dict.fromkeys(("Flatten", "Reshape", "Squeeze", "ExpandDims"), _reshape),
    **dict.fromkeys(("ZeroPadding2D", "Cropping2D", "CenterCrop"), _pad),
    **dict.fromkeys(("UpSampling2D", "Resizing"), _resize),
}  # fmt: skip

"""How the activation functions of layers, and those that are layers or operations, become operations of live/engine.js."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.quiet import keras
from q3_visualize.walk import LayerCall, activation_name

if TYPE_CHECKING:
    from q3_visualize.program import Program

layers = keras.layers
_RELU = {"how": "relu", "threshold": 0.0, "slope": 0.0, "maximum": None}
_ACTIVATIONS = {  # by what walk.activation_name returns
    "relu": _RELU, "relu6": _RELU | {"maximum": 6.0}, "leaky_relu": _RELU | {"slope": 0.2}, "elu": {"how": "elu", "alpha": 1.0},
    **{name: {"how": name} for name in ("selu", "gelu", "silu", "sigmoid", "tanh", "softplus", "softsign", "exponential",
                                        "hard_sigmoid", "hard_silu", "mish")},
}  # fmt: skip


class Unknown(Exception):  # noqa: N818 - a reason, which the caller collects
    """A layer that the engine has no operation for; the message is its class, and what of it is not known."""


def unknown(layer: object, what: str = "") -> Unknown:
    """Return the reason to raise for a layer."""
    return Unknown(type(layer).__name__ + (f", {what}" if what else ""))


def shape_of(step: LayerCall) -> tuple[int, ...]:
    """Return the shape of an output, without a batch axis."""
    return tuple(step.output.shape[1:])


def activated(program: Program, layer: object, source: int, step: LayerCall) -> int:
    """Add the activation function that a layer ends with; return the number of its output. Raises `Unknown`."""
    shape, name = shape_of(step), activation_name(layer) or "linear"
    if name in ("softmax", "log_softmax"):
        if getattr(layer, "axis", -1) not in (-1, len(shape)):
            raise unknown(layer, f"{name} over axis {layer.axis}")
        return program.add("softmax", [source], shape, how="logarithm" if name == "log_softmax" else "share")
    if isinstance(layer, layers.PReLU):
        return _prelu(program, layer, source, shape)
    if name == "linear":
        return source
    function = _of_layer(layer) or _ACTIVATIONS.get(name)
    if function is None:
        raise unknown(layer, f"activation {name}")
    return program.add("activation", [source], shape, **function)


def _of_layer(layer):
    """Return the activation function of a layer, or an operation, that has settings of its own."""
    kind = type(layer).__name__.lower()
    if kind == "relu" and hasattr(layer, "threshold"):  # the layer, or keras.activations.relu in a functional network
        slope, threshold = float(layer.negative_slope), float(layer.threshold)
        return _RELU | {"slope": slope, "threshold": threshold, "maximum": layer.max_value and float(layer.max_value)}
    if kind == "leakyrelu":
        return _RELU | {"slope": float(layer.negative_slope)}
    if kind == "elu":
        return {"how": "elu", "alpha": float(layer.alpha)}
    if kind == "gelu" and layer.approximate:
        return {"how": "gelu_approximate"}
    return None


def _prelu(program, layer, source, shape):
    """Add the positive part, less slopes times the positive part of -x: as Keras does, so that at 0 the gradient is 0."""
    slopes = program.add("constant", [], layer.alpha.shape, {"value": layer.alpha})
    positive = program.add("activation", [source], shape, **_RELU)
    turned = program.add("scale", [source], shape, {"gain": [-1.0], "offset": [0.0]})
    negative = program.add("activation", [turned], shape, **_RELU)
    negative = program.add("pair", [slopes, negative], shape, how="multiply")
    return program.add("pair", [positive, negative], shape, how="subtract")

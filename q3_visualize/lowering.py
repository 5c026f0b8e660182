"""Lowers a network to the few kinds of operation that live/engine.js runs, with their weights.

A layer becomes one or more operations; a value that a layer computes is known by the id of its tensor in the walk over the
network. lowered_layers.py has the rules, one for each kind of layer, and lowered_activations.py the activation functions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from common.quiet import keras, tensorflow
from data.errors import UserError
from q3_visualize import lowered_layers
from q3_visualize.geometry import grids
from q3_visualize.heatmaps import stages
from q3_visualize.lowered_activations import Unknown
from q3_visualize.networks import Network
from q3_visualize.program import Program
from q3_visualize.receptive import fields
from q3_visualize.walk import LayerCall, producer

IMAGE = 0  # the number of the image's value


class Value(NamedTuple):
    """What a layer computed: the number of its output, and that of what its activation function was given."""

    output: int
    before: int


def lower(network: Network) -> dict:
    """Return a network as the page takes it.

    Returns
    -------
    dict
        name; input: the shape of an image; scaled: the number of its value in the network's range of pixels; operations and
        weights: see engine.js; layers: for each path the number of its value, its shape, the name of its class, whether it is a
        map of the image, and if so its grids and receptive fields along y and x and the layers that RefineCAM multiplies;
        heads: name, kind, classes, whether one neuron stands for two, and the numbers of its output and its logits.

    Raises
    ------
    UserError
        With all layers that engine.js has no operation for, and those that it has.
    """
    noise = np.random.default_rng(0).integers(0, 256, (1, *network.input_shape)).astype(np.uint8)  # like no other input
    given = network.inputs(noise)
    steps, outputs = network.trace(tensorflow.constant(given))
    program, values, unknown = Program(network.input_shape), {}, dict(_with_channels_first(network.model))
    image = _scaled(program, network)
    for step in steps.values():
        try:
            sources = [_source(program, values, tensor, image, given) for tensor in step.inputs]
            value = Value(*lowered_layers.add(program, step, sources))
            values.setdefault(id(step.output), value)  # dropout, for example, returns the tensor of the softmax before it
        except Unknown as why:
            unknown[step.path] = str(why)
            values[id(step.output)] = Value(IMAGE, IMAGE)  # so that all layers that are unknown are named at once
    if unknown:
        listed = "; ".join(f"{path} ({why})" for path, why in unknown.items())
        raise UserError(f"{network.name} has layers that the page cannot run: {listed}. It runs {lowered_layers.names()}")
    return {
        "name": network.name,
        "input": list(network.input_shape),
        "scaled": image,
        "operations": program.operations,
        "weights": program.weights(),
        "layers": [_layer(network, step, values) for step in steps.values()],
        "heads": [_head(network, head, steps, outputs, values) for head in network.heads.values() if not head.places],
    }


def _with_channels_first(model, prefix=""):
    """Yield path and reason of all layers that have the channels first: what is flattened after them is in another order."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _with_channels_first(layer, f"{prefix}{layer.name}/")
        elif getattr(layer, "data_format", None) == "channels_first":
            yield prefix + layer.name, f"{type(layer).__name__}, channels first"


def _scaled(program, network):
    """Add what takes pixels from 0..255 to the range of the network."""
    shape, pixels = network.input_shape, network.pixels
    if pixels.name == "caffe":  # blue, green, red
        turned = np.eye(shape[-1])[::-1] * pixels.scale
        return program.add("dense", [IMAGE], shape, {"kernel": turned, "bias": pixels.shift})
    if (pixels.scale == 1).all() and (pixels.shift == 0).all():
        return IMAGE
    return program.add("scale", [IMAGE], shape, {"gain": pixels.scale, "offset": pixels.shift})


def _source(program, values, tensor, image, given):
    """Return the number of a tensor's value: of a layer, of the image, or of numbers that are the same for all images."""
    if id(tensor) in values:
        return values[id(tensor)].output
    array = np.asarray(tensor)
    if np.array_equal(array, given.astype(array.dtype)):
        return image
    if np.array_equal(array, given[..., 0].astype(array.dtype)):  # an image without channels
        return program.add("reshape", [image], array.shape[1:])
    shape = array.shape[1:] if array.shape[:1] == (1,) else array.shape  # an array in an operation may have no batch axis
    return program.add("constant", [], shape, {"value": array})


def _layer(network: Network, step: LayerCall, values: dict) -> dict:
    path = step.path
    layer = {"path": path, "kind": type(step.layer).__name__, "value": values[id(step.output)].output}
    layer |= {"shape": list(network.shapes[path]), "map": path in network.maps()}
    if layer["map"]:
        seen = fields(network, path)
        layer |= {"grids": [list(grid) for grid in grids(network, path)], "fields": seen and [list(field) for field in seen]}
        layer["stages"] = stages(network, path)
    return layer


def _head(network, head, steps, outputs, values):
    """Return a head; its score is the value before a softmax or sigmoid."""
    output = values[id(outputs[head.name])].output
    logits = values[id(producer(steps, outputs[head.name]).output)].before if head.activation else output
    classes = list(head.class_names)
    return {"name": head.name, "kind": head.kind, "binary": head.binary, "classes": classes, "output": output, "logits": logits}

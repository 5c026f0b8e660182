"""Lowers a network to the few kinds of operation that live/engine.js runs, with their weights.

A layer becomes one or more operations; a value that a layer computes is known by the id of its tensor in the walk over the
network. lowered_layers.py has the rules, one for each kind of layer.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

import numpy as np

from common.quiet import tensorflow
from data.errors import UserError
from q3_visualize import lowered_layers
from q3_visualize.geometry import grids
from q3_visualize.heatmaps import stages
from q3_visualize.lowered_layers import Unknown
from q3_visualize.networks import Network
from q3_visualize.receptive import fields
from q3_visualize.walk import LayerCall, producer

IMAGE = 0  # the number of the image's value


class Value(NamedTuple):
    """What a layer computed: the number of its output, and that of what its activation function was given."""

    output: int
    before: int


class Program:
    """Operations in their order, and their weights, as engine.js takes them.

    Attributes
    ----------
    operations
        Each has kind, from (numbers of values), shape (without a batch axis), and what the kind needs.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.operations = [{"kind": "image", "from": [], "shape": list(shape)}]
        self._arrays, self._places, self._length = [], {}, 0

    def add(self, kind: str, sources: list[int], shape: tuple[int, ...], weights: dict | None = None, **what: object) -> int:
        """Add an operation and return the number of its value. weights: arrays by name, None for those that it does without."""
        places = {name: self._place(array) for name, array in (weights or {}).items() if array is not None}
        operation = {"kind": kind, "from": sources, "shape": [int(side) for side in shape], **what}
        self.operations.append(operation | ({"weights": places} if places else {}))
        return len(self.operations) - 1

    def weights(self) -> str:
        """Return all weights, float32 in the order of small-endian machines, in base64."""
        joined = np.concatenate(self._arrays) if self._arrays else np.zeros(0)
        return base64.b64encode(joined.astype("<f4").tobytes()).decode()

    def _place(self, array):
        """Return [start, length] of an array among all weights; a layer that is called twice has its weights there once."""
        array = np.asarray(array, np.float32).ravel()
        key = array.tobytes()
        if key not in self._places:
            self._places[key] = [self._length, array.size]
            self._arrays.append(array)
            self._length += array.size
        return self._places[key]


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
    steps, outputs = network.trace(tensorflow.constant(network.inputs(np.zeros((1, *network.input_shape), np.uint8))))
    program, values, unknown = Program(network.input_shape), {}, {}
    image = _scaled(program, network)
    for step in steps.values():
        try:
            sources = [_source(program, values, tensor, image, network) for tensor in step.inputs]
            values[id(step.output)] = Value(*lowered_layers.add(program, step, sources))
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


def _scaled(program, network):
    """Add what takes pixels from 0..255 to the range of the network."""
    shape, pixels = network.input_shape, network.pixels
    if pixels.name == "caffe":  # blue, green, red
        turned = np.eye(shape[-1])[::-1] * pixels.scale
        return program.add("dense", [IMAGE], shape, {"kernel": turned, "bias": pixels.shift})
    if (pixels.scale == 1).all() and (pixels.shift == 0).all():
        return IMAGE
    return program.add("scale", [IMAGE], shape, {"gain": pixels.scale, "offset": pixels.shift})


def _source(program, values, tensor, image, network):
    """Return the number of a tensor's value: of a layer, of the image, or of numbers that are the same for all images."""
    if id(tensor) in values:
        return values[id(tensor)].output
    shape = tuple(tensor.shape[1:])
    if shape == network.input_shape:
        return image
    if shape == network.input_shape[:2]:  # an image without channels
        return program.add("reshape", [image], shape)
    return program.add("constant", [], shape, {"value": tensor.numpy()})


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

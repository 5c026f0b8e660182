"""Opens a Keras network that somebody saved, safely, and finds its layers, heads and logits without changing it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from common import keras_private, run_folders
from common.model_files import ANY_SIZE, last_line, load
from common.quiet import keras, tensorflow
from data import line_classes
from data.errors import UserError

RELUS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.PReLU)
ACTIVATIONS = (keras.layers.Activation, keras.layers.Softmax, *RELUS)
_GRAPH_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]*")
SCALINGS = (keras.layers.Rescaling, keras.layers.Normalization)


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer: the layer, its first input, and its output (tensors with the axis of the batch)."""

    layer: object
    input: object
    output: object


@dataclass(frozen=True)
class Head:
    """A classifying output of a network."""

    name: str
    path: str  # of the layer that computes it
    activation: str  # "softmax", "sigmoid", "" for logits, or another
    class_names: tuple  # one for each class
    binary: bool  # one neuron, a sigmoid or its logit, stands for two classes


class Network:
    """A Keras model that pictures go through, which is never changed, and what was found out about it.

    name: for titles and folders. metrics: metrics.json of its training as a dict, or None. path: its file, or None.
    input_shape: (height, width, channels) of a picture.
    layers, shapes: every layer and its output's shape for one picture, by the layer's path; a layer of a model inside
    the model has the path "outer/inner". activated: the activation function that an output has been through last, by
    path: "relu" for a ReLU layer or one inside another layer, "" before one. heads: the classifying outputs by name.
    highest: what a pixel of 255 is to the network: 255 where it has a layer that scales pixels, else 1.
    Raises UserError for a network that does not take one picture of 1 or 3 channels.
    """

    def __init__(self, model, name="network", metrics=None, path=None):
        self.model, self.name, self.metrics, self.path = model, name, metrics, path
        self._made = {}
        self.input_shape = _picture_shape(model)
        steps, outputs = self.trace(tensorflow.zeros((1, *self.input_shape)))
        self.shapes = {path: tuple(step.output.shape[1:]) for path, step in steps.items()}
        self.layers = {path: step.layer for path, step in steps.items()}
        self.activated = {path: _activation(layer) for path, layer in self.layers.items()}
        self.pixel_max = 255.0 if any(isinstance(layer, SCALINGS) for layer in self.layers.values()) else 1.0
        data = metrics and metrics["data"]["name"]
        self.heads = {name: _head(name, steps, output, data) for name, output in outputs.items() if len(output.shape) == 2}

    def inputs(self, images):
        """Pictures, uint8 (n, height, width, channels), as the network takes them, float32."""
        return np.asarray(images, np.float32) * (self.pixel_max / 255)

    def trace(self, inputs):
        """Calls the layers one after another, for inference: their steps by path, and the outputs by head.

        inputs: float32 tensor (n, height, width, channels). Works in and out of a tensorflow.function. Goes through the
        layers and not through layer.output, which for a Sequential that was loaded belongs to another graph than the
        model's: gradients to it are None.
        """
        steps = {}
        outputs = _walk(self.model, inputs, steps)
        if isinstance(outputs, dict):
            return steps, _flat(outputs)
        if not isinstance(outputs, list | tuple):
            outputs = [outputs]
        names = getattr(self.model, "output_names", [self.model.layers[-1].name])  # a Sequential has none
        return steps, dict(zip(names, outputs))

    def made(self, key: tuple, make: Callable) -> object:
        """What make() gives, made once for each key and kept for as long as the network."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def compiled(self, function, **options):
        """A `tensorflow.function`; the function as it is for a network with layer names that TensorFlow has no graph for."""
        if all(_GRAPH_NAME.fullmatch(part) for path in self.layers for part in path.split("/")):
            return tensorflow.function(function, **options)
        return lambda *arguments: function(*map(tensorflow.convert_to_tensor, arguments))

    def predict(self, images):
        """The probabilities of every head for pictures uint8 (n, height, width, channels): {head: float32 (n, classes)}."""
        _, outputs = self.trace(tensorflow.constant(self.inputs(images)))
        return {name: _probabilities(head, outputs[name].numpy()) for name, head in self.heads.items()}

    def in_words(self, images):
        """What the network takes each picture for: "long thin 45° red, 99.9%"; several heads in one breath."""
        if not self.heads:
            return ["an output without classes"] * len(images)
        probabilities = self.predict(images)
        chosen = {name: of_head.argmax(axis=1) for name, of_head in probabilities.items()}
        words = []
        for position in range(len(images)):
            names = " ".join(self.heads[name].class_names[classes[position]] for name, classes in chosen.items())
            chance = np.prod([probabilities[name][position, classes[position]] for name, classes in chosen.items()])
            words.append(f"{names}, {chance:.1%}")
        return words

    def kernels(self):
        """Kernels of the layers that have one, convolutions and dense layers, by path: float32 (..., inputs, outputs)."""
        return {path: layer.kernel.numpy() for path, layer in self.layers.items() if hasattr(layer, "kernel")}

    def maps(self):
        """Paths of the layers whose output has height and width above 1, in order."""
        return [path for path, shape in self.shapes.items() if len(shape) == 3 and min(shape[:2]) > 1]

    def learned_maps(self):
        """Those of them that do not come before the first weights: what only scales a picture shows the picture."""
        paths = list(self.shapes)
        first = next((place for place, path in enumerate(paths) if self.layers[path].weights), 0)
        return [path for path in self.maps() if paths.index(path) >= first]


def open_network(path, name=None):
    """The network in a .keras file. name: of its run folder, for one of ours. Raises UserError for what cannot be opened."""
    path = Path(path)
    model = load(path)
    try:
        metrics = run_folders.read_metrics(path.parent)
    except UserError:  # of ours it must be one; what lies beside a file of others is theirs
        if name:
            raise
        metrics = None
    try:
        return Network(model, name or path.stem, metrics, path)
    except UserError:
        raise
    except Exception as error:  # legal for Keras, and yet nothing that can be computed
        raise UserError(f"{path} cannot be computed: {last_line(error)}") from error


def before_activation(step):
    """What a layer computes before its own activation function, or, for a layer that is one, what goes into it."""
    if _is_activation(step.layer):
        return step.input
    if getattr(step.layer, "activation", None) in (None, keras.activations.linear):
        return step.output
    return keras_private.linear_twin(step.layer).call(step.input)


def producer(steps, tensor):
    """The step that a tensor came out of, passing over those that only hand it on: dropout and linear activations."""
    for step in reversed(steps.values()):
        if step.output is not tensor:
            continue
        linear = isinstance(step.layer, keras.layers.Activation) and not _activation(step.layer)
        if not linear and not isinstance(step.layer, keras.layers.Dropout | keras.layers.Identity):
            return step
        tensor = step.input
    raise ValueError("the tensor did not come out of any step")


def _walk(model, inputs, steps, prefix=""):
    def call(layer, *arguments, **options):
        path = prefix + layer.name
        if isinstance(layer, keras.Sequential) or keras_private.is_graph(layer):
            return _walk(layer, arguments[0], steps, f"{path}/")
        if "training" in options:
            options["training"] = False  # whatever the network was built with
        output = layer(*arguments, **options)
        if hasattr(output, "shape"):
            steps[path if path not in steps else f"{path} again"] = LayerCall(
                layer, arguments[0] if arguments else None, output
            )
        return output

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            inputs = call(layer, inputs)
        return inputs
    return keras_private.run_graph(model, inputs, lambda operation: partial(call, operation))


def _picture_shape(model):
    if isinstance(model, keras.Sequential) and not model.built:
        raise UserError("the network has no input yet: give it a keras.Input, or call it once, and save it again")
    shapes = [tensor.shape for tensor in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] not in (1, 3):
        raise UserError(f"the network takes {shapes}, not one picture of 1 or 3 channels")
    _, height, width, channels = shapes[0]
    return height or ANY_SIZE, width or ANY_SIZE, channels


def _flat(outputs, prefix=""):
    """A dict of outputs whose values may be dicts again: "outer/inner" to tensor."""
    flat = {}
    for name, output in outputs.items():
        flat |= _flat(output, f"{prefix}{name}/") if isinstance(output, dict) else {f"{prefix}{name}": output}
    return flat


def _is_activation(layer):
    """Whether a layer, or an operation as keras.ops.softmax leaves it in a network, is nothing but an activation function."""
    operation = not isinstance(layer, keras.Layer) and type(layer).__name__ in ("Softmax", "Sigmoid", "Relu")
    return operation or isinstance(layer, ACTIVATIONS)


def _activation(layer):
    if _is_activation(layer) and not isinstance(layer, keras.layers.Activation):
        return type(layer).__name__.lower()
    activation = getattr(layer, "activation", None)
    return "" if activation in (None, keras.activations.linear) else getattr(activation, "__name__", "activation")


def _head(name, steps, output, data):
    step = producer(steps, output)
    path = next(path for path, one in steps.items() if one is step)
    activation = _activation(step.layer)
    neurons = step.output.shape[-1]
    binary = neurons == 1 and activation in ("sigmoid", "")
    return Head(name, path, activation, _class_names(name, 2 if binary else neurons, data), binary)


def _class_names(head, classes, data):
    if data == "lines" and classes == line_classes.CLASSES:
        return tuple(map(line_classes.class_name, range(line_classes.CLASSES)))
    if data == "lines" and classes == len(line_classes.FACTORS.get(head, ())):
        return line_classes.FACTORS[head]
    if data in ("mnist", "mnist_official"):
        return tuple(map(str, range(classes)))
    return tuple(f"class {index}" for index in range(classes))


def _probabilities(head, output):
    """The output of a head as (n, classes); what is no probability yet, logits, becomes one."""
    if head.binary:
        output = output if head.activation else np.asarray(tensorflow.sigmoid(output))
        return np.hstack([1 - output, output])
    if not head.activation:
        return np.asarray(tensorflow.nn.softmax(output))
    return output

"""Opens any saved Keras network safely, and finds its layers, heads and logits without changing it."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from common import keras_private, run_folders
from common.model_files import ANY_SIZE, last_line, load
from common.quiet import keras, tensorflow
from data import line_classes
from data.errors import UserError

RELUS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.PReLU)
ACTIVATIONS = (keras.layers.Activation, keras.layers.Softmax, *RELUS)
SCALINGS = (keras.layers.Rescaling, keras.layers.Normalization)
_GRAPH_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.>-]*")


class LayerCall(NamedTuple):
    """One call of a layer: its path in the network, the layer, its first input and its output, both with a batch axis."""

    path: str
    layer: keras.Layer
    input: tensorflow.Tensor
    output: tensorflow.Tensor


class Head(NamedTuple):
    """A classifying output of a network."""

    name: str
    path: str  # of the layer that computes it
    activation: str  # "softmax", "sigmoid", "" for logits, or another
    class_names: tuple[str, ...]
    binary: bool  # one neuron, a sigmoid or its logit, stands for two classes


class Network:
    """A Keras model that takes images, with its layers and heads. The model is never changed.

    `layers`, `shapes` (of outputs, for one image) and `activated` (the activation function that computed an output, "relu"
    for example, or "") have the path of a layer as their key, "outer/inner" for one in a nested model. `heads` are the
    classifying outputs by name. `pixel_max` is the network's input for a pixel of 255: 255 if a layer scales it, else 1.

    Parameters
    ----------
    model
        Takes one image of 1 or 3 channels, else UserError is raised.
    name, metrics, path
        For titles and folders; the content of its metrics.json, for a network that was trained here; and its file.
    """

    def __init__(
        self, model: keras.Model, name: str = "network", metrics: dict | None = None, path: Path | None = None
    ) -> None:
        self.model, self.name, self.metrics, self.path = model, name, metrics, path
        self._made = {}
        self.input_shape = _image_shape(model)
        steps, outputs = self.trace(tensorflow.zeros((1, *self.input_shape)))
        self.shapes = {path: tuple(step.output.shape[1:]) for path, step in steps.items()}
        self.layers = {path: step.layer for path, step in steps.items()}
        self.activated = {path: _activation(layer) for path, layer in self.layers.items()}
        self.pixel_max = 255.0 if any(isinstance(layer, SCALINGS) for layer in self.layers.values()) else 1.0
        data = metrics and metrics["data"]["name"]
        heads = (_head(name, producer(steps, out), data) for name, out in outputs.items() if len(out.shape) == 2)
        self.heads = {head.name: head for head in heads}

    def inputs(self, images: np.ndarray) -> np.ndarray:
        """Return images, uint8 (n, height, width, channels), in the range that the network takes, float32."""
        return np.asarray(images, np.float32) * (self.pixel_max / 255)

    def trace(self, inputs: tensorflow.Tensor) -> tuple[dict[str, LayerCall], dict[str, tensorflow.Tensor]]:
        """Call the layers in turn, for inference, on float32 (n, height, width, channels).

        Return the calls by path and the outputs by head. Works in and out of a tensorflow.function. Gradients with respect to
        layer.output would be None in a loaded Sequential, where it belongs to another graph than the model's.
        """
        steps = {}
        outputs = _walk(self.model, inputs, steps)
        if isinstance(outputs, dict):
            return steps, _flat(outputs)
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        names = getattr(self.model, "output_names", [self.model.layers[-1].name])  # a Sequential has none
        return steps, dict(zip(names, outputs))

    def made(self, key: tuple, make: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return the result of make(), which is called once for each key; the result is kept as long as the network."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def compiled(self, function: Callable, **options: object) -> Callable:
        """Return a `tensorflow.function`, or the uncompiled function if TensorFlow's graphs cannot have the layers' names."""
        if all(_GRAPH_NAME.fullmatch(part) for path in self.layers for part in path.split("/")):
            return tensorflow.function(function, **options)
        return lambda *arguments: function(*map(tensorflow.convert_to_tensor, arguments))

    def predict(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return {head: probabilities, float32 (n, classes)} for images, uint8 (n, height, width, channels)."""
        _, outputs = self.trace(tensorflow.constant(self.inputs(images)))
        probabilities = {}
        for name, head in self.heads.items():
            values = outputs[name].numpy()
            if not head.activation:
                values = np.asarray((tensorflow.sigmoid if head.binary else tensorflow.nn.softmax)(values))
            probabilities[name] = np.hstack([1 - values, values]) if head.binary else values
        return probabilities

    def in_words(self, images: np.ndarray) -> list[str]:
        """Return what each image is classified as, with the probability: "long thin 45° red, 99.9%", all heads together."""
        if not self.heads:
            return ["an output without classes"] * len(images)
        probabilities = self.predict(images).values()
        classes = zip(*(values.argmax(axis=1) for values in probabilities))
        names = [" ".join(head.class_names[index] for head, index in zip(self.heads.values(), row)) for row in classes]
        joint = np.prod([values.max(axis=1) for values in probabilities], axis=0)
        return [f"{name}, {probability:.1%}" for name, probability in zip(names, joint)]

    def maps(self) -> list[str]:
        """Return the paths of the layers whose output has height and width above 1, in order."""
        return [path for path, shape in self.shapes.items() if len(shape) == 3 and min(shape[:2]) > 1]

    def learned_maps(self) -> list[str]:
        """Return `maps` from the first layer with weights on: before it, a map is the image itself, scaled."""
        paths = list(self.shapes)
        first = next((place for place, path in enumerate(paths) if getattr(self.layers[path], "weights", ())), 0)
        return [path for path in self.maps() if paths.index(path) >= first]


def open_network(path: Path | str, name: str | None = None) -> Network:
    """Open the network in a .keras file, or raise UserError; `name` is its run folder's, if it was trained here."""
    path = Path(path)
    model = load(path)
    try:
        metrics = run_folders.read_metrics(path.parent)
    except UserError:
        if name:
            raise
        metrics = None  # what lies beside a file from elsewhere need not be a run folder
    try:
        return Network(model, name or path.stem, metrics, path)
    except UserError:
        raise
    except Exception as error:  # Keras can load networks that fail when they are computed
        raise UserError(f"{path} cannot be computed: {last_line(error)}") from error


def before_activation(step: LayerCall) -> tensorflow.Tensor:
    """Return a layer's output without its activation function; of a layer that is nothing else, its input."""
    if _is_activation(step.layer):
        return step.input
    if getattr(step.layer, "activation", None) in (None, keras.activations.linear):
        return step.output
    return keras_private.linear_twin(step.layer).call(step.input)


def producer(steps: dict[str, LayerCall], tensor: tensorflow.Tensor) -> LayerCall:
    """Return the step that computed a tensor, skipping those that only pass it on: dropout and linear activations."""
    for step in reversed(steps.values()):
        if step.output is not tensor:
            continue
        linear = isinstance(step.layer, keras.layers.Activation) and not _activation(step.layer)
        if not linear and not isinstance(step.layer, keras.layers.Dropout | keras.layers.Identity):
            return step
        tensor = step.input
    raise ValueError("no step computed the tensor")


def _walk(model, inputs, steps, prefix=""):
    def call(layer, *arguments, **options):
        path = prefix + layer.name
        if isinstance(layer, keras.Sequential) or keras_private.is_graph(layer):
            return _walk(layer, arguments[0], steps, f"{path}/")
        if "training" in options:
            options["training"] = False  # also where the network was built with training=True
        output = layer(*arguments, **options)
        if hasattr(output, "shape"):
            path = path if path not in steps else f"{path} again"
            steps[path] = LayerCall(path, layer, arguments[0] if arguments else None, output)
        return output

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            inputs = call(layer, inputs)
        return inputs
    return keras_private.run_graph(model, inputs, lambda operation: partial(call, operation))


def _image_shape(model):
    if isinstance(model, keras.Sequential) and not model.built:
        raise UserError("the network has no input yet: give it a keras.Input, or call it once, and save it again")
    shapes = [tensor.shape for tensor in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] not in (1, 3):
        raise UserError(f"the network takes {shapes}, not one image of 1 or 3 channels")
    _, height, width, channels = shapes[0]
    return height or ANY_SIZE, width or ANY_SIZE, channels


def _flat(outputs, prefix=""):
    """Return a dict of outputs whose values may be dicts again as {"outer/inner": tensor}."""
    flat = {}
    for name, output in outputs.items():
        flat |= _flat(output, f"{prefix}{name}/") if isinstance(output, dict) else {f"{prefix}{name}": output}
    return flat


def _is_activation(layer):
    """Whether a layer, or an operation such as keras.ops.softmax in a functional model, is only an activation function."""
    operation = not isinstance(layer, keras.Layer) and type(layer).__name__ in ("Softmax", "Sigmoid", "Relu")
    return operation or isinstance(layer, ACTIVATIONS)


def _activation(layer):
    if _is_activation(layer) and not isinstance(layer, keras.layers.Activation):
        return type(layer).__name__.lower()
    activation = getattr(layer, "activation", None)
    return "" if activation in (None, keras.activations.linear) else getattr(activation, "__name__", "activation")


def _head(name, step, data):
    activation, neurons = _activation(step.layer), step.output.shape[-1]
    binary = neurons == 1 and activation in ("sigmoid", "")
    return Head(name, step.path, activation, _class_names(name, 2 if binary else neurons, data), binary)


def _class_names(head, classes, data):
    if data == "lines" and classes == line_classes.CLASSES:
        return tuple(map(line_classes.class_name, range(classes)))
    if data == "lines" and classes == len(line_classes.FACTORS.get(head, ())):
        return line_classes.FACTORS[head]
    prefix = "" if data in ("mnist", "mnist_official") else "class "
    return tuple(f"{prefix}{index}" for index in range(classes))

"""Calls the layers of a Keras model one after another, and keeps what each of them computed.

Gradients with respect to `layer.output` would be None in a loaded Sequential, where it belongs to another graph than the
model's. Here every output is a tensor of this very computation.
"""

import inspect
from collections import Counter
from collections.abc import Collection
from functools import partial
from typing import NamedTuple

from common import keras_private
from common.quiet import keras, tensorflow

RELUS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.PReLU)
ACTIVATIONS = (keras.layers.Activation, keras.layers.Softmax, *RELUS)
# What keras.ops and keras.activations become in a functional model, where they are operations and no layers.
OPERATIONS = {
    name.replace("_", ""): name
    for name in ("softmax", "log_softmax", "sigmoid", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh",
                 "softplus", "hard_sigmoid", "hard_silu")
}  # fmt: skip
_MOVING_AXES = ("Permute", "Reshape", "Transpose", "Moveaxis", "Swapaxes")
_NOT_ON_A_CPU = (  # if their channels are first
    keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D,
    keras.layers.MaxPooling2D, keras.layers.AveragePooling2D,
)  # fmt: skip
CHANNELS_LAST, CHANNELS_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


class LayerCall(NamedTuple):
    """One call of a layer or an operation: its path in the network, the layer, its inputs and its output.

    The tensors have a batch axis. Maps of a layer that has the channels first have them last here.
    """

    path: str
    layer: keras.Layer
    inputs: tuple[tensorflow.Tensor, ...]
    output: tensorflow.Tensor

    @property
    def input(self) -> tensorflow.Tensor | None:
        """The first input, None for a layer that has none."""
        return self.inputs[0] if self.inputs else None


class _Reached(Exception):  # noqa: N818 - no error: the layer to stop after was called
    pass


class Walk:
    """Computes a model's outputs and fills `steps`, LayerCalls by path, in the order of the calls.

    A path is "outer/inner" for a layer in a nested model. The second call of a layer, or of a nested model, has the path
    "name:2". With `until`, a path, the computation ends after that layer.
    """

    def __init__(self, until: str | None = None) -> None:
        self.steps = {}
        self._until = until
        self._calls = Counter()
        self._last = {}  # by the id of a tensor whose channels are first: the same with channels last

    def run(self, model: keras.Model, inputs: list[tensorflow.Tensor], first: Collection[int] = ()) -> object:
        """Return the model's outputs, None if `until` ended it.

        Inputs and outputs have channels last; the model takes the inputs at the places `first` with channels first.
        """
        inputs = [self._remember(tensor) if place in first else tensor for place, tensor in enumerate(inputs)]
        try:
            outputs = self._model(model, inputs if len(inputs) > 1 else inputs[0])
        except _Reached:
            return None
        return keras.tree.map_structure(lambda output: self._last.get(id(output), output), outputs)

    def _model(self, model, inputs, prefix=""):
        if isinstance(model, keras.Sequential):
            for layer in model.layers:
                inputs = self._call(prefix, layer, inputs)
            return inputs
        return keras_private.run_graph(model, inputs, lambda operation: partial(self._call, prefix, operation))

    def _call(self, prefix, layer, *arguments, **options):
        path = prefix + layer.name
        self._calls[path] += 1
        if self._calls[path] > 1:
            path += f":{self._calls[path]}"
        if isinstance(layer, keras.Sequential) or keras_private.is_graph(layer):
            return self._model(layer, arguments[0], f"{path}/")
        if isinstance(layer, keras.Layer) and "training" in inspect.signature(layer.call).parameters:
            options["training"] = False  # also where the network was built with training=True, and where that is the default
        tensors = [part for part in keras.tree.flatten([arguments, options]) if hasattr(part, "shape")]
        inputs = tuple(self._last.get(id(tensor), tensor) for tensor in tensors)
        first = getattr(layer, "data_format", "") == "channels_first" and len(tensors[0].shape) == 4
        if first and isinstance(layer, _NOT_ON_A_CPU):
            last = inputs[0] if id(tensors[0]) in self._last else tensorflow.transpose(tensors[0], CHANNELS_LAST)
            layer = keras_private.twin(layer, data_format="channels_last")
            output, inputs = layer(last), (last, *inputs)
            passed = self._remember(output)
        else:
            passed = output = layer(*arguments, **options)
            first = first or any(id(tensor) in self._last for tensor in tensors)
            if first and len(getattr(output, "shape", ())) == 4 and type(layer).__name__ not in _MOVING_AXES:
                output = tensorflow.transpose(output, CHANNELS_LAST)
                passed = self._remember(output)
        self._keep(path, layer, inputs, output)
        return passed

    def _remember(self, last):
        first = tensorflow.transpose(last, CHANNELS_FIRST)
        self._last[id(first)] = last
        return first

    def _keep(self, path, layer, inputs, output):
        """Keep each tensor of an output, "path", "path[1]" ..., and end the computation if that was asked for."""
        parts = [part for part in keras.tree.flatten(output) if hasattr(part, "shape")]
        for number, part in enumerate(parts):
            name = f"{path}[{number}]" if number else path
            self.steps[name] = LayerCall(name, layer, inputs, part)
        if self._until in (path, *(f"{path}[{number}]" for number in range(1, len(parts)))):
            raise _Reached


def before_activation(step: LayerCall) -> tensorflow.Tensor:
    """Return a layer's output without its activation function; of a layer that is nothing else, its input."""
    if is_activation(step.layer):
        return step.input
    if isinstance(step.layer, keras.layers.RNN):  # its activation is inside, and not the last thing that it does
        return step.output
    if getattr(step.layer, "activation", None) in (None, keras.activations.linear):
        return step.output
    return keras_private.twin(step.layer, activation=keras.activations.linear)(step.input)


def producer(steps: dict[str, LayerCall], tensor: tensorflow.Tensor) -> LayerCall:
    """Return the step that computed a tensor, skipping those that only pass it on.

    These are dropout, linear activations, and reshaping that leaves the last axis, along which a softmax goes, as it is.
    """
    for step in reversed(steps.values()):
        if step.output is not tensor:
            continue
        if not _passes_on(step):
            return step
        tensor = step.input
    raise ValueError("no step computed the tensor")


def depends_on(steps: dict[str, LayerCall], tensor: tensorflow.Tensor) -> set[str]:
    """Return the paths of the steps whose output depends on a tensor, an input of the network for example."""
    found, known = set(), {id(tensor)}
    for step in steps.values():
        if any(id(source) in known for source in step.inputs):
            found.add(step.path)
            known.add(id(step.output))
    return found


def needed_for(steps: dict[str, LayerCall], tensor: tensorflow.Tensor) -> set[str]:
    """Return the paths of the steps that a tensor was computed from."""
    found, known = set(), {id(tensor)}
    for step in reversed(steps.values()):
        if id(step.output) in known:
            found.add(step.path)
            known.update(map(id, step.inputs))
    return found


def is_activation(layer: object) -> bool:
    """Whether a layer, or an operation such as keras.ops.softmax in a functional model, is only an activation function."""
    return isinstance(layer, ACTIVATIONS) or _operation(layer) in OPERATIONS


def activation_name(layer: object) -> str:
    """Return the name of the activation function that a layer ends with, "relu" for example; "" if there is none."""
    if isinstance(layer, (keras.layers.Softmax, *RELUS)):
        return type(layer).__name__.lower()
    if _operation(layer) in OPERATIONS:
        return OPERATIONS[_operation(layer)]
    activation = getattr(layer, "activation", None)
    if activation in (None, keras.activations.linear) or isinstance(layer, keras.layers.RNN):
        return ""
    return getattr(activation, "__name__", type(activation).__name__.lower())


def _passes_on(step):
    layer = step.layer
    if isinstance(layer, keras.layers.Dropout | keras.layers.Identity):
        return True
    if isinstance(layer, keras.layers.Flatten | keras.layers.Reshape) or _operation(layer) == "reshape":
        return step.input.shape[-1] == step.output.shape[-1]
    return _operation(layer) == "cast" or (isinstance(layer, keras.layers.Activation) and not activation_name(layer))


def _operation(layer):
    """Return the lower-case name of an operation that is no layer, "" for a layer."""
    return "" if isinstance(layer, keras.Layer) else type(layer).__name__.lower()

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
LAST_FROM_FIRST, FIRST_FROM_LAST = (0, 2, 3, 1), (0, 3, 1, 2)


class LayerCall(NamedTuple):
    """One call of a layer or an operation: its path in the network, the layer, its inputs, its output, and its arguments.

    The tensors have a batch axis. Maps of a layer that has the channels first have them last here. `arguments` are all that are
    not keywords, in their order, tensors and numbers alike: (x, 0.5) for x * 0.5.
    """

    path: str
    layer: keras.Layer
    inputs: tuple[tensorflow.Tensor, ...]
    output: tensorflow.Tensor
    arguments: tuple[object, ...] = ()

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
        self._last = {}  # by the id of a tensor whose channels are first: this tensor, and the same with channels last

    def run(self, model: keras.Model, inputs: list[tensorflow.Tensor], first: Collection[int] = ()) -> object:
        """Return the model's outputs, None if `until` ended it.

        Inputs and outputs have channels last; the model takes the inputs at the places `first` with channels first.
        """
        inputs = [self._remember(tensor) if place in first else tensor for place, tensor in enumerate(inputs)]
        try:
            outputs = self._model(model, inputs if len(inputs) > 1 else inputs[0])
        except _Reached:
            return None
        return keras.tree.map_structure(self._channels_last, outputs)

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
            return self._model(layer, arguments[0] if arguments else next(iter(options.values())), f"{path}/")
        if isinstance(layer, keras.Layer) and "training" in inspect.signature(layer.call).parameters:
            options["training"] = False  # also where the network was built with training=True, and where that is the default
        tensors = [part for part in keras.tree.flatten([arguments, options]) if hasattr(part, "shape")]
        inputs = tuple(map(self._channels_last, tensors))
        first = getattr(layer, "data_format", "") == "channels_first" and len(tensors[0].shape) == 4
        if first and isinstance(layer, _NOT_ON_A_CPU):
            last = inputs[0] if id(tensors[0]) in self._last else tensorflow.transpose(tensors[0], LAST_FROM_FIRST)
            layer = keras_private.twin(layer, data_format="channels_last")
            output, inputs = layer(last), (last, *inputs)
            passed = self._remember(output)
        elif (
            tensors and id(tensors[0]) in self._last and isinstance(layer, keras.layers.Softmax) and isinstance(layer.axis, int)
        ):
            layer = keras_private.twin(layer, axis=FIRST_FROM_LAST[layer.axis % 4])
            output = layer(inputs[0])
            passed = self._remember(output)
        else:
            passed = output = layer(*arguments, **options)
            first = first or any(id(tensor) in self._last for tensor in tensors)
            if first and len(getattr(output, "shape", ())) == 4 and type(layer).__name__ not in _MOVING_AXES:
                output = tensorflow.transpose(output, LAST_FROM_FIRST)
                passed = self._remember(output)
        self._keep(path, layer, inputs, output, arguments)
        return passed

    def _remember(self, last):
        first = tensorflow.transpose(last, FIRST_FROM_LAST)
        self._last[id(first)] = first, last  # `first` is kept, so that no other tensor gets its id
        return first

    def _channels_last(self, tensor):
        return self._last.get(id(tensor), (None, tensor))[1]

    def _keep(self, path, layer, inputs, output, arguments):
        """Keep each tensor of an output, "path", "path[1]" ..., and end the computation if that was asked for."""
        parts = [part for part in keras.tree.flatten(output) if hasattr(part, "shape")]
        for number, part in enumerate(parts):
            name = f"{path}[{number}]" if number else path
            self.steps[name] = LayerCall(name, layer, inputs, part, tuple(keras.tree.flatten(arguments)))
        if self._until in (path, *(f"{path}[{number}]" for number in range(1, len(parts)))):
            raise _Reached


def before_activation(step: LayerCall) -> tensorflow.Tensor:
    """Return a layer's output without its activation function; of a layer that is nothing else, its input."""
    if is_activation(step.layer):
        return step.input
    if not activation_name(step.layer):
        return step.output
    return _without_activation(step.layer)(step.input)


def producer(steps: dict[str, LayerCall], tensor: tensorflow.Tensor) -> LayerCall:
    """Return the step that computed a tensor, skipping those that only pass it on.

    These are dropout, linear activations, and reshaping that leaves the last axis, along which a softmax goes, as it is, or
    takes one of a single number away.
    """
    for step in reversed(steps.values()):
        if step.output is not tensor:
            continue
        if step.output is not step.input and not _passes_on(step):
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


def displaced(steps: dict[str, LayerCall]) -> set[str]:
    """Return the paths of maps whose rows and columns are not the image's: turned maps, and the parts of an attention."""
    found, known = set(), set()
    for step in steps.values():
        if len(step.output.shape) == 4 and step.input is not None and (id(step.input) in known or _displaces(step)):
            found.add(step.path)
            known.add(id(step.output))
    return found


def _displaces(step):
    name, source, output = type(step.layer).__name__, tuple(step.input.shape[1:]), tuple(step.output.shape[1:])
    if name == "Reshape":
        return len(source) == 2 and source[0] == output[0] and output[2] > 4  # tokens into heads, no image without channels
    axes = tuple(getattr(step.layer, "dims", None) or tuple(getattr(step.layer, "axes", None) or ())[1:])
    turned = name in _MOVING_AXES and len(source) == 3 and (axes == (2, 1, 3) or source != output)
    return turned or name in ("Matmul", "Einsum")


def is_activation(layer: object) -> bool:
    """Whether a layer, or an operation such as keras.ops.softmax in a functional model, is only an activation function."""
    return isinstance(layer, ACTIVATIONS) or _operation(layer) in OPERATIONS


def activation_name(layer: object) -> str:
    """Return the name of the activation function that a layer ends with, "relu" for example; "" if there is none."""
    if isinstance(layer, (keras.layers.Softmax, *RELUS)):
        return type(layer).__name__.lower()
    if _operation(layer) in OPERATIONS:
        return OPERATIONS[_operation(layer)]
    if isinstance(layer, keras.layers.TimeDistributed):
        return "" if is_activation(layer.layer) else activation_name(layer.layer)
    activation = getattr(layer, "activation", None)
    if activation in (None, keras.activations.linear) or isinstance(layer, keras.layers.RNN):
        return ""  # that of a recurrent layer is inside, and not the last thing that it does
    return getattr(activation, "__name__", type(activation).__name__.lower())


def _without_activation(layer):
    if isinstance(layer, keras.layers.TimeDistributed):
        return keras_private.twin(layer, layer=_without_activation(layer.layer))
    return keras_private.twin(layer, activation=keras.activations.linear)


def loses_last_axis(step: LayerCall) -> bool:
    """Whether an output has the axes of its input but for the last one: a mask without its channel, for example."""
    return step.input is not None and tuple(step.input.shape[1:-1]) == tuple(step.output.shape[1:]) != ()


def _passes_on(step):
    layer = step.layer
    if isinstance(layer, keras.layers.Dropout | keras.layers.Identity):
        return True
    if isinstance(layer, keras.layers.Flatten | keras.layers.Reshape) or _operation(layer) in (
        "reshape",
        "squeeze",
        "expanddims",
    ):
        return step.input.shape[-1] == step.output.shape[-1] or (step.input.shape[-1] == 1 and loses_last_axis(step))
    return _operation(layer) == "cast" or (isinstance(layer, keras.layers.Activation) and not activation_name(layer))


def _operation(layer):
    """Return the lower-case name of an operation that is no layer, "" for a layer."""
    return "" if isinstance(layer, keras.Layer) else type(layer).__name__.lower()

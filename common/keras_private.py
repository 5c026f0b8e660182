"""Every private part of Keras that we use; tests/common/test_keras_private.py says what each must do."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from unittest import mock

from common.quiet import keras

# Keras draws the seed of every layer and initializer that has none from this function, which has two names in Keras.
_DRAWS = ("keras.src.random.seed_generator.make_default_seed", "keras.src.backend.random.make_default_seed")
_CHAINS = (keras.Sequential, keras.layers.Pipeline)  # their layers are called in turn


@contextmanager
def drawing_seeds(draw: Callable[[], int]) -> Iterator[None]:
    """Have Keras call `draw` for the seed of every layer and initializer that was given none.

    This replaces a function of Keras, because no argument reaches the layers inside other layers and models.
    """
    with mock.patch(_DRAWS[0], draw), mock.patch(_DRAWS[1], draw):
        yield


@contextmanager
def _set_aside(name):
    """Have Keras begin anew with one of its global attributes; afterwards it has its value from before."""
    state = keras.src.backend.common.global_state
    before = state.get_global_attribute(name)
    state.set_global_attribute(name, None)
    try:
        yield
    finally:
        state.set_global_attribute(name, before)


def numbering_names_anew() -> AbstractContextManager:
    """Name layers as a process does that has made none yet: "dense", not "dense_7". Afterwards Keras counts on as before."""
    return _set_aside("object_name_uids")


@contextmanager
def without_values() -> Iterator[None]:
    """Build models whose variables have shapes and dtypes, and take no memory.

    Keras keeps such variables in a list and gives them values at the next opportunity, the first use of a custom layer for
    example. Those made here are in a list of their own, which is dropped.
    """
    with _set_aside("uninitialized_variables"), keras.StatelessScope(initialize_variables=False):
        yield


def is_graph(model: object) -> bool:
    """Whether a model is a functional one, whose operations `run_graph` can call one by one."""
    return isinstance(model, keras.Model) and hasattr(model, "_run_through_graph")


def run_graph(model: keras.Model, inputs: object, call: Callable) -> object:
    """Compute a functional model's outputs from its inputs, with `call(operation)` in place of each operation.

    Of calls of one operation that wait for each other in no way, the one that was written first comes first.
    """
    nodes = {depth: sorted(nodes, key=_number_of_call) for depth, nodes in model._nodes_by_depth.items()}
    ordered = twin(model, _nodes_by_depth=nodes)
    return type(model)._run_through_graph(ordered, inputs, operation_fn=call)


def _number_of_call(node):
    return node.operation._inbound_nodes.index(node)


def computed_values(operation: object, *args: object, known: dict | None = None, **kwargs: object) -> tuple[object, int]:
    """Count the values that an operation computes from tensors of given shapes, without computing any.

    Parameters
    ----------
    operation : keras.Operation
        A layer, a model or an operation of keras.ops. The count for a model is the sum over all operations in it, and in models
        inside it; for another operation that of its outputs, and of what `_hidden_values` knows of.
    *args, **kwargs : object
        What the operation is called with: keras.KerasTensor in place of tensors.
    known : dict, optional
        Counts of models so far, because a model that is called n times by one that is called n times, ..., is counted once.

    Returns
    -------
    outputs : keras.KerasTensor, or a structure of them
    values : int
    """
    known = {} if known is None else known
    if not (is_graph(operation) or isinstance(operation, _CHAINS)):
        outputs = operation.compute_output_spec(*args, **kwargs)
        values = sum(_size(tensor.shape) for tensor in keras.tree.flatten(outputs))
        return outputs, values + _hidden_values(operation, keras.tree.flatten((args, kwargs)), values, known)

    inputs = args[0] if args else next(iter(kwargs.values()))
    key = (id(operation), *(tensor.shape for tensor in keras.tree.flatten(inputs)))
    if key not in known:
        known[key] = _computed_inside(operation, inputs, known)
    return known[key]


def _computed_inside(model, inputs, known):
    """Return the outputs of a model and the number of values that the operations in it compute."""
    counts = []

    def call(operation, *args, **kwargs):
        outputs, values = computed_values(operation, *args, known=known, **kwargs)
        counts.append(values)
        return outputs

    if is_graph(model):
        return run_graph(model, inputs, lambda operation: partial(call, operation)), sum(counts)
    outputs = keras.tree.flatten(inputs)[0]
    for layer in model.layers:
        outputs = call(layer, outputs)
    return outputs, sum(counts)


def _hidden_values(operation, inputs, outputs, known):
    """Count the values that are no output of any operation, and that can be many more: of layers in layers, and attention.

    inputs: the first of them are tensors. outputs: the number of values in the outputs.
    """
    kinds = keras.layers
    if isinstance(operation, kinds.TimeDistributed):
        batch, steps, *shape = inputs[0].shape
        return (steps or 1) * computed_values(operation.layer, keras.KerasTensor((batch, *shape)), known=known)[1]
    if isinstance(operation, kinds.SeparableConv1D | kinds.SeparableConv2D):  # the output of the convolution in depth
        channels = inputs[0].shape[-1 if operation.data_format == "channels_last" else 1]
        return outputs // operation.filters * channels * operation.depth_multiplier
    if isinstance(operation, kinds.MultiHeadAttention):  # a weight for each query and value
        query, value = inputs[:2]
        return operation.num_heads * _size(query.shape[:-1]) * _size(value.shape[1:-1])
    if isinstance(operation, kinds.Concatenate):  # which gives its output's shape for inputs, too, that do not fit together
        keras.ops.concatenate(inputs, operation.axis)
    return 0


def _size(shape):
    return math.prod(1 if size is None else size for size in shape)


def is_application_layer(module: object, name: object) -> bool:
    """Whether a module of keras.applications defines a layer of this name, as ConvNeXt's does its LayerScale.

    The module is looked up among those that Keras has imported. No module is imported for it.
    """
    if not (isinstance(module, str) and module.startswith("keras.src.applications.")):
        return False
    found = getattr(sys.modules.get(module), str(name), None)
    return isinstance(found, type) and issubclass(found, keras.Layer) and found.__module__ == module


def twin(layer: keras.Layer, /, **attributes: object) -> keras.Layer:
    """Return a layer with the same weights and other attributes, activation for example; the layer itself stays unchanged."""
    copy = object.__new__(type(layer))  # copy.copy would save and load the layer, and so copy the weights
    copy.__dict__.update(layer.__dict__, _input_spec=None, **attributes)  # what it says of axes was checked of the layer
    return copy

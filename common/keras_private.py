"""Every private part of Keras that we use; tests/common/test_keras_private.py says what each must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

from common.quiet import keras

# Keras draws the seed of every layer and initializer that has none from this function, which has two names in Keras.
_DRAWS = ("keras.src.random.seed_generator.make_default_seed", "keras.src.backend.random.make_default_seed")


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
    """Compute a functional model's outputs from its inputs, with `call(operation)` in place of each operation."""
    return model._run_through_graph(inputs, operation_fn=call)


def output_shapes(model: object) -> Iterator[tuple]:
    """Yield the output shapes (None, ...) of every operation in a model, and in models inside it."""
    for operation in getattr(model, "operations", None) or getattr(model, "layers", ()):
        for node in operation._inbound_nodes:
            yield from (tensor.shape for tensor in node.output_tensors)
        yield from output_shapes(operation)


def linear_twin(layer: keras.Layer) -> keras.Layer:
    """Return a layer with the same weights and no activation function; the layer itself stays unchanged."""
    twin = object.__new__(type(layer))  # copy.copy would save and load the layer, and so copy the weights
    twin.__dict__.update(layer.__dict__, activation=keras.activations.linear)
    return twin

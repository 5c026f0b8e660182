"""Every part of Keras that we use and that Keras calls private. tests/common/test_keras_private.py says what each must do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from unittest import mock

from common.quiet import keras

# Keras draws the seed of every layer and initializer that has none from this function, which has two names in Keras.
_DRAWS = ("keras.src.random.seed_generator.make_default_seed", "keras.src.backend.random.make_default_seed")
_NAMES = "object_name_uids"  # how many layers of each class have been named so far: "dense", "dense_1", ...


@contextmanager
def drawing_seeds(draw: Callable[[], int]) -> Iterator[None]:
    """Have Keras call `draw` for the seed of every layer and initializer that was given none.

    The function that Keras has is replaced, since no argument reaches the layers inside other layers and models.
    """
    assert callable(keras.src.random.seed_generator.make_default_seed)  # else Keras draws elsewhere, and this has no effect
    with mock.patch(_DRAWS[0], draw), mock.patch(_DRAWS[1], draw):
        yield


@contextmanager
def numbering_names_anew() -> Iterator[None]:
    """Name layers as in a process that has made none yet: "dense", not "dense_7". Afterwards Keras counts on as before."""
    state = keras.src.backend.common.global_state
    counts = state.get_global_attribute(_NAMES)
    state.set_global_attribute(_NAMES, None)
    try:
        yield
    finally:
        state.set_global_attribute(_NAMES, counts)


def is_graph(model: object) -> bool:
    """Whether a model is a functional one, whose operations `run_graph` can call one by one."""
    return isinstance(model, keras.Model) and hasattr(model, "_run_through_graph")


def run_graph(model: keras.Model, inputs: object, call: Callable) -> object:
    """Compute a functional model's outputs from its inputs, with `call(operation)` in the place of each operation."""
    return model._run_through_graph(inputs, operation_fn=call)


def output_shapes(model: object) -> Iterable[tuple]:
    """Yield the shapes of the outputs of every operation in a model, and in models inside it."""
    for operation in getattr(model, "operations", None) or getattr(model, "layers", ()):
        for node in operation._inbound_nodes:
            yield from (tensor.shape for tensor in node.output_tensors)
        yield from output_shapes(operation)


def linear_twin(layer: keras.Layer) -> keras.Layer:
    """A layer with the same weights and no activation function; the layer itself stays unchanged.

    (copy.copy would save and load it, and so give it weights of its own.)
    """
    twin = object.__new__(type(layer))
    twin.__dict__.update(layer.__dict__, activation=keras.activations.linear)
    return twin

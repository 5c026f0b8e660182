"""Random numbers of a network, from a seed."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from common.keras_private import drawing_seeds
from common.quiet import tensorflow

_one_at_a_time = threading.RLock()


def make_deterministic(seed: int) -> None:
    """Have TensorFlow compute the same numbers from the same seed, in this process from now on: for a script's `main`.

    An operation that cannot promise the same numbers raises an error.
    """
    tensorflow.config.experimental.enable_op_determinism()
    tensorflow.random.set_seed(seed)


@contextmanager
def drawn_from(seed: int) -> Iterator[list[int]]:
    """Have the layers that this thread makes draw their weights and random numbers from `seed` (0 to 2**32 - 1).

    It holds for every layer of Keras, inside other layers and models too; layers that were given a seed keep it. Other threads,
    those of a Dask worker for example, draw as before; a second thread that wants the same waits.

    Yields
    ------
    list of int
        The seeds that were drawn.
    """
    thread, generator, drawn = threading.get_ident(), random.Random(seed), []

    def draw():
        if threading.get_ident() != thread:
            return random.randint(1, 10**9)
        drawn.append(generator.randint(1, 10**9))
        return drawn[-1]

    with _one_at_a_time, drawing_seeds(draw):
        yield drawn

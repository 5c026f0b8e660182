"""What is random in a network, from a seed."""

import random
import threading
from contextlib import contextmanager
from unittest import mock

from training.quiet import keras

# Keras draws the seed of every layer and initializer that has none from here, and from Python's one generator, which every
# other thread of the process draws from too, those of a Dask worker for example. The function has two names in Keras.
DRAWS = ("keras.src.random.seed_generator.make_default_seed", "keras.src.backend.random.make_default_seed")
_one_at_a_time = threading.RLock()


@contextmanager
def drawn_from(seed):
    """While it lasts, the layers that this thread makes draw their weights and their randomness from `seed` alone.

    seed: an int from 0 to 2**32 - 1. Works for every layer of Keras, inside other layers and models too, since it replaces
    what they draw from; layers that were given a seed keep it. Other threads draw as ever, and wait where they want the same.
    Yields the list of the seeds that were drawn.
    """
    thread, generator, drawn = threading.get_ident(), random.Random(seed), []

    def make_default_seed():
        if threading.get_ident() != thread:
            return random.randint(1, 10**9)
        drawn.append(generator.randint(1, 10**9))
        return drawn[-1]

    assert callable(keras.src.random.seed_generator.make_default_seed)  # else Keras draws elsewhere, and all this is idle
    with _one_at_a_time, mock.patch(DRAWS[0], make_default_seed), mock.patch(DRAWS[1], make_default_seed):
        yield drawn

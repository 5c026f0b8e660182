"""Small networks that together have every layer of lowered_layers.RULES, and every kind of operation of live/engine.js."""

import functools
import zlib

import numpy as np

from q3_visualize.lowering import lower
from q3_visualize.networks import Network
from tests.q3_visualize import live_chains, live_graphs, reference  # noqa: F401 - they fill ZOO
from tests.q3_visualize.live_building import ZOO, randomise


@functools.cache
def network(name):
    built = ZOO[name]()
    model, options = built if isinstance(built, tuple) else (built, {})
    randomise(model, np.random.default_rng(zlib.crc32(name.encode())))
    return Network(model, name, **options)


@functools.cache
def lowered(name):
    return lower(network(name))


def image(name):
    """An image for a network, uint8 (1, height, width, channels)."""
    return reference.images(1, *network(name).input_shape, seed=1)

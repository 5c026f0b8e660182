"""A network with other weights for a moment: shuffled, or trained a little more on images that were altered.

The network gets its own weights back; what was compiled for it computes with the others in the meantime.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from common.quiet import keras
from data import noise
from q3_visualize.heads import LOGITS
from q3_visualize.known_lines import KnownLines, answers
from q3_visualize.networks import Network, open_network

LEARNING_RATE, BATCH, EPOCHS = 1e-3, 64, 2


@contextmanager
def exchanged(network: Network, weights: Sequence[np.ndarray]) -> Iterator[None]:
    """Give a network other weights, and in the end, even after an exception, its own again."""
    own = network.model.get_weights()
    network.model.set_weights(weights)
    try:
        yield
    finally:
        network.model.set_weights(own)


def stages_of_shuffling(network: Network, head: str | None = None, seed: int = 0) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield each layer of one head, or of all, from the last on, and all weights after those of it were shuffled too."""
    other_heads = {each.path for name, each in network.heads.items() if head and name != head}
    generator = np.random.default_rng(seed)
    weights = network.model.get_weights()
    places = {id(variable): place for place, variable in enumerate(network.model.weights)}
    for path, layer in reversed(network.layers.items()):
        if path in other_heads or not getattr(layer, "weights", ()):
            continue
        for variable in layer.weights:
            part = weights[places[id(variable)]]
            weights[places[id(variable)]] = generator.permutation(part.ravel()).reshape(part.shape)
        yield path, list(weights)


def trained_on(
    network: Network, lines: KnownLines, altered: Callable[[KnownLines, int], np.ndarray], seed: int = 0
) -> list[np.ndarray]:
    """Return the weights of a copy of a network after EPOCHS of training on lines whose images were altered.

    Parameters
    ----------
    network
        One from a file, whose heads are those of factors, or one for all classes.
    altered
        Is called with lines and a seed for each epoch, and returns images, uint8 (n, 28, 28, 3).
    """
    copy = open_network(network.path, network.name if network.metrics else None, pixel_range=network.pixels.name)
    losses = {
        name: keras.losses.BinaryCrossentropy(from_logits=head.kind == LOGITS) if head.binary
        else keras.losses.SparseCategoricalCrossentropy(from_logits=head.kind == LOGITS)
        for name, head in copy.heads.items()
    }  # fmt: skip
    one = next(iter(losses)) if len(losses) == 1 else None
    copy.model.compile(keras.optimizers.Adam(LEARNING_RATE), losses[one] if one else losses)
    for epoch in range(EPOCHS):
        # In an order of our own: Keras' would come from a state that the whole process shares.
        shuffled = lines.of(np.random.default_rng([seed, epoch]).permutation(len(lines.labels)))
        right = {name: answers(name, shuffled.labels).astype(np.float32) for name in losses}
        images = copy.inputs(altered(shuffled, epoch))
        copy.model.fit(images, right[one] if one else right, batch_size=BATCH, shuffle=False, verbose=0)
    return copy.model.get_weights()


def hardened(network: Network, lines: KnownLines, level: int) -> list[np.ndarray]:
    """Return the weights of a copy of a network that was `trained_on` lines at a level of noise."""
    return trained_on(network, lines, lambda some, seed: noise.corrupted(some.images, level, seed))

"""Whether a filter is dead, or only gradient ascent failed on it.

Dead means that nothing that was tried gets a filter above 0 after its activation function: neither ascent, nor real images,
nor, where there are none, noise. A filter without a ReLU behind it is dead if its response is always the same.
"""

from collections.abc import Sequence

import numpy as np

from common.quiet import keras, tensorflow
from q3_visualize.networks import Network
from q3_visualize.patches import responses

CUT_AT_0 = {"relu", "relu6"}  # 0 for everything below 0
_CHANNELWISE = (
    keras.layers.BatchNormalization, keras.layers.Dropout, keras.layers.SpatialDropout2D, keras.layers.Identity,
    keras.layers.MaxPooling2D,
)  # fmt: skip
NOISES = 1000


def gate(network: Network, layer: str) -> str | None:
    """Return the path of the ReLU that a layer ends with, or that follows it channel by channel; None if there is none."""
    return network.made(("gate", layer), lambda: _gate(network, layer))


def _gate(network, layer):
    if network.activated[layer] in CUT_AT_0:
        return layer
    if network.activated[layer]:
        return None
    steps, _ = network.trace(tensorflow.zeros((1, *network.input_shape)))
    output = steps[layer].output
    for path in list(steps)[list(steps).index(layer) + 1 :]:
        step = steps[path]
        if not any(tensor is output for tensor in step.inputs):
            continue
        if network.activated[path] in CUT_AT_0 and not getattr(step.layer, "weights", ()):
            return path
        if not isinstance(step.layer, _CHANNELWISE):
            return None
        output = step.output
    return None


def noise(shape: Sequence[int], count: int = NOISES, seed: int = 0) -> np.ndarray:
    """Return images of noise, uint8 (count, *shape): half uniform, half smooth, of all contrasts, and black and white."""
    generator = np.random.default_rng(seed)
    height, width, channels = shape
    images = generator.random((count, height, width, channels), np.float32)
    for image in images[1::2]:  # a few random values, enlarged
        cells = generator.integers(2, 9)
        rows, columns = (np.arange(side) * cells // side for side in (height, width))
        image[:] = generator.random((cells, cells, channels), np.float32)[rows[:, None], columns]
    level, contrast = generator.random((2, count, 1, 1, 1), np.float32)
    images = np.rint(255 * (contrast * images + (1 - contrast) * level)).astype(np.uint8)
    images[0], images[-1] = 0, 255
    return images


def alive(network: Network, layer: str, channels: Sequence[int] | np.ndarray, *tried: np.ndarray) -> np.ndarray:
    """Return for each channel whether any of several arrays of images activates it, bool (k,).

    Each array is uint8, or float32 from 0 to 1, (n, height, width, channels).
    """
    behind = gate(network, layer)
    found = np.concatenate([responses(network, [behind or layer], images)[behind or layer] for images in tried])[:, channels]
    return (found > 0).any(axis=0) if behind else found.max(axis=0) > found.min(axis=0)

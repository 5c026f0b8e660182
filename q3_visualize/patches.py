"""The patches of real images that activate a filter most: what its cell sees, at the place of its greatest response.

They stand beside what gradient ascent draws, since people predict a filter's response better from nine of them than from
a synthetic image (Borowski et al., "Exemplary natural images explain CNN activations better than state-of-the-art feature
visualization", arXiv 2010.12606).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from common.quiet import tensorflow
from q3_visualize.networks import Network
from q3_visualize.receptive import fields
from q3_visualize.walk import LayerCall, before_activation

NINE = 9


class Patches(NamedTuple):
    """The best real patches of k filters.

    `responses`, float32 (k, m), from the greatest down, each in another image, and before an activation function; `images`,
    uint8 (k, m, height, width, channels), what the cell sees, with the background where it sees beyond the image.
    """

    responses: np.ndarray
    images: np.ndarray


def cells(step: LayerCall) -> tensorflow.Tensor:
    """Return a layer's output before its activation function, float32 (n, places, channels): cells of a map, tokens, or one."""
    values = tensorflow.cast(before_activation(step), "float32")
    places = int(np.prod(values.shape[1:-1]))
    return tensorflow.reshape(values, (tensorflow.shape(values)[0], places, values.shape[-1]))


def middle(shape: Sequence[int]) -> int:
    """Return the place of the middle cell of a map, or of the middle token, for a layer's output shape without a batch axis."""
    return int(np.ravel_multi_index([size // 2 for size in shape[:-1]], shape[:-1])) if len(shape) > 1 else 0


def responses(network: Network, layers: Sequence[str], images: np.ndarray) -> dict[str, np.ndarray]:
    """Return each channel's greatest response to images, before an activation function, by layer: float32 (n, channels).

    The images are uint8, or float32 from 0 to 1, (n, height, width, channels).
    """
    last = max(layers, key=list(network.shapes).index)

    def greatest(inputs):
        steps, _ = network.trace(inputs, until=last)
        return [tensorflow.reduce_max(cells(steps[layer]), 1) for layer in layers]

    key = ("responses", *layers)
    compute = network.made(key, lambda: network.compiled(greatest, input_signature=[some_images(network)]))
    scale, batch = np.float32(1 if images.dtype == np.uint8 else 255), network.batch_size()
    parts = [compute(network.pixels.apply(scale * images[i : i + batch])) for i in range(0, len(images), batch)]
    return {layer: np.concatenate(of_layer) for layer, of_layer in zip(layers, zip(*parts))}


def some_images(network: Network) -> tensorflow.TensorSpec:
    """Return the specification of any number of images for a network."""
    return tensorflow.TensorSpec((None, *network.input_shape), "float32")


def best_patches(
    network: Network,
    layer: str,
    channels: Sequence[int] | np.ndarray,
    images: np.ndarray,
    *,
    signs: Sequence[int] | np.ndarray | None = None,
    background: np.ndarray | None = None,
    most: int = NINE,
) -> Patches:
    """Return the patches of images that activate each channel of a layer most.

    Parameters
    ----------
    channels, signs
        Indices (k,), and +1 where a channel should be high (default), or -1 where it should be low.
    images
        uint8 (n, height, width, channels), as `network.inputs` takes them.
    background
        The color beyond an image's border, from 0 to 1, (channels,); black by default.
    most
        How many patches of each.
    """
    channels = np.asarray(channels, np.int64)
    signs = np.ones(len(channels), np.float32) if signs is None else np.asarray(signs, np.float32)

    def greatest(inputs, channels, signs):
        values = tensorflow.gather(cells(network.trace(inputs, until=layer)[0][layer]), channels, axis=2) * signs
        return tensorflow.reduce_max(values, 1), tensorflow.argmax(values, 1)

    signature = [some_images(network), tensorflow.TensorSpec((None,), "int64"), tensorflow.TensorSpec((None,), "float32")]
    compute = network.made(("greatest", layer), lambda: network.compiled(greatest, input_signature=signature))
    batch = network.batch_size()
    parts = [compute(network.inputs(images[i : i + batch]), channels, signs) for i in range(0, len(images), batch)]
    values, places = (np.concatenate(part) for part in zip(*parts))
    order = np.argsort(-values, axis=0, kind="stable")[:most].T
    found = np.take_along_axis(values.T, order, 1)
    places = np.take_along_axis(places.T, order, 1)
    background = np.zeros(images.shape[-1]) if background is None else background
    width = network.shapes[layer][-2] if len(network.shapes[layer]) > 1 else 1
    crops = [
        [seen_of(images[number], network, layer, background, divmod(place, width)) for number, place in zip(*row)]
        for row in zip(order, places)
    ]
    return Patches(found * signs[:, None], np.array(crops))


def seen_of(
    image: np.ndarray, network: Network, layer: str, background: np.ndarray, cell: tuple[int, int] | None = None
) -> np.ndarray:
    """Return what a cell of a layer sees of an image, uint8 or from 0 to 1, (h, w, channels); the middle cell by default.

    Beyond the image's border is the background, from 0 to 1, (channels,). A cell that may see everything sees the whole image.
    """
    field = fields(network, layer)
    if field is None:
        return image
    cell = cell or [size // 2 for size in network.shapes[layer][:2]]
    patch = np.empty((*(each.size for each in field), image.shape[2]), image.dtype)
    patch[:] = np.rint(255 * background) if image.dtype == np.uint8 else background
    source, target = _overlap(field, cell, image.shape)
    patch[target] = image[source]
    return patch


def embedded(patches: np.ndarray, network: Network, layer: str, background: np.ndarray) -> np.ndarray:
    """Return patches, (n, h, w, channels), where the middle cell of a layer sees them, in images of the background."""
    field, shape = fields(network, layer), network.shapes[layer]
    if field is None:
        return patches
    images = np.empty((len(patches), *network.input_shape), patches.dtype)
    images[:] = np.rint(255 * background) if patches.dtype == np.uint8 else background
    target, source = _overlap(field, [size // 2 for size in shape[:2]], network.input_shape)
    images[:, *target] = patches[:, *source]
    return images


def _overlap(field, cell, sides):
    """Return which pixels a cell sees of an image, and where they lie in its patch."""
    seen = [each.of(place) for each, place in zip(field, cell)]
    inside = tuple(slice(max(each.start, 0), min(each.stop, side)) for each, side in zip(seen, sides))
    return inside, tuple(slice(i.start - s.start, i.stop - s.start) for i, s in zip(inside, seen))

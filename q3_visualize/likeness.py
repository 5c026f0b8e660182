"""How much a drawn image is processed like the real ones that activate the same filter.

After the sanity check of Geirhos et al., "Don't trust your eyes: on the (un)reliability of feature visualizations",
arXiv 2306.04719, which compares activations layer by layer. 1 means that in a layer on the way the drawn image activates as the
nine real images do that activate the filter most, compared with each other; 0, that it is no more alike to them than the best
patches of other filters are, or other images. Below 0 it is less.

Images are compared by the cosine between what each changes in a layer's activations against a blank image. Of a filter with a
cell they are the patches that the cell sees, all at one place; of an output, whole images, each channel's mean over its map.
"""

import numpy as np

from common.quiet import tensorflow
from q3_visualize.drawn import Drawn
from q3_visualize.networks import Network
from q3_visualize.patches import embedded
from q3_visualize.receptive import fields

OTHERS = 60  # images that stand for chance
TINY = 1e-9


def likeness(network: Network, layer: str, found: Drawn, real: np.ndarray, background: np.ndarray) -> dict[str, float]:
    """Return the likeness in every layer before one that ends with an activation function, over all filters: {path: likeness}.

    Parameters
    ----------
    found
        The drawn images of k filters and their best real patches, at least two each.
    real
        The images that the patches are of, uint8 (n, height, width, channels).
    """
    patches = found.patches.images
    flat = patches.reshape(-1, *patches.shape[2:])
    others = real if fields(network, layer) is None else flat
    others = others[np.random.default_rng(0).choice(len(others), min(OTHERS, len(others)), replace=False)]
    placed = [embedded(each, network, layer, background) / 255 for each in (flat, others)]
    blank = np.broadcast_to(background, (1, *network.input_shape))
    every = np.concatenate([found.best.images, *placed, blank]).astype(np.float32)
    return {path: _share(values, *patches.shape[:2]) for path, values in activations(network, layer, every).items()}


def _share(values, filters, most):
    """Return the likeness from the activations, (n, d), of drawn images, best ones, others and a blank one."""
    values = values - values[-1]
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), TINY)
    drawn, best, others = np.split(values[:-1], [filters, filters * (1 + most)])
    best = best.reshape(filters, most, -1)
    sums = best.sum(axis=1)
    to_best = (drawn * sums).sum(axis=1) / most
    among = ((sums**2).sum(axis=1) - (best**2).sum(axis=(1, 2))) / (most * (most - 1))
    chance = others.mean(axis=0) @ sums.T / most
    return float((to_best - chance).mean() / (among - chance).mean())


def activations(network: Network, layer: str, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the activations of the layers on the way to one that end with an activation function, {path: float32 (n, d)}.

    On the way to an output, or another layer that sees whole images, each channel's mean over its map.
    """
    paths = [path for path in _on_the_way(network, layer) if network.activated[path]]
    pooled, batch = fields(network, layer) is None, network.batch_size()

    def compute(some):
        steps, _ = network.trace(network.pixels.apply(255 * some), until=layer)
        values = [tensorflow.cast(steps[path].output, "float32") for path in paths]
        values = [tensorflow.reduce_mean(each, range(1, len(each.shape) - 1)) if pooled else each for each in values]
        return [tensorflow.reshape(each, (len(some), -1)).numpy() for each in values]

    parts = [compute(images[start : start + batch]) for start in range(0, len(images), batch)]
    return {path: np.concatenate([part[place] for part in parts]) for place, path in enumerate(paths)}


def _on_the_way(network, layer):
    """Return the paths of the steps that a layer's output depends on, in order."""
    steps, _ = network.trace(tensorflow.zeros((1, *network.input_shape)), until=layer)
    found, needed = [], {id(tensor) for tensor in steps[layer].inputs}
    for path, step in reversed(list(steps.items())[:-1]):
        if id(step.output) in needed:
            needed |= {id(tensor) for tensor in step.inputs}
            found.append(path)
    return found[::-1]

"""The parts of a network's gallery: tiles of activations, filters and heatmaps, and what was measured of their layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from q3_visualize import colors
from q3_visualize.choices import METHODS
from q3_visualize.climb_plan import plans
from q3_visualize.drawn import Neurons, class_means, drawn, visible
from q3_visualize.features import activations
from q3_visualize.filters import neurons
from q3_visualize.heatmaps import placed_heatmaps
from q3_visualize.networks import Network
from q3_visualize.patches import NINE, responses
from q3_visualize.scoring import share_on

LAYERS = 3  # with maps, from the first to the last
CHANNELS = 5  # of each of them
FILTERED, FILTERS = 7, 8  # layers with weights, and filters of each
MEASURED = 200  # real images whose activations and heatmaps are measured
DEEPER = "scorecam"  # the method that is drawn at the layers after the first
OF_OTHERS = ("hirescam", DEEPER)  # of the other heads, at the first layer
ON_STROKES = ("gradcam", DEEPER)  # whose heat is measured
STROKE = 128  # gray level from which a pixel is one of a stroke


class Real(NamedTuple):
    """Images of a network's data set, uint8 (n, h, w, c), their class indices, (n,), and the levels of their factors."""

    images: np.ndarray
    labels: np.ndarray
    factors: dict[str, Sequence[str]] | None

    def levels(self) -> dict[str, np.ndarray]:
        """Return the level of each factor, or else the class, of every image: {name: int (n,)}."""
        if not self.factors:
            return {"class": self.labels}
        sizes = [len(levels) for levels in self.factors.values()]
        return dict(zip(self.factors, np.unravel_index(self.labels, sizes)))


class Parts(NamedTuple):
    """Tiles, uint8 (n, h, w, 3) and (n, h, w, 1), each in the corner at the top left, and what they are, as JSON."""

    images: np.ndarray
    maps: np.ndarray
    about: dict


def parts(network: Network, six: np.ndarray, real: Real, steps: int | None = None, filtered: int = FILTERED) -> Parts:
    """Draw the tiles of a network, in this order.

    images: the six; of each layer of `filters`, for each filter the drawn image and the best real patch. maps: of each layer of
    `activations` the channels of each of the six; of each entry of `heatmaps` the heat for each of the six.

    Parameters
    ----------
    six, real
        uint8 images (n, height, width, channels), and those that are looked through for patches and measured.
    steps
        Of each ascent (default: as many as filters.py takes).
    filtered
        How many layers with weights, from the first to the last, have images of filters.
    """
    layers = map_layers(network)
    few = real.images[:: max(1, len(real.images) // MEASURED)]
    images, filters = _filters(network, real, steps, filtered)
    active, about_active = _activations(network, layers, six, few)
    heat, about_heat = _heatmaps(network, layers, six)
    about = {
        "activations": about_active, "filters": filters, "heatmaps": about_heat,
        "heat_on_strokes": _on_strokes(network, layers, few),
    }  # fmt: skip
    shape = np.max([tile.shape[:2] for tile in (*six, *images)], axis=0)  # a filter may see more than an image: its padding
    return Parts(_tiles([*six, *images], shape, 3), _tiles([*active, *heat], shape, 1), about)


def map_layers(network: Network) -> list[str]:
    """Return LAYERS layers with maps, evenly from the first to the last, of those that end with an activation function."""
    maps = network.learned_maps()
    activated = [path for path in maps if network.activated[path] and not hasattr(network.layers[path], "kernel")]
    return _spread(activated if len(activated) >= LAYERS else maps, LAYERS)


def _spread(items, most):
    """Return at most so many items, evenly, with the first and the last."""
    return [items[place] for place in dict.fromkeys(np.linspace(0, len(items) - 1, most).round().astype(int))]


def _tiles(images, shape, channels):
    """Put images, uint8 (h, w) or (h, w, 1 or 3), each into the corner of a tile."""
    tiles = np.zeros((len(images), *shape, channels), np.uint8)
    for tile, image in zip(tiles, images):
        tile[: image.shape[0], : image.shape[1]] = image if image.ndim == 3 else image[:, :, None]
    return tiles


def _activations(network, layers, six, few):
    """Return the CHANNELS most active channels of layers for six images, and how many cells are active for a few real ones."""
    of_six, of_few = (activations(network, images, layers) for images in (six, few))
    tiles, about = [], []
    for layer in layers:
        values = of_six[layer]
        chosen = np.sort(np.argsort(-values.max(axis=(1, 2)).mean(axis=0), kind="stable")[:CHANNELS])
        largest = max(float(values[..., chosen].max()), 1e-12)
        tiles += list(_gray(values[..., chosen].transpose(0, 3, 1, 2) / largest).reshape(-1, *values.shape[1:3]))
        about.append({
            "layer": layer, "height": values.shape[1], "width": values.shape[2], "channels": chosen.tolist(),
            "of": values.shape[3], "largest": round(largest, 3), "active": round(float((of_few[layer] > 0).mean()), 4),
        })  # fmt: skip
    return tiles, about


def _filters(network, real, steps, most):
    """Return the images of filters of layers with weights and their best real patches, and what is known of each layer."""
    layers = _spread([path for path, layer in network.layers.items() if hasattr(layer, "kernel")], most)
    palette, levels, tiles, about = colors.of_images(real.images), real.levels(), [], []
    for layer in layers:
        every = neurons(network, layer)
        chosen = every.of(_spread(np.arange(len(every.names)), FILTERS))
        (plan,), _ = plans(network, [layer], [len(chosen.names)], named=True, steps=steps)
        means = class_means(network, layer, chosen, real.images)
        found = drawn(network, plan, chosen, real.images, palette, means=means)
        images = visible(network, layer, found.best, palette.background)
        for image, patches in zip(images, found.patches.images):
            tiles += [np.rint(255 * image).astype(np.uint8), patches[0]]
        about.append({
            "layer": layer, "height": images[0].shape[0], "width": images[0].shape[1], "of": len(every.names),
            "filters": _outcomes(chosen, found),
            "alike": _alike(network, layer, every, real.images, levels),
        })  # fmt: skip
    return tiles, about


def _outcomes(chosen, found):
    """Return for each filter how many times the best real response its drawn image has, and what became of the ascent."""
    outcomes = zip(chosen.names, found.raised, found.real, found.dead, found.failed)
    return [
        {
            "name": str(name),
            "times": round(float(raised / most), 2) if most > 0 else None,
            "dead": bool(dead),
            "failed": bool(failed),
        }
        for name, raised, most, dead, failed in outcomes
    ]


def _alike(network: Network, layer: str, every: Neurons, images: np.ndarray, levels: dict) -> dict[str, dict]:
    """Return how alike the nine images are that activate a filter most, on average over a layer's filters.

    For each factor {"share": how many of the nine have its most frequent level, "chance": the same for nine images at random}.
    """
    greatest = responses(network, [layer], images)[layer][:, every.channels] * every.signs
    best = np.argsort(-greatest, axis=0, kind="stable")[:NINE].T
    random = np.random.default_rng(0).integers(len(images), size=(1000, NINE))
    return {factor: {"share": _most_frequent(of[best]), "chance": _most_frequent(of[random])} for factor, of in levels.items()}


def _most_frequent(levels):
    """Return the share of the most frequent level in each row, int (k, n), on average."""
    return round(float(np.mean([np.bincount(row).max() / len(row) for row in levels])), 4)


def _heatmaps(network, layers, six):
    """Return the heat of six images: of the first head by every method at the first layer, and by DEEPER at the others.

    Of the other heads by OF_OTHERS at the first layer and by DEEPER at the last.
    """
    first, *others = network.heads
    places = [(first, layers[0], method) for method in METHODS] + [(first, layer, DEEPER) for layer in layers[1:]]
    of_others = dict.fromkeys([*((layers[0], method) for method in OF_OTHERS), (layers[-1], DEEPER)])
    places += [(head, *place) for head, place in product(others, of_others)]
    tiles, about = [], []
    for head, layer, method in places:
        heat = np.maximum(placed_heatmaps(network, six, layer, head=head, method=method), 0)
        tiles += list(_gray(heat / np.maximum(heat.max(axis=(1, 2), keepdims=True), 1e-12)))
        about.append({"head": head, "layer": layer, "method": method})
    return tiles, about


def _on_strokes(network, layers, few):
    """Return how much of the heat of the first head lies on strokes, and how much of the image these are."""
    strokes = few.max(axis=3) >= STROKE
    head = next(iter(network.heads))
    return [
        {
            "layer": layer, "method": method, "area": round(float(strokes.mean()), 4),
            "share": round(float(share_on(placed_heatmaps(network, few, layer, head=head, method=method), strokes).mean()), 4),
        }
        for layer, method in product(layers, ON_STROKES)
    ]  # fmt: skip


def _gray(values):
    return np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)

"""Integrated gradients at a layer: which places account for the difference between an image and another one.

The gradient of a score is followed along the straight path from a baseline to the image, and each step is credited to the
features that changed in it: Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", arXiv 1703.01365, for the
image itself, and Dhamdhere, Sundararajan and Yan, "How important is a neuron?", arXiv 1805.12233, for a layer inside. If all
of the network passes through the layer, the map sums to the difference of the scores (completeness). With another line as the
baseline, and its class as the one `against`, that is what decides between the two.
"""

import numpy as np

from common.quiet import tensorflow
from q3_visualize.geometry import enlarged, grids
from q3_visualize.heads import NOTHING
from q3_visualize.heatmaps import features_and_gradients, flat_region, predicted_classes, require, signature
from q3_visualize.networks import Network

STEPS = 128


def integrated(
    network: Network,
    images: np.ndarray,
    layer: str,
    *,
    head: str | None = None,
    classes: int | np.ndarray | None = None,
    against: int | np.ndarray | None = None,
    region: np.ndarray | None = None,
    baselines: np.ndarray | None = None,
    steps: int = STEPS,
) -> np.ndarray:
    """Return signed maps, float32 (n, h, w), of the size of the layer's output: above 0 speaks for the class.

    Parameters
    ----------
    images, layer, head, classes, against, region
        As for `heatmaps.heatmaps`.
    baselines
        Where the paths begin, uint8 like the images, one or n of them (default: black).
    steps
        Parts of a path. The error falls with their square where the path meets no kink of the network.

    Raises
    ------
    UserError
        As for `heatmaps.heatmaps`, and for baselines of another shape.
    """
    head = head or next(iter(network.heads), None)
    require(network, layer, head, classes, against)
    baselines = np.zeros_like(images[:1]) if baselines is None else np.asarray(baselines)
    starts = np.broadcast_to(network.inputs(baselines), (len(images), *network.input_shape))
    classes = predicted_classes(network, images, head, region) if classes is None else np.broadcast_to(classes, len(images))
    against = np.broadcast_to(NOTHING if against is None else against, len(images))
    region = flat_region(network.heads[head], region)

    def at(inputs, classes, against, region):
        return features_and_gradients(network, layer, network.heads[head], inputs, classes, against, region)[:2]

    options = {"input_signature": signature(network), "autograph": False}
    compute = network.made(("integrated", layer, head), lambda: network.compiled(at, **options))
    size, maps = network.batch_size(copies=3), []
    for batch in (slice(start, start + size) for start in range(0, len(images), size)):
        start, change = starts[batch], network.inputs(images[batch]) - starts[batch]
        points = (compute(start + np.float32(part) * change, classes[batch], against[batch], region)
                  for part in np.linspace(0, 1, steps + 1))  # fmt: skip
        maps.append(_along(points).numpy())
    return np.concatenate(maps)


def _along(points):
    """Sum the gradients times the changes of the features, by the trapezoidal rule, over the channels: (n, h, w)."""
    features, gradients = next(points)
    total = tensorflow.zeros(features.shape[:-1])
    for next_features, next_gradients in points:
        total += tensorflow.einsum("nhwc,nhwc->nhw", (gradients + next_gradients) / 2, next_features - features)
        features, gradients = next_features, next_gradients
    return total


def placed_integrated(network: Network, images: np.ndarray, layer: str, **options: object) -> np.ndarray:
    """Return `integrated` at every pixel, (n, height, width), placed where the layer's cells look."""
    return enlarged(integrated(network, images, layer, **options), grids(network, layer), network.input_shape[:2])

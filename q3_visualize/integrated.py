"""Integrated gradients at a layer: which places account for the difference between an image and another one.

The gradient of a score is followed along the straight path from a baseline to the image, and each step is credited to the
features that changed in it: Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", arXiv 1703.01365, for the
image itself, and Dhamdhere, Sundararajan and Yan, "How important is a neuron?", arXiv 1805.12233, for a layer inside. If all
of the network passes through the layer, the map sums to the difference of the scores (completeness). With another line as the
baseline, and its class as the one `against`, that is what decides between the two.
"""

import numpy as np

from common.quiet import tensorflow
from q3_visualize.gradients import features_and_gradients, signature
from q3_visualize.heads import Head
from q3_visualize.networks import Network

STEPS = 128  # parts of a path: the error falls with their square where it meets no kink of the network


def integrated(
    network: Network, images: np.ndarray, layer: str, head: Head, classes: np.ndarray, against: np.ndarray, region: np.ndarray,
    baselines: np.ndarray | None, steps: int,
) -> np.ndarray:  # fmt: skip
    """Return signed maps, float32 (n, h, w), for `heatmaps.heatmaps`, which says what the parameters are.

    Here `classes` and `against` are int64 (n,), and `region` is float32 (places,).
    """
    baselines = np.zeros_like(images[:1]) if baselines is None else baselines
    starts = np.broadcast_to(network.inputs(baselines), (len(images), *network.input_shape))

    def at(inputs, classes, against, region):
        return features_and_gradients(network, layer, head, inputs, classes, against, region)

    compute = network.made(("integrated", layer, head.name), lambda: network.compiled(at, input_signature=signature(network)))
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

"""What the filters of a network are worth in time: which layers, how many filters, how many steps.

The time of an ascent goes with its multiply-adds, and with the values that have to be written, which follow from shapes
alone: the same command plans the same on every machine. What a small network needs is little, and everything is done. Of a
large one a few layers, filters and steps are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from common.quiet import keras
from q3_visualize.ascent import STARTS, STEPS
from q3_visualize.frames import frame_of
from q3_visualize.networks import Network

SMALL = 5_000_000_000_000  # multiply-adds up to which everything is drawn: about a minute on two slow cores
BUDGET = 1_600_000_000_000  # of a large network, which takes time to open, too
WRITTEN = 50  # multiply-adds that take as long as writing a value
FORTH_AND_BACK = 3  # times the multiply-adds of an output are those of a step: the gradient takes twice as many
LAYERS, FILTERS, LEAST_STEPS = 5, 16, 24  # of a large network
LONGEST = 96  # pixels: the longest side of what is climbed in a large network, if the layer takes it
NOISES = 32  # images of noise for a large network


class Plan(NamedTuple):
    """What is done for a layer: `filters` is None for all; `pixels` as `most_pixels` of ascent.best_images."""

    layer: str
    filters: int | None
    steps: int
    starts: int
    pixels: int | None


def multiply_adds(network: Network, layer: str) -> int:
    """Return the multiply-adds of all layers up to one, for one image."""
    paths = list(network.shapes)
    return sum(_of_layer(network.layers[path], network.shapes[path]) for path in paths[: paths.index(layer) + 1])


def _of_layer(layer, shape):
    """Count every weight of a kernel once for each place of the output: exact for convolutions and Dense layers."""
    if not isinstance(layer, keras.Layer) or not shape:
        return 0
    kernels = [weights for weights in layer.weights if len(weights.shape) > 1]
    return int(np.prod(shape[:-1])) * sum(int(np.prod(weights.shape)) for weights in kernels)


def cost(network: Network, layer: str, pixels: int | None = None) -> float:
    """Return what a step costs for an image of which what the layer's middle cell sees is climbed, in multiply-adds."""
    part = frame_of(network, layer, most=pixels).part
    share = np.prod([each.stop - each.start for each in part]) / np.prod(network.input_shape[:2])
    paths = list(network.shapes)
    written = sum(int(np.prod(network.shapes[path])) for path in paths[: paths.index(layer) + 1])
    return FORTH_AND_BACK * (multiply_adds(network, layer) + WRITTEN * written) * share


def plans(
    network: Network, layers: Sequence[str], counts: Sequence[int], *,
    named: bool = False, filters: int | None = None, steps: int | None = None,
) -> tuple[list[Plan], bool]:  # fmt: skip
    """Plan for layers, in their order. Return the plans, and whether they are less than everything.

    Parameters
    ----------
    layers, counts
        Paths, and how many filters of each are to be drawn.
    named, filters, steps
        Whether the user named the layers, and the flags --filters and --steps, which are kept to.
    """
    counts = [min(count, filters or count) for count in counts]
    full = [Plan(layer, filters, steps or STEPS, STARTS, None) for layer in layers]
    if sum(cost(network, plan.layer) * count * plan.steps * STARTS for plan, count in zip(full, counts)) <= SMALL:
        return full, False
    chosen = list(range(len(layers))) if named else sorted(set(np.linspace(0, len(layers) - 1, LAYERS).round().astype(int)))
    costs = {place: cost(network, layers[place], LONGEST) for place in chosen}
    left, found = BUDGET, {}
    for done, place in enumerate(sorted(chosen, key=costs.get)):  # what a cheap layer leaves, the dear ones get
        each = costs[place]
        share = left / (len(chosen) - done) / max(each, 1)  # filters times steps
        count = filters or int(np.clip(share / LEAST_STEPS, 1, min(FILTERS, counts[place])))
        wanted = steps or int(np.clip(share / count, LEAST_STEPS, STEPS))
        found[place] = Plan(layers[place], count, wanted, 2 if share >= 2 * count * wanted else 1, LONGEST)
        left -= count * found[place].steps * found[place].starts * each
    return [found[place] for place in chosen], True

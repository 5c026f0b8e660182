"""How the four-headed network is trained. Every choice was made on validation and freshly drawn images."""

from functools import partial

import numpy as np

from common.quiet import tensorflow
from data import line_classes
from data.noise import FreshNoise, strengths
from q2_multihead.models import NEURONS, multihead
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.recipe import Recipe

# The label of every class for every head: {"length": int (96,), ...}
LABELS = line_classes.class_factors(np.arange(line_classes.CLASSES))


def targets(labels: tensorflow.Tensor) -> dict[str, tensorflow.Tensor]:
    """Turn class indices, int (b,), into what the losses take: {"length": (b, 1), "angle": (b, 12), ...}, float32."""
    levels = {head: tensorflow.gather(of_classes, labels) for head, of_classes in LABELS.items()}
    return {
        head: tensorflow.cast(levels[head][:, None], "float32") if neurons == 1 else one_hot(neurons)(levels[head])
        for head, neurons in NEURONS.items()
    }


# Every head's loss has the same weight by default. Their sum is then the negative logarithm of the probability that the
# network gives to all four labels together, which is what training should make likely.
RECIPE = Recipe(
    build=multihead,
    targets=targets,
    loss={head: "binary_crossentropy" if neurons == 1 else "categorical_crossentropy" for head, neurons in NEURONS.items()},
    loss_weights=dict.fromkeys(NEURONS, 1.0),
    metrics={head: ["accuracy"] for head in NEURONS},
    epochs=2,
    batch_size=128,
    optimizer=one_cycle_adam(8e-3),
)


def recipe_at(level: int) -> Recipe:
    """Return the recipe for lines at a level of `data.noise`.

    With noise the maps keep a higher resolution for longer, a feature takes the place that activates it most instead of the
    mean over all, and every epoch draws the noise anew, so that it cannot be learned by heart.
    """
    if level == 0:
        return RECIPE
    build = partial(multihead, shared=(32, 64, 64, 64), halving=(1, 3), pooling_head="maximum", head_units=64)
    return RECIPE.adapted(build=build, epochs=16, optimizer=one_cycle_adam(5e-3), augment=FreshNoise(**strengths(level)))

"""How the four-headed network is trained. Every choice was made on validation and freshly drawn pictures."""

import numpy as np

from common.quiet import tensorflow
from data import line_classes
from q2_multihead import models
from q2_multihead.models import NEURONS
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.recipe import Recipe

# The label of every class for every head: {"length": int (96,), ...}
LABELS = line_classes.class_factors(np.arange(line_classes.CLASSES))


def targets(labels):
    """Class indices (b,) to what the losses of the heads take: {"length": (b, 1), "angle": (b, 12), ...}, float32."""
    levels = {head: tensorflow.gather(of_classes, labels) for head, of_classes in LABELS.items()}
    return {
        head: tensorflow.cast(levels[head][:, None], "float32") if neurons == 1 else one_hot(neurons)(levels[head])
        for head, neurons in NEURONS.items()
    }


# The losses of the heads are weighted alike by default. Their plain sum is the negative logarithm of the probability
# that the network gives to all four labels at once, which is what training should make likely.
RECIPE = Recipe(
    build=models.multihead,
    targets=targets,
    loss={head: "binary_crossentropy" if neurons == 1 else "categorical_crossentropy" for head, neurons in NEURONS.items()},
    loss_weights=dict.fromkeys(NEURONS, 1.0),
    metrics={head: ["accuracy"] for head in NEURONS},
    epochs=2,
    batch_size=128,
    optimizer=one_cycle_adam(8e-3),
)

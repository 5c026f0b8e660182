"""What is varied in Section 2: a design for every answer about the feature network and its heads, one factor at a time."""

from dataclasses import dataclass

from data.line_classes import FACTORS
from training import trials
from training.sweep import Sweep

MEASURES = ("accuracy", "loss", *(f"{head}_accuracy" for head in FACTORS))


@dataclass(frozen=True)
class Design:
    """A network with four heads. What is not said otherwise is the baseline.

    The baseline is what the network of Section 2 was before the sweeps; its first convolution then became 7 x 7.

    shared: filters of the convolutions that all heads share. first_size: of the first one's filters, pixels along a side; the
    others have 3. The first two of a path have stride 2. own: filters of the convolutions that follow and that each head has
    for itself.
    head_units: of a hidden layer in each head; 0 for none. angle_weight: of the angle's loss; that of the others is 1.
    """

    shared: tuple = (24, 48, 64)
    first_size: int = 5
    own: tuple = ()
    head_units: int = 0
    angle_weight: float = 1.0


# What changes from the baseline, for each answer to each question.
QUESTIONS = {
    "shared-depth": {
        "1 convolution": {"shared": (64,)},
        "2 convolutions": {"shared": (24, 64)},
        "4 convolutions": {"shared": (24, 48, 64, 64)},
    },
    "filters": {
        "16, 32, 64": {"shared": (16, 32, 64)},
        "32, 64, 64": {"shared": (32, 64, 64)},
        "24, 48, 32": {"shared": (24, 48, 32)},
        "24, 48, 128": {"shared": (24, 48, 128)},
    },
    "head-size": {
        "a hidden layer of 16": {"head_units": 16},
        "a hidden layer of 64": {"head_units": 64},
    },
    "branch": {
        "after the second, 16 filters each": {"shared": (24, 48), "own": (16,)},
        "after the second, 64 filters each": {"shared": (24, 48), "own": (64,)},
        "after the first, 12 and 16 filters each": {"shared": (24,), "own": (12, 16)},
    },
    "loss-weights": {
        "angle 0.25": {"angle_weight": 0.25},
        "angle 4": {"angle_weight": 4.0},
        "angle 16": {"angle_weight": 16.0},
    },
}


def recipe(design, classes, **training):
    """The recipe of a design. training: epochs and batch_size."""
    from q2_multihead import variations

    return variations.recipe(design, **training)


def run_trial(trial):
    """What a worker does: the row of a `training.trials.Trial`."""
    from q2_multihead import variations

    return trials.run(trial, recipe, variations.validation_scores, MEASURES)


SWEEP = Sweep("q2_multihead", Design(), QUESTIONS, recipe, run_trial, MEASURES, full_epochs={"lines": 3})

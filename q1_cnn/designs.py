"""What is varied in Section 1: a design for every answer to the assignment's questions, one factor at a time."""

from dataclasses import dataclass

from training import trials
from training.sweep import Sweep


@dataclass(frozen=True)
class Design:
    """A network and its training. What is not said otherwise is the baseline.

    The baseline is what Section 1's own network for lines was before the sweep; it then took the variation "7, 3, 3".

    filters, sizes: how many filters each convolution has, and of which size.
    halving: what halves the maps of the first two convolutions: "strides", "max pooling" or "average pooling".
    ending: what the last maps are made into. dropout: share of that which a training step leaves out.
    l2: price of the squared weights. rate: the learning rate, at its highest.
    ending, loss_function, optimizer and decay are names that variations.py has a meaning for.
    """

    filters: tuple = (16, 32, 64)
    sizes: tuple = (5, 3, 3)
    halving: str = "strides"
    batch_normalization: bool = True
    ending: str = "mean"
    dropout: float = 0.0
    l2: float = 0.0
    loss_function: str = "cross-entropy"
    optimizer: str = "Adam"
    rate: float = 8e-3
    decay: str = "one cycle"


# What changes from the baseline, for each answer to each question.
QUESTIONS = {
    "filter-size": {
        "3, 3, 3": {"sizes": (3, 3, 3)},
        "5, 5, 5": {"sizes": (5, 5, 5)},
        "7, 3, 3": {"sizes": (7, 3, 3)},
        "7, 5, 3": {"sizes": (7, 5, 3)},
    },
    "filters": {
        "half": {"filters": (8, 16, 32)},
        "half again": {"filters": (24, 48, 64)},
        "double": {"filters": (32, 64, 128)},
        "32 everywhere": {"filters": (32, 32, 32)},
    },
    "depth": {
        "1 convolution": {"filters": (64,), "sizes": (5,)},
        "2 convolutions": {"filters": (16, 64), "sizes": (5, 3)},
        "4 convolutions": {"filters": (16, 32, 64, 64), "sizes": (5, 3, 3, 3)},
        "5 convolutions": {"filters": (16, 32, 64, 64, 64), "sizes": (5, 3, 3, 3, 3)},
    },
    "downsampling": {
        "max pooling": {"halving": "max pooling"},
        "average pooling": {"halving": "average pooling"},
    },
    "ending": {
        "maximum of each map": {"ending": "maximum"},
        "flatten": {"ending": "flatten"},
        "flatten, 128 units": {"ending": "flatten, 128 units"},
    },
    "normalization": {"no batch normalization": {"batch_normalization": False}},
    "learning-rate": {
        "a quarter": {"rate": 2e-3},
        "half": {"rate": 4e-3},
        "double": {"rate": 16e-3},
    },
    "decay": {
        "none": {"decay": "none"},
        "none, at Keras' 0.001": {"decay": "none", "rate": 1e-3},
        "steps": {"decay": "steps"},
        "exponential": {"decay": "exponential"},
        "cosine": {"decay": "cosine"},
    },
    "regularization": {
        "dropout 0.2": {"dropout": 0.2},
        "dropout 0.5": {"dropout": 0.5},
        "L2 0.0001": {"l2": 1e-4},
        "L2 0.001": {"l2": 1e-3},
    },
    "loss": {
        "label smoothing 0.1": {"loss_function": "label smoothing 0.1"},
        "focal": {"loss_function": "focal"},
        "mean squared error": {"loss_function": "mean squared error"},
        "hinge": {"loss_function": "hinge"},
    },
    "optimizer": {
        "AdamW": {"optimizer": "AdamW"},
        "RMSprop": {"optimizer": "RMSprop"},
        "SGD with momentum, rate 0.3": {"optimizer": "SGD with momentum", "rate": 0.3},
        "SGD, rate 1": {"optimizer": "SGD", "rate": 1.0},
    },
}


MEASURES = ("accuracy", "loss")


def run_trial(trial):
    """What a worker does: the row of a `training.trials.Trial`."""
    from q1_cnn import variations

    return trials.run(trial, variations.recipe, variations.validation_scores, MEASURES)


SWEEP = Sweep("q1_cnn", Design(), QUESTIONS, run_trial, MEASURES, full_epochs={"lines": 3, "mnist": 8})

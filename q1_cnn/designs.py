"""What is varied in Section 1: a design for every answer to the assignment's questions, one factor at a time."""

from dataclasses import dataclass

from training import trials
from training.sweep import Sweep


@dataclass(frozen=True)
class Design:
    """A network and its training. What is not said otherwise is the baseline.

    The baseline is what Section 1's own network for lines was before the sweep; it then took the variation "7, 3, 3".

    filters, sizes: how many filters each convolution has, and of which size.
    downsampling: what halves the maps of the first two convolutions: "strides", "max pooling" or "average pooling".
    pooling_head: what the last maps are made into. dropout: share of that which a training step leaves out.
    l2: penalty on the squared weights. learning_rate: at its highest.
    pooling_head, loss_function, optimizer and decay are names that variations.py has a meaning for.
    """

    filters: tuple = (16, 32, 64)
    sizes: tuple = (5, 3, 3)
    downsampling: str = "strides"
    batch_normalization: bool = True
    pooling_head: str = "mean"
    dropout: float = 0.0
    l2: float = 0.0
    loss_function: str = "cross-entropy"
    optimizer: str = "Adam"
    learning_rate: float = 8e-3
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
        "max pooling": {"downsampling": "max pooling"},
        "average pooling": {"downsampling": "average pooling"},
    },
    "pooling-head": {
        "maximum of each map": {"pooling_head": "maximum"},
        "flatten": {"pooling_head": "flatten"},
        "flatten, 128 units": {"pooling_head": "flatten, 128 units"},
    },
    "normalization": {"no batch normalization": {"batch_normalization": False}},
    "learning-rate": {
        "a quarter": {"learning_rate": 2e-3},
        "half": {"learning_rate": 4e-3},
        "double": {"learning_rate": 16e-3},
    },
    "decay": {
        "none": {"decay": "none"},
        "none, at Keras' 0.001": {"decay": "none", "learning_rate": 1e-3},
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
        "SGD with momentum, rate 0.3": {"optimizer": "SGD with momentum", "learning_rate": 0.3},
        "SGD, rate 1": {"optimizer": "SGD", "learning_rate": 1.0},
    },
}


MEASURES = ("accuracy", "loss")


def recipe(design, classes, **training):
    """The recipe of a design for a number of classes. training: epochs and batch_size."""
    from q1_cnn import variations

    return variations.recipe(design, classes, **training)


def run_trial(trial):
    """What a worker does: the row of a `training.trials.Trial`."""
    from q1_cnn import variations

    return trials.run(trial, recipe, variations.validation_scores, MEASURES)


SWEEP = Sweep("q1_cnn", Design(), QUESTIONS, recipe, run_trial, MEASURES, full_epochs={"lines": 3, "mnist": 8})

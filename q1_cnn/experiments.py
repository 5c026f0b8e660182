"""What is varied in Section 1: a design for every answer to the assignment's questions, one factor at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from sweeps.plan import Sweep

if TYPE_CHECKING:
    from common.quiet import keras
    from data.datasets import Dataset
    from training.recipe import Recipe


@dataclass(frozen=True)
class Design:
    """A network and its training; the defaults are the baseline.

    The baseline is what Section 1's own network for lines was before the sweep, which then took the variation "7, 3, 3".

    Attributes
    ----------
    filters, sizes, downsampling, batch_normalization, pooling_head, dropout, l2
        See `q1_cnn.models.own`.
    loss_function, optimizer, decay
        Names, see `recipe_of`.
    learning_rate
        The largest of the training.
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


def recipe_of(design: Design, classes: int, **training: int) -> Recipe:
    """The recipe of a design for a number of classes. `training` has epochs and batch_size."""
    from common.quiet import keras
    from q1_cnn import models
    from q1_cnn.recipes import classifier
    from training.optimizers import one_cycle

    losses, optimizers, schedules = keras.losses, keras.optimizers, keras.optimizers.schedules
    loss = {
        "cross-entropy": losses.CategoricalCrossentropy,
        "label smoothing 0.1": partial(losses.CategoricalCrossentropy, label_smoothing=0.1),
        "focal": losses.CategoricalFocalCrossentropy,
        "mean squared error": losses.MeanSquaredError,
        "hinge": losses.CategoricalHinge,
    }[design.loss_function]()
    optimizer = {
        "Adam": optimizers.Adam,
        "AdamW": optimizers.AdamW,
        "RMSprop": optimizers.RMSprop,
        "SGD with momentum": partial(optimizers.SGD, momentum=0.9, nesterov=True),
        "SGD": optimizers.SGD,
    }[design.optimizer]
    decay = {
        "one cycle": one_cycle,
        "none": lambda rate, steps: rate,
        "steps": lambda rate, steps: schedules.PiecewiseConstantDecay(
            [steps // 2, 3 * steps // 4], [rate, rate / 10, rate / 100]
        ),
        "exponential": lambda rate, steps: schedules.ExponentialDecay(rate, decay_steps=steps, decay_rate=1e-2),
        "cosine": lambda rate, steps: schedules.CosineDecay(rate, decay_steps=steps),
    }[design.decay]
    of_training = ("loss_function", "optimizer", "learning_rate", "decay")
    network = {name: value for name, value in asdict(design).items() if name not in of_training}
    return classifier(
        partial(models.own, **network), classes, loss=loss,
        optimizer=lambda steps: optimizer(decay(design.learning_rate, steps)), **training,
    )  # fmt: skip


def validation_scores(model: keras.Model, dataset: Dataset) -> dict[str, float]:
    """Accuracy, and loss as cross-entropy whatever the training's was, on the validation images."""
    from reports.metrics import score
    from training.loop import predict

    chosen = dataset.split.validation
    scores = score(dataset.labels[chosen], predict(model, dataset.images, chosen))
    return {name: scores[name] for name in SWEEP.scores}


SWEEP = Sweep(
    "q1_cnn", Design(), QUESTIONS, recipe_of, validation_scores, scores=("accuracy", "loss"),
    full_epochs={"lines": 3, "mnist": 8},
)  # fmt: skip

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
    """A network and its training. The defaults are the baseline: Section 1's network for lines before the sweep.

    Attributes
    ----------
    filters, sizes, downsampling, batch_normalization, pooling_head, dropout, l2
        See `q1_cnn.models.own`.
    loss_function, optimizer, learning_rate, decay
        Names, see `recipe_of`, and the highest learning rate of the training.
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


def _vary(**fields):
    """Return variations that change one field: from field={variation: value} to {variation: {field: value}}."""
    return {variation: {field: value} for field, values in fields.items() for variation, value in values.items()}


# What changes from the baseline, for each answer to each question.
QUESTIONS = {
    "filter-size": _vary(sizes={"3, 3, 3": (3, 3, 3), "5, 5, 5": (5, 5, 5), "7, 3, 3": (7, 3, 3), "7, 5, 3": (7, 5, 3)}),
    "filters": _vary(
        filters={"half": (8, 16, 32), "half again": (24, 48, 64), "double": (32, 64, 128), "32 everywhere": (32, 32, 32)}
    ),
    "depth": {
        "1 convolution": {"filters": (64,), "sizes": (5,)},
        "2 convolutions": {"filters": (16, 64), "sizes": (5, 3)},
        "4 convolutions": {"filters": (16, 32, 64, 64), "sizes": (5, 3, 3, 3)},
        "5 convolutions": {"filters": (16, 32, 64, 64, 64), "sizes": (5, 3, 3, 3, 3)},
    },
    "downsampling": _vary(downsampling={"max pooling": "max pooling", "average pooling": "average pooling"}),
    "pooling-head": _vary(
        pooling_head={"maximum of each map": "maximum", "flatten": "flatten", "flatten, 128 units": "flatten, 128 units"}
    ),
    "normalization": _vary(batch_normalization={"no batch normalization": False}),
    "learning-rate": _vary(learning_rate={"a quarter": 2e-3, "half": 4e-3, "double": 16e-3}),
    "decay": {
        "none": {"decay": "none"},
        "none, at Keras' 0.001": {"decay": "none", "learning_rate": 1e-3},
        **_vary(decay={"steps": "steps", "exponential": "exponential", "cosine": "cosine"}),
    },
    "regularization": _vary(dropout={"dropout 0.2": 0.2, "dropout 0.5": 0.5}, l2={"L2 0.0001": 1e-4, "L2 0.001": 1e-3}),
    "loss": {name: {"loss_function": name} for name in ("label smoothing 0.1", "focal", "mean squared error", "hinge")},
    "optimizer": {
        **_vary(optimizer={"AdamW": "AdamW", "RMSprop": "RMSprop"}),
        "SGD with momentum, rate 0.3": {"optimizer": "SGD with momentum", "learning_rate": 0.3},
        "SGD, rate 1": {"optimizer": "SGD", "learning_rate": 1.0},
    },
}


def recipe_of(design: Design, classes: int, **training: int) -> Recipe:
    """Return the recipe of a design; `training` has its epochs and batch_size."""
    from common.quiet import keras
    from q1_cnn import models
    from q1_cnn.recipes import classifier
    from training.optimizers import one_cycle

    network = asdict(design)
    rate, decay, optimizer_name = (network.pop(field) for field in ("learning_rate", "decay", "optimizer"))
    losses, optimizers, schedules = keras.losses, keras.optimizers, keras.optimizers.schedules
    loss = {
        "cross-entropy": losses.CategoricalCrossentropy(),
        "label smoothing 0.1": losses.CategoricalCrossentropy(label_smoothing=0.1),
        "focal": losses.CategoricalFocalCrossentropy(),
        "mean squared error": losses.MeanSquaredError(),
        "hinge": losses.CategoricalHinge(),
    }[network.pop("loss_function")]

    def optimizer(steps):
        learning_rate = {
            "one cycle": one_cycle(rate, steps),
            "none": rate,
            "steps": schedules.PiecewiseConstantDecay([steps // 2, 3 * steps // 4], [rate, rate / 10, rate / 100]),
            "exponential": schedules.ExponentialDecay(rate, decay_steps=steps, decay_rate=1e-2),
            "cosine": schedules.CosineDecay(rate, decay_steps=steps),
        }[decay]
        if optimizer_name == "SGD with momentum":
            return optimizers.SGD(learning_rate, momentum=0.9, nesterov=True)
        return getattr(optimizers, optimizer_name)(learning_rate)

    return classifier(partial(models.own, **network), classes, loss=loss, optimizer=optimizer, **training)


def validation_scores(model: keras.Model, dataset: Dataset) -> dict[str, float]:
    """Return the accuracy on the validation images, and the loss: the cross-entropy, whatever the loss in training was."""
    from reports.metrics import score
    from training.loop import predict

    chosen = dataset.split.validation
    scores = score(dataset.labels[chosen], predict(model, dataset.images, chosen))
    return {"accuracy": scores["accuracy"], "loss": scores["loss"]}


SWEEP = Sweep(
    "q1_cnn", Design(), QUESTIONS, recipe_of, validation_scores, scores=("accuracy", "loss"),
    full_epochs={"lines": 3, "mnist": 8},
)  # fmt: skip

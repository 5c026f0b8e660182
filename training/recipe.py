"""How a network is built and trained: what differs from one network to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from training.optimizers import adam

if TYPE_CHECKING:
    from common.quiet import keras


@dataclass(frozen=True)
class Recipe:
    """A network and its training. See `keras.Model.compile` for loss, metrics and loss_weights."""

    build: Callable  # function of an image's shape, (height, width, channels), to a Keras model
    targets: Callable  # TensorFlow function from class indices (b,) to what the losses take
    loss: object
    metrics: object
    epochs: int  # with patience: at most
    batch_size: int
    patience: int | None = None  # end before `epochs` when so many were no better in validation, with the weights of the best
    optimizer: Callable = adam  # function of the number of steps of the whole training to a Keras optimizer
    loss_weights: dict | None = None
    augment: Callable | None = None  # function of images, uint8 (b, height, width, channels), and a NumPy generator to images

    def adapted(self, **changes: object) -> Recipe:
        """Return a recipe with other values for the fields that are given and not None."""
        return replace(self, **{field: value for field, value in changes.items() if value is not None})

    def compiled(self, input_shape: tuple, images: int) -> keras.Model:
        """Build and compile the network, for so many training images of a shape, (height, width, channels)."""
        model = self.build(input_shape)
        steps = self.epochs * -(-images // self.batch_size)
        model.compile(self.optimizer(steps), self.loss, loss_weights=self.loss_weights, metrics=self.metrics)
        return model

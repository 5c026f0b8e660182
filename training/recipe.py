"""What differs from one network to the next: how it is built, and how it is trained."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from training.optimizers import adam


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    build: function of the shape of a picture, (height, width, channels), to a Keras model.
    targets: TensorFlow function from class indices (b,) to what the losses take.
    loss, metrics, loss_weights: as `keras.Model.compile` takes them.
    optimizer: function of the number of steps of the whole training to a Keras optimizer, see `training.optimizers`.
    augment: see `training.loop.train`.
    """

    build: Callable
    targets: Callable
    loss: object
    metrics: object
    epochs: int
    batch_size: int
    optimizer: Callable = adam
    loss_weights: dict | None = None
    augment: Callable | None = None

    def adapted(self, **changes):
        """This recipe with other values for the fields that are given and not None."""
        return replace(self, **{field: value for field, value in changes.items() if value is not None})

    def compiled(self, input_shape, pictures):
        """The network for pictures of a shape, (height, width, channels), and so many of them to train on; compiled."""
        model = self.build(input_shape)
        steps = self.epochs * -(-pictures // self.batch_size)
        model.compile(self.optimizer(steps), self.loss, loss_weights=self.loss_weights, metrics=self.metrics)
        return model

"""What differs from one network to the next: how it is built, and how it is trained."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

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

    def compiled(self, dataset):
        """The network for a `data.datasets.Dataset`, compiled."""
        model = self.build(dataset.images.shape[1:])
        steps = self.epochs * -(-len(dataset.split.train) // self.batch_size)
        model.compile(self.optimizer(steps), self.loss, loss_weights=self.loss_weights, metrics=self.metrics)
        return model

    def digest(self, model):
        """A few letters that change when the network (compiled) or its training does."""
        augmentation = self.augment.__name__ if self.augment else None
        return sha256(json.dumps([model.to_json(), augmentation]).encode()).hexdigest()[:8]

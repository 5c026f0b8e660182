"""How each network of Section 1 is trained. Every choice was made on validation pictures."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from q1_cnn import models
from q1_cnn.augmentation import deform
from training.loop import one_cycle
from training.quiet import keras


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    build: function of (input shape, classes) to a Keras model. peak: of the one-cycle learning rate of Adam, or
    None for Adam as Keras has it, at a constant 0.001. label_smoothing: share of the target spread over all classes.
    augment: see `training.loop.train`.
    """

    build: Callable
    epochs: int
    batch_size: int
    peak: float | None = None
    label_smoothing: float = 0.0
    augment: Callable | None = None

    def adapted(self, epochs=None, batch_size=None):
        """This recipe with other epochs or another batch size, where they are given."""
        return replace(self, epochs=epochs or self.epochs, batch_size=batch_size or self.batch_size)

    def digest(self, model):
        """A few letters that change when the network (compiled) or its training does."""
        augmentation = self.augment.__name__ if self.augment else None
        recipe = [model.to_json(), self.peak, self.label_smoothing, augmentation]
        return sha256(json.dumps(recipe).encode()).hexdigest()[:8]

    def compiled(self, dataset):
        """The network for a data set, compiled."""
        model = self.build(dataset.images.shape[1:], len(dataset.class_names))
        steps = self.epochs * -(-len(dataset.split.train) // self.batch_size)
        optimizer = keras.optimizers.Adam(one_cycle(self.peak, steps) if self.peak else 0.001)
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=self.label_smoothing)
        model.compile(optimizer, loss, metrics=["accuracy"])
        return model


RECIPES = {
    ("lines", 1): Recipe(models.prescribed, epochs=3, batch_size=256),
    ("lines", 2): Recipe(models.own_lines, epochs=3, batch_size=128, peak=8e-3),
    ("mnist", 1): Recipe(models.prescribed, epochs=5, batch_size=256),
    ("mnist", 2): Recipe(models.own_mnist, epochs=28, batch_size=128, peak=4e-3, label_smoothing=0.05, augment=deform),
}
RECIPES |= {("mnist_official", part): RECIPES["mnist", part] for part in (1, 2)}

"""How each network of Section 1 is trained. Every choice was made on validation pictures."""

from functools import partial

from q1_cnn import models
from q1_cnn.augmentation import Deformation
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.quiet import keras
from training.recipe import Recipe


def classifier(build, classes, *, loss=None, **training):
    """The recipe of a softmax over `classes`. loss: cross-entropy unless another is given. training: fields of Recipe."""
    return Recipe(
        build=partial(build, classes=classes),
        targets=one_hot(classes),
        loss=loss or keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
        **training,
    )


RECIPES = {
    ("lines", 1): classifier(models.prescribed, 96, epochs=3, batch_size=512),
    ("lines", 2): classifier(models.own_lines, 96, epochs=3, batch_size=128, optimizer=one_cycle_adam(8e-3)),
    ("mnist", 1): classifier(models.prescribed, 10, epochs=5, batch_size=512),
    ("mnist", 2): classifier(
        models.own_mnist,
        classes=10,
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.05),  # share of the target spread over all classes
        epochs=28,
        batch_size=128,
        optimizer=one_cycle_adam(8e-3),
        augment=Deformation(),
    ),
}
RECIPES |= {("mnist_official", part): RECIPES["mnist", part] for part in (1, 2)}

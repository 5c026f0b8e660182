"""How each network of Section 1 is built and trained. Every choice was made on validation images."""

from collections.abc import Callable
from functools import partial

from common.quiet import keras
from q1_cnn import models
from q1_cnn.augmentation import Deformation
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.recipe import Recipe


def classifier(build: Callable, classes: int, *, loss: keras.Loss | None = None, **training: object) -> Recipe:
    """The recipe of a softmax over `classes`, by default with cross-entropy. `training` has other fields of the recipe."""
    return Recipe(
        build=partial(build, classes=classes),
        targets=one_hot(classes),
        loss=loss or keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
        **training,
    )


# The first convolution is as large as a short line is long: of all variations of the sweep that cost no time the best.
OWN_LINES = partial(models.own, filters=(16, 32, 64), sizes=(7, 3, 3))
# Two more convolutions than for lines, which in the sweep gained most. Strides have made the maps small before the many filters
# come; larger networks that were tried at full resolution misclassified the same validation images.
OWN_MNIST = partial(models.own, filters=(24, 48, 64, 64, 64), sizes=(5, 3, 3, 3, 3))

RECIPES = {
    ("lines", 1): classifier(models.prescribed, 96, epochs=3, batch_size=512),
    ("lines", 2): classifier(OWN_LINES, 96, epochs=3, batch_size=128, optimizer=one_cycle_adam(8e-3)),
    ("mnist", 1): classifier(models.prescribed, 10, epochs=5, batch_size=512),
    ("mnist", 2): classifier(
        OWN_MNIST,
        classes=10,
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.05),  # share of the target spread over all classes
        epochs=28,
        batch_size=128,
        optimizer=one_cycle_adam(8e-3),
        augment=Deformation(),
    ),
}
RECIPES |= {("mnist_official", part): RECIPES["mnist", part] for part in (1, 2)}

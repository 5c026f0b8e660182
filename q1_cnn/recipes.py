"""How each network of Section 1 is trained. Every choice was made on validation pictures."""

from functools import partial

from q1_cnn import models
from q1_cnn.augmentation import deform
from training.loop import one_hot
from training.quiet import keras
from training.recipe import Recipe


def _classifier(build, classes, *, label_smoothing=0.0, **training):
    """The recipe of a softmax over `classes`. label_smoothing: share of the target spread over all classes."""
    return Recipe(
        build=partial(build, classes=classes),
        targets=one_hot(classes),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=["accuracy"],
        **training,
    )


RECIPES = {
    ("lines", 1): _classifier(models.prescribed, 96, epochs=3, batch_size=256),
    ("lines", 2): _classifier(models.own_lines, 96, epochs=3, batch_size=128, peak=8e-3),
    ("mnist", 1): _classifier(models.prescribed, 10, epochs=5, batch_size=256),
    ("mnist", 2): _classifier(models.own_mnist, 10, epochs=28, batch_size=128, peak=4e-3, label_smoothing=0.05, augment=deform),
}
RECIPES |= {("mnist_official", part): RECIPES["mnist", part] for part in (1, 2)}

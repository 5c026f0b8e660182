"""How each network of Section 1 is built and trained. Every choice was made on validation images."""

from collections.abc import Callable
from functools import partial

from common.quiet import keras
from data import datasets
from data.noise import FreshNoise, strengths
from q1_cnn import models
from q1_cnn.augmentation import Deformation
from training.loop import one_hot
from training.optimizers import one_cycle_adam
from training.recipe import Recipe


def classifier(build: Callable, classes: int, *, loss: keras.Loss | None = None, **training: object) -> Recipe:
    """Return the recipe of a softmax network.

    Parameters
    ----------
    build, classes
        Makes the model from the shape of an image, (height, width, channels), and the number of classes.
    loss
        By default the cross-entropy.
    **training
        Other fields of the recipe.
    """
    return Recipe(
        build=partial(build, classes=classes),
        targets=one_hot(classes),
        loss=loss or keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
        **training,
    )


# Of part 1, which has a constant learning rate: the number of epochs is that with the best accuracy in validation.
TRAINED_OUT = {"epochs": 12, "patience": 3, "batch_size": 512}
RECIPES = {
    ("lines", 1): classifier(models.prescribed, 96, **TRAINED_OUT),
    # The first filters are as large as a short line is long: the best variation of the sweep that costs no time.
    ("lines", 2): classifier(
        partial(models.own, filters=(16, 32, 64), sizes=(7, 3, 3)), 96, epochs=3, batch_size=128, optimizer=one_cycle_adam(8e-3)
    ),
    ("mnist", 1): classifier(models.prescribed, 10, **TRAINED_OUT),
    # Two convolutions more than for lines, which gained most in the sweep. The first two halve the maps before there are many
    # filters. In cross-validation without the test images, 60 epochs made fewer errors than 28, about as few as networks at
    # full resolution or with twice the parameters; training without label smoothing made more.
    ("mnist", 2): classifier(
        partial(models.own, filters=(24, 48, 64, 64, 64), sizes=(5, 3, 3, 3, 3)),
        classes=10,
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
        epochs=60,
        batch_size=128,
        optimizer=one_cycle_adam(8e-3),
        augment=Deformation(),
    ),
}
RECIPES |= {("mnist_official", part): RECIPES["mnist", part] for part in (1, 2)}


def _of_noisy_lines(level: int) -> Recipe:
    """Return the recipe of part 2 for lines at a level of noise.

    Half of the pixels of a line are as dark as the noise: the network needs maps at a higher resolution for longer, features
    that one place is enough to activate, and images whose noise it cannot learn by heart.
    """
    build = partial(models.own, filters=(32, 64, 64, 64), sizes=(7, 3, 3, 3), halving=(1, 3), pooling_head="maximum")
    augment = FreshNoise(**strengths(level))
    return classifier(build, 96, epochs=16, batch_size=128, optimizer=one_cycle_adam(5e-3), augment=augment)


for name, level in datasets.LINES.items():
    if level:
        RECIPES |= {(name, 1): RECIPES["lines", 1], (name, 2): _of_noisy_lines(level)}

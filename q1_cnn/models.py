"""The networks of Section 1. Each takes raw pixels (0 to 255) and gives class probabilities."""

from common.quiet import keras
from training.blocks import MOMENTUM, convolution_block
from training.normalization import BatchNormalization

layers = keras.layers

POOLING = {"max pooling": layers.MaxPooling2D, "average pooling": layers.AveragePooling2D}
POOLING_HEADS = {
    "mean": lambda: [layers.GlobalAveragePooling2D(name="global_pool")],
    "maximum": lambda: [layers.GlobalMaxPooling2D(name="global_pool")],
    "flatten": lambda: [layers.Flatten(name="flatten")],
    "flatten, 128 units": lambda: [layers.Flatten(name="flatten"), layers.Dense(128, activation="relu", name="fc1")],
}


def prescribed(input_shape: tuple, classes: int) -> keras.Sequential:
    """Build part 1, layer for layer as the assignment has it, for images of `input_shape`, (height, width, channels)."""
    return keras.Sequential([
        keras.Input(input_shape),
        layers.Rescaling(1 / 255, name="rescaling"),
        layers.Conv2D(32, 7, strides=1, name="conv1"),
        layers.ReLU(name="relu1"),
        BatchNormalization(momentum=MOMENTUM, name="bn1"),
        layers.MaxPooling2D(2, strides=2, name="pool1"),
        layers.Flatten(name="flatten"),
        layers.Dense(1024, name="fc1"),
        layers.ReLU(name="fc1_relu"),
        layers.Dense(classes, activation="softmax", name="predictions"),
    ])  # fmt: skip


def own(
    input_shape: tuple, classes: int, *, filters: tuple, sizes: tuple, downsampling: str = "strides", halving: tuple = (1, 2),
    batch_normalization: bool = True, pooling_head: str = "mean", dropout: float = 0.0, l2: float = 0.0,
) -> keras.Sequential:  # fmt: skip
    """Build part 2: small convolutions, each with batch normalization, and the mean of every feature map.

    By default the first two convolutions halve the maps, early, where computing them is slowest. Thanks to the mean over places
    few weights are enough: the place of a line does not change its class, and a fully connected layer would have to learn that.

    Parameters
    ----------
    input_shape, classes
        (height, width, channels) of an image, and the number of classes.
    filters, sizes
        Number of filters of each convolution, and their size in pixels along a side.
    downsampling, halving
        What halves the maps, "strides" or a key of `POOLING`, and the numbers, from 1, of the convolutions that do.
    batch_normalization
        Whether each convolution is followed by one.
    pooling_head
        What turns the last maps into features: a key of `POOLING_HEADS`.
    dropout, l2
        Share of the features that a training step drops, 0 to 1, and factor of the L2 penalty on the weights.
    """
    penalty = keras.regularizers.L2(l2) if l2 else None
    stack = [keras.Input(input_shape), layers.Rescaling(1 / 255, name="rescaling")]
    for number, (count, size) in enumerate(zip(filters, sizes), 1):
        halved = number in halving
        stack += convolution_block(
            number, count, size, strides=2 if halved and downsampling == "strides" else 1,
            batch_normalization=batch_normalization, kernel_regularizer=penalty,
        )  # fmt: skip
        if halved and downsampling in POOLING:
            stack.append(POOLING[downsampling](2, name=f"pool{number}"))
    stack += POOLING_HEADS[pooling_head]()
    if dropout:
        stack.append(layers.Dropout(dropout, name="dropout"))
    stack.append(layers.Dense(classes, activation="softmax", kernel_regularizer=penalty, name="predictions"))
    return keras.Sequential(stack)

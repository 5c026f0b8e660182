"""The networks of Section 1. Each takes raw pixels (0 to 255) and gives class probabilities."""

from training.blocks import MOMENTUM, convolution_block
from training.normalization import BatchNormalization
from training.quiet import keras

layers = keras.layers


def prescribed(input_shape, classes):
    """Part 1, layer for layer as the assignment has it. input_shape: (height, width, channels)."""
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


def own_lines(input_shape, classes):
    """Part 2 for lines: three small convolutions, each with batch normalization, and the mean of every feature map.

    Strides halve the maps early, where they cost most. The mean over positions is what lets so few weights do: a
    line is of the same class wherever it lies, and a fully connected layer would have to learn that place by place. The
    first convolution is as large as a short line is long: of all variations of the sweep that cost no time the best.
    """
    return keras.Sequential([
        keras.Input(input_shape),
        layers.Rescaling(1 / 255, name="rescaling"),
        *convolution_block(1, 16, 7, strides=2),
        *convolution_block(2, 32, 3, strides=2),
        *convolution_block(3, 64, 3),
        layers.GlobalAveragePooling2D(name="global_pool"),
        layers.Dense(classes, activation="softmax", name="predictions"),
    ])  # fmt: skip


def own_mnist(input_shape, classes):
    """Part 2 for MNIST: five small convolutions, each with batch normalization, and the mean of every feature map.

    As for lines, with two more convolutions, which in the sweep gained most. Strides have made the maps small before the
    many filters come; larger networks that were tried at full resolution erred on the same validation pictures.
    """
    return keras.Sequential([
        keras.Input(input_shape),
        layers.Rescaling(1 / 255, name="rescaling"),
        *convolution_block(1, 24, 5, strides=2),
        *convolution_block(2, 48, 3, strides=2),
        *convolution_block(3, 64, 3),
        *convolution_block(4, 64, 3),
        *convolution_block(5, 64, 3),
        layers.GlobalAveragePooling2D(name="global_pool"),
        layers.Dense(classes, activation="softmax", name="predictions"),
    ])  # fmt: skip

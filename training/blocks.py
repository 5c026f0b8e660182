"""What the networks of several sections are built of."""

from training.quiet import keras

# Keras' default of 0.99 needs many hundred steps to follow the statistics; these runs are shorter.
MOMENTUM = 0.9


def convolution_block(number, filters, size, strides=1):
    """Convolution, batch normalization and ReLU: a list of layers named after the block's number.

    The normalization shifts, so the convolution needs no bias.
    """
    return [
        keras.layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, name=f"conv{number}"),
        keras.layers.BatchNormalization(momentum=MOMENTUM, name=f"bn{number}"),
        keras.layers.ReLU(name=f"relu{number}"),
    ]

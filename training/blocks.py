"""What the networks of several sections are built of."""

from common.quiet import keras
from training.normalization import BatchNormalization

# Keras' default of 0.99 needs many hundred steps to follow the statistics; these runs are shorter.
MOMENTUM = 0.9


def convolution_block(number, filters, size, strides=1, *, prefix="", batch_normalization=True, kernel_regularizer=None):
    """Convolution, batch normalization (unless it is left out) and ReLU: a list of layers named after the block's number.

    The normalization shifts, so a convolution before it needs no bias. prefix: of the layers' names.
    """
    convolution = keras.layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=not batch_normalization,
        kernel_regularizer=kernel_regularizer, name=f"{prefix}conv{number}",
    )  # fmt: skip
    normalization = BatchNormalization(momentum=MOMENTUM, name=f"{prefix}bn{number}")
    return [convolution, *[normalization] * batch_normalization, keras.layers.ReLU(name=f"{prefix}relu{number}")]

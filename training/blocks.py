"""What the networks of several sections are built of."""

from common.quiet import keras
from training.normalization import BatchNormalization

# Keras' default of 0.99 needs many hundred steps to follow the statistics; these runs are shorter.
MOMENTUM = 0.9


def convolution_block(
    number: int, filters: int, size: int, strides: int = 1, *, prefix: str = "", batch_normalization: bool = True,
    kernel_regularizer: keras.Regularizer | None = None,
) -> list[keras.Layer]:  # fmt: skip
    """Make convolution, batch normalization and ReLU; their names are `prefix`, what they are, and the block's number.

    The normalization shifts, so a convolution before it needs no bias.
    """
    convolution = keras.layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=not batch_normalization,
        kernel_regularizer=kernel_regularizer, name=f"{prefix}conv{number}",
    )  # fmt: skip
    normalization = BatchNormalization(momentum=MOMENTUM, name=f"{prefix}bn{number}")
    return [convolution, *[normalization] * batch_normalization, keras.layers.ReLU(name=f"{prefix}relu{number}")]

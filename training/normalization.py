"""Batch normalization in one operation; Keras 3 composes it of a dozen, each of which goes through memory anew."""

from common.quiet import keras, tensorflow


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer for maps (b, height, width, channels) in float32, with its arithmetic.

    `training.loop.save` replaces it by Keras' own layer.

    References
    ----------
    Ioffe and Szegedy, Batch Normalization, arXiv 1502.03167.
    """

    def build(self, input_shape: tuple) -> None:
        """Make the weights. Raises ValueError for what the one operation cannot do, such as other axes."""
        special = self.renorm or self.synchronized or not (self.scale and self.center)
        if len(input_shape) != 4 or self.axis not in (-1, 3) or special:
            raise ValueError("only maps with the channels last, a scale and a center: take keras.layers.BatchNormalization")
        super().build(input_shape)

    def call(
        self, inputs: keras.KerasTensor, training: bool | None = None, mask: keras.KerasTensor | None = None
    ) -> keras.KerasTensor:
        """Normalize maps; in training with their own statistics, which the moving mean and variance follow."""
        if not (training and self.trainable) or mask is not None:
            return super().call(inputs, training, mask)
        output, mean, variance, *_ = tensorflow.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma, offset=self.beta, mean=[], variance=[], epsilon=self.epsilon, is_training=True
        )
        values = tensorflow.cast(tensorflow.size(inputs) // inputs.shape[-1], variance.dtype)
        variance *= (values - 1) / values  # the operation divides by one less, as for a sample; Keras does not
        for moving, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * of_batch)
        return output

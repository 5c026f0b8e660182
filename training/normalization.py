"""Batch normalization in one operation, where Keras 3 composes it of a dozen, each of which goes through memory anew."""

from training.quiet import keras, tensorflow


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer for maps (b, height, width, channels), with its arithmetic; see benchmarks/README.md for what it saves.

    Ioffe and Szegedy, arXiv 1502.03167. `training.loop.save` writes Keras' own layer in its place.
    """

    def call(self, inputs, training=None, mask=None):
        """Keras' arguments and output; in training the moving mean and variance follow those of the batch."""
        if not training:
            return super().call(inputs)
        output, mean, variance, *_ = tensorflow.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma, offset=self.beta, mean=[], variance=[], epsilon=self.epsilon, is_training=True
        )
        values = tensorflow.cast(tensorflow.size(inputs) // inputs.shape[-1], variance.dtype)
        variance *= (values - 1) / values  # the operation divides by one less, as for a sample; Keras does not
        for moving, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * of_batch)
        return output

"""The network of Section 2: one feature network, and four heads on it. It takes raw pixels (0 to 255).

The heads are called length, width, angle and color, and so are their layers, the outputs and the labels. The network
gives probabilities, {"length": (b, 1), "width": (b, 1), "angle": (b, 12), "color": (b, 1)}: of long, thick and blue,
and of each angle.
"""

from data.line_classes import FACTORS
from training.blocks import convolution_block
from training.quiet import keras

layers = keras.layers

# One sigmoid neuron for a factor with two levels, a softmax neuron for each level of one with more.
NEURONS = {name: 1 if len(levels) == 2 else len(levels) for name, levels in FACTORS.items()}


def multihead(input_shape):
    """The whole network. input_shape: (height, width, channels)."""
    picture = keras.Input(input_shape, name="picture")
    features = feature_network(picture)
    return MultiheadNetwork(picture, {name: head(name, features) for name in FACTORS}, name="multihead")


def feature_network(picture):
    """From a picture (b, height, width, channels) to 64 features (b, 64), the means of the last feature maps.

    Built as Section 1's own network for lines, with half as many filters again in the first two convolutions.
    """
    features = layers.Rescaling(1 / 255, name="rescaling")(picture)
    convolutions = [
        *convolution_block(1, 24, 7, strides=2),
        *convolution_block(2, 48, 3, strides=2),
        *convolution_block(3, 64, 3),
    ]
    for layer in convolutions:
        features = layer(features)
    return layers.GlobalAveragePooling2D(name="global_pool")(features)


def head(name, features):
    """A head's one layer, on features (b, 64): the final layer that the assignment orders."""
    activation = "sigmoid" if NEURONS[name] == 1 else "softmax"
    return layers.Dense(NEURONS[name], activation=activation, name=name)(features)


class MultiheadNetwork(keras.Model):
    """A functional model that also reports, while it is trained, the share of pictures that all heads get right."""

    def __init__(self, inputs, outputs, name=None, **options):
        super().__init__(inputs, outputs, name=name, **options)
        self.all_heads = keras.metrics.Mean("accuracy")

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        self.all_heads.update_state(all_heads_right(y, y_pred))
        return super().compute_metrics(x, y, y_pred, sample_weight)


def all_heads_right(targets, outputs):
    """Which pictures every head gets right, bool (b,). targets, outputs: dicts from head to (b, neurons)."""
    return keras.ops.all(keras.ops.stack([_class_of(targets[head]) == _class_of(outputs[head]) for head in NEURONS]), axis=0)


def _class_of(output):
    """The class that the neurons of a head name, int (b,). output: (b, neurons)."""
    if output.shape[-1] == 1:
        return keras.ops.cast(output[:, 0] > 0.5, "int32")
    return keras.ops.argmax(output, axis=-1)

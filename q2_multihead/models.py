"""The network of Section 2: one feature network, and four heads on it. It takes raw pixels (0 to 255).

The heads are called length, width, angle and color, and so are their layers, the outputs and the labels. The network
gives probabilities, {"length": (b, 1), "width": (b, 1), "angle": (b, 12), "color": (b, 1)}: of long, thick and blue,
and of each angle.
"""

from common.quiet import keras
from data.line_classes import FACTORS
from training.blocks import convolution_block

layers = keras.layers

# One sigmoid neuron for a factor with two levels, a softmax neuron for each level of one with more.
NEURONS = {name: 1 if len(levels) == 2 else len(levels) for name, levels in FACTORS.items()}


def multihead(
    input_shape: tuple, *, shared: tuple = (24, 48, 64), first_size: int = 7, own: tuple = (), head_units: int = 0
) -> keras.Model:
    """The whole network. Its defaults are the published one.

    Built as Section 1's own network for lines, with half as many filters again in the first two convolutions.

    Parameters
    ----------
    input_shape
        (height, width, channels) of an image.
    shared
        Filters of the convolutions that all heads share.
    first_size
        Pixels along a side of the first convolution's filters; the others have 3.
    own
        Filters of the convolutions that follow and that each head has for itself.
    head_units
        Units of a hidden layer in each head; 0 for none.
    """
    images = keras.Input(input_shape, name="picture")
    maps = _convolutions(layers.Rescaling(1 / 255, name="rescaling")(images), shared, 1, first_size)
    if own:
        features = {name: _own_features(name, maps, own, 1 + len(shared)) for name in FACTORS}
    else:
        features = dict.fromkeys(FACTORS, layers.GlobalAveragePooling2D(name="global_pool")(maps))
    heads = {name: _head(name, features[name], head_units) for name in FACTORS}
    return MultiheadNetwork(images, heads, name="multihead")


def _convolutions(maps, filters, first, first_size=3, prefix=""):
    for number, count in enumerate(filters, first):
        size, strides = first_size if number == 1 else 3, 2 if number <= 2 else 1
        for layer in convolution_block(number, count, size, strides=strides, prefix=prefix):
            maps = layer(maps)
    return maps


def _own_features(name, maps, filters, first):
    maps = _convolutions(maps, filters, first, prefix=f"{name}_")
    return layers.GlobalAveragePooling2D(name=f"{name}_global_pool")(maps)


def _head(name, features, units):
    """A head on features (b, channels): the final layer that the assignment orders, after a hidden layer if it has units."""
    if units:
        features = layers.Dense(units, activation="relu", name=f"{name}_fc1")(features)
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

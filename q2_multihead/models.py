"""The network of Section 2: a feature network with four heads. It takes raw pixels (0 to 255).

The heads are called length, width, angle and color, and so are their final layers, the outputs and the labels. The outputs are
probabilities, {"length": (b, 1), "width": (b, 1), "angle": (b, 12), "color": (b, 1)}: of long, thick, each angle, and blue.
"""

from common.quiet import keras
from data.line_classes import FACTORS
from training.blocks import convolution_block

layers = keras.layers

POOLING_HEADS = {"mean": layers.GlobalAveragePooling2D, "maximum": layers.GlobalMaxPooling2D}
# One sigmoid neuron for a factor with two levels, a softmax neuron for each level of one with more.
NEURONS = {head: 1 if len(levels) == 2 else len(levels) for head, levels in FACTORS.items()}


def multihead(
    input_shape: tuple, *, shared: tuple = (24, 48, 64), first_size: int = 7, own: tuple = (), head_units: int = 0,
    halving: tuple = (1, 2), pooling_head: str = "mean",
) -> keras.Model:  # fmt: skip
    """Build the whole network, by default the published one.

    Parameters
    ----------
    input_shape
        (height, width, channels) of an image.
    shared, own
        Filters of the convolutions that all heads share, and of those that follow and each head has for itself.
    first_size
        Pixels along a side of the first convolution's filters; the others have 3.
    head_units
        Units of a hidden layer in each head; 0 for none.
    halving
        The numbers, from 1, of the convolutions that halve the maps.
    pooling_head
        What turns the last maps into features: a key of `POOLING_HEADS`.
    """
    images = keras.Input(input_shape, name="picture")
    pool = POOLING_HEADS[pooling_head]
    maps = _convolutions(layers.Rescaling(1 / 255, name="rescaling")(images), shared, 1, halving, first_size)
    if own:
        own_maps = {head: _convolutions(maps, own, 1 + len(shared), halving, prefix=f"{head}_") for head in NEURONS}
        features = {head: pool(name=f"{head}_global_pool")(own_maps[head]) for head in NEURONS}
    else:
        features = dict.fromkeys(NEURONS, pool(name="global_pool")(maps))
    outputs = {head: _output(head, features[head], head_units) for head in NEURONS}
    return MultiheadNetwork(images, outputs, name="multihead")


def _convolutions(maps, filters, first, halving, first_size=3, prefix=""):
    for number, count in enumerate(filters, first):
        size, strides = first_size if number == 1 else 3, 2 if number in halving else 1
        for layer in convolution_block(number, count, size, strides=strides, prefix=prefix):
            maps = layer(maps)
    return maps


def _output(head, features, units):
    if units:
        features = layers.Dense(units, activation="relu", name=f"{head}_fc1")(features)
    activation = "sigmoid" if NEURONS[head] == 1 else "softmax"
    return layers.Dense(NEURONS[head], activation=activation, name=head)(features)


class MultiheadNetwork(keras.Model):
    """A functional model that in training also reports the share of images that all heads classify correctly."""

    def __init__(self, inputs: object, outputs: object, name: str | None = None, **options: object) -> None:
        super().__init__(inputs, outputs, name=name, **options)
        self.all_heads = keras.metrics.Mean("accuracy")

    def compute_metrics(self, x: object, y: dict, y_pred: dict, sample_weight: object = None) -> dict:
        """Update the metrics with targets and outputs, {head: (b, neurons)}, and return their values."""
        correct = [_levels(y[head]) == _levels(y_pred[head]) for head in NEURONS]
        self.all_heads.update_state(keras.ops.all(keras.ops.stack(correct), axis=0))
        return super().compute_metrics(x, y, y_pred, sample_weight)


def _levels(output):
    """Return the levels, int (b,), that a head's output or target, (b, neurons), stands for."""
    if output.shape[-1] == 1:
        return keras.ops.cast(output[:, 0] > 0.5, "int32")
    return keras.ops.argmax(output, axis=-1)

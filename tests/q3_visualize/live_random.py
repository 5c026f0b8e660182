"""Random networks for the fuzz test: drawn from a generator, of the layers that live/engine.js runs."""

import numpy as np

from common.quiet import keras
from q3_visualize.networks import Network
from tests.q3_visualize.live_building import randomise

layers, ops = keras.layers, keras.ops
ACTIVATIONS = ("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus", "softsign",
               "hard_sigmoid", "hard_silu", "mish", "softmax", "linear")  # fmt: skip
WIDEST = 16  # pixels along a side that are still enlarged


class Draw:
    """Draws layers and applies them to maps."""

    def __init__(self, generator):
        self.generator = generator

    def one_of(self, *choices):
        return choices[self.generator.integers(len(choices))]

    def number(self, low, high):
        return int(self.generator.integers(low, high + 1))

    def chance(self):
        return self.one_of(True, False)

    def function(self, channels):
        """The name of an activation function; a softmax over one channel would be 1."""
        return self.one_of(*(name for name in ACTIVATIONS if name != "softmax" or channels > 1))

    def spread(self, maps):
        """Maps times another number at each place: of equal maxima in an even area rounding would make one the largest.

        A maximum of zeros stays one of equals.
        """
        return maps * self.generator.uniform(0.5, 1.5, (*maps.shape[1:3], 1)).astype(np.float32)

    def window(self, maps, largest, strides):
        """Options of a window that slides: its size, and its strides or its dilation."""
        sizes, dilation = (self.number(1, largest), self.number(1, largest)), 1
        if strides == (1, 1):
            dilation = self.number(1, 2)
        reaches = [(size - 1) * dilation + 1 for size in sizes]
        fits = all(reach <= side for reach, side in zip(reaches, maps.shape[1:3]))
        return sizes, dilation, self.one_of("valid", "same") if fits else "same"

    def strides(self, equal=False):
        if self.chance():
            return (1, 1)
        stride = self.number(1, 3)
        return (stride, stride if equal else self.number(1, 3))

    def convolution(self, maps):
        strides, channels = self.strides(), maps.shape[-1]
        sizes, dilation, padding = self.window(maps, 4, strides)
        # With strides beyond the kernel TensorFlow 2.21's Conv2DBackpropFilter, which an eager tape calls, writes beyond its
        # memory.
        strides = tuple(map(min, strides, sizes))
        groups = self.one_of(1, *(group for group in range(1, channels + 1) if channels % group == 0))
        filters = self.number(2, 6) if groups == 1 else groups * self.number(1, 2)
        options = {"use_bias": self.chance(), "activation": self.function(filters), "dilation_rate": dilation}
        return layers.Conv2D(filters, sizes, strides, padding, groups=groups, **options)(maps)

    def depthwise(self, maps):
        strides = self.strides(equal=True)
        sizes, dilation, padding = self.window(maps, 3, strides)
        options = {"strides": strides, "padding": padding, "dilation_rate": dilation, "use_bias": self.chance()}
        multiplier = self.number(1, 2)
        options |= {"depth_multiplier": multiplier, "activation": self.function(multiplier * maps.shape[-1])}
        if self.chance():
            return layers.SeparableConv2D(self.number(2, 6), sizes, **options)(maps)
        return layers.DepthwiseConv2D(sizes, **options)(maps)

    def pooling(self, maps):
        strides = self.strides()
        sizes, _, padding = self.window(maps, 3, (2, 2))
        return self.one_of(layers.MaxPooling2D, layers.AveragePooling2D)(sizes, strides, padding)(self.spread(maps))

    def scaling(self, maps):
        channels, places = maps.shape[-1], maps.shape[1] * maps.shape[2]
        choices = [layers.BatchNormalization(), layers.Rescaling(0.7, -0.2), layers.PReLU(shared_axes=[1, 2])]
        if channels >= 4:  # of two numbers the normalized are almost 1 and -1: their gradient is a rounding
            choices.append(layers.LayerNormalization())
        if places >= 6:
            groups = self.one_of(*(group for group in range(1, channels + 1) if channels % group == 0))
            choices += [layers.GroupNormalization(groups), layers.LayerNormalization(axis=[1, 2, 3])]
        return self.one_of(*choices)(maps)

    def activation(self, maps):
        return layers.Activation(self.function(maps.shape[-1]))(maps * self.one_of(0.5, 1.5, 4.0))

    def places(self, maps):
        height, width, channels = maps.shape[1:]
        enlarged = layers.UpSampling2D(self.one_of(2, (1, 2), (3, 1)), interpolation=self.one_of("nearest", "bilinear"))
        resized = layers.Resizing(self.number(2, WIDEST), self.number(2, WIDEST), self.one_of("nearest", "bilinear"))
        padding = tuple((self.number(0, 2), self.number(0, 2)) for _ in range(2))
        choices = [resized, layers.ZeroPadding2D(padding), layers.Reshape((width, height, channels))]
        if max(height, width) <= WIDEST:
            choices.append(enlarged)
        if min(height, width) > 5:
            choices += [layers.Cropping2D(padding), layers.CenterCrop(self.number(2, height), self.number(2, width))]
        return self.one_of(*choices)(maps)

    def branches(self, maps):
        channels = maps.shape[-1]
        other = layers.Conv2D(channels, self.number(1, 3), padding="same", activation=self.function(channels))(maps)
        functions = [ops.add, ops.subtract, ops.multiply, ops.maximum, ops.minimum]
        if self.chance():  # one number for all places, or for all channels
            other = self.one_of(
                layers.GlobalAveragePooling2D(keepdims=True), layers.GlobalMaxPooling2D(keepdims=True), layers.Conv2D(1, 1)
            )(self.spread(other))
            functions = functions[:3]  # the maximum of a map and its largest number is even: its variance would be rounding
        elif self.chance():
            return layers.Concatenate(axis=self.number(1, 3))([maps, other] if self.chance() else [other, maps, other])
        if self.chance():
            return maps / (layers.Activation("sigmoid")(other) + 0.5)
        combine = self.one_of(*functions)
        return combine(maps, other) if self.chance() else combine(other, maps)

    def step(self, maps):
        steps = (self.convolution, self.convolution, self.depthwise, self.pooling, self.scaling, self.activation, self.places,
                 self.branches)  # fmt: skip
        return self.one_of(*steps)(maps)


def network(seed):
    """A random network with random weights."""
    draw = Draw(np.random.default_rng(seed))
    image = keras.Input((draw.number(4, 14), draw.number(4, 14), draw.one_of(1, 3, 4)))
    maps = image
    for _ in range(draw.number(2, 6)):
        maps = draw.step(maps)
    pools = [layers.Flatten(), layers.GlobalAveragePooling2D(), layers.GlobalMaxPooling2D()]
    maps = draw.spread(maps)
    features = layers.Concatenate()([pool(maps) for pool in pools]) if draw.chance() else pools[0](maps)
    end = {"activation": "softmax"} if draw.chance() else {}
    model = keras.Model(image, layers.Dense(draw.number(2, 7), name="predictions", **end)(features))
    randomise(model, draw.generator)
    return Network(model, f"random {seed}", pixel_range=draw.one_of("0..1", "-1..1"))

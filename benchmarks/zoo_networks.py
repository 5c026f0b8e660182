"""Builds a small network of each kind that people have, with random weights, and a probe of it.

A probe is a second model of the same layers, on the graph in which they were built: the same inputs -> [the maps that a heatmap
is made of, logits of the first output, of the second...]. Nothing of a probe comes from a file or from Section 3.
"""

from collections.abc import Callable
from typing import NamedTuple

from common.quiet import keras

layers, ops, applications, initializers = keras.layers, keras.ops, keras.applications, keras.initializers
CLASSES = 5


class Built(NamedTuple):
    """A network, and its probe: None where Grad-CAM of it is not defined."""

    model: keras.Model
    probe: keras.Model | None
    others: tuple[keras.Model, ...] = ()  # probes of other calls of the same layer


def convolution(name: str, span: float = 1.0, **options: object) -> keras.Layer:
    """Return a convolution with a ReLU for values that span so much.

    As in a trained network its biases are not 0, so that a wrong range of pixels changes more than the scale of its maps.
    """
    kernels, biases = initializers.VarianceScaling(2 / span**2), initializers.RandomNormal(stddev=0.3)
    return layers.Conv2D(8, 3, activation="relu", kernel_initializer=kernels, bias_initializer=biases, name=name, **options)


def wide() -> keras.Initializer:
    """Return what makes logits as far apart as those of a trained network."""
    return initializers.RandomNormal(stddev=1.0)


def small(
    scaling: Callable | None = None,
    shape: tuple = (28, 28, 3),
    span: float = 1.0,
    pooling: keras.Layer | None = None,
    **options: object,
) -> Built:
    """Return a functional network of two convolutions, conv1 and conv2, and two fully connected layers.

    `scaling` is a layer or a function of the input; `options` are those of `classified`.
    """
    inputs = keras.Input(shape)
    maps = convolution("conv2")(convolution("conv1", span, strides=2)(scaling(inputs) if scaling else inputs))
    return joined(inputs, maps, *classified(maps, pooling, **options))


def joined(inputs: object, maps: object, output: object, logits: object) -> Built:
    """Return the network from inputs to an output, and its probe."""
    return Built(keras.Model(inputs, output), keras.Model(inputs, [maps, logits]))


def classified(
    maps: object,
    pooling: keras.Layer | None = None,
    units: int = CLASSES,
    activation: str | None = "softmax",
    name: str = "predictions",
) -> tuple:
    """Return an output made of maps, and its logits."""
    hidden = layers.Dense(16, activation="relu")((pooling or layers.Flatten())(maps))
    return last(hidden, units, activation, name)


def last(hidden: object, units: int = CLASSES, activation: str | None = "softmax", name: str = "predictions") -> tuple:
    """Return the output of a fully connected layer, and that of a twin with the same weights and no activation function."""
    layer, twin = layers.Dense(units, activation, kernel_initializer=wide(), name=name), layers.Dense(units)
    pair = layer(hidden), twin(hidden)
    twin.set_weights(layer.get_weights())
    return pair


def sequential() -> Built:
    """Return a Sequential with a Rescaling layer."""
    model = keras.Sequential([
        keras.Input((28, 28, 3)), layers.Rescaling(1 / 255), convolution("conv1", strides=2), layers.BatchNormalization(),
        convolution("conv2"), layers.Flatten(), layers.Dropout(0.3), layers.Dense(16, "relu"),
        layers.Dense(CLASSES, "softmax", kernel_initializer=wide()),
    ])  # fmt: skip
    return probed(model, "conv2")


def probed(model: keras.Model, layer: str) -> Built:
    """Return a network that ends in a fully connected layer, with its probe at a layer."""
    twin = layers.Dense(model.layers[-1].units)
    logits = twin(model.layers[-1].input)
    twin.set_weights(model.layers[-1].get_weights())
    return Built(model, keras.Model(model.inputs[0], [model.get_layer(layer).output, logits]))


def nested() -> Built:
    """Return transfer learning: a model as a layer of another."""
    image = keras.Input((28, 28, 3))
    base = keras.Model(image, convolution("conv2")(convolution("conv1", strides=2)(image)), name="base")
    inputs = keras.Input((28, 28, 3))
    maps = base(inputs)
    return joined(inputs, maps, *classified(maps))


def heads() -> Built:
    """Return a network with two classifying outputs."""
    inputs = keras.Input((28, 28, 3))
    maps = convolution("conv2")(convolution("conv1", strides=2)(inputs))
    (color, color_logits), (shape, shape_logits) = classified(maps, units=3, name="color"), classified(maps, name="shape")
    return Built(keras.Model(inputs, [color, shape]), keras.Model(inputs, [maps, color_logits, shape_logits]))


def softmax_layer(temperature: float | None = None) -> Built:
    """Return a network whose softmax is a layer of its own, or an operation after one that divides by a temperature."""
    inputs = keras.Input((28, 28, 3))
    maps = convolution("conv2")(convolution("conv1", strides=2)(inputs))
    logits, _ = classified(maps, activation=None, name="logits")
    output = ops.softmax(logits / temperature) if temperature else layers.Softmax(name="predictions")(logits)
    return joined(inputs, maps, output, logits)


def normalized() -> Built:
    """Return a network with a Normalization layer that was adapted on pixels from 0 to 1."""
    return small(layers.Normalization(mean=[0.45, 0.44, 0.40], variance=[0.05, 0.05, 0.06]))


def channels_first() -> Built:
    """Return a network of images (3, height, width)."""
    inputs = keras.Input((3, 28, 28))
    options = {"data_format": "channels_first"}
    maps = convolution("conv2", **options)(convolution("conv1", strides=2, **options)(inputs))
    return joined(inputs, maps, *classified(maps))


def mobilenet() -> Built:
    """Return MobileNetV3Small, which takes images of any size and ends in convolutions on a map of one cell."""
    model = applications.MobileNetV3Small(weights=None, classes=CLASSES)
    return Built(model, keras.Model(model.inputs[0], [model.get_layer("conv_1").output, model.get_layer("flatten").output]))


def application(make: Callable, size: int, layer: str) -> Built:
    """Return a network of keras.applications that ends in a fully connected layer."""
    return probed(make(weights=None, input_shape=(size, size, 3), classes=CLASSES), layer)


def of_type(dtype: str, inputs: keras.KerasTensor) -> Built:
    """Return a network that computes in another type than float32."""
    maps = convolution("conv2", dtype=dtype)(convolution("conv1", strides=2, dtype=dtype)(inputs))
    hidden = layers.Dense(16, "relu", dtype=dtype)(layers.Flatten(dtype=dtype)(maps))
    if dtype.startswith("mixed"):  # the last layer in float32, as Keras' guide has it
        return joined(inputs, maps, *last(hidden))
    layer, twin = (
        layers.Dense(CLASSES, "softmax", kernel_initializer=wide(), name="predictions", dtype=dtype),
        layers.Dense(CLASSES, dtype=dtype),
    )
    built = joined(inputs, maps, layer(hidden), twin(hidden))
    twin.set_weights(layer.get_weights())
    return built


def whole_numbers() -> Built:
    """Return a network whose input is uint8."""
    inputs = keras.Input((28, 28, 3), dtype="uint8")
    maps = convolution("conv2")(convolution("conv1", strides=2)(layers.Rescaling(1 / 255)(inputs)))
    return joined(inputs, maps, *classified(maps))


def shared() -> Built:
    """Return a network that calls one convolution three times; the third is explained."""
    inputs, again = keras.Input((28, 28, 3)), convolution("conv2", padding="same")
    first = again(convolution("conv1", strides=2)(inputs))
    second = again(first)
    third = again(second)
    output, logits = classified(third)
    others = tuple(keras.Model(inputs, [maps, logits]) for maps in (first, second))
    return Built(keras.Model(inputs, output), keras.Model(inputs, [third, logits]), others)


def ensemble() -> Built:
    """Return the mean of two networks' probabilities, on shared maps: its own output stands in for logits."""
    inputs = keras.Input((28, 28, 3))
    maps = convolution("conv2")(convolution("conv1", strides=2)(inputs))
    output = layers.Average(name="mean")([classified(maps, name="first")[0], classified(maps, name="second")[0]])
    return joined(inputs, maps, output, output)

"""Builds small networks that do more, or other, than to classify one image: for zoo.py, as zoo_networks.py does."""

from benchmarks.zoo_networks import Built, classified, convolution, joined, last
from common.quiet import keras

layers, ops = keras.layers, keras.ops


def with_numbers() -> Built:
    """Return a network that takes an image and three numbers."""
    image, numbers = keras.Input((28, 28, 3), name="image"), keras.Input((3,), name="metadata")
    maps = convolution("conv2")(convolution("conv1", strides=2)(image))
    both = layers.Concatenate()([layers.Flatten()(maps), layers.Dense(8, "relu")(numbers)])
    return joined([image, numbers], maps, *last(layers.Dense(16, "relu")(both)))


def siamese() -> Built:
    """Return a network that says whether two images show the same: a sigmoid of the difference of their features."""
    left, right = keras.Input((28, 28, 3), name="left"), keras.Input((28, 28, 3), name="right")
    first, second, dense = convolution("conv1", strides=2), convolution("conv2"), layers.Dense(16, "relu")
    both = [second(first(image)) for image in (left, right)]
    difference = layers.Subtract()([dense(layers.Flatten()(maps)) for maps in both])
    output, logits = last(difference, 1, "sigmoid")
    probe, other = (keras.Model([left, right], [maps, logits]) for maps in both)
    return Built(keras.Model([left, right], output), probe, (other,))


def u_net() -> Built:
    """Return a network that classifies every pixel; the maps are those of its narrowest layer."""
    inputs = keras.Input((32, 32, 3))
    fine = convolution("down1", padding="same")(inputs)
    coarse = convolution("down2", padding="same")(layers.MaxPooling2D()(fine))
    maps = convolution("middle", padding="same")(layers.MaxPooling2D()(coarse))
    up = layers.Concatenate()([layers.UpSampling2D()(maps), coarse])
    up = layers.Concatenate()([layers.UpSampling2D()(convolution("up1", padding="same")(up)), fine])
    logits = layers.Conv2D(3, 1, name="logits")(up)
    return joined(inputs, maps, layers.Softmax(name="classes")(logits), logits)


def captcha() -> Built:
    """Return a network that reads six letters from left to right: class probabilities at each of six places."""
    inputs = keras.Input((20, 48, 1))
    maps = convolution("conv2", padding="same", strides=2)(convolution("conv1", padding="same", strides=2)(inputs))
    columns = layers.Permute((2, 1, 3))(layers.AveragePooling2D((1, 2))(maps))
    return joined(inputs, maps, *last(layers.Reshape((6, 40))(columns), 10))


def transformer() -> Built:
    """Return a vision transformer of two blocks, whose class comes from the mean of the tokens."""
    inputs = keras.Input((28, 28, 3))
    maps = layers.Conv2D(16, 4, strides=4, name="patches")(inputs)
    tokens = layers.Reshape((49, 16))(maps)
    for _ in range(2):
        normal = layers.LayerNormalization()(tokens)
        tokens = layers.Add()([tokens, layers.MultiHeadAttention(2, 8)(normal, normal)])
        wide = layers.Dense(32, "gelu")(layers.LayerNormalization()(tokens))
        tokens = layers.Add()([tokens, layers.Dense(16)(wide)])
    return joined(inputs, maps, *last(layers.GlobalAveragePooling1D()(layers.LayerNormalization()(tokens))))


def frames() -> Built:
    """Return a network of four images in turn, each seen by the same convolution: what its one map would be is not defined."""
    inputs = keras.Input((4, 28, 28, 3))
    maps = layers.TimeDistributed(convolution("inner", strides=2), name="conv2")(inputs)
    model = keras.Model(inputs, classified(layers.LSTM(8)(layers.TimeDistributed(layers.Flatten())(maps)))[0])
    return Built(model, None)


def volume() -> Built:
    """Return a network of volumes."""
    inputs = keras.Input((8, 28, 28, 1))
    maps = layers.Conv3D(8, 3, strides=2, activation="relu", bias_initializer="random_normal", name="conv2")(inputs)
    return joined(inputs, maps, *classified(maps))


def own_code() -> Built:
    """Return a network with a function of its author in a Lambda layer."""
    inputs = keras.Input((28, 28, 3))
    scaled = layers.Lambda(lambda values: values / 255.0)(inputs)
    maps = convolution("conv2")(convolution("conv1", strides=2)(scaled))
    return joined(inputs, maps, *classified(maps))

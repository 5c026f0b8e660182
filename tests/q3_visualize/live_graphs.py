"""Networks of live_zoo.py with branches, operations, activation functions, and several inputs and outputs."""

import numpy as np

from common.quiet import keras
from tests.q3_visualize.live_building import chain, ending, graph, zoo

layers, ops = keras.layers, keras.ops
Conv2D, Dense, Flatten = layers.Conv2D, layers.Dense, layers.Flatten
ACTIVATIONS = ("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus", "softsign",
               "exponential", "hard_sigmoid", "hard_silu", "mish", "linear", "softmax", "log_softmax")  # fmt: skip
HOSTILE = "<script>b'\"\\ \u2028 <!-- é 犬"  # Keras forbids "/" alone


# ---- activation functions


def of_wide_values(image):
    """Maps with values on both sides of every bend of an activation function."""
    return layers.Rescaling(4.0)(Conv2D(3, 3)(image))


@zoo
def activations():
    def compute(image):
        maps = of_wide_values(image)
        return layers.Concatenate()([layers.Activation(name)(maps) for name in ACTIVATIONS])

    return graph((8, 7, 3), compute)


@zoo
def activations_with_settings():
    functions = [
        layers.ReLU(max_value=3), layers.ReLU(negative_slope=0.3, threshold=1, max_value=4), layers.LeakyReLU(0.4),
        layers.ELU(0.7), layers.PReLU(shared_axes=[1, 2]), layers.PReLU(), layers.Softmax(), ops.gelu, ops.elu, ops.log_softmax,
        ops.relu, ops.silu, ops.hard_silu, lambda x: ops.leaky_relu(x, 0.1), lambda x: ops.gelu(x, approximate=False),
        lambda x: keras.activations.relu(x, negative_slope=0.2, max_value=2, threshold=0.5),
    ]  # fmt: skip

    def compute(image):
        maps = of_wide_values(image)
        return layers.Concatenate()([function(maps) for function in functions])

    return graph((8, 7, 3), compute)


@zoo
def at_0():
    """Dead filters without a bias, as after a ReLU: which side of a bend 0 belongs to."""
    functions = [layers.PReLU(), layers.LeakyReLU(0.4), layers.ELU(0.7), *map(layers.Activation, ACTIVATIONS)]

    def compute(image):
        zeros = Conv2D(3, 3, activation="tanh")(image) * 0.0
        maps = layers.MaxPooling2D(2)(layers.Concatenate()([function(zeros) for function in functions]))
        return layers.Concatenate()([Flatten()(maps), layers.GlobalMaxPooling2D()(zeros)])

    return graph((8, 7, 3), compute)


# ---- several values


@zoo
def branches():
    def compute(image):
        one, other = Conv2D(3, 3, activation="relu")(image), Conv2D(3, 3, activation="tanh")(image)
        wide = layers.Concatenate(axis=2)([one, other, one])
        high = layers.Concatenate(axis=1)([wide, Conv2D(3, 1)(wide)])
        return ops.concatenate([Conv2D(2, 3)(high), Conv2D(4, 3, activation="relu")(high), Conv2D(1, 3)(high)], axis=-1)

    return graph((8, 7, 3), compute)


@zoo
def pairs():
    def compute(image):
        a, b, c = (Conv2D(3, 3, name=name)(image) for name in "abc")
        d = layers.Add()([a, b, c])
        e = layers.Multiply()([layers.Subtract()([d, b]), c, a])
        f = layers.Average()([layers.Maximum()([a, b, e]), layers.Minimum()([d, c]), e])
        g = ops.maximum(ops.add(f, a), ops.minimum(ops.multiply(b, b), ops.subtract(c, d)))
        return ops.divide(g, ops.softplus(a) + 0.5) + a / (ops.softplus(b) + 1)

    return graph((7, 8, 3), compute)


@zoo
def numbers():
    def compute(image):
        maps = Conv2D(4, 3)(0.5 + image * 2)
        maps = ops.maximum((1 - maps) * 0.5, -0.3) - 0.1
        return 2 / (ops.softplus(maps / 4) + 1)

    return graph((7, 8, 3), compute)


@zoo
def arrays():
    def compute(image):
        maps = Conv2D(4, 3)(image) * np.array([1, -2, 3, 0.5], np.float32)
        maps = maps + np.linspace(-1, 1, 25, dtype=np.float32).reshape(5, 5, 1)
        return ops.subtract(np.linspace(0, 1, 20, dtype=np.float32).reshape(1, 5, 1, 4), maps)

    return graph((7, 7, 3), compute)


@zoo
def repeated():
    def compute(image):
        maps = Conv2D(4, 3, activation="relu")(image)
        weights = Dense(4, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(maps))
        vector = Dense(4)(layers.GlobalMaxPooling2D(keepdims=True)(maps))
        place = Conv2D(1, 3, padding="same", activation="sigmoid")(maps)
        row = layers.AveragePooling2D((1, 5))(maps)
        return layers.Add()([maps * weights, place * maps, layers.Multiply()([row, maps]), maps]) - vector

    return graph((8, 7, 3), compute)


@zoo
def twice():
    inner = keras.Sequential([keras.Input((6, 5, 4)), Conv2D(4, 3, padding="same", name="c"), layers.ReLU()], name="inner")
    conv = Conv2D(4, 3, padding="same", activation="tanh", name="conv")
    start = keras.Input((6, 5, 4))
    outer = keras.Model(start, layers.Add()([inner(start), conv(start)]), name="outer")

    def compute(image):
        return outer(conv(inner(conv(outer(Conv2D(4, 3, name="first")(image))))))

    return graph((8, 7, 3), compute)


# ---- outputs


@zoo
def outputs():
    image = keras.Input((9, 8, 3))
    maps = Conv2D(5, 3, activation="relu", name="shared")(image)
    own = layers.MaxPooling2D()(Conv2D(4, 2, name="own")(maps))
    features = layers.GlobalAveragePooling2D()(maps)
    return keras.Model(image, {
        "binary": Dense(1, activation="sigmoid")(features), "several": Dense(3, activation="softmax")(Flatten()(own)),
        "value": Dense(1)(features), "values": Dense(2)(Flatten()(own)),
        "logarithm": ops.log_softmax(Dense(4)(features)), "pooled": layers.GlobalAveragePooling2D()(layers.Softmax()(maps)),
    })  # fmt: skip


@zoo
def logits():
    losses = keras.losses.CategoricalCrossentropy(from_logits=True)
    return graph((8, 7, 3), Conv2D(4, 3, activation="relu"), lambda maps: Dense(3)(Flatten()(maps))), {
        "losses": keras.losses.serialize(losses)
    }


@zoo
def binary_logit():
    losses = keras.losses.BinaryCrossentropy(from_logits=True)
    return graph((8, 7, 3), Conv2D(4, 3, activation="relu"), lambda maps: Dense(1)(Flatten()(maps))), {
        "losses": keras.losses.serialize(losses)
    }


@zoo
def binary_mean():
    maps = Conv2D(4, 3, activation="relu")
    return graph((8, 7, 3), lambda image: Conv2D(1, 3, activation="sigmoid")(maps(image)), layers.GlobalAveragePooling2D())


@zoo
def passed_on():
    """What follows the softmax returns it as it is."""
    return graph((8, 7, 3), Conv2D(4, 3, activation="relu"), lambda maps: layers.Dropout(0.2)(
        layers.Identity()(layers.Reshape((4,))(layers.Identity()(ending(maps))))
    ))  # fmt: skip


@zoo
def hostile_names():
    return chain((8, 7, 3), Conv2D(4, 3, name=HOSTILE), layers.ReLU(name="toString"), Conv2D(3, 2, name="__proto__"))


# ---- inputs


def of_pixels(name):
    model = chain((9, 8, 3), Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2), Conv2D(3, 2))
    return model, {"pixel_range": name}


@zoo
def caffe():
    return of_pixels("caffe")


@zoo
def imagenet():
    return of_pixels("imagenet")


@zoo
def around_0():
    return of_pixels("-1..1")


@zoo
def bytes_of_any_color():
    image = keras.Input((9, 8, 4), dtype="uint8")
    return keras.Model(image, ending(Conv2D(3, 2)(layers.Rescaling(1 / 255)(image))))


@zoo
def without_channels():
    return chain((8, 9), layers.Rescaling(1 / 127.5, -1), layers.Reshape((8, 9, 1)), Conv2D(4, 3, activation="relu"))


@zoo
def two_images_and_a_vector():
    """Both images have one shape: the second is the same for all images, and the first is not the second."""
    left, right = (keras.Input((8, 7, 3), name=name) for name in ("left", "right"))
    vector = keras.Input((4,), name="vector")
    conv = Conv2D(4, 3, activation="relu", name="conv")
    maps = layers.Concatenate()([conv(left), conv(right), Conv2D(2, 3)(layers.Subtract()([right, left]))])
    features = layers.Concatenate()([Flatten()(Conv2D(3, 2)(maps)), Dense(3, activation="tanh")(vector)])
    model = keras.Model([left, right, vector], Dense(4, activation="softmax")(features))
    generator = np.random.default_rng(5)
    right = generator.integers(0, 256, (8, 7, 3)).astype(np.uint8)
    return model, {"others": {"right": right, "vector": generator.standard_normal(4).astype(np.float32)}}

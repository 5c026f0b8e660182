"""How the networks of live_zoo.py and of the fuzz test are built: Keras models with random weights, the same in every run."""

import numpy as np

from common.quiet import keras

layers = keras.layers
ZOO = {}  # functions that return a Keras model, or a model and options of Network


def zoo(build):
    ZOO[build.__name__] = build
    return build


def randomise(model, generator):
    """Gives all weights random values: no scale is 1 and no offset 0 by chance, and what layers compute stays near 1."""
    for variable in model.weights:
        shape, name = variable.shape, variable.name
        if "kernel" in name:
            fan = np.prod(shape[:2] if name == "depthwise_kernel" else shape[:-1])
            variable.assign(generator.standard_normal(shape) * np.sqrt(2 / fan))
        elif "variance" in name or name == "alpha":
            variable.assign(generator.uniform(0.2, 2, shape))
        elif keras.backend.is_float_dtype(variable.dtype):  # not the state of a generator
            variable.assign(generator.normal(1 if name == "gamma" else 0, 0.4, shape))


def ending(features, units=4):
    return layers.Dense(units, activation="softmax", name="predictions")(layers.Flatten()(features))


def chain(shape, *stack):
    """A Sequential with a softmax at its end."""
    end = layers.Dense(4, activation="softmax", name="predictions")
    return keras.Sequential([keras.Input(shape), *stack, layers.Flatten(), end])


def graph(shape, compute, end=ending):
    """A functional network of compute(image), with a softmax at its end."""
    image = keras.Input(shape, name="image")
    return keras.Model(image, end(compute(image)))

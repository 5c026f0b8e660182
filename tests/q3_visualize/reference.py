"""Grad-CAM computed another way, on the live model, for the tests to compare with."""

import numpy as np

from common.quiet import keras, tensorflow


def gradcam(inputs, features, score, values):
    """Grad-CAM of a symbolic `score`, (n,) or (n, 1), at symbolic `features`, (n, h, w, c), for values of `inputs`."""
    model = keras.Model(inputs, [features, score])
    with tensorflow.GradientTape() as tape:
        maps, scores = model(values, training=False)
        total = tensorflow.reduce_sum(scores)
    gradients = tensorflow.cast(tape.gradient(total, maps), "float64").numpy()
    return (tensorflow.cast(maps, "float64").numpy() * gradients.mean(axis=(1, 2), keepdims=True)).sum(axis=3)


def images(*shape, seed=0):
    """Random images, uint8 of a shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)

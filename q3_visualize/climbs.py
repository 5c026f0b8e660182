"""One step of gradient ascent on images, by one of two recipes, as TensorFlow operations.

`Bounded`, the recipe in use: along the gradient, in the data's colors, while the difference from the background keeps to the
L2 and L1 norms of real images (colors.py). For large images every step sees the image moved, scaled and turned a little; for
small ones, whose class may be an angle, only moved.

`Regularization`, the recipe that was used before, to compare with:

    image = clip(image + RATE * (gradient / max|gradient| - sparsity) - decay * image, 0, 1)

- ascent on the input: Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a deep network", 2009;
- decay of the image, and a gradient that is blurred a little, against single pixels: Yosinski et al., arXiv 1506.06579;
- jitter by a pixel, with a running mean of the gradients over it, since a network with strides has blind and bright spots:
  Mordvintsev, Olah and Tyka, "Inceptionism", 2015; the last steps have no jitter;
- sparsity, an L1 penalty on brightness, so that nothing is drawn that does not activate the filter;
- `fourier`: low frequencies first, as in the decorrelated space of Olah, Mordvintsev and Schubert, "Feature
  visualization", Distill 2017.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from common.quiet import tensorflow

MEMORY = 0.9  # of the running mean of the gradients
RATE = 0.05  # of Regularization
LARGE = 96  # pixels from which an image is scaled and turned
TURN, SCALE = np.deg2rad(5), 0.05
HALVINGS = 12  # of the interval in which the L1 norm's threshold is sought


class Regularization(NamedTuple):
    """Penalties and smoothing, see above; blur is a standard deviation in pixels, 0 for none, jitter is in pixels."""

    sparsity: float = 0.1
    decay: float = 0.01
    blur: float = 0.7
    jitter: int = 1
    fourier: bool = False


class Bounded(NamedTuple):
    """A step as a part of the L2 bound, jitter as a part of what a cell sees, and whether low frequencies come first."""

    rate: float = 0.1
    jitter: float = 0.07
    fourier: bool = False


DEFAULT = Bounded()


def jitter(recipe: Bounded | Regularization, side: int) -> int:
    """Return by how many pixels at most a step moves an image of which a cell sees so many along a side."""
    if isinstance(recipe, Regularization) or not recipe.jitter:
        return recipe.jitter
    return max(1, round(recipe.jitter * side))


class State(NamedTuple):
    """n images, float32 (n, height, width, channels), from 0 to 1, the mean of their gradients, and the sum of their lengths.

    The last is (n, height, width, 1): how much each pixel mattered on the way, after Fel et al., "Unlocking feature
    visualization for deeper networks with magnitude constrained optimization", arXiv 2306.06805.
    """

    images: tensorflow.Tensor
    mean: tensorflow.Tensor
    mattered: tensorflow.Tensor


def step(
    recipe: Bounded | Regularization,
    response: Callable[[tensorflow.Tensor], tensorflow.Tensor],
    state: State,
    colors: tuple[tensorflow.Tensor, tensorflow.Tensor],
    bounds: tuple[tensorflow.Tensor, tensorflow.Tensor],
    seed: tensorflow.Tensor,
    move: tensorflow.Tensor,
) -> State:
    """Return the images after a step that raises `response`, a function of images that returns (n,).

    Parameters
    ----------
    colors, bounds
        Those of colors.Colors and colors.Bounds, of which Regularization uses none.
    seed, move
        int32 (2,), and by how many pixels at most the images are moved, int32; they are scaled and turned too, unless it is 0.
    """
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(state.images)
        score = response(_moved(state.images, recipe, seed, move))
    gradient = tape.gradient(score, state.images, unconnected_gradients="zero")
    gradient = tensorflow.ensure_shape(gradient, state.images.shape)
    mattered = state.mattered + tensorflow.norm(gradient, axis=3, keepdims=True)
    advance = _penalized if isinstance(recipe, Regularization) else _bounded
    images, mean = advance(recipe, state, gradient, colors, bounds)
    return State(images, mean, mattered)


def _bounded(recipe, state, gradient, colors, bounds):
    background, covariance = colors
    l2, l1 = (bound[:, None, None, None] for bound in bounds)
    gradient = gradient @ covariance
    if recipe.fourier:
        gradient = _low_frequencies_first(gradient, 1)
    mean = MEMORY * state.mean + (1 - MEMORY) * _unit(gradient)
    difference = state.images + recipe.rate * l2 * _unit(mean) - background
    difference = tensorflow.clip_by_value(background + _within_l1(difference, l1), 0, 1) - background
    shrunk = tensorflow.minimum(1.0, tensorflow.math.divide_no_nan(l2, _length(difference)))
    return background + shrunk * difference, mean


def _penalized(recipe, state, gradient, *_):
    if recipe.blur:
        kernel = _gaussian(recipe.blur, gradient.shape[3])
        gradient = tensorflow.nn.depthwise_conv2d(gradient, kernel, (1, 1, 1, 1), "SAME")
    if recipe.fourier:
        gradient = _low_frequencies_first(gradient, 2)
    mean = MEMORY * state.mean + (1 - MEMORY) * _unit(gradient)
    strongest = tensorflow.reduce_max(tensorflow.abs(mean), (1, 2, 3), keepdims=True)
    gain = RATE * (tensorflow.math.divide_no_nan(mean, strongest) - recipe.sparsity) - recipe.decay * state.images
    return tensorflow.clip_by_value(state.images + gain, 0, 1), mean


def _moved(images, recipe, seed, move):
    """Move images by a few pixels, and if they are large, scale and turn them: all of a step alike."""
    height, width = images.shape[1:3]
    shift = tensorflow.random.stateless_uniform((2,), seed, -move, move + 1, "int32")
    images = tensorflow.roll(images, shift, (1, 2))
    if min(height, width) < LARGE or isinstance(recipe, Regularization):
        return images
    turn, scale = tensorflow.unstack(tensorflow.random.stateless_uniform((2,), seed + 1, -1.0, 1.0))
    moving = tensorflow.cast(move > 0, "float32")
    scale = 1 + SCALE * moving * scale
    sine, cosine = scale * tensorflow.sin(TURN * moving * turn), scale * tensorflow.cos(TURN * moving * turn)
    x, y = (width - 1) / 2, (height - 1) / 2
    about_the_middle = [cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y, 0.0, 0.0]
    return tensorflow.raw_ops.ImageProjectiveTransformV3(
        images=images, transforms=tensorflow.stack(about_the_middle)[None], output_shape=(height, width), fill_value=0.0,
        interpolation="BILINEAR", fill_mode="NEAREST",
    )  # fmt: skip


def _within_l1(difference, bound):
    """Shrink all values by one threshold, so that the L1 norm of each image keeps the bound: the nearest such image."""
    sizes = tensorflow.abs(difference)
    low, high = tensorflow.zeros_like(bound), tensorflow.reduce_max(sizes, (1, 2, 3), keepdims=True)
    inside = tensorflow.reduce_sum(sizes, (1, 2, 3), keepdims=True) <= bound
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_much = tensorflow.reduce_sum(tensorflow.nn.relu(sizes - middle), (1, 2, 3), keepdims=True) > bound
        low, high = tensorflow.where(too_much, middle, low), tensorflow.where(too_much, high, middle)
    return tensorflow.sign(difference) * tensorflow.nn.relu(sizes - tensorflow.where(inside, 0.0, high))


def _length(values):
    return tensorflow.sqrt(tensorflow.reduce_sum(values**2, (1, 2, 3), keepdims=True))


def _unit(values):
    return tensorflow.math.divide_no_nan(values, _length(values))


def _gaussian(deviation, colors):
    """Return a Gaussian as the filter of a depthwise convolution, float32 (5, 5, colors, 1)."""
    bell = np.exp(-(np.arange(-2, 3) ** 2) / (2 * deviation**2))
    kernel = np.outer(bell, bell) / bell.sum() ** 2
    return np.repeat(kernel[:, :, None, None], colors, axis=2).astype(np.float32)


def _low_frequencies_first(gradient, power):
    """Divide each frequency by a power of it: by 2, a step of ascent in Fourier coefficients scaled by 1/f."""
    height, width = gradient.shape[1:3]
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    weights = 1 / np.maximum(frequencies, 1 / max(height, width)) ** power
    spectrum = tensorflow.signal.rfft2d(tensorflow.transpose(gradient, (0, 3, 1, 2)))
    smooth = tensorflow.signal.irfft2d(spectrum * tensorflow.cast(weights, "complex64"), (height, width))
    return tensorflow.transpose(smooth, (0, 2, 3, 1))

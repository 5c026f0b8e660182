"""Gradient ascent on the input: the image that activates a filter most, from a blank one.

Each step goes along the gradient of the response, whose strongest pixel is scaled to 1, with penalties for what it draws:

    image = clip(image + RATE * (gradient / max|gradient| - sparsity) - decay * image, 0, 1)

The parts of this recipe, tuned on networks for 28 x 28 images:
- ascent on the input: Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a deep network", 2009;
- decay of the image, and a gradient that is blurred a little, against single pixels: Yosinski et al., arXiv 1506.06579;
- jitter by a pixel, with a running mean of the gradients over it, since a network with strides has blind and bright spots:
  Mordvintsev, Olah and Tyka, "Inceptionism", 2015; the last steps have no jitter;
- sparsity, an L1 penalty on brightness, so that nothing is drawn that does not activate the filter;
- `fourier`: low frequencies first, as in the decorrelated space of Olah, Mordvintsev and Schubert, "Feature
  visualization", Distill 2017.

The response is taken before an activation function, since a ReLU at zero passes no gradient, and of a map in its middle
cell: the mean over the cells of a linear filter would be greatest for an image of one color.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from common.quiet import tensorflow
from q3_visualize.networks import Network, before_activation

STEPS, STILL = 150, 20  # steps by default, and how many of them, the last ones, have no jitter
RATE = 0.05
MEMORY = 0.9  # of the running mean of the gradients
STARTS = 4  # ascents of every channel: from a blank image, then from faint noise, which has a slope where the blank has none
NOISE = 0.3  # its brightest pixel
BATCH = 128  # images


class Regularization(NamedTuple):
    """Penalties and smoothing, see above; blur is a standard deviation in pixels, 0 for none, jitter is in pixels."""

    sparsity: float = 0.1
    decay: float = 0.01
    blur: float = 0.7
    jitter: int = 1
    fourier: bool = False


DEFAULT = Regularization()


def best_images(
    network: Network,
    layer: str,
    channels: Sequence[int] | np.ndarray,
    *,
    signs: Sequence[int] | np.ndarray | None = None,
    regularization: Regularization = DEFAULT,
    steps: int = STEPS,
    starts: int = STARTS,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the image that activates each channel of a layer most, or a blank one for a channel that nothing activates.

    An ascent from noise counts if it more than doubles the response of that from a blank image, which was then stuck.

    Parameters
    ----------
    channels, signs
        Indices (k,), and +1 to raise the response of a channel (default), or -1 to lower it.
    steps, starts
        The steps of each ascent and the ascents of each channel.

    Returns
    -------
    images, responses
        float32 (k, height, width, colors) from 0 to 1, and float32 (k,), before an activation function.
    """
    channels = np.asarray(channels, np.int64)
    signs = np.ones(len(channels), np.float32) if signs is None else np.asarray(signs, np.float32)
    settings = (layer, regularization, steps, starts)
    compute = network.made(("ascent", *settings), lambda: _compiled(network, *settings))
    together = max(BATCH // starts, 1)
    batches = [slice(start, start + together) for start in range(0, len(channels), together)]
    images, reached = zip(*(compute(channels[batch], signs[batch], seed) for batch in batches))
    return np.concatenate(images), np.concatenate(reached)


def responses(network: Network, layer: str, images: np.ndarray) -> np.ndarray:
    """Return each channel's greatest response to images, uint8 (n, ...), before an activation: float32 (n, channels)."""

    def greatest(inputs):
        values = tensorflow.cast(before_activation(network.trace(inputs)[0][layer]), "float32")
        return tensorflow.reduce_max(values, (1, 2)) if len(values.shape) == 4 else values

    compute = network.compiled(greatest, reduce_retracing=True)
    return np.concatenate([compute(network.inputs(images[i : i + BATCH])) for i in range(0, len(images), BATCH)])


def _compiled(network, layer, regularization, steps, starts):
    """Return a compiled function of (channels, signs, seed) that computes images and responses."""
    sparsity, decay, blur, jitter, fourier = regularization
    height, width, colors = network.input_shape

    def response(images, channels, signs):
        values = before_activation(network.trace(images * network.pixel_max)[0][layer])
        if len(values.shape) == 4:
            values = values[:, values.shape[1] // 2, values.shape[2] // 2]
        return signs * tensorflow.gather(tensorflow.cast(values, "float32"), channels, batch_dims=1)

    def slope(images, channels, signs):
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            score = response(images, channels, signs)
        gradient = tape.gradient(score, images, unconnected_gradients="zero")
        if blur:
            gradient = tensorflow.nn.depthwise_conv2d(gradient, _gaussian(blur, colors), (1, 1, 1, 1), "SAME")
        if fourier:
            gradient = _low_frequencies_first(gradient)
        length = tensorflow.sqrt(tensorflow.reduce_sum(gradient**2, (1, 2, 3), keepdims=True))
        return tensorflow.math.divide_no_nan(gradient, length)

    def climb(images, channels, signs, seed):
        mean = tensorflow.zeros_like(images)
        for step in tensorflow.range(steps):
            shift = tensorflow.random.stateless_uniform((2,), [seed, step], -jitter, jitter + 1, "int32")
            shift = tensorflow.where(step < steps - STILL, shift, 0)
            moved = tensorflow.roll(images, shift, (1, 2))
            mean = MEMORY * mean + (1 - MEMORY) * tensorflow.roll(slope(moved, channels, signs), -shift, (1, 2))
            strongest = tensorflow.reduce_max(tensorflow.abs(mean), (1, 2, 3), keepdims=True)
            gain = RATE * (tensorflow.math.divide_no_nan(mean, strongest) - sparsity) - decay * images
            images = tensorflow.clip_by_value(images + gain, 0, 1)
        return images

    def compute(channels, signs, seed):
        noise = NOISE * tensorflow.random.stateless_uniform((starts - 1, height, width, colors), [seed, -1])
        first = tensorflow.concat([tensorflow.zeros((1, height, width, colors)), noise], 0)
        best = tensorflow.repeat(first[:1], tensorflow.size(channels), 0)
        reached = response(best, channels, signs)
        first = tensorflow.repeat(first, tensorflow.size(channels), 0)
        channels, wanted = tensorflow.tile(channels, [starts]), tensorflow.tile(signs, [starts])
        climbed = climb(first, channels, wanted, seed)
        found = response(climbed, channels, wanted)
        for start, (images, values) in enumerate(zip(tensorflow.split(climbed, starts), tensorflow.split(found, starts))):
            better = values > (2 * tensorflow.nn.relu(reached) if start else reached)
            best = tensorflow.where(better[:, None, None, None], images, best)
            reached = tensorflow.where(better, values, reached)
        return best, signs * reached

    signature = [tensorflow.TensorSpec(*spec) for spec in (((None,), "int64"), ((None,), "float32"), ((), "int32"))]
    return network.compiled(compute, input_signature=signature)


def _gaussian(deviation, colors):
    """Return a Gaussian as the filter of a depthwise convolution, float32 (5, 5, colors, 1)."""
    bell = np.exp(-(np.arange(-2, 3) ** 2) / (2 * deviation**2))
    kernel = np.outer(bell, bell) / bell.sum() ** 2
    return np.repeat(kernel[:, :, None, None], colors, axis=2).astype(np.float32)


def _low_frequencies_first(gradient):
    """Divide each frequency by its square: a step of ascent in Fourier coefficients scaled by 1/f."""
    height, width = gradient.shape[1:3]
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    weights = 1 / np.maximum(frequencies, 1 / max(height, width)) ** 2
    spectrum = tensorflow.signal.rfft2d(tensorflow.transpose(gradient, (0, 3, 1, 2)))
    smooth = tensorflow.signal.irfft2d(spectrum * tensorflow.cast(weights, "complex64"), (height, width))
    return tensorflow.transpose(smooth, (0, 2, 3, 1))

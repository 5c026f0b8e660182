"""Gradient ascent on the input: the picture that excites a filter most, from a blank one.

Each step goes along the gradient of the response, whose strongest pixel is scaled to 1, and pays for what it draws:

    picture = clip(picture + RATE * (gradient / max|gradient| - sparsity) - decay * picture, 0, 1)

The parts of this recipe, tuned on networks for 28 x 28 pictures:
- ascent on the input: Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a deep network", 2009;
- decay of the picture, and a gradient that is blurred a little, against single pixels: Yosinski et al., arXiv 1506.06579;
- jitter by a pixel, with a running mean of the gradients over it, since a network with strides has blind and bright spots:
  Mordvintsev, Olah and Tyka, "Inceptionism", 2015; the last steps are still;
- sparsity, the price of each pixel's brightness (an L1 penalty), so that nothing is drawn that does not excite the filter;
- `fourier`: low frequencies go ahead, as in the decorrelated space of Olah, Mordvintsev and Schubert, "Feature
  visualization", Distill 2017.

What is raised is the response before an activation function, since a ReLU at zero passes no gradient, and of a map its
cell in the middle: the mean over the cells of a linear filter would be greatest for a picture of one color.
"""

from typing import NamedTuple

import numpy as np

from common.quiet import tensorflow
from q3_visualize.networks import before_activation

STEPS, STILL = 150, 20  # in all, unless others are asked for; the last of them, without jitter
RATE = 0.05
MEMORY = 0.9  # of the running mean of the gradients
STARTS = 4  # of every channel: a blank picture, then faint noise, which has a slope where the blank one has none
NOISE = 0.3  # its brightest pixel
BATCH = 128  # pictures


LIGHT_SHARE = 0.2  # of sparsity and decay, for those filters that the full price keeps from what real pictures reach


class Regularization(NamedTuple):
    """sparsity, decay: see above. blur: standard deviation in pixels, 0 for none. jitter: pixels. fourier: see above."""

    sparsity: float = 0.1
    decay: float = 0.01
    blur: float = 0.7
    jitter: int = 1
    fourier: bool = False


DEFAULT = Regularization()


def best_images(network, layer, channels, *, signs=None, regularization=DEFAULT, steps=STEPS, starts=STARTS, seed=0):
    """For each of `channels` (k,) the picture that excites it most, and the response that it reaches.

    signs: +1 to raise a response, -1 to lower it, (k,). steps: of each ascent. starts: ascents of each
    channel, the first from a blank picture, the others from faint noise. Returns pictures, float32
    (k, height, width, colors) from 0 to 1, and responses, float32 (k,). An ascent from noise is taken where it ends at more
    than twice the response of that from a blank picture, which was stuck; a channel that nothing excites keeps the blank one.
    """
    channels = np.asarray(channels, np.int64)
    signs = np.ones(len(channels), np.float32) if signs is None else np.asarray(signs, np.float32)
    settings = (layer, regularization, steps, starts)
    compute = network.made(("ascent", *settings), lambda: _compiled(network, *settings))
    together = max(BATCH // starts, 1)
    parts = [
        [part.numpy() for part in compute(channels[start : start + together], signs[start : start + together], seed)]
        for start in range(0, len(channels), together)
    ]
    return tuple(np.concatenate(part) for part in zip(*parts))


def best_images_beyond(real, network, layer, channels, *, signs, regularization):
    """Like `best_images`; what ends below the best response over real pictures, float (k,), is tried at a lower price."""
    pictures, reached = best_images(network, layer, channels, signs=signs, regularization=regularization)
    weak = np.flatnonzero(reached * signs < real)
    if len(weak):
        light = regularization._replace(
            sparsity=LIGHT_SHARE * regularization.sparsity, decay=LIGHT_SHARE * regularization.decay
        )
        again, found = best_images(network, layer, channels[weak], signs=signs[weak], regularization=light)
        better = found * signs[weak] > reached[weak] * signs[weak]
        pictures[weak[better]], reached[weak[better]] = again[better], found[better]
    return pictures, reached


def responses(network, layer, images):
    """The greatest response of every channel to each picture, before an activation function: float32 (n, channels).

    images: uint8 (n, height, width, channels).
    """

    def greatest(pictures):
        values = tensorflow.cast(before_activation(network.trace(pictures)[0][layer]), "float32")
        return tensorflow.reduce_max(values, (1, 2)) if len(values.shape) == 4 else values

    compute = network.compiled(greatest, reduce_retracing=True)
    parts = [compute(network.inputs(images[start : start + BATCH])).numpy() for start in range(0, len(images), BATCH)]
    return np.concatenate(parts)


def _compiled(network, layer, regularization, steps, starts):
    """One compiled function of (channels, signs, seed) to (pictures, responses), for all steps and filters of a layer."""
    sparsity, decay, blur, jitter, fourier = regularization
    height, width, colors = network.input_shape

    def response(pictures, channels, signs):
        values = before_activation(network.trace(pictures * network.pixel_max)[0][layer])
        if len(values.shape) == 4:
            values = values[:, values.shape[1] // 2, values.shape[2] // 2]
        return signs * tensorflow.gather(tensorflow.cast(values, "float32"), channels, batch_dims=1)

    def slope(pictures, channels, signs):
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            score = response(pictures, channels, signs)
        gradient = tape.gradient(score, pictures, unconnected_gradients="zero")
        if blur:
            gradient = tensorflow.nn.depthwise_conv2d(gradient, _gaussian(blur, colors), (1, 1, 1, 1), "SAME")
        if fourier:
            gradient = _low_frequencies_first(gradient)
        length = tensorflow.sqrt(tensorflow.reduce_sum(gradient**2, (1, 2, 3), keepdims=True))
        return tensorflow.math.divide_no_nan(gradient, length)

    def climb(pictures, channels, signs, seed):
        mean = tensorflow.zeros_like(pictures)
        for step in tensorflow.range(steps):
            shift = tensorflow.random.stateless_uniform((2,), [seed, step], -jitter, jitter + 1, "int32")
            shift = tensorflow.where(step < steps - STILL, shift, 0)
            moved = tensorflow.roll(pictures, shift, (1, 2))
            mean = MEMORY * mean + (1 - MEMORY) * tensorflow.roll(slope(moved, channels, signs), -shift, (1, 2))
            highest = tensorflow.reduce_max(tensorflow.abs(mean), (1, 2, 3), keepdims=True)
            gain = RATE * (tensorflow.math.divide_no_nan(mean, highest) - sparsity) - decay * pictures
            pictures = tensorflow.clip_by_value(pictures + gain, 0, 1)
        return pictures

    def compute(channels, signs, seed):
        noise = NOISE * tensorflow.random.stateless_uniform((starts - 1, height, width, colors), [seed, -1])
        first = tensorflow.concat([tensorflow.zeros((1, height, width, colors)), noise], 0)
        best = tensorflow.repeat(first[:1], tensorflow.size(channels), 0)
        reached = response(best, channels, signs)
        first = tensorflow.repeat(first, tensorflow.size(channels), 0)
        channels, wanted = tensorflow.tile(channels, [starts]), tensorflow.tile(signs, [starts])
        climbed = climb(first, channels, wanted, seed)
        found = response(climbed, channels, wanted)
        for start, (pictures, values) in enumerate(zip(tensorflow.split(climbed, starts), tensorflow.split(found, starts))):
            better = values > (2 * tensorflow.nn.relu(reached) if start else reached)
            best = tensorflow.where(better[:, None, None, None], pictures, best)
            reached = tensorflow.where(better, values, reached)
        return best, signs * reached

    signature = [tensorflow.TensorSpec(*one) for one in (((None,), "int64"), ((None,), "float32"), ((), "int32"))]
    return network.compiled(compute, input_signature=signature)


def _gaussian(deviation, colors):
    """A Gaussian as the filter of a depthwise convolution, float32 (5, 5, colors, 1)."""
    bell = np.exp(-(np.arange(-2, 3) ** 2) / (2 * deviation**2))
    kernel = np.outer(bell, bell) / bell.sum() ** 2
    return np.repeat(kernel[:, :, None, None], colors, axis=2).astype(np.float32)


def _low_frequencies_first(gradient):
    """The gradient with each frequency divided by its square: a step of ascent in Fourier coefficients scaled by 1/f."""
    height, width = gradient.shape[1:3]
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    weights = 1 / np.maximum(frequencies, 1 / max(height, width)) ** 2
    spectrum = tensorflow.signal.rfft2d(tensorflow.transpose(gradient, (0, 3, 1, 2)))
    smooth = tensorflow.signal.irfft2d(spectrum * tensorflow.cast(weights, "complex64"), (height, width))
    return tensorflow.transpose(smooth, (0, 2, 3, 1))

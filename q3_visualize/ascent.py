"""Gradient ascent on the input: the image that activates a filter most, from a blank one and from faint noise.

climbs.py has a step of it. The response is taken before an activation function, since a ReLU at zero passes no gradient,
and of a map in its middle cell (of tokens: in the middle one): the mean over the cells of a linear filter would be greatest
for an image of one color. Only what that cell sees is climbed: the rest of the image is background.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from common.quiet import tensorflow
from q3_visualize import colors as colors_of_images
from q3_visualize.climbs import DEFAULT, LARGE, Bounded, Regularization, State, jitter, step
from q3_visualize.colors import Bounds, Colors
from q3_visualize.frames import Frame, frame_of, in_place, is_part
from q3_visualize.networks import Network
from q3_visualize.patches import cells, middle, some_images

STEPS, STILL = 150, 40  # steps by default, and how many of them, the last ones, do not move the image
STARTS = 4  # ascents of every channel: from a blank image, and from noise, which has a slope where the blank has none
NOISE = 0.3  # its brightest pixel, for Regularization
SMOOTH = 1.5  # standard deviation in pixels of what the noise is smoothed with, for Bounded
BYTES = 200_000_000  # of all layers' outputs for the images that are climbed together, with their gradients
MOST_TOGETHER = 256
OPAQUE = 50  # percentile of how much pixels mattered from which on they are opaque

BLACK = Regularization()  # the recipe before, which starts from black


class Best(NamedTuple):
    """What activates k channels most.

    Attributes
    ----------
    images, alpha
        float32 (k, height, width, channels), and how much each pixel mattered, (k, height, width, 1), both from 0 to 1.
    responses
        float32 (k,), before an activation function, of the opaque images in the whole network.
    begun
        Which start was best, int64 (k,): 0 blank, 1 the given image if there is one, then noise.
    """

    images: np.ndarray
    alpha: np.ndarray
    responses: np.ndarray
    begun: np.ndarray


def best_images(
    network: Network,
    layer: str,
    channels: Sequence[int] | np.ndarray,
    *,
    signs: Sequence[int] | np.ndarray | None = None,
    colors: Colors | None = None,
    bounds: Bounds | None = None,
    recipe: Bounded | Regularization | None = None,
    steps: int = STEPS,
    starts: int = STARTS,
    begin: np.ndarray | None = None,
    most_pixels: int | None = None,
    seed: int = 0,
    advance: Callable[[], object] = lambda: None,
) -> Best:
    """Draw the image that activates each channel of a layer most.

    Parameters
    ----------
    channels, signs
        Indices (k,), and +1 to raise the response of a channel (default), or -1 to lower it.
    colors, bounds
        Of the network's images, see colors.py; by default those of photographs. Regularization has black and no bounds.
    recipe
        See climbs.py; by default that of `default_recipe`.
    steps, starts
        The steps of each ascent, and the ascents of each channel from a blank image and noise.
    begin
        Images to start from as well, float32 (k, height, width, channels), from 0 to 1: the mean of a class, for example.
    most_pixels
        The longest side of the part that is climbed, where a cell sees more; None for no limit. It is not kept where the
        layer needs images of one size.
    advance
        Is called after every step of every batch, `batches(...)` times `steps`.
    """
    channels = np.asarray(channels, np.int64)
    signs = np.ones(len(channels), np.float32) if signs is None else np.asarray(signs, np.float32)
    recipe = recipe or default_recipe(network)
    if isinstance(recipe, Regularization):
        black = np.zeros(network.input_shape[-1], np.float32)
        colors = Colors(black, np.eye(len(black), dtype=np.float32))
    colors = colors or colors_of_images.of_photographs(network.input_shape[-1])
    frame = frame_of(network, layer, recipe, most_pixels)
    bounds = bounds or default_bounds(network, layer, len(channels))
    found = []
    for batch in batches(network, layer, len(channels), starts + (begin is not None), frame):
        some = bounds.of(batch)
        first = _starts(network, frame, recipe, colors, some, starts, seed)
        if begin is not None:
            first = np.concatenate([first[:1], begin[batch][None, :, *frame.part], first[1:]])
        targets = channels[batch], signs[batch]
        found.append(_climbed(network, layer, frame, recipe, targets, colors, some, first, steps, seed, advance))
    images, mattered, reached, begun = map(np.concatenate, zip(*found))
    images, alpha = in_place(images, frame, network, colors.background), in_place(_opacity(mattered), frame, network, 0)
    return Best(
        images, alpha, _in_whole(network, layer, images, channels) if is_part(network, frame) else reached * signs, begun
    )


def default_recipe(network: Network, fourier: bool = False) -> Bounded:
    """Return Bounded, with low frequencies first where images are large: photographs have the most of them."""
    return DEFAULT._replace(fourier=fourier or min(network.input_shape[:2]) >= LARGE)


def default_bounds(network: Network, layer: str, count: int) -> Bounds:
    """Return the bounds of photographs for `count` filters of a layer, by how many pixels its middle cell sees."""
    seen = frame_of(network, layer).seen
    values = int(np.prod([part.stop - part.start for part in seen])) * network.input_shape[-1]
    return colors_of_images.bounds_of_photographs(values, count)


def batches(network: Network, layer: str, count: int, starts: int, frame: Frame) -> list[slice]:
    """Return which of `count` channels are climbed together: as many as BYTES allows."""
    share = np.prod([part.stop - part.start for part in frame.part]) / np.prod(network.input_shape[:2])
    paths = list(network.shapes)
    values = sum(int(np.prod(network.shapes[path])) for path in paths[: paths.index(layer) + 1])
    together = int(np.clip(BYTES / (3 * 4 * values * share), 1, MOST_TOGETHER)) // starts
    return [slice(start, start + max(together, 1)) for start in range(0, count, max(together, 1))]


def _climbed(network, layer, frame, recipe, targets, colors, bounds, first, steps, seed, advance):
    """Climb from each start, (starts, k, ...). Return the best images, how much pixels mattered, responses and starts."""
    starts, count = first.shape[:2]
    compute, respond = network.made(("ascent", layer, recipe, str(frame)), lambda: _compiled(network, layer, frame, recipe))
    images = tensorflow.constant(first.reshape(-1, *first.shape[2:]), tensorflow.float32)
    state = State(images, tensorflow.zeros_like(images), tensorflow.zeros_like(images[..., :1]))
    all_targets = [np.tile(values, starts) for values in targets]
    bounds = [np.tile(bound, starts) for bound in bounds]
    largest = jitter(recipe, min(part.stop - part.start for part in frame.seen))
    for number in range(steps):
        move = np.int32(largest if number < steps - min(STILL, steps // 4) else 0)
        state = compute(*state, *all_targets, *colors, *bounds, np.int32([seed, number]), move)
        advance()
    reached = respond(state[0], *all_targets).numpy().reshape(starts, count)
    images, mattered = (part.numpy().reshape(starts, count, *part.shape[1:]) for part in (state[0], state[2]))
    images, mattered, reached = _with_blank(images, mattered, reached, first[0], respond, targets)
    begun = _best_start(reached, recipe)
    each = np.arange(count)
    return images[begun, each], mattered[begun, each], reached[begun, each], np.maximum(begun - 1, 0)


def _with_blank(images, mattered, reached, blank, respond, targets):
    """Put the blank images before those that were climbed from them: an ascent that ends lower than it began is of no use."""
    before = respond(tensorflow.constant(blank, tensorflow.float32), *targets).numpy()
    return (
        np.concatenate([blank[None], images]), np.concatenate([np.zeros_like(mattered[:1]), mattered]),
        np.concatenate([before[None], reached]),
    )  # fmt: skip


def _best_start(reached, recipe):
    """Return the best start of each channel. For Regularization, noise has to double the response of a blank image."""
    if isinstance(recipe, Bounded):
        return reached.argmax(axis=0)
    best, height = np.zeros(reached.shape[1], np.int64), reached[0]
    for start, values in enumerate(reached[1:], 1):
        better = values > (height if start == 1 else 2 * np.maximum(height, 0))
        best, height = np.where(better, start, best), np.where(better, values, height)
    return best


def _compiled(network, layer, frame, recipe):
    """Return a compiled step, and a compiled response."""

    def response(images, channels, signs):
        values = cells(network.trace(network.pixels.apply(255 * images), until=layer)[0][layer])[:, frame.place]
        return signs * tensorflow.gather(values, channels, batch_dims=1)

    def compute(images, mean, mattered, channels, signs, background, covariance, l2, l1, seed, move):
        state = State(images, mean, mattered)
        return step(
            recipe, lambda moved: response(moved, channels, signs), state, (background, covariance), (l2, l1), seed, move
        )

    sides = [part.stop - part.start for part in frame.part]
    colors = network.input_shape[-1]
    some, vector = ((None, *sides, colors), "float32"), ((None,), "float32")
    targets = (((None,), "int64"), vector)
    rest = (((colors,), "float32"), ((colors, colors), "float32"), vector, vector, ((2,), "int32"), ((), "int32"))
    signature = (some, some, ((None, *sides, 1), "float32"), *targets, *rest)
    signature, short = ([tensorflow.TensorSpec(*spec) for spec in each] for each in (signature, (some, *targets)))
    return network.compiled(compute, input_signature=signature), network.compiled(response, input_signature=short)


def _starts(network, frame, recipe, colors, bounds, starts, seed):
    """Return a blank image and noise for each of k channels, float32 (starts, k, height, width, channels)."""
    count, shape = len(bounds.l2), tuple(part.stop - part.start for part in frame.part) + network.input_shape[-1:]
    noise = np.random.default_rng(seed).random((starts - 1, 1, *shape))
    if isinstance(recipe, Regularization):
        noise = np.broadcast_to(NOISE * noise, (starts - 1, count, *shape))
    else:
        noise = _smooth(noise - noise.mean(axis=(2, 3), keepdims=True)) @ colors.covariance
        visible = np.clip(colors.background + noise, 0, 1) - colors.background
        length = np.maximum(np.sqrt((visible**2).sum(axis=(2, 3, 4), keepdims=True)), 1e-12)
        noise = np.clip(colors.background + visible / length * bounds.l2[:, None, None, None], 0, 1)
    blank = np.broadcast_to(colors.background, (1, count, *shape))
    return np.concatenate([blank, noise]).astype(np.float32)


def _smooth(noise):
    """Smooth noise, (..., height, width, channels), by a Gaussian."""
    height, width = noise.shape[-3:-1]
    squares = np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width) ** 2
    filtered = np.fft.rfft2(noise, axes=(-3, -2)) * np.exp(-2 * (np.pi * SMOOTH) ** 2 * squares)[..., None]
    return np.fft.irfft2(filtered, (height, width), axes=(-3, -2))


def _opacity(mattered):
    """Scale how much pixels mattered to 1 for a fifth of those that did at all."""
    found = [np.percentile(each[each > 0], OPAQUE) if (each > 0).any() else 1 for each in mattered]
    return np.minimum(mattered / np.reshape(found, (-1, 1, 1, 1)), 1)


def _in_whole(network, layer, images, channels):
    """Return the responses of the middle cell to whole images, (k,)."""
    place, batch = middle(network.shapes[layer]), network.batch_size()

    def respond(some):
        return cells(network.trace(network.pixels.apply(255 * some), until=layer)[0][layer])[:, place]

    compute = network.made(("middle", layer), lambda: network.compiled(respond, input_signature=[some_images(network)]))
    parts = [compute(images[start : start + batch]).numpy() for start in range(0, len(images), batch)]
    return np.take_along_axis(np.concatenate(parts), channels[:, None], 1)[:, 0]

"""What activates filters: images by gradient ascent, the best patches of real images, and whether a filter is dead."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from q3_visualize import verdicts
from q3_visualize.ascent import Best, batches, best_images, default_bounds, default_recipe
from q3_visualize.climb_plan import NOISES, Plan
from q3_visualize.climbs import Bounded, Regularization
from q3_visualize.colors import Bounds, Colors, bounds_of
from q3_visualize.frames import frame_of
from q3_visualize.networks import Network
from q3_visualize.patches import NINE, Patches, best_patches, responses, seen_of

LIGHT_SHARE = 0.2  # of Regularization's penalties, for filters whose first ascent ended below the response to real images
WIDER = 2  # times the bounds of Bounded, for the same
TOLERANCE = 1e-3  # a response that much below another is as high
LEAST_OF_CLASS = 3  # images that make a mean


class Neurons(NamedTuple):
    """Filters of a layer, or classes of an output, (k,); signs are -1 for a channel to be lowered, else 1."""

    names: np.ndarray
    channels: np.ndarray
    signs: np.ndarray

    def of(self, chosen: np.ndarray | slice) -> "Neurons":
        """Return some of them."""
        return Neurons(*(field[chosen] for field in self))


class Drawn(NamedTuple):
    """What activates k neurons: `best` and `patches` (None without real images), and what became of the ascent.

    `raised` and `real`, (k,), are the responses times the signs: of the drawn image, and the greatest of real images or else of
    noise (nan where there is neither). `dead`, `failed`, and `from_mean`, the ascent began from the mean of a class: bool (k,).
    """

    best: Best
    patches: Patches | None
    raised: np.ndarray
    real: np.ndarray
    dead: np.ndarray
    failed: np.ndarray
    from_mean: np.ndarray


def drawn(
    network: Network, plan: Plan, chosen: Neurons, real: np.ndarray | None, colors: Colors, *,
    recipe: Bounded | Regularization | None = None, means: np.ndarray | None = None,
    advance: Callable[[], object] = lambda: None,
) -> Drawn:  # fmt: skip
    """Draw what activates neurons of a layer most.

    Parameters
    ----------
    real, colors
        Images that the network was made for, uint8 (n, height, width, channels), or None; and their colors.
    means
        For outputs, the mean image of each class, from 0 to 1, (k, height, width, channels).
    advance
        Is called after every step.
    """
    patches, layer = None, plan.layer
    few = plan.pixels is not None  # a large network
    if real is not None:
        patches = best_patches(network, layer, chosen.channels, real, signs=chosen.signs, background=colors.background)
        most, bounds = patches.responses[:, 0] * chosen.signs, bounds_of(patches.images, colors)
        if patches.images.shape[1] < NINE:  # a patch or two may have any contrast
            bounds = Bounds(*map(np.minimum, bounds, default_bounds(network, layer, len(chosen.names))))
    else:
        most, bounds = np.full(len(chosen.names), np.nan), default_bounds(network, layer, len(chosen.names))
        if not few:
            most = _greatest(network, layer, chosen, verdicts.noise(network.input_shape))
    begin = None if means is None else _with_length(means, bounds, colors)

    def climb(some, **options):
        neurons = chosen.of(some)
        return best_images(
            network, layer, neurons.channels, signs=neurons.signs, colors=colors, steps=plan.steps, starts=plan.starts,
            most_pixels=plan.pixels, begin=None if begin is None else begin[some], advance=advance, **options,
        )  # fmt: skip

    recipe = recipe or default_recipe(network)
    best = climb(slice(None), recipe=recipe, bounds=bounds)
    weak = np.flatnonzero(_below(best.responses * chosen.signs, most))
    if len(weak):
        best = _better(best, weak, climb(weak, recipe=_lighter(recipe), bounds=bounds.of(weak, WIDER)), chosen)
    raised = best.responses * chosen.signs
    dead = _dead(network, layer, chosen, best.images, real, NOISES if few else verdicts.NOISES)
    failed = _below(raised, most) & ~dead
    return Drawn(best, patches, raised, most, dead, failed, (best.begun == 1) & (begin is not None))


def visible(network: Network, layer: str, best: Best, background: np.ndarray) -> list[np.ndarray]:
    """Return of each best image what the middle cell of a layer sees, from 0 to 1, (h, w, channels), on the background."""
    blended = background + best.alpha * (best.images - background)
    return [seen_of(image, network, layer, background) for image in blended]


def steps_of(network: Network, plan: Plan, chosen: Neurons) -> int:
    """Return how many steps the ascents of a plan take, all batches together, without second attempts."""
    frame = frame_of(network, plan.layer, most=plan.pixels)
    return plan.steps * len(batches(network, plan.layer, len(chosen.names), plan.starts, frame))


def class_means(network: Network, layer: str, chosen: Neurons, images: np.ndarray) -> np.ndarray | None:
    """Return the mean of the images that the network gives each class of an output, from 0 to 1; None for another layer.

    The mean of all images stands for a class with fewer than three.
    """
    head = next((head for head in network.heads.values() if head.path == layer and not head.places), None)
    if head is None or len(head.class_names) < 2:
        return None
    found = network.predict(images)[head.name].argmax(axis=1)
    wanted = (chosen.signs > 0).astype(int) if head.binary else chosen.channels
    of_class = [images[found == index] for index in wanted]
    return np.stack([(some if len(some) >= LEAST_OF_CLASS else images).mean(axis=0) / 255 for some in of_class]).astype(
        np.float32
    )


def _with_length(means, bounds, colors):
    """Scale the difference of images from the background to the L2 bounds: the mean of many images is faint."""
    difference = means - colors.background
    length = np.maximum(np.sqrt((difference**2).sum(axis=(1, 2, 3))), 1e-9)
    return np.clip(colors.background + difference * (bounds.l2 / length)[:, None, None, None], 0, 1).astype(np.float32)


def _greatest(network, layer, chosen, images):
    """Return the greatest responses to images, times the signs: (k,)."""
    if (chosen.signs > 0).all():
        return responses(network, [layer], images)[layer][:, chosen.channels].max(axis=0)
    return best_patches(network, layer, chosen.channels, images, signs=chosen.signs, most=1).responses[:, 0] * chosen.signs


def _below(values, others):
    return values < others - TOLERANCE * np.abs(others)


def _lighter(recipe):
    if isinstance(recipe, Bounded):
        return recipe
    return recipe._replace(sparsity=LIGHT_SHARE * recipe.sparsity, decay=LIGHT_SHARE * recipe.decay)


def _better(best, places, again, chosen):
    """Put in what a second ascent found for some neurons, where it is better."""
    signs = chosen.signs[places]
    better = again.responses * signs > best.responses[places] * signs
    merged = Best(*(field.copy() for field in best))
    for field, new in zip(merged, again):
        field[places[better]] = new[better]
    return merged


def _dead(network, layer, chosen, images, real, noises):
    """Return which neurons nothing activates: neither drawn nor real images, nor noise, which is tried where those do not."""
    tried = [images] if real is None else [images, real]
    dead = ~verdicts.alive(network, layer, chosen.channels, *tried)
    if dead.any() and (real is None or len(real) < verdicts.NOISES):
        dead &= ~verdicts.alive(network, layer, chosen.channels, *tried, verdicts.noise(network.input_shape, noises))
    return dead

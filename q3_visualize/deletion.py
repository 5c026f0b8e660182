"""What becomes of an answer when the hottest parts of the image go: blackened, or a line drawn shorter.

Blackened pixels (Petsiuk et al., arXiv 1806.07421) leave images that are like none of the data. A line that is drawn again, a
pixel shorter at its hotter end, is still a line.
"""

from collections.abc import Iterator

import numpy as np

from data import line_classes, lines
from q3_visualize.geometry import Grid, weights
from q3_visualize.known_lines import KnownLines
from q3_visualize.networks import Network

PIXELS = (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 784)  # deleted or inserted
LONG = line_classes.LENGTHS[1]
ORDERS = ("hotter end first", "cooler end first", "an end at random")


def deletion_and_insertion(network: Network, images: np.ndarray, maps: np.ndarray, head: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean probability of the predicted class without the hottest PIXELS of maps (n, h, w), and with them alone."""
    classes = network.predict(images)[head].argmax(axis=1)
    order = np.argsort(-maps.reshape(len(maps), -1), axis=1, kind="stable")
    rank = np.argsort(order, axis=1).reshape(maps.shape)[..., None]

    def mean(kept):
        return network.predict(images * kept)[head][np.arange(len(images)), classes].mean()

    return np.array([mean(rank >= count) for count in PIXELS]), np.array([mean(rank < count) for count in PIXELS])


def shortened(network: Network, known: KnownLines, maps: np.ndarray, head: str, seed: int = 0) -> Iterator[dict]:
    """Shorten long lines pixel by pixel: yield rows of order, pixels removed, and mean probability of the first answer.

    Parameters
    ----------
    known, maps
        Long lines, and their heat, float (n, 28, 28).
    """
    classes = network.predict(known.images)[head].argmax(axis=1)
    heat = heat_along(known, maps)
    chance = np.random.default_rng(seed).random(heat.shape)
    for order, values in zip(ORDERS, (heat, -heat, chance)):
        for pixels, (start, end) in enumerate(_ends(values)):
            probabilities = network.predict(redrawn(known, start, end))[head][np.arange(len(classes)), classes]
            yield {"order": order, "pixels": pixels, "probability": float(probabilities.mean())}


def heat_along(known: KnownLines, maps: np.ndarray) -> np.ndarray:
    """Return the heat of maps along the axes of long lines, in the middle of each pixel of length: float (n, 15)."""
    along = known.directions[:, None] * (np.arange(LONG) + 0.5 - LONG / 2)[:, None]
    points = known.centers[:, None] + along - 0.5  # from edges of the image to the middles of its pixels
    return np.stack([_at(each, *place.T) for each, place in zip(maps, points)])


def redrawn(known: KnownLines, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Draw long lines again from pixel `start` of their length to before `end`, int (n,): uint8 (n, 28, 28, 3)."""
    images = np.empty_like(known.images)
    centers = known.centers + known.directions * ((start + end - LONG) / 2)[:, None]
    for label, length in {*zip(known.labels.tolist(), (end - start).tolist())}:
        chosen = (known.labels == label) & (end - start == length)
        images[chosen] = lines.draw_shape(lines.class_shape(label)._replace(length=length), centers[chosen])
    return images


def _ends(values):
    """Yield which pixels of each line are left, from where to where, as ever more go: of both ends that with more."""
    rows = np.arange(len(values))
    start, end = np.zeros(len(values), int), np.full(len(values), values.shape[1])
    yield start, end
    for _ in range(values.shape[1] - 1):
        first = values[rows, start] > values[rows, end - 1]
        start, end = start + first, end - ~first
        yield start, end


def _at(image, x, y):
    """Return an image, (h, w), at real positions, linear between its pixels."""
    along_y, along_x = (weights(Grid(0, 1), cells, places) for cells, places in zip(image.shape, (y, x)))
    return np.einsum("ph,hw,pw->p", along_y, image, along_x)

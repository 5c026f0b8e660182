"""Test images of drawn lines, of which it is known how each was drawn, and so which of its pixels are the line."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data import line_classes, lines
from data.errors import UserError
from q3_visualize import shown
from reports.names import INSPECTED

if TYPE_CHECKING:
    from q3_visualize.networks import Network

LEARNED = 200  # lines of each class from which a copy of a network learns what is new to it
STREAM = 1 << 21  # a seed for these, so that they are none of those that a network was trained or is tested on
LINE_NETWORKS = tuple(name for name in INSPECTED if "/lines" in name)


class KnownLines(NamedTuple):
    """Images, uint8 (n, 28, 28, 3), their class indices, int64 (n,), and the lines' centers, float64 (n, 2)."""

    images: np.ndarray
    labels: np.ndarray
    centers: np.ndarray

    @property
    def masks(self) -> np.ndarray:
        """The pixels that the lines touch, bool (n, 28, 28)."""
        return lines.masks(self.labels, self.centers)

    @property
    def directions(self) -> np.ndarray:
        """Unit vectors along the lines, float64 (n, 2), x right and y down."""
        radians = np.deg2rad(np.take(line_classes.ANGLES, line_classes.class_factors(self.labels)["angle"]))
        return np.stack([np.cos(radians), -np.sin(radians)], axis=1)

    def of(self, chosen: np.ndarray) -> KnownLines:
        """Return some of them."""
        return KnownLines(*(field[chosen] for field in self))

    def spread(self, count: int) -> KnownLines:
        """Return up to `count` of them, evenly spread over the classes."""
        return self.of(np.unique(np.linspace(0, len(self.labels) - 1, min(count, len(self.labels))).astype(int)))


def to_learn_from(per_class: int = LEARNED) -> KnownLines:
    """Return new lines, class after class."""
    return KnownLines(*lines.draw(per_class, STREAM))


def tested_of(network: Network, arguments: Namespace) -> KnownLines:
    """Return all test lines of a network, class after class.

    Raises UserError for a network that was not trained on drawn lines.
    """
    only = "the true pixels are known only for drawn lines"
    if not network.metrics or network.metrics["data"]["name"] != "lines":
        raise UserError(f"{network.name}: {only}: give one of {', '.join(LINE_NETWORKS)}")
    known = shown.dataset(network, arguments)
    drawn = lines.draw(known.per_class or lines.PER_CLASS, network.metrics["training"]["seed"])
    if not np.array_equal(drawn.images, known.images):
        raise UserError(f"{network.name} was trained on {known.source}: {only}")
    return KnownLines(*drawn).of(known.split.test)


def answers(head: str, labels: np.ndarray) -> np.ndarray:
    """Return the right classes of a head for class indices, int64 (n,): the levels of its factor, or else the classes."""
    return line_classes.class_factors(labels)[head] if head in line_classes.FACTORS else labels

"""Where along and across a line the heat of each head lies."""

from collections.abc import Iterator

import numpy as np

from data import line_classes
from q3_visualize.known_lines import KnownLines
from q3_visualize.networks import Network

ALONG = np.arange(-14, 14.1, 1.0)  # borders of the bins along the line, pixels from its center
ACROSS = np.arange(-8, 8.1, 1.0)


def where_heads_look(network: Network, known: KnownLines, layer: str) -> Iterator[dict]:
    """Yield the mean heat of each head by HiResCAM along and across long thick lines: rows of head, axis, position, heat."""
    from q3_visualize.heatmaps import placed_heatmaps

    factors = line_classes.class_factors(known.labels)
    chosen = known.of((factors["length"] == 1) & (factors["width"] == 1))
    for head in network.heads:
        maps = placed_heatmaps(network, chosen.images, layer, head=head, method="hirescam")
        profiles = along_and_across(maps, chosen.centers, chosen.directions, ALONG, ACROSS)
        for axis, edges, heat in zip(("along", "across"), (ALONG, ACROSS), profiles):
            for position, value in zip(((edges[:-1] + edges[1:]) / 2).tolist(), heat.tolist()):
                yield {"head": head, "axis": axis, "position": position, "heat": value}


def along_and_across(
    maps: np.ndarray, centers: np.ndarray, directions: np.ndarray, edges_along: np.ndarray, edges_across: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean heat along lines (within 1.5 pixels of the axis) and across them (within 3 pixels of the center).

    Parameters
    ----------
    maps, centers, directions
        (n, h, w), each of which counts alike; (n, 2) of the lines, x right and y down, in pixels from the upper left corner;
        and unit vectors (n, 2) along them.
    edges_along, edges_across
        Borders of the bins, in pixels from the center.
    """
    heat = np.maximum(maps, 0)
    heat = heat / np.maximum(heat.mean(axis=(1, 2), keepdims=True), 1e-12)
    y, x = np.mgrid[: maps.shape[1], : maps.shape[2]] + 0.5
    offset_x, offset_y = x - centers[:, 0, None, None], y - centers[:, 1, None, None]
    along = offset_x * directions[:, 0, None, None] + offset_y * directions[:, 1, None, None]
    across = offset_x * -directions[:, 1, None, None] + offset_y * directions[:, 0, None, None]
    near_axis, near_middle = np.abs(across) <= 1.5, np.abs(along) <= 3
    heat_along = _means(along[near_axis], heat[near_axis], edges_along)
    return heat_along, _means(across[near_middle], heat[near_middle], edges_across)


def _means(positions, values, edges):
    """Return the mean of values in each bin of positions; 0 where there are none."""
    sums, counts = (np.histogram(positions, edges, weights=weights)[0] for weights in (values, None))
    return np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)

"""Figures of what is inside a network: activations, filters, heatmaps. Small images are shown with hard pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import CenteredNorm, Normalize

from reports.figures import titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGNED, POSITIVE = "RdBu_r", "viridis"  # red above zero, blue below; hot is more
DEAD = "#d55e00"
TINY = 1e-12  # the least range of a color scale


def activation_maps(images: np.ndarray, names: Sequence[str], maps: np.ndarray, title: str) -> Figure:
    """Draw the channels of a layer for several images, all on one scale; dead channels are crossed out.

    Parameters
    ----------
    images
        uint8 (n, height, width, 1 or 3).
    maps
        Activations, float (n, h, w, k).
    """
    count, height, width, channels = maps.shape
    rows = max(1, round(np.sqrt(channels / 8)))
    columns = -(-channels // rows)
    figure = titled(title, (13, 0.8 + count * max(1.1, 11.5 * rows / columns)))
    grid = figure.subplots(count, 2, width_ratios=(1, max(columns / rows, 1)), squeeze=False)
    scale = _scale(maps)
    dead = dead_channels(maps)
    for (left, right), image, name, channels_of_image in zip(grid, images, names, maps):
        show(left, image, name)
        mosaic = right.imshow(_mosaic(channels_of_image, columns), **scale, interpolation="nearest")
        x, y = (dead % columns + 0.5) * (width + 1) - 1, (dead // columns + 0.5) * (height + 1) - 1
        right.plot(x, y, "x", color=DEAD)
        right.set_axis_off()
    figure.colorbar(mosaic, ax=grid[:, 1], fraction=0.02, pad=0.01)
    return figure


def dead_channels(maps: np.ndarray) -> np.ndarray:
    """Return the channels of maps, float (n, h, w, k), with one value at all places of all images, if these are several."""
    same = maps.max(axis=(0, 1, 2)) == maps.min(axis=(0, 1, 2))
    return np.flatnonzero(same & (maps[..., 0].size > 1))


def activation_vectors(names: Sequence[str], vectors: np.ndarray, title: str) -> Figure:
    """Draw the neurons of a layer, float (n, k), as strips, one for each of n named images."""
    figure = titled(title, (13, 1.4 + 0.35 * len(vectors)))
    axes = figure.subplots()
    strips = axes.imshow(vectors, aspect="auto", **_scale(vectors), interpolation="nearest")
    axes.set_yticks(range(len(names)), names, fontsize="small", parse_math=False)
    axes.set_xlabel("neuron")
    figure.colorbar(strips, ax=axes, fraction=0.02, pad=0.01)
    return figure


def overview(image: np.ndarray, name: str, layers: dict[str, np.ndarray], title: str, most: int = 16) -> Figure:
    """Draw the `most` strongest channels of each layer for an image. layers: {label: activations, float (h, w, k) or (k,)}."""
    figure = titled(title, (11, 1.2 + 0.75 * (len(layers) + 1)))
    grid = figure.subplots(len(layers) + 1, 1)
    show(grid[0], image, name)
    grid[0].set_anchor("W")
    for axes, (label, values) in zip(grid[1:], layers.items()):
        if values.ndim == 3:
            strongest = np.sort(np.argsort(-np.abs(values).max(axis=(0, 1)), kind="stable")[:most])
            values = _mosaic(values[..., strongest], most)
            axes.imshow(values, **_scale(values), interpolation="nearest")
            axes.set_anchor("W")
        else:
            axes.imshow(values[None], aspect="auto", **_scale(values), interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize="small", parse_math=False)
        axes.spines[:].set_visible(False)
    return figure


def captioned(images: np.ndarray, captions: Sequence[str], title: str) -> Figure:
    """Draw images, (n, height, width, 1 or 3), uint8 or in [0, 1], in a grid, each with its caption."""
    columns = min(len(images), 8 if len(images) <= 40 else 12)
    rows = -(-len(images) // columns)
    figure = titled(title, (max(1.45 * columns, 5), 0.7 + 1.75 * rows))
    for axes in (grid := figure.subplots(rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, image, caption in zip(grid.flat, images, captions):
        show(axes, image, caption)
    return figure


def heatmap_figure(rows: list[dict], columns: Sequence[str], title: str) -> Figure:
    """Draw images, and for each column its heat over the image; with at most two columns also the heat by itself.

    Parameters
    ----------
    rows
        Dicts with image, uint8 (height, width, 1 or 3), name, and maps: for each column a float (height, width), above 0 for
        the class and below 0 against it.
    """
    by_itself = len(columns) <= 2
    step = 1 + by_itself
    figure = titled(title, (1.75 * (1 + len(columns) * step), 0.7 + 1.95 * len(rows)))
    for line, row in zip(figure.subplots(len(rows), 1 + len(columns) * step, squeeze=False), rows):
        show(line[0], row["image"], row["name"])
        for over, column, heat in zip(line[1::step], columns, row["maps"]):
            show(over, overlaid(row["image"], heat), column)
            if heat.max() <= 0:
                words = {"color": "white", "fontsize": 6, "ha": "center", "transform": over.transAxes}
                over.text(0.5, 0.02, "no positive evidence", **words)
        for axes, heat in zip(line[2::step] if by_itself else (), row["maps"]):
            values = axes.imshow(heat, cmap=SIGNED, norm=_centered(heat), interpolation="nearest")
            axes.set_axis_off()
            figure.colorbar(values, ax=axes, fraction=0.046, pad=0.02)
    return figure


def overlaid(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Draw positive heat, (h, w), from clear to bright over a darkened image, uint8 (h, w, 1 or 3): uint8 (h, w, 3)."""
    dark = 0.6 * np.broadcast_to(image, (*image.shape[:2], 3)) / 255
    strength = np.clip(heat / max(heat.max(), TINY), 0, 1)[..., None]
    colors = colormaps["inferno"](strength[..., 0])[..., :3]
    return np.rint(255 * (dark + 0.85 * strength * (colors - dark))).astype(np.uint8)


def show(axes: Axes, image: np.ndarray, name: str = "") -> None:
    """Draw one image, (height, width, 1 or 3), uint8 or in [0, 1], with its name above."""
    pixel_max = 255 if image.dtype == np.uint8 else 1
    values = np.clip(image[..., 0] if image.shape[-1] == 1 else image, 0, pixel_max) / pixel_max
    axes.imshow(values, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(name, fontsize="small", parse_math=False)
    axes.set_axis_off()


def _scale(values):
    """Return a color scale: two-sided around zero where there are negative values, else from zero up."""
    if np.nanmin(values) < 0:
        return {"cmap": SIGNED, "norm": _centered(values)}
    return {"cmap": POSITIVE, "norm": Normalize(0, max(np.nanmax(values), TINY))}


def _centered(values):
    return CenteredNorm(halfrange=max(np.nanmax(np.abs(values)), TINY))


def _mosaic(maps, columns):
    """Put the channels of a map (h, w, k) side by side, a blank pixel between them: float (rows * (h + 1) - 1, ...)."""
    height, width, channels = maps.shape
    rows = -(-channels // columns)
    padded = np.pad(maps.astype(float), ((0, 1), (0, 1), (0, rows * columns - channels)), constant_values=np.nan)
    tiles = padded.transpose(2, 0, 1).reshape(rows, columns, height + 1, width + 1)
    return tiles.swapaxes(1, 2).reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]

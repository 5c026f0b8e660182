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
LARGEST = 1e30  # of what Matplotlib draws of float32 without an overflow
STRIP = 10.1  # inches: the width of what is drawn of a layer for an image


def activation_maps(
    images: np.ndarray, names: Sequence[str], maps: np.ndarray, title: str, channels: Sequence[int] | None = None
) -> Figure:
    """Draw the channels of a layer for several images, all on one scale; dead channels are crossed out.

    Parameters
    ----------
    images
        uint8 (n, height, width, 1, 3 or 4).
    maps
        Activations, float (n, h, w, k), of which some may be NaN or infinite.
    title
        One line or more.
    channels
        The k channels' numbers, which are written above them; none are if it is None.
    """
    _, height, width, count = maps.shape
    rows = int(np.clip(round(np.sqrt(count * width / height / (8 if width <= 32 else 3))), 1, count))  # large maps: large tiles
    columns = -(-count // rows)
    gap = 1 + max(height, width) // 56
    below = gap if channels is None else gap + columns * (width + gap) // 75  # for a number's height on the paper
    aspect = rows * (height + below) / (columns * (width + gap))
    figure, strips = _beside_images(title, images, names, aspect)
    scale = _scale(maps)
    dead = dead_channels(maps)
    for axes, channels_of_image in zip(strips, maps):
        _draw(axes, _mosaic(channels_of_image, columns, gap, below), scale)
        x, y = dead % columns * (width + gap) + (width - 1) / 2, dead // columns * (height + below) + (height - 1) / 2
        axes.plot(x, y, "x", color=DEAD)
        axes.set_axis_off()
        for place, channel in enumerate(channels if channels is not None else ()):
            corner = place % columns * (width + gap) - 0.5, place // columns * (height + below) - 0.5
            axes.text(*corner, str(channel), fontsize=5, va="bottom")
    _colorbar(figure, strips)
    return figure


def dead_channels(maps: np.ndarray) -> np.ndarray:
    """Return the channels of maps, float (n, h, w, k), with one value at all places of all images, if these are several."""
    same = maps.max(axis=(0, 1, 2)) == maps.min(axis=(0, 1, 2))
    return np.flatnonzero(same & (maps[..., 0].size > 1))


def most_active(values: np.ndarray, most: int) -> np.ndarray:
    """Return the numbers of the `most` channels with the largest absolute value anywhere, in order.

    values: float (..., k), whose NaNs count as 0. Of equal channels those with lower numbers are taken.
    """
    peaks = np.where(np.isnan(values), 0, np.abs(values)).reshape(-1, values.shape[-1]).max(axis=0)
    return np.sort(np.argsort(-peaks, kind="stable")[:most])


def activation_tokens(images: np.ndarray, names: Sequence[str], tokens: np.ndarray, title: str) -> Figure:
    """Draw the tokens of a layer, float (n, tokens, k), one below the other, for n images, uint8 (n, height, width, c)."""
    count = tokens.shape[1]
    figure, strips = _beside_images(title, images, names, min(0.3, 0.02 * count), bottom=0.5)
    scale = _scale(tokens)
    for axes, values in zip(strips, tokens):
        _draw(axes, values, scale, aspect="auto")
        axes.set_ylabel("token", fontsize="small")
        axes.set_yticks(sorted({0, count - 1}))
        axes.tick_params(labelsize="small")
    strips[-1].set_xlabel("channel", fontsize="small")
    _colorbar(figure, strips)
    return figure


def activation_vectors(names: Sequence[str], vectors: np.ndarray, title: str) -> Figure:
    """Draw the neurons of a layer, float (n, k), as strips, one for each of n named images."""
    figure = titled(title, (13, 1.4 + 0.35 * len(vectors)))
    axes = figure.subplots()
    strips = _draw(axes, vectors, _scale(vectors), aspect="auto")
    axes.set_yticks(range(len(names)), names, fontsize="small", parse_math=False)
    axes.set_xlabel("neuron")
    figure.colorbar(strips, ax=axes, fraction=0.02, pad=0.01)
    return figure


def overview(image: np.ndarray, name: str, layers: dict[str, np.ndarray], title: str, most: int = 16) -> Figure:
    """Draw the `most` most active channels of each layer for an image.

    layers: {label: activations, float: maps (h, w, k), tokens (t, k) or a vector (k,)}.
    """
    figure = titled(title, (11, 1.2 + 0.75 * (len(layers) + 1)))
    grid = figure.subplots(len(layers) + 1, 1)
    show(grid[0], image, name)
    grid[0].set_anchor("W")
    for axes, (label, values) in zip(grid[1:], layers.items()):
        if values.ndim == 3:
            values = _mosaic(values[..., most_active(values, most)], most)
            _draw(axes, values, _scale(values)).axes.set_anchor("W")
        else:
            _draw(axes, np.atleast_2d(values), _scale(values), aspect="auto")
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
        Dicts with image, uint8 (height, width, 1, 3 or 4), name, and maps: for each column a float (height, width), above 0
        for the class and below 0 against it. With "images", an image for each column, these are below the heat.
    """
    by_itself = len(columns) <= 2
    step = 1 + by_itself
    cells = 1 + len(columns) * step
    width, height = _cell([row["image"] for row in rows], cells)
    figure = titled(title, (width * cells, 0.7 + height * len(rows)))
    for line, row in zip(figure.subplots(len(rows), cells, squeeze=False), rows):
        show(line[0], row["image"], row["name"])
        images = row.get("images", [row["image"]] * len(columns))
        for over, column, image, heat in zip(line[1::step], columns, images, row["maps"]):
            show(over, overlaid(image, heat), column)
            if heat.max() <= 0:
                words = {"color": "white", "fontsize": 6, "ha": "center", "transform": over.transAxes}
                over.text(0.5, 0.02, "no positive evidence", **words)
        for axes, heat in zip(line[2::step] if by_itself else (), row["maps"]):
            values = axes.imshow(heat, cmap=SIGNED, norm=_centered(heat), interpolation="nearest")
            axes.set_axis_off()
            figure.colorbar(values, ax=axes, fraction=0.046, pad=0.02)
    return figure


def overlaid(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Draw positive heat, (h, w), from clear to bright over a darkened image, uint8 (h, w, 1, 3 or 4): uint8 (h, w, 3)."""
    dark = 0.6 * np.broadcast_to(_over_black(image), (*image.shape[:2], 3)) / 255
    strength = np.clip(heat / max(heat.max(), TINY), 0, 1)[..., None]
    colors = colormaps["inferno"](strength[..., 0])[..., :3]
    return np.rint(255 * (dark + 0.85 * strength * (colors - dark))).astype(np.uint8)


def show(axes: Axes, image: np.ndarray, name: str = "") -> None:
    """Draw one image, (height, width, 1, 3 or 4), uint8 or in [0, 1], with its name above; a transparent one over black."""
    pixel_max = 255 if image.dtype == np.uint8 else 1
    values = np.clip(_over_black(image), 0, pixel_max) / pixel_max
    values = values[..., 0] if values.shape[-1] == 1 else values
    axes.imshow(values, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(name, fontsize="small", parse_math=False)
    axes.set_axis_off()


def _over_black(image):
    """Return an image without its fourth channel, which says how opaque each pixel is."""
    if image.shape[-1] != 4:
        return image
    opaque = image[..., 3:] / (255 if image.dtype == np.uint8 else 1)
    return image[..., :3] * opaque


def _cell(images, cells):
    """Return width and height, in inches, of one of several cells side by side, each with an image of these and its name."""
    aspect = np.median([image.shape[1] / image.shape[0] for image in images])
    width = 1.75 * np.clip(min(aspect, 30 / cells / 1.75), 1, 3)
    return width, 0.2 + max(width / max(aspect, 1 / 3), 0.6)


def _beside_images(title, images, names, aspect, bottom=0.15):
    """Draw images one below the other. Return the figure and axes for a strip beside each: its height is `aspect` of its width.

    Places are in inches and not found by Matplotlib, which takes longer for that than for drawing.
    """
    top, above, tall = 0.4 + 0.2 * title.count("\n"), 0.25, float(np.clip(STRIP * aspect, 0.9, 6))
    width, height = 13, top + len(images) * (tall + above) + bottom
    figure = titled(title, (width, height))
    figure.set_layout_engine("none")
    strips = []
    for row, (image, name) in enumerate(zip(images, names), 1):
        floor = (height - top - row * (tall + above)) / height
        left = figure.add_axes((0.1 / width, floor, 1.4 / width, tall / height), anchor="NW")
        show(left, image)
        left.set_title(name, loc="left", fontsize="small", parse_math=False)  # it may be wider than the image
        strips.append(figure.add_axes((2 / width, floor, STRIP / width, tall / height), anchor="NW"))
    return figure, strips


def _colorbar(figure, strips):
    """Add a color bar at the right of strips that share one scale."""
    top, bottom = strips[0].get_position().y1, strips[-1].get_position().y0
    tall = min(top - bottom, 5 / figure.get_figheight())
    figure.colorbar(strips[0].images[0], cax=figure.add_axes((0.935, top - tall, 0.012, tall)))


def _draw(axes, values, scale, **options):
    """Draw values that may be infinite; NaN stays blank."""
    return axes.imshow(np.clip(values, -LARGEST, LARGEST), **scale, interpolation="nearest", **options)


def _scale(values):
    """Return a color scale: two-sided around zero where there are negative values, else from zero up."""
    finite = np.clip(values[np.isfinite(values)], -LARGEST, LARGEST)
    if finite.size and finite.min() < 0:
        return {"cmap": SIGNED, "norm": _centered(finite)}
    return {"cmap": POSITIVE, "norm": Normalize(0, max(finite.max(initial=0), TINY))}


def _centered(values):
    return CenteredNorm(halfrange=max(np.nanmax(np.abs(values)), TINY))


def _mosaic(maps, columns, gap=1, below=1):
    """Put the channels of a map (h, w, k) in rows, `gap` blank pixels beside each and `below` blank pixels below it: float."""
    height, width, channels = maps.shape
    rows = -(-channels // columns)
    padded = np.pad(maps, ((0, below), (0, gap), (0, rows * columns - channels)), constant_values=np.nan)
    tiles = padded.transpose(2, 0, 1).reshape(rows, columns, height + below, width + gap)
    return tiles.swapaxes(1, 2).reshape(rows * (height + below), columns * (width + gap))[:-below, :-gap]

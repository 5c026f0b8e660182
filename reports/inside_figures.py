"""Figures of what is inside a network: activations, filters, heatmaps. Small pictures are shown with hard pixels."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import CenteredNorm, Normalize
from matplotlib.figure import Figure

SIGNED, POSITIVE = "RdBu_r", "viridis"  # red above zero, blue below; hot is more
DEAD = "#d55e00"


def activation_maps(pictures, names, maps, title):
    """The channels of a layer for several pictures, all on one scale; channels that are the same everywhere are crossed out.

    pictures: uint8 (n, height, width, channels). names: a line of words for each. maps: float (n, h, w, k).
    """
    count, _, _, channels = maps.shape
    rows = max(1, round(np.sqrt(channels / 8)))
    columns = -(-channels // rows)
    figure = Figure(figsize=(13, 0.8 + count * max(1.1, 11.5 * rows / columns)), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    grid = figure.subplots(count, 2, width_ratios=(1, max(columns / rows, 1)), squeeze=False)
    scale = _scale(maps)
    dead = dead_channels(maps)
    for (left, right), picture, name, one in zip(grid, pictures, names, maps):
        show(left, picture, name)
        image = right.imshow(_mosaic(one, columns), **scale, interpolation="nearest")
        height, width = one.shape[0] + 1, one.shape[1] + 1
        right.plot((dead % columns + 0.5) * width - 1, (dead // columns + 0.5) * height - 1, "x", color=DEAD)
        right.set_axis_off()
    figure.colorbar(image, ax=grid[:, 1], fraction=0.02, pad=0.01)
    return figure


def dead_channels(maps):
    """Which channels of maps (n, h, w, k) are the same at every place of every picture; none can be told from one value."""
    same = maps.max(axis=(0, 1, 2)) == maps.min(axis=(0, 1, 2))
    return np.flatnonzero(same & (maps[..., 0].size > 1))


def activation_vectors(names, vectors, title):
    """The neurons of a layer as strips, one for each picture. vectors: float (n, k)."""
    figure = Figure(figsize=(13, 1.4 + 0.35 * len(vectors)), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    axes = figure.subplots()
    image = axes.imshow(vectors, aspect="auto", **_scale(vectors), interpolation="nearest")
    axes.set_yticks(range(len(names)), names, fontsize="small", parse_math=False)
    axes.set_xlabel("neuron")
    figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01)
    return figure


def overview(picture, name, layers, title, most=16):
    """One picture from the first layer to the last: the strongest channels of each layer, each layer on its own scale.

    layers: {label: float (h, w, k) or (k,)}.
    """
    figure = Figure(figsize=(11, 1.2 + 0.75 * (len(layers) + 1)), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    grid = figure.subplots(len(layers) + 1, 1)
    show(grid[0], picture, name)
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


def captioned(pictures, captions, title):
    """Pictures in a grid with a caption under each. pictures: (n, height, width, 1 or 3), uint8 or 0..1."""
    columns = min(len(pictures), 8 if len(pictures) <= 40 else 12)
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(max(1.45 * columns, 5), 0.7 + 1.75 * rows), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    for axes in (grid := figure.subplots(rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, picture, caption in zip(grid.flat, pictures, captions):
        show(axes, picture, caption)
    return figure


def heatmaps(rows, columns, title):
    """Pictures, and for each column the heat over the picture; where there are few columns, also alone with its color bar.

    rows: dicts with picture (height, width, channels), name, and maps: a float (height, width) for each of `columns`, in
    the picture's coordinates, above 0 for the class and below 0 against it.
    """
    alone = len(columns) <= 2
    across = 1 + len(columns) * (1 + alone)
    figure = Figure(figsize=(1.75 * across, 0.7 + 1.95 * len(rows)), layout="constrained")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    for line, row in zip(figure.subplots(len(rows), across, squeeze=False), rows):
        show(line[0], row["image"], row["name"])
        for position, (column, heat) in enumerate(zip(columns, row["maps"])):
            _draw_over(line[1 + position * (1 + alone)], row["image"], heat, column)
            if alone:
                _draw_alone(line[2 + 2 * position], heat)
    return figure


def _draw_over(axes, picture, heat, name):
    """What speaks for the class, from clear to bright, over the darkened picture."""
    show(axes, picture, name, dim=0.6)
    if heat.max() > 0:
        strength = np.clip(heat / heat.max(), 0, 1)
        axes.imshow(strength, cmap="inferno", vmin=0, vmax=1, alpha=0.85 * strength, interpolation="nearest")
    else:
        axes.text(0.5, 0.02, "no positive evidence", color="white", fontsize=6, ha="center", transform=axes.transAxes)


def _draw_alone(axes, heat):
    image = axes.imshow(heat, cmap=SIGNED, norm=CenteredNorm(halfrange=max(np.abs(heat).max(), 1e-12)), interpolation="nearest")
    axes.set_axis_off()
    axes.figure.colorbar(image, ax=axes, fraction=0.046, pad=0.02)


def overlaid(picture, heat):
    """A picture (h, w, channels) with its heat (h, w) over it, as `heatmaps` draws them: uint8 (h, w, 3)."""
    dark = 0.6 * np.broadcast_to(picture, (*picture.shape[:2], 3)) / 255
    strength = np.clip(heat / max(heat.max(), 1e-12), 0, 1)[..., None]
    colors = colormaps["inferno"](strength[..., 0])[..., :3]
    return np.rint(255 * (dark + 0.85 * strength * (colors - dark))).astype(np.uint8)


def show(axes, picture, name="", dim=1.0):
    """One picture with its name above, gray or RGB."""
    gray = picture.shape[-1] == 1
    highest = 255 if picture.dtype == np.uint8 else 1
    values = np.clip(picture[..., 0] if gray else picture, 0, highest) / highest * dim
    axes.imshow(values, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_title(name, fontsize="small", parse_math=False)
    axes.set_axis_off()


def _scale(values):
    """Colors for numbers: two-sided around zero where there are negative ones, else from zero up."""
    if np.nanmin(values) < 0:
        return {"cmap": SIGNED, "norm": CenteredNorm(halfrange=max(np.nanmax(np.abs(values)), 1e-12))}
    return {"cmap": POSITIVE, "norm": Normalize(0, max(np.nanmax(values), 1e-12))}


def _mosaic(maps, columns):
    """The channels of a map (h, w, k) side by side, a blank pixel between them: float (rows * (h + 1) - 1, ...)."""
    height, width, channels = maps.shape
    rows = -(-channels // columns)
    mosaic = np.full((rows * (height + 1), columns * (width + 1)), np.nan)
    for channel in range(channels):
        top, left = channel // columns * (height + 1), channel % columns * (width + 1)
        mosaic[top : top + height, left : left + width] = maps[..., channel]
    return mosaic[:-1, :-1]

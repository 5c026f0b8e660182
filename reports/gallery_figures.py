"""What the gallery of a network holds, as figures for print: activations, filters and heatmaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from common import run_folders
from reports import sheets
from reports.print_size import LINE, SMALL, WIDTH, canvas, lay, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from common.results import Results

ACTIVE, HOT = "viridis", "inferno"
OUTLINE = "#56b4e9"  # of strokes, over heat
STROKE = 0.5  # brightness from which a pixel is one of a stroke
LIGHTER = 0.45  # how much white is added to blue, which is dark in print
TILES = 16  # side by side
SIX = 6  # images at least have their place
FOOT = 0.2  # inches that the color bar takes at the bottom


class Gallery(NamedTuple):
    """gallery.json of a network, and its tiles, uint8: images (n, h, w, 3) and maps (n, h, w)."""

    about: dict
    images: np.ndarray
    maps: np.ndarray

    @property
    def six(self) -> np.ndarray:
        """The images that all figures show, uint8 (k, h, w, 3)."""
        return self.images[: len(self.about["images"]), : self.about["height"], : self.about["width"]]

    def activations(self) -> Iterator[tuple[dict, np.ndarray]]:
        """Yield each layer of "activations" with its maps, uint8 (images, channels, h, w)."""
        start = 0
        for layer in self.about["activations"]:
            shape = len(self.six), len(layer["channels"])
            stop = start + shape[0] * shape[1]
            tiles = self.maps[start:stop, : layer["height"], : layer["width"]]
            yield layer, tiles.reshape(*shape, *tiles.shape[1:])
            start = stop

    def filters(self) -> Iterator[tuple[dict, np.ndarray]]:
        """Yield each layer of "filters" with, for each filter, the drawn image and the best real one, uint8 (k, 2, h, w, 3)."""
        start = len(self.six)
        for layer in self.about["filters"]:
            stop = start + 2 * len(layer["filters"])
            tiles = self.images[start:stop, : layer["height"], : layer["width"]]
            yield layer, tiles.reshape(-1, 2, *tiles.shape[1:])
            start = stop

    def heat(self, head: str, layer: str, method: str) -> np.ndarray:
        """Return the heat for each image, float (k, h, w), from 0 to 1."""
        place = self.about["heatmaps"].index({"head": head, "layer": layer, "method": method})
        before = sum(len(self.six) * len(each["channels"]) for each in self.about["activations"])
        start = before + place * len(self.six)
        return self.maps[start : start + len(self.six), : self.about["height"], : self.about["width"]] / 255


def read(results: Results, network: str) -> Gallery:
    """Read the gallery of a network. Raises LookupError or OSError for a damaged one."""
    folder = f"q3_visualize/{network}"
    about = run_folders.read_json(results.file(f"{folder}/gallery.json"))
    colored, gray = (results.file(f"{folder}/{name}.png") for name in ("gallery", "maps"))
    return Gallery(about, sheets.read(colored, "RGB", *about["tile"]), sheets.read(gray, "L", *about["tile"]))


def lighter(images: np.ndarray) -> np.ndarray:
    """Return images, uint8 (..., 3), with blue made lighter, so that it can be seen in print: float from 0 to 1."""
    shares = images / 255
    red, green, blue = np.moveaxis(shares, -1, 0)
    white = LIGHTER * np.maximum(blue - np.maximum(red, green), 0)
    return np.clip(shares + white[..., None] * [1, 1, 0], 0, 1)


def activations(gallery: Gallery) -> Figure:
    """Draw six images in rows, and beside each the most active channels of each layer, all of a layer on one scale."""
    layers = list(gallery.activations())
    head, tile = 2.2 * LINE, WIDTH / sum([1, *(len(layer["channels"]) for layer, _ in layers)])
    figure = Figure(figsize=(WIDTH, head + tile * len(gallery.six) + FOOT))
    axes = canvas(figure)
    _column(axes, 0, head, tile, lighter(gallery.six))
    column = 1
    for layer, tiles in layers:
        size = f"{layer['height']} × {layer['width']} cells, 0 to {layer['largest']:.3g}"
        write(figure, column * tile, 0, f"{layer['layer']}: {tiles.shape[1]} of {layer['of']} channels\n{size}")
        for channel in tiles.swapaxes(0, 1):
            _column(axes, column * tile, head, tile, channel, cmap=ACTIVE, vmin=0, vmax=255)
            column += 1
    _color_bar(figure, ACTIVE, "0", "largest of the layer")
    return figure


def _column(axes, left, top, tile, images, **options):
    """Draw images below each other."""
    for row, image in enumerate(images):
        lay(axes, left, top + row * tile, 0.95 * tile, image, **options)


def filters(gallery: Gallery, most_layers: int = 5) -> Figure:
    """Draw a row for each layer: filters, each with its drawn image at the left and the best real patch at the right."""
    layers = _merged(list(gallery.filters()))
    layers = [layers[row] for row in dict.fromkeys(np.linspace(0, len(layers) - 1, most_layers).round().astype(int))]
    tile = WIDTH / TILES
    heights = [tile + LINE * (2 + max(name.count("\n") for name in names)) + 0.05 for _, names, _ in layers]
    figure, top = Figure(figsize=(WIDTH, sum(heights))), 0
    axes = canvas(figure)
    for height, (title, names, pairs) in zip(heights, layers):
        write(figure, 0, top, title, weight="bold")
        for column, (name, pair) in enumerate(zip(names, pairs)):
            write(figure, 2 * column * tile, top + LINE, name)
            for side, image in enumerate(lighter(pair)):
                left = (2 * column + side - 0.05 * side) * tile  # a pair stands closer than two pairs
                lay(axes, left, top + height - 0.05 - 0.93 * tile, 0.93 * tile, image)
        top += height
    return figure


def _merged(layers):
    """Return the title, captions and pairs of each layer; outputs of one neuron, with two images each, share a row."""
    rows, single = [], []
    for layer, pairs in layers:
        if len(layer["filters"]) == 2:
            single.append((layer, pairs))
            continue
        shown, every = len(layer["filters"]), layer["of"]
        part = f"{shown} of {every}" if shown < every else str(every)
        rows.append((f"{layer['layer']}: {part}", [*map(_caption, layer["filters"])], list(pairs)))
    if single:
        names = ", ".join(layer["layer"] for layer, _ in single)
        captions = [_caption(one) for layer, _ in single for one in layer["filters"]]
        rows.insert(-1, (f"heads {names}", captions, [pair for _, pairs in single for pair in pairs]))
    return rows


def _caption(one):
    """Return the name of a filter and how many times the best real response its drawn image has."""
    words = one["name"].split(" ")
    name = " ".join(words[:2]) + "\n" + " ".join(words[2:]) if len(words) == 4 else one["name"]
    times = f"{one['times']:.1f} ×" if one["times"] else ""
    return f"{name}  {'dead' if one['dead'] else 'failed' if one['failed'] else times}"


def heatmaps(gallery: Gallery, rows: Sequence[tuple[str, str, str, str]], width: float = WIDTH) -> Figure:
    """Draw six images in a row, and below them heat over the images in gray, with the outlines of the strokes.

    Parameters
    ----------
    rows
        (name of the row, head, layer, method) of each row of heat.
    width
        Of the figure, inches.
    """
    six, label = gallery.six, 0.9
    tile = (width - label) / max(len(six), SIX)
    figure = Figure(figsize=(width, tile * (1 + len(rows)) + FOOT))
    axes, side = canvas(figure), 0.96 * tile
    write(figure, 0, tile / 2, "image", va="center")
    for column, image in enumerate(lighter(six)):
        lay(axes, label + column * tile, 0, side, image)
    for row, (name, *where) in enumerate(rows, 1):
        write(figure, 0, (row + 0.5) * tile, name, va="center")
        for column, (image, heat) in enumerate(zip(six, gallery.heat(*where))):
            left, top, (height, wide) = label + column * tile, row * tile, heat.shape
            lay(axes, left, top, side, over_gray(image, heat))
            x, y = left + side * (np.arange(wide) + 0.5) / wide, top + side * (np.arange(height) + 0.5) / height
            axes.contour(x, y, image.max(axis=2) / 255, [STROKE], colors=[OUTLINE], linewidths=0.3)
    _color_bar(figure, HOT, "no heat", "most of the map")
    return figure


def over_gray(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay heat, float (h, w) from 0 to 1, over an image, uint8 (h, w, 3), in gray: float (h, w, 3)."""
    gray = np.repeat(image.max(axis=2)[:, :, None] / 255, 3, axis=2)
    shown, opaque = colormaps[HOT](heat)[:, :, :3], heat[:, :, None]
    return (1 - opaque) * 0.6 * gray + opaque * shown


def _color_bar(figure, name, low, high):
    """Draw a color bar at the bottom, with words at both ends."""
    height = figure.get_figheight()
    middle = FOOT / 2 / height
    axes = figure.add_axes((0.4, middle - 0.035 / height, 0.2, 0.07 / height))
    figure.colorbar(ScalarMappable(cmap=name), cax=axes, orientation="horizontal", ticks=[])
    figure.text(0.39, middle, low, ha="right", va="center", fontsize=SMALL)
    figure.text(0.61, middle, high, ha="left", va="center", fontsize=SMALL)

"""What the gallery of a network holds, as figures for print: activations, filters and heatmaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from PIL import Image

from common import run_folders
from reports.print_size import SMALL, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from common.results import Results

ACTIVE, HOT = "viridis", "inferno"
OUTLINE = "#56b4e9"  # of strokes, over heat
STROKE = 0.5  # brightness from which a pixel is one of a stroke
LIGHTER = 0.45  # how much white is added to blue, which is dark in print
TILES = 16  # side by side
LINE = 0.155  # inches that a line of text takes


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
    sheets = (("gallery", "RGB"), ("maps", "L"))
    images, maps = (_tiles(results.file(f"{folder}/{name}.png"), mode, about["tile"]) for name, mode in sheets)
    return Gallery(about, images, maps)


def _tiles(path, mode, size):
    """Return the tiles of a sheet, uint8 (n, height, width, ...)."""
    height, width = size
    with Image.open(path) as image:
        sheet = np.array(image.convert(mode))
    across = sheet.shape[1] // width
    return (
        sheet.reshape(-1, height, across, width, *sheet.shape[2:]).swapaxes(1, 2).reshape(-1, height, width, *sheet.shape[2:])
    )


def lighter(images: np.ndarray) -> np.ndarray:
    """Return images, uint8 (..., 3), with blue made lighter, so that it can be seen in print: float from 0 to 1."""
    shares = images / 255
    red, green, blue = np.moveaxis(shares, -1, 0)
    white = LIGHTER * np.maximum(blue - np.maximum(red, green), 0)
    return np.clip(shares + white[..., None] * [1, 1, 0], 0, 1)


def activations(gallery: Gallery) -> Figure:
    """Draw six images in rows, and beside each the most active channels of each layer, all of a layer on one scale."""
    layers, count = list(gallery.activations()), len(gallery.six)
    columns = [1, *(tiles.shape[1] for _, tiles in layers)]
    head = 2 * LINE
    figure, tile = _page(sum(columns), count, head, bottom=3 * LINE)
    for row, image in enumerate(lighter(gallery.six)):
        _draw(_axes(figure, tile, 0, row, head), image)
    start = 1
    for layer, tiles in layers:
        for row, column in np.ndindex(tiles.shape[:2]):
            _draw(_axes(figure, tile, start + column, row, head), tiles[row, column], cmap=ACTIVE, vmin=0, vmax=255)
        size = f"{layer['height']} × {layer['width']}"
        text = f"{layer['layer']}: {tiles.shape[1]} of {layer['of']} channels\n{size}, from 0 to {layer['largest']:.3g}"
        _write(figure, tile, start, head, text)
        start += tiles.shape[1]
    _color_bar(figure, ACTIVE, "0", "largest of the layer")
    return figure


def filters(gallery: Gallery, most_layers: int = 5) -> Figure:
    """Draw a row for each layer: filters, each with its drawn image at the left and the best real patch at the right."""
    layers = _merged(list(gallery.filters()))
    layers = [layers[place] for place in dict.fromkeys(np.linspace(0, len(layers) - 1, most_layers).round().astype(int))]
    tile = WIDTH / TILES
    heights = [tile + LINE * (2 + max(name.count("\n") for name in names)) for _, names, _ in layers]
    figure, top = Figure(figsize=(WIDTH, sum(heights))), 0
    for height, (title, names, pairs) in zip(heights, layers):
        _text(figure, 0, top, title, weight="bold")
        for place, (name, pair) in enumerate(zip(names, pairs)):
            _text(figure, 2 * place * tile, top + LINE, name)
            for side, image in enumerate(lighter(pair)):
                left = (2 * place + side + (0.04 if side == 0 else -0.04)) * tile
                _draw(_at(figure, left, top + height - tile, 0.94 * tile), image)
        top += height
    return figure


def _merged(layers):
    """Return the title, captions and pairs of each layer; outputs of one neuron, with two images each, share a row."""
    rows, small = [], ([], [], [])
    for layer, pairs in layers:
        names = [_caption(one) for one in layer["filters"]]
        if len(names) == 2:
            small[0].append(layer["layer"])
            small[1].extend(names)
            small[2].extend(pairs)
            continue
        part = f"{len(names)} of {layer['of']}" if len(names) < layer["of"] else f"{layer['of']}"
        rows.append((f"{layer['layer']}: {part}", names, list(pairs)))
    if small[0]:
        rows.insert(len(rows) - 1, (f"heads {', '.join(small[0])}", small[1], small[2]))
    return rows


def _caption(one):
    words = one["name"].split(" ")
    name = " ".join(words[:2]) + "\n" + " ".join(words[2:]) if len(words) == 4 else one["name"]
    came = "dead" if one["dead"] else "failed" if one["failed"] else f"{one['times']:.1f} ×" if one["times"] else ""
    return f"{name}  {came}"


def heatmaps(gallery: Gallery, rows: Sequence[tuple[str, str, str, str]], width: float = WIDTH) -> Figure:
    """Draw six images in a row, and below them heat over the images in gray.

    Parameters
    ----------
    rows
        (name of the row, head, layer, method) of each row of heat.
    width
        Of the figure, inches.
    """
    six = gallery.six
    label = 0.9
    tile = (width - label) / len(six)
    figure = Figure(figsize=(width, tile * (1 + len(rows)) + 3 * LINE))
    for column, image in enumerate(lighter(six)):
        _draw(_at(figure, label + column * tile, 0, 0.96 * tile), image)
    _text(figure, 0, 0.5 * tile - LINE / 2, "image")
    for row, (name, *place) in enumerate(rows, 1):
        _text(figure, 0, (row + 0.5) * tile - LINE * (1 + name.count("\n")) / 2, name)
        for column, (image, heat) in enumerate(zip(six, gallery.heat(*place))):
            axes = _at(figure, label + column * tile, row * tile, 0.96 * tile)
            _draw(axes, over_gray(image, heat))
            bright = image.max(axis=2) / 255
            axes.contour(bright, [STROKE], colors=[OUTLINE], linewidths=0.6)
    _color_bar(figure, HOT, "no heat", "hottest of the map")
    return figure


def over_gray(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay heat, float (h, w) from 0 to 1, over an image, uint8 (h, w, 3), in gray: float (h, w, 3)."""
    gray = np.repeat(image.max(axis=2)[:, :, None] / 255, 3, axis=2)
    shown = colormaps[HOT](heat)[:, :, :3]
    return (1 - heat[:, :, None]) * 0.6 * gray + heat[:, :, None] * shown


def _page(columns, rows, head, bottom):
    """Return a figure of tiles, as wide as the text, and the length of a tile's side, inches."""
    tile = WIDTH / columns
    return Figure(figsize=(WIDTH, head + rows * tile + bottom)), tile


def _axes(figure, tile, column, row, head):
    return _at(figure, column * tile, head + row * tile, 0.95 * tile)


def _at(figure: Figure, left: float, top: float, side: float) -> Axes:
    """Return axes without frame or ticks, a square of a side, inches from the left and from the top."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, 1 - (top + side) / height, side / width, side / height))
    axes.set_axis_off()
    return axes


def _draw(axes, image, **options):
    axes.imshow(image, interpolation="nearest", **options)


def _write(figure, tile, column, head, text):
    _text(figure, column * tile, head - LINE * (1 + text.count("\n")), text)


def _text(figure, left, top, text, **options):
    """Write text, its top left corner inches from the left and from the top."""
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - top / height, text, va="top", fontsize=SMALL, parse_math=False, linespacing=1.1, **options)


def _color_bar(figure, name, low, high):
    """Draw a color bar at the bottom, with words at both ends."""
    height = figure.get_figheight()
    axes = figure.add_axes((0.4, 1.1 * LINE / height, 0.2, 0.08 / height))
    figure.colorbar(ScalarMappable(cmap=name), cax=axes, orientation="horizontal", ticks=[])
    place = (1.1 * LINE + 0.04) / height
    figure.text(0.39, place, low, ha="right", va="center", fontsize=SMALL)
    figure.text(0.61, place, high, ha="left", va="center", fontsize=SMALL)

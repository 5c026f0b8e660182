"""Heatmaps of class activation: which places of an image speak for a class.

    python q3_visualize/gradcam.py --image x.png --layer conv1
    python q3_visualize/gradcam.py --network q2_multihead/lines --head angle --image x.png
    python q3_visualize/gradcam.py --model any.keras --image cat.jpg --method hirescam
    python q3_visualize/gradcam.py --image x.png --class "long thin 45° red"
    python q3_visualize/gradcam.py --layer relu1 --method all     # six images, every method
    python q3_visualize/gradcam.py --network all                  # six images, every layer, of the five networks

With an image and no layer: the last layer with height and width. The class is the predicted one unless --class names
another. Heat is drawn where the cells of the layer look (see geometry.py): bright over the image what speaks for the
class, and beside it red what speaks for it, blue what speaks against it. The .npz has the raw maps.
"""

from __future__ import annotations

import sys
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from data.errors import UserError
from q3_visualize import commands

if TYPE_CHECKING:
    from q3_visualize.networks import Network

Classes = dict[str, int | None]  # the class to explain at each head; None for the predicted one


def draw(network: Network, shown: commands.Images, layers: list[str], heads: Classes, methods: list[str], folder: Path) -> None:
    """Draw heatmaps, a column for each layer and method, and write the raw maps beside the figures.

    With one head there is one figure, with a row for each image; else a figure for each image, with a row for each head.
    """
    from q3_visualize import geometry
    from q3_visualize.heatmaps import heatmaps
    from reports import inside_figures

    for _ in range(2):  # the first round compiles, the second is timed
        start = time.perf_counter()
        raw = {
            (layer, method, head): heatmaps(network, shown.images, layer, head=head, classes=heads[head], method=method)
            for layer, method, head in product(layers, methods, heads)
        }
        seconds = time.perf_counter() - start
    print(f"  {len(raw) * len(shown.images) / seconds:,.0f} heatmaps a second")

    size = network.input_shape[:2]
    large = {key: geometry.enlarged(maps, geometry.grids(network, key[0]), size) for key, maps in raw.items()}
    classes = class_names(network, shown.images, heads)
    cells = list(product(layers, methods))
    rows = [
        {"image": image, "name": f"{name}\n{classes[head][position]}", "maps": [large[*cell, head][position] for cell in cells]}
        for position, (image, name) in enumerate(zip(shown.images, shown.names)) for head in heads
    ]  # fmt: skip
    columns = [method if len(layers) == 1 else layer if len(methods) == 1 else f"{layer} {method}" for layer, method in cells]
    all_layers = "layers" if len(layers) > 1 and layers == network.learned_maps() else "_".join(layers)
    all_methods = methods[0] if len(methods) == 1 else "methods"
    chosen = [head for head in heads if len(heads) < len(network.heads)]
    chosen += [network.heads[head].class_names[index] for head, index in heads.items() if index is not None]
    base = folder / f"{shown.prefix}{commands.safe('_'.join([all_methods, all_layers, *chosen]))}"
    figures = [rows] if len(heads) == 1 else [rows[i : i + len(heads)] for i in range(0, len(rows), len(heads))]
    for number, part in enumerate(figures, 1):
        figure = inside_figures.heatmap_figure(part, columns, f"{network.name}: {all_methods}, {all_layers}")
        commands.save(base if len(heads) == 1 else Path(f"{base}_{number}"), figure, opened=[network])
    commands.save(base, arrays={**{"|".join(key): maps for key, maps in raw.items()}, "images": shown.images})


def class_names(network: Network, images: np.ndarray, heads: Classes) -> dict[str, list[str]]:
    """Return the name of the class of each image's heatmap, by head."""
    predicted = {head: values.argmax(axis=1) for head, values in network.predict(images).items()}
    return {
        head: [network.heads[head].class_names[label if wanted is None else wanted] for label in predicted[head]]
        for head, wanted in heads.items()
    }


def choose_heads(network: Network, head: str | None, wanted: str | None) -> Classes:
    """Return the heads of --head, all by default, with the class of --class, or None for the predicted one."""
    if not network.heads:
        raise UserError(f"{network.name} has no output that classifies: there is nothing for a heatmap to explain")
    if head and head not in network.heads:
        raise UserError(f"{network.name} has no head {head!r}: give one of {', '.join(network.heads)}")
    heads = [network.heads[head]] if head else list(network.heads.values())
    return dict.fromkeys(each.name for each in heads) if wanted is None else commands.class_indices(heads, wanted)


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.add_argument("--head", metavar="NAME", help="one head of a network with several (default: all)")
    parser.add_argument("--class", dest="wanted", metavar="NAME", help="a class by name or number (default: the predicted one)")
    choices = (*commands.METHODS, "all")
    parser.add_argument("--method", nargs="+", choices=choices, default=["gradcam"], metavar="NAME", help=", ".join(choices))
    arguments = commands.parse(parser)
    methods = list(commands.METHODS if "all" in arguments.method else dict.fromkeys(arguments.method))
    for network in commands.networks(arguments):
        heads = choose_heads(network, arguments.head, arguments.wanted)
        maps = network.learned_maps()
        layers = commands.map_layers(network, arguments.layer, maps[-1:] if arguments.image else maps)
        shown = commands.images_of(network, arguments)
        print(f"{network.name}: {', '.join(methods)} at {', '.join(layers)}")
        commands.print_classes(network, shown)
        draw(network, shown, layers, heads, methods, commands.folder(network, arguments) / "heatmaps")


if __name__ == "__main__":
    command_line.execute(main)

"""Heatmaps of class activation: which places of an image speak for a class.

    python q3_visualize/gradcam.py --image data/example.png --layer conv1
    python q3_visualize/gradcam.py --image data/example.png --network q2_multihead/lines --head angle
    python q3_visualize/gradcam.py --image data/example.png --class "long thin 45° red"
    python q3_visualize/gradcam.py --image data/example.png --against "long thick 120° red"   # why not that class?
    python q3_visualize/gradcam.py --image x.png --method integrated --baseline y.png     # what changes it from y.png to x.png?
    python q3_visualize/gradcam.py --layer relu1 --method all     # six images, every method
    python q3_visualize/gradcam.py --network all                  # six images, every layer, of the five networks
    python q3_visualize/gradcam.py --model any.keras --image cat.jpg --method hirescam
    python q3_visualize/gradcam.py --model any.keras --image folder/ --pixels 0..255
    python q3_visualize/gradcam.py --model unet.keras --image cat.jpg --class 1 --region mask.png
    python q3_visualize/gradcam.py --model captcha.keras --image letters.png --position 2

With an image and no layer: the last layer with height and width. The class is the predicted one unless --class names
another. Heat is drawn where the cells of the layer look (see geometry.py): bright over the image what speaks for the
class, and beside it red what speaks for it, blue what speaks against it. The .npz has the raw maps, the .csv what the network
says of each image and the peak of each map.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from q3_visualize import commands, shown, targets
from q3_visualize.choices import INTEGRATED, METHODS, SCORED

if TYPE_CHECKING:
    from q3_visualize.networks import Network

MOST_ROWS = 16  # of a figure


def draw(
    network: Network,
    images: shown.Images,
    layers: list[str],
    heads: dict[str, targets.Explained],
    methods: list[str],
    base: Path,
    most: int | None,
    baseline: np.ndarray | None = None,
) -> None:
    """Draw heatmaps, a column for each layer and method, and write the raw maps and their peaks beside the figures.

    With one head there is a row for each image; else a figure for each image, with a row for each head.
    """
    from common.progress import ProgressBar
    from q3_visualize import geometry
    from q3_visualize.heatmaps import heatmaps
    from reports import inside_figures

    cells, raw = list(product(layers, methods)), {}
    with ProgressBar(f"  {network.name}", len(cells) * len(heads)) as bar:
        for (layer, method), (head, each) in product(cells, heads.items()):
            options = {"head": head, "classes": each.classes, "against": each.against, "region": each.region, "method": method}
            raw[layer, method, head] = heatmaps(network, images.images, layer, channels=most, baselines=baseline, **options)
            bar.advance()

    size = network.input_shape[:2]
    large = {key: geometry.enlarged(maps, geometry.grids(network, key[0]), size) for key, maps in raw.items()}
    seen = {layer: network.image_seen_by(layer, images.images) for layer in layers}
    rows = [
        {
            "image": image, "name": f"{name}\n{each.words[position]}".replace(" against ", "\nagainst "),
            "images": [seen[layer][position] for layer, _ in cells], "maps": [large[*cell, head][position] for cell in cells],
        }
        for position, (image, name) in enumerate(zip(images.images, images.names)) for head, each in heads.items()
    ]  # fmt: skip
    columns = [method if len(layers) == 1 else layer if len(methods) == 1 else f"{layer} {method}" for layer, method in cells]
    together = len(heads) if len(heads) > 1 else MOST_ROWS
    pages = [rows[start : start + together] for start in range(0, len(rows), together)]
    title = f"{network.name}: {', '.join(methods)}, {', '.join(layers) if len(layers) < 4 else f'{len(layers)} layers'}"
    for number, page in enumerate(pages, 1):
        figure = inside_figures.heatmap_figure(page, columns, title)
        commands.save(base if len(heads) == len(pages) == 1 else Path(f"{base}_{number}"), figure, opened=[network])
    arrays = {**{"|".join(key): maps for key, maps in raw.items()}, "images": images.images}
    commands.save(base, arrays=arrays, rows=peaks(network, images, heads, large))


def peaks(network: Network, images: shown.Images, heads: dict[str, targets.Explained], maps: dict) -> list[dict]:
    """Return a row for each image and map, (n, height, width) by layer, method and head: what is explained, and the peak."""
    words = network.in_words(images.images)
    rows = []
    for (layer, method, head), heat in maps.items():
        for name, said, of_class, each in zip(images.names, words, heads[head].words, heat):
            y, x = map(int, np.unravel_index(each.argmax(), each.shape))
            what = {"image": name, "network_says": said, "head": head, "explained": of_class, "layer": layer, "method": method}
            rows.append({**what, "peak_y": y, "peak_x": x, "peak": float(each[y, x])})
    return rows


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.add_argument("--head", metavar="NAME", help="one head of a network with several (default: all)")
    parser.add_argument("--class", dest="wanted", metavar="NAME", help="a class by name or number (default: the predicted one)")
    parser.add_argument("--against", metavar="NAME", help="another class: explain why it is not that one")
    choices = (*METHODS, INTEGRATED, "all")
    parser.add_argument("--method", nargs="+", choices=choices, default=["gradcam"], metavar="NAME", help=", ".join(choices))
    begins = f"an image where the path of {INTEGRATED} begins (default: black)"
    parser.add_argument("--baseline", type=command_line.existing_path, metavar="FILE", help=begins)
    position, region = "of an output that is a sequence, from 0 (default: 0)", "for an output that is a map: white is explained"
    parser.add_argument("--position", type=command_line.index, metavar="K", help=position)
    parser.add_argument("--region", type=command_line.existing_path, metavar="MASK", help=region)
    channels = "that scorecam looks through, those that vary most (default: 128)"
    parser.add_argument("--channels", type=commands.channels, default=SCORED, metavar="N|all", help=channels)
    arguments = commands.parse(parser)
    methods = list(METHODS if "all" in arguments.method else dict.fromkeys(arguments.method))
    if arguments.baseline and INTEGRATED not in methods:
        parser.error(f"--baseline: only --method {INTEGRATED} begins somewhere")
    for network in commands.networks(arguments):
        classes = targets.choose_heads(network, arguments.head, arguments.wanted)
        maps = network.learned_maps()
        layers = commands.map_layers(
            network, arguments.layer, [targets.default_layer(network, classes)] if arguments.image else maps
        )
        images = shown.images_of(network, arguments)
        print(f"{network.name}: {', '.join(methods)} at {', '.join(layers)}")
        shown.print_classes(network, images)
        targets.print_what(network, images.images, layers, methods, classes, arguments)
        heads = targets.explained(network, images.images, classes, arguments)
        all_layers = "layers" if len(layers) > 1 and layers == maps else "_".join(layers)
        parts = [
            methods[0] if len(methods) == 1 else "methods",
            all_layers,
            *targets.parts_of_name(network, classes, arguments),
        ]
        base = commands.folder(network, arguments) / "heatmaps" / f"{images.prefix}{commands.safe('_'.join(parts))}"
        draw(network, images, layers, heads, methods, base, arguments.channels, shown.baseline(network, arguments))


if __name__ == "__main__":
    command_line.execute(main)

"""Heatmaps of class activation: which places of an image speak for a class.

    python q3_visualize/gradcam.py --image x.png --layer conv1
    python q3_visualize/gradcam.py --network q2_multihead/lines --head angle --image x.png
    python q3_visualize/gradcam.py --model any.keras --image cat.jpg --method hirescam
    python q3_visualize/gradcam.py --model any.keras --image folder/ --pixels 0..255
    python q3_visualize/gradcam.py --model unet.keras --image cat.jpg --class 1 --region mask.png
    python q3_visualize/gradcam.py --model captcha.keras --image x.png --position 2
    python q3_visualize/gradcam.py --image x.png --class "long thin 45° red"
    python q3_visualize/gradcam.py --layer relu1 --method all     # six images, every method
    python q3_visualize/gradcam.py --network all                  # six images, every layer, of the five networks

With an image and no layer: the last layer with height and width. The class is the predicted one unless --class names
another. Heat is drawn where the cells of the layer look (see geometry.py): bright over the image what speaks for the
class, and beside it red what speaks for it, blue what speaks against it. The .npz has the raw maps, the .csv what the network says
of each image and the peak of each map.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from data.errors import UserError
from q3_visualize import commands, shown

if TYPE_CHECKING:
    from q3_visualize.heads import Head
    from q3_visualize.networks import Network

Classes = dict[str, int | None]  # the class to explain at each head; None for the predicted one
MOST_ROWS = 16  # of a figure
PLUS_PLUS = ("gradcam++", "refinecam")  # methods that are derived for features that are not negative


class Explained(NamedTuple):
    """What is explained at a head: the class of each image, int (n,), the places as a bool array or None for all, and both in words."""

    classes: np.ndarray
    region: np.ndarray | None
    words: list[str]


def explained(network: Network, images: np.ndarray, classes: Classes, arguments: Namespace) -> dict[str, Explained]:
    """Return what to explain at each head; --position and --region choose places of heads that have several."""
    from q3_visualize.heatmaps import predicted_classes

    found = {}
    for name, wanted in classes.items():
        head = network.heads[name]
        region, where = _region(head, arguments)
        indices = predicted_classes(network, images, name, region) if wanted is None else np.full(len(images), wanted)
        found[name] = Explained(indices, region, [f"{head.class_names[index]}{where}" for index in indices])
    return found


def _region(head: Head, arguments: Namespace) -> tuple[np.ndarray | None, str]:
    """Return the places of a head to explain, bool of the shape head.places, and how to name them in a title."""
    if len(head.places) == 1:
        position = arguments.position or 0
        if position >= head.places[0]:
            raise UserError(f"--position {position}: head {head.name!r} has positions 0 to {head.places[0] - 1}")
        return np.arange(head.places[0]) == position, f" at position {position}"
    if len(head.places) == 2 and arguments.region:
        from common import images

        region = images.read(arguments.region, (*head.places, 1))[..., 0] > 127
        if not region.any():
            raise UserError(f"--region {arguments.region} has no white place at the {head.places} places of head {head.name!r}")
        return region, f" in {arguments.region.name}"
    return None, ""


def draw(
    network: Network, images: shown.Images, layers: list[str], heads: dict[str, Explained], methods: list[str], base: Path, most: int | None
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
            options = {"head": head, "classes": each.classes, "region": each.region, "method": method, "channels": most}
            raw[layer, method, head] = heatmaps(network, images.images, layer, **options)
            bar.advance()

    size = network.input_shape[:2]
    large = {key: geometry.enlarged(maps, geometry.grids(network, key[0]), size) for key, maps in raw.items()}
    seen = {layer: network.image_seen_by(layer, images.images) for layer in layers}
    rows = [
        {
            "image": image, "name": f"{name}\n{each.words[position]}",
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
        commands.save(base if len(pages) == 1 else Path(f"{base}_{number}"), figure, opened=[network])
    arrays = {**{"|".join(key): maps for key, maps in raw.items()}, "images": images.images}
    commands.save(base, arrays=arrays, rows=peaks(network, images, heads, large))


def peaks(network: Network, images: shown.Images, heads: dict[str, Explained], maps: dict) -> list[dict]:
    """Return a row for each image and map, (n, height, width) by layer, method and head: what is explained and where its peak is."""
    words = network.in_words(images.images)
    rows = []
    for (layer, method, head), heat in maps.items():
        for name, said, of_class, each in zip(images.names, words, heads[head].words, heat):
            y, x = map(int, np.unravel_index(each.argmax(), each.shape))
            rows.append({"image": name, "network_says": said, "head": head, "explained": of_class, "layer": layer, "method": method,
                         "peak_y": y, "peak_x": x, "peak": float(each[y, x])})  # fmt: skip
    return rows


def class_names(network: Network, images: np.ndarray, heads: Classes) -> dict[str, list[str]]:
    """Return the name of the class of each image's heatmap, by head."""
    predicted = {head: values.argmax(axis=-1) for head, values in network.predict(images).items()}
    return {
        head: [network.heads[head].class_names[label if wanted is None else wanted] for label in predicted[head]]
        for head, wanted in heads.items()
    }


def choose_heads(network: Network, head: str | None, wanted: str | None) -> Classes:
    """Return the heads of --head, all by default, with the class of --class, or None for the predicted one."""
    if not network.heads:
        raise UserError(f"{network.name} has no output of floating-point numbers: there is nothing for a heatmap to explain")
    if head and head not in network.heads:
        raise UserError(f"{network.name} has no head {head!r}: give one of {', '.join(network.heads)}")
    heads = [network.heads[head]] if head else list(network.heads.values())
    return dict.fromkeys(each.name for each in heads) if wanted is None else commands.class_indices(heads, wanted)


def default_layer(network: Network, heads: Iterable[str]) -> str:
    """Return the last layer with height and width from which all these heads are computed; of maps, the last of the smallest.

    For an output that is a map the layers before it are nearly the output themselves: Vinogradova et al., Seg-Grad-CAM, arXiv 2002.11434.
    """
    maps = network.maps_before(heads)
    if not maps:
        commands.map_layers(network, None, ())  # perhaps there is none at all
        raise UserError(f"no layer with height and width is behind all of {', '.join(heads)}: give --head, or --layer")
    if any(len(network.heads[name].places) == 2 for name in heads):
        return min(reversed(maps), key=lambda path: np.prod(network.shapes[path][:2]))
    return maps[-1]


def _print_what(network, images, layers, methods, classes, arguments):
    """Print in words what is explained where that is no logit, and what a method makes of a layer that it is not made for."""
    for name in classes:
        head = network.heads[name]
        if head.kind == "values":
            print(f"  {name}: values, explained by the gradient of the value itself")
        elif not head.activation and head.kind == "probabilities":
            print(f"  {name}: probabilities that were mixed after a softmax, explained by the gradient of the output itself")
        if len(head.places) == 1:
            print(f"  {name}: {head.places[0]} positions; --position K chooses one (default: 0)")
        elif head.places:
            size = " x ".join(map(str, head.places))
            print(f"  {name}: {size} places, explained by the mean over those where the class is predicted; or --region MASK.png")
    if arguments.position is not None and not any(len(network.heads[name].places) == 1 for name in classes):
        raise UserError(f"--position: {network.name} has no head with a sequence of positions")
    if arguments.region and not any(len(network.heads[name].places) == 2 for name in classes):
        raise UserError(f"--region: {network.name} has no head with height and width")
    _print_methods(network, images, layers, methods, arguments)


def _print_methods(network, images, layers, methods, arguments):
    from q3_visualize.heatmaps import negative_share

    for layer in layers:
        if any(method in PLUS_PLUS for method in methods) and (share := negative_share(network, images[:1], layer)):
            print(f"  {layer}: {share:.0%} of its features are below 0, for which gradcam++ is not derived: its weights take them as 0")
        count = network.shapes[layer][-1]
        if "scorecam" in methods and arguments.channels and arguments.channels < count:
            print(f"  {layer}: scorecam of the {arguments.channels} channels of {count:,} that vary most; --channels all for the rest")


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.add_argument("--head", metavar="NAME", help="one head of a network with several (default: all)")
    parser.add_argument("--class", dest="wanted", metavar="NAME", help="a class by name or number (default: the predicted one)")
    choices = (*commands.METHODS, "all")
    parser.add_argument("--method", nargs="+", choices=choices, default=["gradcam"], metavar="NAME", help=", ".join(choices))
    parser.add_argument("--position", type=command_line.index, metavar="K", help="of an output that is a sequence, from 0 (default: 0)")
    parser.add_argument("--region", type=command_line.existing_path, metavar="MASK", help="for an output that is a map: white is explained")
    channels = "that scorecam looks through, those that vary most (default: 128)"
    parser.add_argument("--channels", type=commands.channels, default=commands.SCORED, metavar="N|all", help=channels)
    arguments = commands.parse(parser)
    methods = list(commands.METHODS if "all" in arguments.method else dict.fromkeys(arguments.method))
    for network in commands.networks(arguments):
        classes = choose_heads(network, arguments.head, arguments.wanted)
        maps = network.learned_maps()
        layers = commands.map_layers(network, arguments.layer, [default_layer(network, classes)] if arguments.image else maps)
        images = shown.images_of(network, arguments)
        print(f"{network.name}: {', '.join(methods)} at {', '.join(layers)}")
        shown.print_classes(network, images)
        _print_what(network, images.images, layers, methods, classes, arguments)
        heads = explained(network, images.images, classes, arguments)
        all_layers = "layers" if len(layers) > 1 and layers == maps else "_".join(layers)
        parts = [methods[0] if len(methods) == 1 else "methods", all_layers, *_chosen(network, classes, arguments)]
        base = commands.folder(network, arguments) / "heatmaps" / f"{images.prefix}{commands.safe('_'.join(parts))}"
        draw(network, images, layers, heads, methods, base, arguments.channels)


def _chosen(network, classes, arguments):
    """Return what the flags chose, as parts of a file's name."""
    parts = [head for head in classes if len(classes) < len(network.heads)]
    parts += [network.heads[head].class_names[index] for head, index in classes.items() if index is not None]
    parts += [] if arguments.position is None else [f"position{arguments.position}"]
    return parts + ([arguments.region.stem] if arguments.region else [])


if __name__ == "__main__":
    command_line.execute(main)

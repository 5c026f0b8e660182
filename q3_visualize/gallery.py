"""Heatmaps of every layer, method and head of a network, small, for the reports to pick from.

    python q3_visualize/gallery.py                                     # the networks that the reports show so
    python q3_visualize/gallery.py --network q2_multihead/lines        # one of them

For each network: gallery.png, a sheet of the images and then of their heatmaps, for each head, layer, method and image in
this order, and gallery.json, which describes it.
"""

import sys
from itertools import product
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from q3_visualize import commands, shown
from q3_visualize.choices import METHODS
from q3_visualize.targets import choose_heads, class_names
from reports.names import GALLERIES


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.set_defaults(network="all")
    arguments = commands.parse(parser)
    if arguments.image:
        parser.error("--image: the gallery is of test images; leave it out")

    from q3_visualize.heatmaps import placed_heatmaps
    from reports import inside_figures, sheets

    for network in commands.networks(arguments, GALLERIES):
        layers = commands.map_layers(network, arguments.layer, network.learned_maps())
        images, names, _ = shown.images_of(network, arguments)
        heads = choose_heads(network, None, None)
        height, width, _ = network.input_shape
        tiles = [np.broadcast_to(image, (height, width, 3)) for image in images]
        for head, layer, method in product(heads, layers, METHODS):
            maps = placed_heatmaps(network, images, layer, head=head, method=method)
            tiles += map(inside_figures.overlaid, images, maps)
        folder = commands.folder(network, arguments)
        folder.mkdir(parents=True, exist_ok=True)
        sheets.save(np.stack(tiles), folder / "gallery.png", colors=256)
        run_folders.write_json(folder / "gallery.json", {
            "network": network.name, "columns": sheets.COLUMNS, "height": height, "width": width,
            "images": [{"name": name, "seen_as": words} for name, words in zip(names, network.in_words(images))],
            "heads": class_names(network, images, heads),
            "layers": [{"name": layer, "shape": list(network.shapes[layer])} for layer in layers],
            "methods": list(METHODS),
            **commands.provenance_of([network]),
        })  # fmt: skip
        print(folder / "gallery.png", folder / "gallery.json", sep="\n")


if __name__ == "__main__":
    command_line.execute(main)

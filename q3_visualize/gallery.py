"""Heatmaps of every layer, method and head of the five networks, small, for the web page to pick from.

    python q3_visualize/gallery.py                                     # the networks of Sections 1 and 2
    python q3_visualize/gallery.py --network q2_multihead/lines        # one of them

For each network: gallery.png, one sheet of all pictures, and gallery.json, which says what is where on it.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from q3_visualize import commands
from q3_visualize.gradcam import choose_heads, explained


def draw(network, shown, layers, heads, folder):
    """Writes gallery.png and gallery.json of a network for `commands.Images`. layers, heads: as in `gradcam.draw`.

    The sheet begins with the pictures themselves. Then come their heatmaps: head after head, in it layer after layer,
    in it method after method, in it picture after picture.
    """
    from q3_visualize import geometry
    from q3_visualize.heatmaps import heatmaps
    from reports import inside_figures, sheets

    size = network.input_shape[:2]
    tiles = [np.broadcast_to(image, (*size, 3)) for image in shown.images]
    for head, index in heads.items():
        for layer in layers:
            grids = geometry.grids(network, layer)
            for method in commands.METHODS:
                maps = heatmaps(network, shown.images, layer, head=head, classes=index, method=method)
                tiles += map(inside_figures.overlaid, shown.images, geometry.enlarged(maps, grids, size))
    folder.mkdir(parents=True, exist_ok=True)
    sheets.save(np.stack(tiles), folder / "gallery.png", colors=256)
    print(folder / "gallery.png")
    commands.save_json(folder, "gallery", {
        "network": network.name,
        "columns": sheets.COLUMNS,
        "height": size[0],
        "width": size[1],
        "images": [{"name": name, "seen_as": words} for name, words in zip(shown.names, network.in_words(shown.images))],
        "heads": explained(network, shown.images, heads),
        "layers": [{"name": layer, "shape": list(network.shapes[layer])} for layer in layers],
        "methods": list(commands.METHODS),
        **commands.origin([network]),
    })  # fmt: skip


def main():
    parser = commands.parser(__doc__)
    parser.set_defaults(network="all")
    arguments = commands.parse(parser)
    if arguments.image:
        parser.error("--image: the gallery is of test pictures; leave it out")
    for network in commands.networks(arguments):
        layers = commands.map_layers(network, arguments.layer, network.learned_maps())
        shown = commands.images_of(network, arguments)
        draw(network, shown, layers, choose_heads(network, None, None), commands.folder(network, arguments))


if __name__ == "__main__":
    command_line.execute(main)

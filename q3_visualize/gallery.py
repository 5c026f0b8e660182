"""What the reports show of a network, small: activations and heatmaps of six images, and images of filters.

    python q3_visualize/gallery.py                                     # the five networks
    python q3_visualize/gallery.py --network q2_multihead/lines        # one of them

Writes for each network gallery.png, images in color; maps.png, activations and heatmaps in gray, from the first layer to the
last; and gallery.json, which says what is on these sheets, in their order, and what was measured beside it (gallery_parts.py).
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from q3_visualize import commands, shown
from reports.names import INSPECTED

REAL, QUICK = 1000, 20  # images of the data set that are looked through for patches


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.set_defaults(network="all")
    arguments = commands.parse(parser)
    if arguments.image or arguments.layer:
        parser.error("--image and --layer: the gallery has layers and test images of its own; leave them out")

    from q3_visualize import gallery_parts
    from reports import sheets

    for network in commands.networks(arguments, INSPECTED):
        six = shown.images_of(network, arguments)
        known = shown.dataset(network, arguments)
        test = shown.spread_test(known, QUICK if arguments.quick else REAL)
        real = gallery_parts.Real(known.images[test], known.labels[test], known.factors)
        small = {"steps": 2, "filtered": 2} if arguments.quick else {}
        found = gallery_parts.parts(network, six.images, real, **small)
        folder = commands.folder(network, arguments)
        folder.mkdir(parents=True, exist_ok=True)
        sheets.save(found.images, folder / "gallery.png", colors=256)
        sheets.save(found.maps, folder / "maps.png")
        run_folders.write_json(folder / "gallery.json", {
            "network": network.name, "tile": list(found.images.shape[1:3]),
            "height": network.input_shape[0], "width": network.input_shape[1],
            "images": [{"name": name, "seen_as": words} for name, words in zip(six.names, network.in_words(six.images))],
            **found.about, **commands.provenance_of([network]),
        })  # fmt: skip
        print(*(folder / name for name in ("gallery.png", "maps.png", "gallery.json")), sep="\n")


if __name__ == "__main__":
    command_line.execute(main)

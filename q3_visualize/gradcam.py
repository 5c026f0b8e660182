"""Heatmaps of class activation: which places of a picture speak for a class.

    python q3_visualize/gradcam.py --image x.png --layer conv1
    python q3_visualize/gradcam.py --network q2_multihead/lines --head angle --image x.png
    python q3_visualize/gradcam.py --model any.keras --image cat.jpg --method hirescam
    python q3_visualize/gradcam.py --image x.png --class "long thin 45° red"
    python q3_visualize/gradcam.py --layer relu1 --method all     # six pictures, every method
    python q3_visualize/gradcam.py --network all                  # six pictures, every layer, of the five networks

With an image and no layer: the last layer with height and width. The class is the predicted one unless --class names
another. Heat is drawn where the cells of the layer look (see geometry.py): bright over the picture what speaks for the
class, and beside it red what speaks for it, blue what speaks against it. The .npz has the raw maps.
"""

import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line
from data.errors import UserError
from q3_visualize import commands


def draw(network, shown, layers, heads, methods, folder):
    """Draws heatmaps of `commands.Images` and writes the raw maps beside the figures.

    layers: paths of layers with a map. heads: {head: class index or None for the predicted one}. methods: names.
    A network with one head gets one figure, a row a picture; with several a figure for each picture, a row a head. The columns
    are the layers, the methods, or both.
    """
    from q3_visualize import geometry
    from q3_visualize.heatmaps import heatmaps
    from reports import inside_figures

    wanted = [(layer, method, head) for layer in layers for method in methods for head in heads]
    for _ in range(2):  # the first round compiles, the second is timed
        start = time.perf_counter()
        raw = {
            (layer, method, head): heatmaps(network, shown.images, layer, head=head, classes=heads[head], method=method)
            for layer, method, head in wanted
        }
        seconds = time.perf_counter() - start
    print(f"  {len(raw) * len(shown.images) / seconds:,.0f} heatmaps a second")

    size = network.input_shape[:2]
    large = {key: geometry.enlarged(maps, geometry.grids(network, key[0]), size) for key, maps in raw.items()}
    classes = explained(network, shown.images, heads)
    cells = [(layer, method) for layer in layers for method in methods]
    rows = [
        {"image": image, "name": f"{name}\n{classes[head][position]}",
         "maps": [large[layer, method, head][position] for layer, method in cells]}
        for position, (image, name) in enumerate(zip(shown.images, shown.names)) for head in heads
    ]  # fmt: skip
    columns = [method if len(layers) == 1 else layer if len(methods) == 1 else f"{layer} {method}" for layer, method in cells]
    of_layers = "layers" if len(layers) > 1 and layers == network.learned_maps() else "_".join(layers)
    of_methods = methods[0] if len(methods) == 1 else "methods"
    chosen = [head for head in heads if len(heads) < len(network.heads)]
    chosen += [network.heads[head].class_names[index] for head, index in heads.items() if index is not None]
    name = commands.safe("_".join([of_methods, of_layers, *chosen]))
    name, title = f"{shown.prefix}{name}", f"{network.name}: {of_methods}, {of_layers}"
    if len(heads) == 1:
        commands.save(folder, name, inside_figures.heatmaps(rows, columns, title), opened=[network])
    else:
        for number in range(len(shown.images)):
            part = rows[number * len(heads) : (number + 1) * len(heads)]
            commands.save(folder, f"{name}_{number + 1}", inside_figures.heatmaps(part, columns, title), opened=[network])
    commands.save(folder, name, arrays={**{"|".join(key): maps for key, maps in raw.items()}, "images": shown.images})


def explained(network, images, heads):
    """The class that each heatmap is of, in words: {head: a list, one for each picture}."""
    predicted = {head: of_head.argmax(axis=1) for head, of_head in network.predict(images).items()}
    return {
        head: [network.heads[head].class_names[one if index is None else index] for one in predicted[head]]
        for head, index in heads.items()
    }


def choose_heads(network, head, wanted):
    """The heads to explain and the class of each, from --head and --class: {head: class index or None}."""
    if not network.heads:
        raise UserError(f"{network.name} has no output that classifies: there is nothing for a heatmap to explain")
    if head and head not in network.heads:
        raise UserError(f"{network.name} has no head {head!r}: give one of {', '.join(network.heads)}")
    heads = [head] if head else list(network.heads)
    if wanted is None:
        return dict.fromkeys(heads)
    found = {name: commands.class_index(network.heads[name], wanted) for name in heads}
    found = {name: index for name, index in found.items() if index is not None}
    if not found:
        raise commands.no_class([network.heads[name] for name in heads], wanted)
    return found


def main():
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
        commands.say_what_it_sees(network, shown)
        draw(network, shown, layers, heads, methods, commands.folder(network, arguments) / "heatmaps")


if __name__ == "__main__":
    command_line.execute(main)

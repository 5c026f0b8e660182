"""Intermediate activations: what every layer makes of a picture.

    python q3_visualize/activations.py --image x.png             # every layer
    python q3_visualize/activations.py --layer conv2             # six pictures of the network's data set
    python q3_visualize/activations.py --network all             # every layer of the five networks
    python q3_visualize/activations.py --model any.keras --image cat.jpg

Draws each layer as a grid of its channels, all on one scale, or as strips where it has no height and width, and one
overview that follows the first picture from the first layer to the last. A layer before its ReLU and the ReLU are two
layers, and say so. A channel that is the same everywhere is crossed out: dead for these pictures.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line
from q3_visualize import commands


def activations(network, images, paths):
    """What layers put out: {path: float32 (n, ...)}. images: uint8 (n, height, width, channels)."""
    steps, _ = network.trace(network.inputs(images))
    return {path: steps[path].output.numpy() for path in paths}


def draw(network, shown, paths, folder):
    """Draws the layers at `paths` for `commands.Images` into `folder`, and writes the arrays beside the figures."""
    from reports import inside_figures

    found = activations(network, shown.images, paths)
    for path, values in found.items():
        title = f"{network.name}: {_title(network, path, values)}"
        if values.ndim == 4:
            figure = inside_figures.activation_maps(shown.images, shown.names, values, title)
        elif values.ndim == 2:
            figure = inside_figures.activation_vectors(shown.names, values, title)
        else:
            print(f"  {path}: passed over, its output of {values.ndim - 1} axes is neither a map nor a vector")
            continue
        commands.save(folder, f"{shown.prefix}{commands.safe(path)}", figure, {"activations": values}, [network])
    if len(found) > 1:
        layers = {_label(path, values): values[0] for path, values in found.items() if values.ndim in (2, 4)}
        figure = inside_figures.overview(
            shown.images[0], shown.names[0], layers, f"{network.name}: from the first layer to the last"
        )
        commands.save(folder, f"{shown.prefix}overview", figure, opened=[network])


def _title(network, path, values):
    from reports import inside_figures

    state = f"after {network.activated[path]}" if network.activated[path] else "before an activation function"
    shape = " × ".join(map(str, values.shape[1:]))
    dead = f"; {len(inside_figures.dead_channels(values))} of {values.shape[-1]} channels dead" if values.ndim == 4 else ""
    kind = type(network.layers[path]).__name__
    return f"{path} ({kind}, {state}), {shape}; min {values.min():.4g}, max {values.max():.4g}{dead}"


def _label(path, values):
    return f"{path}\n{' × '.join(map(str, values.shape[1:]))}"


def main():
    arguments = commands.parse(commands.parser(__doc__))
    for network in commands.networks(arguments):
        paths = commands.layers(network, arguments.layer)
        shown = commands.images_of(network, arguments)
        print(network.name)
        commands.say_what_it_sees(network, shown)
        draw(network, shown, paths, commands.folder(network, arguments) / "activations")


if __name__ == "__main__":
    command_line.execute(main)

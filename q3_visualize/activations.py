"""Intermediate activations: the output of every layer for an image.

    python q3_visualize/activations.py --image x.png             # every layer
    python q3_visualize/activations.py --layer conv2             # six images of the network's data set
    python q3_visualize/activations.py --network all             # every layer of the five networks
    python q3_visualize/activations.py --model any.keras --image cat.jpg

Draws each layer as a grid of its channels, all on one scale, or as strips if it has no height and width, and one
overview that follows the first image from the first layer to the last. Titles say whether a layer comes before or after
an activation function. A channel that is the same everywhere is crossed out: dead for these images.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line
from q3_visualize import commands


def main() -> None:
    """Parse the flags and draw."""
    arguments = commands.parse(commands.parser(__doc__))

    from reports import inside_figures

    for network in commands.networks(arguments):
        paths = commands.layers(network, arguments.layer)
        images, names, prefix = shown = commands.images_of(network, arguments)
        print(network.name)
        commands.print_classes(network, shown)
        folder = commands.folder(network, arguments) / "activations"
        steps, _ = network.trace(network.inputs(images))
        first = {}  # the outputs for the first image
        for path in paths:
            values = steps[path].output.numpy()
            shape = " × ".join(map(str, values.shape[1:]))
            if values.ndim not in (2, 4):
                print(f"  {path}: skipped, its output of shape {shape} is neither a map nor a vector")
                continue
            first[f"{path}\n{shape}"] = values[0]
            state = f"after {network.activated[path]}" if network.activated[path] else "before an activation function"
            title = f"{network.name}: {path} ({type(network.layers[path]).__name__}, {state}), {shape}; "
            title += f"min {values.min():.4g}, max {values.max():.4g}"
            if values.ndim == 4:
                title += f"; {len(inside_figures.dead_channels(values))} of {values.shape[-1]} channels dead"
                figure = inside_figures.activation_maps(images, names, values, title)
            else:
                figure = inside_figures.activation_vectors(names, values, title)
            commands.save(folder / f"{prefix}{commands.safe(path)}", figure, {"activations": values}, opened=[network])
        if len(paths) > 1:
            title = f"{network.name}: from the first layer to the last"
            figure = inside_figures.overview(images[0], names[0], first, title)
            commands.save(folder / f"{prefix}overview", figure, opened=[network])


if __name__ == "__main__":
    command_line.execute(main)

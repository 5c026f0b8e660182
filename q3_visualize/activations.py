"""Intermediate activations: the output of every layer for an image.

    python q3_visualize/activations.py --image data/example.png  # every layer; of a large network 32 of them
    python q3_visualize/activations.py --layer conv2             # six images of the network's data set
    python q3_visualize/activations.py --network all             # every layer of the five networks
    python q3_visualize/activations.py --model any.keras --image cat.jpg
    python q3_visualize/activations.py --model any.keras --image cat.jpg --layer all --channels all

Draws each layer as a grid of its channels, all on one scale, or as strips if it has no height and width, and one
overview that follows the first image from the first layer to the last. Titles say which activation function a layer
ends with. A channel that is the same everywhere is crossed out: dead for these images. The .npz has the activations of
the channels that are drawn, and their numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from common.progress import ProgressBar
from q3_visualize import commands, shown

if TYPE_CHECKING:
    from q3_visualize.networks import Network

MOST_LAYERS = 32  # that are drawn if none is named, and in an overview
MOST_CHANNELS, ALL_CHANNELS = 64, 128  # of a layer with more than the second, the first number are drawn
BY_SIZE = 0  # the value of --channels if it is not given
JOINTS = ("Add", "Concatenate")  # layers and operations that end a block


def main() -> None:
    """Parse the flags and draw."""
    flags = commands.parser(__doc__)
    flags.add_argument(
        "--channels", type=commands.channels, default=BY_SIZE, metavar="N|all",
        help=f"how many channels of a layer, the most active ones (default: {MOST_CHANNELS} of more than {ALL_CHANNELS})",
    )  # fmt: skip
    arguments = commands.parse(flags)
    for network in commands.networks(arguments):
        paths = commands.layers(network, arguments.layer)
        images = shown.images_of(network, arguments)
        print(network.name)
        shown.print_classes(network, images)
        if not arguments.layer and len(paths) > MOST_LAYERS:
            chosen = selection(network)
            print(f"  {len(chosen)} of {len(paths)} layers, from the first to the last; --layer all draws every one")
            paths = chosen
        draw(network, images, paths, arguments.channels, commands.folder(network, arguments) / "activations")


def selection(network: Network) -> list[str]:
    """Return the paths of up to MOST_LAYERS layers, from the first to the last.

    These are the ends of blocks: where layers are joined, or the activation function right after. Others that end with an
    activation function, evenly spread, fill up the number; where there are few, any others do.
    """
    paths = list(network.shapes)
    joined = [type(network.layers[path]).__name__ in JOINTS for path in paths]
    ends = {paths[place + bool(network.activated.get(after))] for place, after in enumerate([*paths[1:], ""]) if joined[place]}
    # A map of 1 x 1, which scales channels in a block, shows nothing.
    seen = [path for path in paths if len(network.shapes[path]) != 3 or max(network.shapes[path][:2]) > 1]
    ends = _spread([path for path in seen if path in ends or path == paths[-1]], MOST_LAYERS)
    activated = [path for path in seen if network.activated[path] and path not in ends]
    others = activated if len(activated) >= MOST_LAYERS // 2 else [path for path in seen if path not in ends]
    chosen = {*ends, *_spread(others, MOST_LAYERS - len(ends))}
    return [path for path in paths if path in chosen]


def draw(network: Network, images: shown.Images, paths: Sequence[str], most: int | None, folder: Path) -> None:
    """Draw layers, each in a file, and an overview if there are several, and write the activations beside the figures.

    most: how many channels of a layer; None for all, BY_SIZE for MOST_CHANNELS of more than ALL_CHANNELS.
    """
    from q3_visualize import features
    from reports import inside_figures

    followed, first = set(_spread(paths, MOST_LAYERS)), {}  # the overview's layers, and their activations for the first image
    with ProgressBar("layers", len(paths)) as progress:
        for path, values in features.outputs(network, images.images, paths):
            progress.advance()
            if isinstance(values, str):
                progress.print(f"  {path}: skipped, {values}")
                continue
            grid = features.token_grid(network, path)
            channels = _shown_channels(values, most) if values.ndim == 4 or grid else np.arange(values.shape[-1])
            kept = values[..., channels]
            figure = _figure(network, images, path, values, channels, grid)
            arrays = {"activations": kept, "channels": channels}
            commands.save(folder / f"{images.prefix}{shown.safe(path)}", figure, arrays, opened=[network])
            if path in followed:
                of_first = features.as_maps(values[:1], grid)[0] if grid else values[0]
                strongest = inside_figures.most_active(of_first, 16) if of_first.ndim == 3 else slice(None)
                first[f"{path}\n{_size(values)}"] = of_first[..., strongest].copy()
    if len(first) > 1:
        part = f", {len(first)} of {len(paths)} layers" if len(followed) < len(paths) else ""
        title = f"{network.name}: from the first layer to the last{part}"
        figure = inside_figures.overview(images.images[0], images.names[0], first, title)
        commands.save(folder / f"{images.prefix}overview", figure, opened=[network])


def _shown_channels(values, most):
    """Return the numbers of the channels to draw."""
    from reports import inside_figures

    count = values.shape[-1]
    if most == BY_SIZE:
        most = count if count <= ALL_CHANNELS else MOST_CHANNELS
    return np.arange(count) if most is None or most >= count else inside_figures.most_active(values, most)


def _figure(network, images, path, values, channels, grid):
    """Draw one layer's activations, float32 (n, ...), of which `channels` are to be seen."""
    from q3_visualize import features
    from reports import inside_figures

    activation, finite = network.activated[path], values[np.isfinite(values)]
    state = f"after {activation}" if activation else "no activation function"
    title = f"{network.name}: {path} ({type(network.layers[path]).__name__}, {state}), {_size(values)}; "
    title += f"min {finite.min():.4g}, max {finite.max():.4g}" if finite.size else "no finite value"
    if finite.size < values.size:
        title += f"; {values.size - finite.size:,} of {values.size:,} values NaN or infinite"
    if values.ndim == 2:
        return inside_figures.activation_vectors(images.names, values, title)
    if values.ndim == 3 and not grid:
        return inside_figures.activation_tokens(images.images, images.names, values, title)
    maps = features.as_maps(values, grid) if grid else values
    title += f"; {len(inside_figures.dead_channels(maps))} of {maps.shape[-1]:,} channels dead"
    if grid:
        title += f"\ntokens{' after the first' * grid.extra} as the {grid.height} × {grid.width} cells of {grid.path}"
    selected = len(channels) < maps.shape[-1]
    if selected:
        title += f"\n{len(channels):,} of {maps.shape[-1]:,} channels, the most active; --channels all for the rest"
    maps = maps[..., channels]
    return inside_figures.activation_maps(images.images, images.names, maps, title, channels if selected else None)


def _spread(paths, most):
    """Return up to `most` of the paths, evenly spread, with the first and the last."""
    places = np.linspace(0, len(paths) - 1, min(len(paths), most)).round().astype(int)
    return [paths[place] for place in places]


def _size(values):
    return " × ".join(map(str, values.shape[1:]))


if __name__ == "__main__":
    command_line.execute(main)

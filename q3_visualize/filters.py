"""Filters: the image that activates each of them most, found by gradient ascent from a blank one.

    python q3_visualize/filters.py --layer conv1                   # all its filters
    python q3_visualize/filters.py --layer predictions --class "long thin 45° red"
    python q3_visualize/filters.py --layer conv3 --image x.png     # those that this image activates most
    python q3_visualize/filters.py --network all                   # every convolution and output of the five networks
    python q3_visualize/filters.py --layer conv2 --fourier

Under each image stands its response, and how many times the best response to 1,000 real images that is (with --image: to
the given ones). A filter that nothing activates is dead, and its image stays blank. For the first convolution the kernels
themselves are drawn too: gray is 0, brighter is positive. ascent.py has the recipe.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from data.errors import UserError
from q3_visualize import commands

if TYPE_CHECKING:
    from q3_visualize.networks import Network

MOST = 128  # filters in one figure of a layer that was not asked for by name
STRONGEST = 16  # filters drawn for an image
REAL = 1000  # images of the data set whose responses are compared
LIGHT_SHARE = 0.2  # of sparsity and decay, for a second ascent of filters whose first ended below the response to real images


class Neurons(NamedTuple):
    """Filters of a layer, or classes of an output, (k,); signs are -1 for a channel to be lowered, else 1."""

    names: np.ndarray
    channels: np.ndarray
    signs: np.ndarray


def neurons(network: Network, layer: str, wanted: str | None = None) -> Neurons:
    """Return all filters or classes of a layer, or of an output the class with the wanted name or number."""
    heads = {head.path: head for head in network.heads.values()}
    head = heads.get(layer)
    if wanted is not None and not head:
        raise UserError(f"layer {layer!r} has no classes: leave out --class, or give --layer {' or '.join(heads)}")
    names = np.array(head.class_names if head else range(network.shapes[layer][-1])).astype(str)
    chosen = np.arange(len(names)) if wanted is None else np.array([*commands.class_indices([head], wanted).values()])
    if head and head.binary:  # one sigmoid neuron rises for class 1 and falls for class 0
        return Neurons(names[chosen], 0 * chosen, (2 * chosen - 1).astype(np.float32))
    return Neurons(names[chosen], chosen, np.ones(len(chosen), np.float32))


def draw(network: Network, layer: str, chosen: Neurons, real: np.ndarray | None, base: Path, fourier: bool = False) -> None:
    """Draw the best image of each neuron into BASE.png and BASE.npz; `real`: the best responses to real images, (k,)."""
    from q3_visualize.ascent import Regularization, best_images
    from reports import inside_figures

    start = time.perf_counter()
    best = np.full(len(chosen.names), np.nan) if real is None else real
    full = Regularization(fourier=fourier)
    images, reached = best_images(network, layer, chosen.channels, signs=chosen.signs, regularization=full)
    weak = np.flatnonzero(reached * chosen.signs < best)
    if len(weak):
        light = full._replace(sparsity=LIGHT_SHARE * full.sparsity, decay=LIGHT_SHARE * full.decay)
        _, channels, signs = (field[weak] for field in chosen)
        again, found = best_images(network, layer, channels, signs=signs, regularization=light)
        better = found * signs > reached[weak] * signs
        images[weak[better]], reached[weak[better]] = again[better], found[better]
    print(f"  {layer}: {len(images) / (time.perf_counter() - start):,.0f} filters a second, with compilation")
    raised = reached * chosen.signs
    if network.activated[layer] == "relu":
        images[raised <= 0] = 0  # nothing that was tried passes the ReLU
    dead = images.max(axis=(1, 2, 3)) == 0
    captions = []
    for neuron, value, most, is_dead in zip(chosen.names, raised, best, dead):
        ratio = f", {value / most:.1f} ×" if most > 0 else ""
        captions.append(f"{neuron}\ndead" if is_dead else f"{neuron}\n{value:.3g}{ratio}")
    count = network.shapes[layer][-1]
    part = f", {len(images)} of {count:,}" if len(images) < count else ""
    figure = inside_figures.captioned(images, captions, f"{network.name}: what activates {layer} most{part}")
    arrays = {"pictures": images, "channels": chosen.channels, "signs": chosen.signs, "responses": reached, "dead": dead}
    if real is not None:
        arrays["best_of_real_pictures"] = real * chosen.signs
    commands.save(base, figure, arrays, opened=[network])


def draw_kernels(network: Network, layer: str, base: Path) -> None:
    """Draw the kernels of a convolution that sees the image itself, each scaled to its own strongest weight."""
    from reports import inside_figures

    kernels = network.layers[layer].kernel.numpy().transpose(3, 0, 1, 2)
    strongest = np.abs(kernels).max(axis=(1, 2, 3))
    shown = 0.5 + 0.5 * kernels / np.maximum(strongest, 1e-12)[:, None, None, None]
    captions = [f"{number}: ± {weight:.2g}" for number, weight in enumerate(strongest)]
    figure = inside_figures.captioned(shown, captions, f"{network.name}: kernels of {layer}, gray is 0")
    commands.save(base, figure, {"kernels": kernels}, opened=[network])


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.add_argument("--class", dest="wanted", metavar="NAME", help="one class of an output, by name or number")
    parser.add_argument("--fourier", action="store_true", help="low frequencies first: smoother images")
    arguments = commands.parse(parser)

    from q3_visualize.ascent import responses

    suffix = f"_{commands.safe(arguments.wanted)}" if arguments.wanted else ""
    suffix += "_fourier" if arguments.fourier else ""
    for network in commands.networks(arguments):
        kernels = [path for path, layer in network.layers.items() if hasattr(layer, "kernel")]
        outputs = [head.path for head in network.heads.values()]
        layers = commands.layers(network, arguments.layer or (kernels if arguments.wanted is None else outputs))
        shown = commands.images_of(network, arguments) if arguments.image else None
        real = shown.images if shown else None
        if not shown and network.metrics:
            known = commands.dataset(network, arguments)
            real = known.images[commands.spread_test(known, REAL)]
        print(f"{network.name}: {', '.join(layers)}")
        if shown:
            commands.print_classes(network, shown)
        folder = commands.folder(network, arguments) / "filters"
        for layer in layers:
            chosen, best = neurons(network, layer, arguments.wanted), None
            if real is not None:
                best = (responses(network, layer, real)[:, chosen.channels] * chosen.signs).max(axis=0)
            places = slice(None if arguments.layer else MOST)
            if shown:
                places = np.argsort(-best, kind="stable")[:STRONGEST]
            chosen, best = Neurons(*(field[places] for field in chosen)), None if best is None else best[places]
            base = folder / f"{shown.prefix if shown else ''}{commands.safe(layer)}{suffix}"
            draw(network, layer, chosen, best, base, arguments.fourier)
            if layer in kernels[:1] and network.layers[layer].kernel.ndim == 4:
                draw_kernels(network, layer, folder / f"{commands.safe(layer)}_kernels")


if __name__ == "__main__":
    command_line.execute(main)

"""Filters: the picture that excites each of them most, found by gradient ascent from a blank one.

    python q3_visualize/filters.py --layer conv1                   # all its filters
    python q3_visualize/filters.py --layer predictions --class "long thin 45° red"
    python q3_visualize/filters.py --layer conv3 --image x.png     # those that this picture excites most
    python q3_visualize/filters.py --network all                   # every convolution and output of the five networks
    python q3_visualize/filters.py --layer conv2 --fourier

Under each picture stands the response that it reaches, and how many times the best response over 1,000 real pictures that is
(with --image over those). What cannot be excited is dead and stays blank: nothing is drawn that is not there. For the
first convolution the kernels themselves are drawn too: gray is 0, brighter is positive. ascent.py has the recipe.
"""

import sys
import time
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from data.errors import UserError
from q3_visualize import commands

MOST = 128  # filters in one figure of a layer that was not asked for by name
STRONGEST = 16  # filters that a picture is asked for
REAL = 1000  # pictures of the data set whose responses stand beside


class Neurons(NamedTuple):
    """What is to be excited in a layer: filters, or the classes of an output. All (k,).

    signs: -1 where a channel is to be lowered: one sigmoid neuron rises for its class 1 and falls for class 0.
    """

    names: np.ndarray
    channels: np.ndarray
    signs: np.ndarray

    def take(self, places):
        return Neurons(*(field[places] for field in self))


def neurons(network, layer, wanted=None):
    """All of a layer, or of an output the class that is wanted, by name or number."""
    heads = {head.path: head for head in network.heads.values()}
    head = heads.get(layer)
    if not head:
        if wanted is not None:
            raise UserError(f"layer {layer!r} has no classes: leave out --class, or give --layer {' or '.join(heads)}")
        channels = np.arange(network.shapes[layer][-1])
        return Neurons(channels.astype(str), channels, np.ones(len(channels), np.float32))
    classes = np.arange(len(head.class_names))
    channels, signs = (0 * classes, 2.0 * classes - 1) if head.binary else (classes, np.ones(len(classes)))
    found = Neurons(np.array(head.class_names), channels, signs.astype(np.float32))
    if wanted is None:
        return found
    index = commands.class_index(head, wanted)
    if index is None:
        raise commands.no_class([head], wanted)
    return found.take([index])


def draw(network, layer, chosen, real, name, folder, fourier=False):
    """Draws the best picture of each of the chosen `Neurons`, and writes pictures and responses beside the figure.

    real: the best response of each over real pictures, float (k,), or None. name: of the files.
    """
    from q3_visualize.ascent import Regularization, best_images_beyond
    from reports import inside_figures

    start = time.perf_counter()
    measure = np.full(len(chosen.names), np.nan) if real is None else real
    found, reached = best_images_beyond(
        measure, network, layer, chosen.channels, signs=chosen.signs, regularization=Regularization(fourier=fourier)
    )
    print(f"  {layer}: {len(found) / (time.perf_counter() - start):,.0f} filters a second, with compilation")
    raised = reached * chosen.signs
    shut = raised <= 0 if network.activated[layer] == "relu" else False  # nothing that was tried passes its ReLU
    found[shut] = 0
    dead = found.max(axis=(1, 2, 3)) == 0
    captions = [_caption(*one) for one in zip(chosen.names, raised, measure, dead)]
    title = f"{network.name}: what activates {layer} most"
    if len(found) < network.shapes[layer][-1]:
        title += f", {len(found)} of {network.shapes[layer][-1]:,}"
    figure = inside_figures.captioned(found, captions, title)
    arrays = {"pictures": found, "channels": chosen.channels, "signs": chosen.signs, "responses": reached, "dead": dead}
    if real is not None:
        arrays["best_of_real_pictures"] = real * chosen.signs
    commands.save(folder, name, figure, arrays, [network])


def _caption(name, raised, real, dead):
    if dead:
        return f"{name}\ndead"
    return f"{name}\n{raised:.3g}" + (f", {raised / real:.1f} ×" if real > 0 else "")


def draw_kernels(network, layer, folder):
    """Draws the kernels of a convolution that sees the picture itself, each scaled to its own strongest weight."""
    from reports import inside_figures

    kernels = network.kernels()[layer].transpose(3, 0, 1, 2)
    shown = 0.5 + 0.5 * kernels / np.maximum(np.abs(kernels).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    captions = [f"{number}: ± {np.abs(kernel).max():.2g}" for number, kernel in enumerate(kernels)]
    figure = inside_figures.captioned(shown, captions, f"{network.name}: kernels of {layer}, gray is 0")
    commands.save(folder, f"{commands.safe(layer)}_kernels", figure, {"kernels": kernels}, [network])


def look(network, arguments):
    """Draws what the flags name of one network."""
    from q3_visualize.ascent import responses

    kernels = network.kernels()
    layers = commands.layers(network, arguments.layer or list(kernels))
    if arguments.wanted is not None and not arguments.layer:
        layers = [head.path for head in network.heads.values()]
    shown = commands.images_of(network, arguments) if arguments.image else None
    real = shown.images if shown else None
    if not shown and network.metrics:
        known = commands.dataset(network, arguments)
        real = known.images[commands.spread_test(known, REAL)]
    print(f"{network.name}: {', '.join(layers)}")
    if shown:
        commands.say_what_it_sees(network, shown)
    folder = commands.folder(network, arguments) / "filters"
    for layer in layers:
        chosen = neurons(network, layer, arguments.wanted)
        best = None if real is None else (responses(network, layer, real)[:, chosen.channels] * chosen.signs).max(axis=0)
        most = len(chosen.names) if arguments.layer else MOST
        places = np.argsort(-best, kind="stable")[:STRONGEST] if shown else np.arange(len(chosen.names))[:most]
        name = (shown.prefix if shown else "") + commands.safe(layer)
        name += f"_{commands.safe(arguments.wanted)}" if arguments.wanted else ""
        name += "_fourier" if arguments.fourier else ""
        draw(network, layer, chosen.take(places), None if best is None else best[places], name, folder, arguments.fourier)
        if layer == next(iter(kernels), None) and kernels[layer].ndim == 4:
            draw_kernels(network, layer, folder)


def main():
    parser = commands.parser(__doc__)
    parser.add_argument("--class", dest="wanted", metavar="NAME", help="one class of an output, by name or number")
    parser.add_argument("--fourier", action="store_true", help="low frequencies first: smoother pictures")
    arguments = commands.parse(parser)
    for network in commands.networks(arguments):
        look(network, arguments)


if __name__ == "__main__":
    command_line.execute(main)

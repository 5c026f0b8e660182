"""Filters: the image that activates each of them most, by gradient ascent, beside the best patches of real images.

    python q3_visualize/filters.py --layer conv1                              # all its filters
    python q3_visualize/filters.py --layer predictions --class "long thin 45° red"
    python q3_visualize/filters.py --layer conv3 --image data/example.png     # those that this image activates most
    python q3_visualize/filters.py --network all                   # every convolution and output of the five networks
    python q3_visualize/filters.py --layer conv2 --fourier         # low frequencies first: smoother images
    python q3_visualize/filters.py --model vgg16.keras --image cat.jpg --layer block5_conv3 --filters 4 --steps 50
    python q3_visualize/filters.py --network all --compare-recipes      # likeness.json, see likeness.py

Above each image stands its response, and how many times the best response to 1,000 real images that is (with --image: to the
given ones). The drawn image keeps to the colors of real ones and to their energy; what hardly mattered is transparent, on
the background. An output is climbed from the mean image of its class too. "dead": nothing that was tried
activates the filter, neither the ascent, nor real images, nor noise. "ascent failed": it ended below real images. For the first
convolution the kernels themselves are drawn too: gray is 0, brighter is positive.

NAME.npz has images, and alpha, their opacity, from 0 to 1; channels, signs; responses, before an activation function;
dead, failed, from_class_mean; and with real images best_of_real, the best response, and patches.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from data.errors import UserError
from q3_visualize import commands, shown

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from q3_visualize.climb_plan import Plan
    from q3_visualize.drawn import Drawn, Neurons
    from q3_visualize.networks import Network

MOST = 128  # filters in one figure of a layer that was not asked for by name
STRONGEST = 16  # filters drawn for an image
REAL = 1000  # images of the data set whose responses are compared


def neurons(network: Network, layer: str, wanted: str | None = None) -> Neurons:
    """Return all filters or classes of a layer, or of an output the class with the wanted name or number."""
    from q3_visualize.drawn import Neurons

    heads = {head.path: head for head in network.heads.values()}
    head = heads.get(layer)
    if wanted is not None and not head:
        raise UserError(f"layer {layer!r} has no classes: leave out --class, or give --layer {' or '.join(heads)}")
    names = np.array(head.class_names if head else range(network.shapes[layer][-1])).astype(str)
    chosen = np.arange(len(names)) if wanted is None else np.array([*commands.class_indices([head], wanted).values()])
    if head and head.binary:  # one sigmoid neuron rises for class 1 and falls for class 0
        return Neurons(names[chosen], 0 * chosen, (2 * chosen - 1).astype(np.float32))
    return Neurons(names[chosen], chosen, np.ones(len(chosen), np.float32))


def captions(chosen: Neurons, found: Drawn, of_real: bool = True) -> list[str]:
    """Return a caption for each neuron: its name, and what came of the ascent."""
    lines = []
    for name, value, most, dead, failed, mean in zip(
        chosen.names, found.raised, found.real, found.dead, found.failed, found.from_mean
    ):
        ratio = f", {value / most:.1f} ×" if of_real and most > 0 else ""
        came = "dead" if dead else f"ascent failed: {value:.3g} < {most:.3g}" if failed else f"{value:.3g}{ratio}"
        lines.append(f"{name}\n{came}" + ("\nfrom the class's mean" if mean and not dead else ""))
    return lines


def write(network: Network, layer: str, chosen: Neurons, found: Drawn, background: np.ndarray, base: Path) -> None:
    """Write the figure BASE.png and the arrays BASE.npz of what activates neurons."""
    from q3_visualize.drawn import visible
    from reports import filter_figures

    images, alpha, _, _ = found.best
    patches = found.patches.images if found.patches else None
    count = network.shapes[layer][-1]
    part = f", {len(images)} of {count:,}" if len(images) < count else ""
    title = f"{network.name}: what activates {layer} most{part}" + (
        ", and the best real patches" if patches is not None else ""
    )
    figure = filter_figures.beside_patches(
        visible(network, layer, found.best, background), patches, captions(chosen, found, patches is not None), title
    )
    arrays = {
        "images": images, "alpha": alpha, "channels": chosen.channels, "signs": chosen.signs,
        "responses": found.best.responses, "dead": found.dead, "failed": found.failed, "from_class_mean": found.from_mean,
    }  # fmt: skip
    if patches is not None:
        arrays |= {"best_of_real": found.real * chosen.signs, "patches": patches}
    commands.save(base, figure, arrays, opened=[network])


def draw_kernels(network: Network, layer: str, base: Path) -> None:
    """Draw the kernels of a convolution that sees the image itself, each scaled to its own strongest weight."""
    from reports import inside_figures

    kernels = np.asarray(network.layers[layer].kernel, np.float32).transpose(3, 0, 1, 2)[..., :3]
    strongest = np.abs(kernels).max(axis=(1, 2, 3))
    shown_kernels = 0.5 + 0.5 * kernels / np.maximum(strongest, 1e-12)[:, None, None, None]
    names = [f"{number}: ± {weight:.2g}" for number, weight in enumerate(strongest)]
    figure = inside_figures.captioned(shown_kernels, names, f"{network.name}: kernels of {layer}, gray is 0")
    commands.save(base, figure, {"kernels": kernels}, opened=[network])


def recipes_compared(network: Network, planned: Sequence[tuple[Plan, Neurons]], real: np.ndarray) -> list[dict]:
    """Return rows of likeness.json: by layer and recipe, the median ratio of responses and the likeness in earlier layers."""
    from q3_visualize.ascent import BLACK
    from q3_visualize.colors import of_images
    from q3_visualize.drawn import class_means, drawn
    from q3_visualize.likeness import likeness

    rows, colors = [], of_images(real)
    for plan, chosen in planned:
        means = class_means(network, plan.layer, chosen, real)
        for recipe, found in {
            "penalties": drawn(network, plan, chosen, real, colors, recipe=BLACK),
            "bounds": drawn(network, plan, chosen, real, colors, means=means),
        }.items():
            ratio = float(np.median(found.raised / found.real))
            for path, value in likeness(network, plan.layer, found, real, colors.background).items():
                rows.append({
                    "network": network.name, "layer": plan.layer, "recipe": recipe, "filters": len(chosen.names),
                    "ratio": round(ratio, 3), "failed": int(found.failed.sum()), "earlier_layer": path,
                    "likeness": round(value, 3),
                })  # fmt: skip
    return rows


def main() -> None:
    """Parse the flags and draw."""
    parser = commands.parser(__doc__)
    parser.add_argument("--class", dest="wanted", metavar="NAME", help="one class of an output, by name or number")
    parser.add_argument(
        "--fourier", action="store_true", help="low frequencies first: smoother images (always for images from 96 pixels on)"
    )
    most = f"how many filters of a layer (default: all, with --image {STRONGEST}, fewer for a large network)"
    parser.add_argument("--filters", type=command_line.positive, metavar="N", help=most)
    parser.add_argument("--steps", type=command_line.positive, metavar="N", help="of an ascent (default: 150, or fewer)")
    parser.add_argument("--compare-recipes", action="store_true", help="write likeness.json: this recipe and the one before")
    arguments = commands.parse(parser)

    rows, opened = [], []
    for network in commands.networks(arguments):
        images = shown.images_of(network, arguments) if arguments.image else None
        real = images.images if images else None
        if not images and network.metrics:
            known = shown.dataset(network, arguments)
            real = known.images[shown.spread_test(known, REAL)]
        if arguments.compare_recipes and (images or real is None):
            raise UserError("--compare-recipes needs the network's data set: give --network NAME, without --image")
        planned = _planned(network, arguments, images, real)
        if images:
            shown.print_classes(network, images)
        folder = commands.folder(network, arguments) / "filters"
        if arguments.compare_recipes:
            rows += recipes_compared(network, planned, real)
            opened.append(network)
        else:
            _draw(network, arguments, planned, real, folder, images.prefix if images else "")
    if arguments.compare_recipes:
        arguments.out.mkdir(parents=True, exist_ok=True)
        run_folders.write_json(arguments.out / "likeness.json", {"rows": rows, **commands.provenance_of(opened)})
        print(arguments.out / "likeness.json")


def _planned(network: Network, arguments: Namespace, images: shown.Images | None, real: np.ndarray | None) -> list:
    """Return a plan for each layer and the neurons to draw, and print what a large network gets."""
    from q3_visualize.climb_plan import plans
    from q3_visualize.patches import responses

    kernels = [path for path in network.layers if hasattr(network.layers[path], "kernel")]
    outputs = [head.path for head in network.heads.values()]
    layers = commands.layers(network, arguments.layer or (kernels if arguments.wanted is None else outputs))
    candidates = [neurons(network, layer, arguments.wanted) for layer in layers]
    most = STRONGEST if images else len(network.layers) * 10**9 if arguments.layer else MOST
    counts = [min(len(some.names), most) for some in candidates]
    planned, reduced = plans(
        network, layers, counts, named=bool(arguments.layer), filters=arguments.filters, steps=arguments.steps
    )
    print(f"{network.name}: {', '.join(plan.layer for plan in planned)}")
    if reduced:
        sizes = ", ".join(f"{plan.layer} {plan.filters} x {plan.steps}" for plan in planned)
        print(f"  a large network: filters x steps: {sizes}; --layer NAME, --filters N and --steps N take more, and longer")
    pairs = []
    for plan in planned:
        some = candidates[layers.index(plan.layer)]
        places = np.arange(len(some.names))
        if images:  # those that they activate most
            found = (responses(network, [plan.layer], real)[plan.layer][:, some.channels] * some.signs).max(axis=0)
            places = np.argsort(-found, kind="stable")
        pairs.append((plan, some.of(places[: min(most, plan.filters or most)])))
    return pairs


def _draw(network: Network, arguments: Namespace, planned: list, real: np.ndarray | None, folder: Path, prefix: str) -> None:
    """Draw the neurons of each layer, with a bar on a terminal."""
    from common.progress import ProgressBar
    from q3_visualize import colors
    from q3_visualize.ascent import default_recipe
    from q3_visualize.drawn import class_means, drawn, steps_of

    suffix = (f"_{commands.safe(arguments.wanted)}" if arguments.wanted else "") + ("_fourier" if arguments.fourier else "")
    recipe = default_recipe(network, arguments.fourier)
    palette = colors.of_images(real) if real is not None else colors.of_photographs(network.input_shape[-1])
    with ProgressBar("steps", sum(steps_of(network, *pair) for pair in planned)) as progress:
        for number, (plan, chosen) in enumerate(planned):
            means = None if real is None or arguments.image else class_means(network, plan.layer, chosen, real)
            found = drawn(
                network, plan, chosen, real, palette, recipe=recipe, means=means, advance=partial(progress.advance, plan.layer)
            )
            base = folder / f"{prefix}{commands.safe(plan.layer)}{suffix}"
            write(network, plan.layer, chosen, found, palette.background, base)
            kernel = getattr(network.layers[plan.layer], "kernel", None)
            if number == 0 and len(getattr(kernel, "shape", ())) == 4 and kernel.shape[2] == network.input_shape[-1]:
                draw_kernels(network, plan.layer, folder / f"{commands.safe(plan.layer)}_kernels")


if __name__ == "__main__":
    command_line.execute(main)

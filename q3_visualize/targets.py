"""What a heatmap explains: a class, or a value, of each head, at all of its places or at some, and by which layer."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data.errors import UserError
from q3_visualize import commands

if TYPE_CHECKING:
    from q3_visualize.heads import Head
    from q3_visualize.networks import Network

Classes = dict[str, int | None]  # the class to explain at each head; None for the predicted one
PLUS_PLUS = ("gradcam++", "refinecam")  # methods that are derived for features that are not negative


class Explained(NamedTuple):
    """What is explained at a head: the class of each image, int (n,), what it is held against, the places, and all in words.

    `against` is None for nothing, and `region` bool, or None for all places.
    """

    classes: np.ndarray
    against: int | None
    region: np.ndarray | None
    words: list[str]


def explained(network: Network, images: np.ndarray, classes: Classes, arguments: Namespace) -> dict[str, Explained]:
    """Return what to explain at each head; --position and --region choose places of heads that have several.

    Raises UserError for a class of --against that is no other class of the head.
    """
    from q3_visualize.heatmaps import predicted_classes

    found = {}
    others = (
        {} if arguments.against is None else commands.class_indices(list(map(network.heads.get, classes)), arguments.against)
    )
    for name, wanted in classes.items():
        other = others.get(name)
        if others and other is None:
            continue
        if other is not None and other == wanted:
            raise UserError(f"--against {arguments.against}: that is the class of --class itself")
        head = network.heads[name]
        region, where = _region(head, arguments)
        indices = predicted_classes(network, images, name, region) if wanted is None else np.full(len(images), wanted)
        where += "" if other is None else f" against {head.class_names[other]}"
        found[name] = Explained(indices, other, region, [f"{head.class_names[index]}{where}" for index in indices])
    return found


def _region(head: Head, arguments: Namespace) -> tuple[np.ndarray | None, str]:
    """Return the places of a head to explain, bool of the shape head.places, and how to name them in a title."""
    if len(head.places) == 1:
        position = arguments.position or 0
        if position >= head.places[0]:
            raise UserError(f"--position {position}: head {head.name!r} has positions 0 to {head.places[0] - 1}")
        return np.arange(head.places[0]) == position, f" at position {position}"
    if len(head.places) == 2 and arguments.region:
        from common import images

        region = images.read(arguments.region, (*head.places, 1))[..., 0] > 127
        if not region.any():
            raise UserError(f"--region {arguments.region} has no white place at the {head.places} places of head {head.name!r}")
        return region, f" in {arguments.region.name}"
    return None, ""


def choose_heads(network: Network, head: str | None, wanted: str | None) -> Classes:
    """Return the heads of --head, all by default, with the class of --class, or None for the predicted one."""
    if not network.heads:
        raise UserError(f"{network.name} has no output of floating-point numbers: there is nothing for a heatmap to explain")
    if head and head not in network.heads:
        raise UserError(f"{network.name} has no head {head!r}: give one of {', '.join(network.heads)}")
    heads = [network.heads[head]] if head else list(network.heads.values())
    return dict.fromkeys(each.name for each in heads) if wanted is None else commands.class_indices(heads, wanted)


def default_layer(network: Network, heads: Iterable[str]) -> str:
    """Return the last layer with height and width from which all these heads are computed; of maps, the last of the smallest.

    For an output that is a map the layers before it are nearly the output themselves: Vinogradova et al., Seg-Grad-CAM, arXiv
    2002.11434.
    """
    maps = network.maps_before(heads)
    if not maps:
        commands.require_maps(network)
        raise UserError(f"no layer with height and width is behind all of {', '.join(heads)}: give --head, or --layer")
    if any(len(network.heads[name].places) >= 2 for name in heads):
        return min(reversed(maps), key=lambda path: np.prod(network.shapes[path][:2]))
    return maps[-1]


def print_what(
    network: Network, images: np.ndarray, layers: list[str], methods: list[str], classes: Classes, arguments: Namespace
) -> None:
    """Print in words what is explained where that is no logit, and what a method makes of a layer that it is not made for."""
    for name in classes:
        head = network.heads[name]
        if head.kind == "values":
            print(f"  {name}: values, explained by the gradient of the value itself")
        elif not head.activation and head.kind == "probabilities":
            print(f"  {name}: probabilities with no softmax right before them, explained by the gradient of the output itself")
        if len(head.places) == 1:
            print(f"  {name}: {head.places[0]} positions; --position K chooses one (default: 0)")
        elif head.places:
            which = "all" if head.kind == "values" else "those where the class is predicted"
            mask = "; --region MASK.png chooses others" if len(head.places) == 2 else ""
            print(f"  {name}: {' x '.join(map(str, head.places))} places, explained by the mean over {which}{mask}")
        if head.activation == "softmax" and head.neurons == 1:
            print(f"  {name}: a softmax of one neuron is always 1, whatever the image is: did you mean a sigmoid?")
    if arguments.position is not None and not any(len(network.heads[name].places) == 1 for name in classes):
        raise UserError(f"--position: {network.name} has no head with a sequence of positions")
    if arguments.region and not any(len(network.heads[name].places) == 2 for name in classes):
        raise UserError(f"--region: {network.name} has no head with height and width")
    _print_methods(network, images, layers, methods, arguments)


def _print_methods(network, images, layers, methods, arguments):
    from q3_visualize.heatmaps import negative_share

    for layer in layers:
        if any(method in PLUS_PLUS for method in methods) and (share := negative_share(network, images[:1], layer)):
            print(
                f"  {layer}: {share:.0%} of its features are below 0, where gradcam++ is not derived: taken as 0 in its weights"
            )
        count = network.shapes[layer][-1]
        if "scorecam" in methods and arguments.channels and arguments.channels < count:
            print(f"  {layer}: scorecam of {arguments.channels} of {count:,} channels, which vary most; --channels all for all")


def parts_of_name(network: Network, classes: Classes, arguments: Namespace) -> list[str]:
    """Return what the flags chose, as parts of a file's name."""
    parts = [head for head in classes if len(classes) < len(network.heads)]
    parts += [network.heads[head].class_names[index] for head, index in classes.items() if index is not None]
    parts += [] if arguments.position is None else [f"position{arguments.position}"]
    parts += [] if arguments.against is None else ["against", arguments.against]
    return parts + ([arguments.region.stem] if arguments.region else [])

"""What the scripts of this section share: flags, and the networks, layers, classes and files that the flags name."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import command_line, provenance, results, run_folders
from data.errors import UserError
from q3_visualize import shown
from q3_visualize.choices import RANGES
from q3_visualize.shown import safe
from reports.names import INSPECTED
from reports.printing import print_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from q3_visualize.heads import Head
    from q3_visualize.networks import Network

DEFAULT = INSPECTED[0]


def parser(documentation: str) -> command_line.Parser:
    """Return a parser with the flags that all scripts of this section take."""
    flags = command_line.Parser(documentation)
    file, which = command_line.existing_path, flags.add_mutually_exclusive_group()
    which.add_argument("--network", default=DEFAULT, metavar="NAME", help=f"a run folder's name, or all (default: {DEFAULT})")
    which.add_argument("--model", type=file, metavar="FILE", help="any network saved as .keras by Keras 3")
    shown.add_flags(flags)
    flags.add_argument("--layer", nargs="+", metavar="NAME", help="layers to look at (default: all)")
    ranges = f"{', '.join(RANGES)} (default: recognised, and printed)"
    flags.add_argument("--pixels", type=str.strip, choices=RANGES, metavar="RANGE", help=f"what the network takes: {ranges}")
    others = "another input: numbers 1,2,3 or FILE.npy"
    flags.add_argument("--input", type=shown.named, nargs="+", action="extend", metavar="NAME=VALUE", help=others)
    most = "that a network may compute for an image (default: a billion)"
    flags.add_argument("--most-values", type=command_line.positive, metavar="N", help=most)
    flags.add_argument("--out", type=command_line.new_path, metavar="DIR", help="for results (default: reports/q3_visualize)")
    flags.add_argument("--quick", action="store_true", help="a smoke run: one image for each network, written to reports/quick")
    command_line.add_data_flags(flags, mnist=True, per_class=False)
    return flags


def parse(flags: command_line.Parser) -> Namespace:
    """Return the arguments of the command, with a default for --out."""
    # To argparse "-1..1" looks like a flag, and " -1..1" does not.
    arguments = flags.parse_args([" -1..1" if word == "-1..1" else word for word in sys.argv[1:]])
    command_line.set_out(flags, arguments, run_folders.REPORTS, "q3_visualize")
    return arguments


def channels(text: str) -> int | None:
    """Parse --channels: a whole number, or all, which is None."""
    if text == "all":
        return None
    if not text.isdecimal() or text.strip("0") == "":
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number from 1 on nor all")
    return int(text)


def networks(arguments: Namespace, several: Sequence[str] = INSPECTED) -> Iterator[Network]:
    """Open the networks that the flags name, one after another, and print which are own runs and which published ones.

    "all" means those of `several` that were trained. The range of pixels that each takes is printed too. Raises UserError for a
    name without a network, and if there is none at all.
    """
    opened = 0
    for name, path in _files(arguments, several):
        network = _opened(path, name, arguments)
        for name, pixels in network.ranges.items():
            of = f" of {name}" if len(network.ranges) > 1 else ""
            print(f"  pixels{of} {pixels.name}, {pixels.why}")
        opened += 1
        yield network
    if not opened:
        raise UserError(
            f"none of {', '.join(several)} has a model.keras: python {several[0].split('/')[0]}/train.py makes them"
        )


def _files(arguments, several):
    """Yield the name, None for one of --model, and the file of each network."""
    if arguments.model:
        yield None, arguments.model
        return
    found = results.Results()
    for name in several if arguments.network == "all" else (arguments.network,):
        path = found.folder(name) / "model.keras"
        if path.is_file() and path == Path(os.path.normpath(path)) and path.is_relative_to(run_folders.REPORTS):
            print(f"{name}: {found.whose(path.parent)}")
            yield name, path
        elif arguments.network == "all":
            why = "has no model.keras" if found.is_own(path) else "is too large to be published"
            print(f"{name}: skipped, since it {why}: python {name.split('/')[0]}/train.py makes it")
        else:
            raise UserError(f"no network {name!r}: give one of {', '.join(INSPECTED)}, all, or --model FILE; or train it first")


def _opened(path, name, arguments):
    from common.model_files import MOST_VALUES
    from q3_visualize.networks import open_network

    return open_network(
        path, name, most_values=arguments.most_values or MOST_VALUES, pixel_range=arguments.pixels,
        given=lambda inputs: shown.of_inputs(inputs, arguments),
    )  # fmt: skip


def layers(network: Network, names: Iterable[str] | None) -> list[str]:
    """Return the paths of the named layers, or of all. For an unknown one print a table of layers and raise UserError."""
    names = None if names == ["all"] and "all" not in network.shapes else names
    for name in names or ():
        if name not in network.shapes:
            sizes = {path: " x ".join(map(str, shape)) for path, shape in network.shapes.items()}
            rows = [(path, type(network.layers[path]).__name__, size) for path, size in sizes.items()]
            print_table([("layer", "kind", "output"), *rows])
            lower = {path.lower(): path for path in network.shapes}
            near = [lower[path] for path in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.4)]
            raise UserError(f"{network.name} has no layer {name!r}" + (f": did you mean {' or '.join(near)}?" if near else ""))
    return list(dict.fromkeys(names or network.shapes))


def map_layers(network: Network, names: Iterable[str] | None, default: Iterable[str]) -> list[str]:
    """Return the paths of the named layers, or else `default`. Raises UserError for one without height and width."""
    maps = require_maps(network)
    if names == ["all"] and "all" not in network.shapes:
        return network.learned_maps()
    named = layers(network, names) if names else list(default)
    for name in named:
        if name not in maps:
            shape = " x ".join(map(str, network.shapes[name]))
            raise UserError(
                f"layer {name!r} has no map of the image: its output is {shape}; {maps[-1]!r} is the last with height and width"
            )
    return named


def require_maps(network: Network) -> list[str]:
    """Return the layers with height and width. Raises UserError if there are none."""
    if not network.maps():
        raise UserError(f"{network.name} has no layer with height and width above 1: heatmaps need one")
    return network.maps()


def class_indices(heads: Sequence[Head], wanted: str) -> dict[str, int]:
    """Find a class by name or number: {head: index} for heads that have it. Raises UserError if none of them does."""
    found = {}
    for head in heads:
        names = [*map(str.lower, head.class_names), *map(str, range(len(head.class_names)))]
        if wanted.lower().strip() in names:
            found[head.name] = names.index(wanted.lower().strip()) % len(head.class_names)
    if not found:
        names = [name for head in heads for name in head.class_names]
        more = ", ..." if len(names) > 24 else ""
        raise UserError(f"no class {wanted!r}: give one of {', '.join(names[:24])}{more}, or a number")
    return found


def provenance_of(opened: Iterable[Network]) -> dict:
    """Return the origin of results: a hash of each network that was trained here, command, machine, versions, commit."""
    hashes = {network.name: provenance.of_run(network.metrics) for network in opened if network.metrics}
    return {"networks": hashes, **provenance.origin()}


def folder(network: Network, arguments: Namespace) -> Path:
    """Return the folder for a network's results, which is inside --out whatever the network's file is called."""
    return arguments.out.joinpath(*map(safe, network.name.split("/"))) if arguments.model else arguments.out / network.name


def save(
    base: Path, figure: Figure | None = None, arrays: dict | None = None, rows: Sequence = (), opened: Sequence = ()
) -> None:
    """Write BASE.png, BASE.npz and BASE.csv, each whole or not at all, and print their paths.

    `rows` have the same keys. The figure's PNG comment is the `provenance_of` the networks in `opened`.
    """
    from reports import figures

    base.parent.mkdir(parents=True, exist_ok=True)
    csv, png, npz = (base.with_name(f"{base.name}.{kind}") for kind in ("csv", "png", "npz"))
    if rows:
        run_folders.write_rows(csv, rows)
        print(csv)
    if figure:
        with run_folders.whole_file(png) as file:
            figures.save(figure, file, provenance_of(opened) if opened else None)
        print(png)
    if arrays:
        with run_folders.whole_file(npz) as file:
            np.savez_compressed(file, **arrays)
        print(npz)

"""What the scripts of this section share: flags, and the networks, images, layers and files that the flags name."""

from __future__ import annotations

import difflib
import os
import re
import zlib
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from common import command_line, provenance, results, run_folders
from data.errors import UserError
from reports.names import INSPECTED
from reports.printing import print_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from data.datasets import Dataset
    from q3_visualize.networks import Head, Network

DEFAULT = INSPECTED[0]
METHODS = ("gradcam", "hirescam", "gradcam++", "layercam", "scorecam")  # of heatmaps.py, which imports TensorFlow
SIX = 6
LONGEST = 60  # letters of a part of a file's name, of which three fit into the 255 bytes of a file system


class Images(NamedTuple):
    """Images, uint8 (n, height, width, channels), a name for each, and a prefix for the names of result files."""

    images: np.ndarray
    names: tuple[str, ...]
    prefix: str


def parser(documentation: str) -> command_line.Parser:
    """Return a parser with the flags that all scripts of this section take."""
    flags = command_line.Parser(documentation)
    file, which = command_line.existing_path, flags.add_mutually_exclusive_group()
    which.add_argument("--network", default=DEFAULT, metavar="NAME", help=f"a run folder's name, or all (default: {DEFAULT})")
    which.add_argument("--model", type=file, metavar="FILE", help="any network saved as .keras by Keras 3")
    flags.add_argument("--image", type=file, nargs="+", metavar="FILE", help="images to look at")
    flags.add_argument("--layer", nargs="+", metavar="NAME", help="layers to look at (default: all)")
    flags.add_argument("--out", type=command_line.new_path, metavar="DIR", help="for results (default: reports/q3_visualize)")
    flags.add_argument("--quick", action="store_true", help="a smoke run: one image for each network, written to reports/quick")
    command_line.add_data_flags(flags, mnist=True, per_class=False)
    return flags


def parse(flags: command_line.Parser) -> Namespace:
    """Return the arguments of the command, with a default for --out."""
    arguments = flags.parse_args()
    command_line.set_out(flags, arguments, run_folders.REPORTS, "q3_visualize")
    return arguments


def networks(arguments: Namespace, several: Sequence[str] = INSPECTED) -> Iterator[Network]:
    """Open the networks that the flags name, one after another, and print which are own runs and which published ones.

    "all" means those of `several` that were trained. Raises UserError for a name without a network.
    """
    from q3_visualize.networks import open_network

    if arguments.model:
        yield open_network(arguments.model)
        return
    found = results.Results()
    for name in several if arguments.network == "all" else (arguments.network,):
        path = found.folder(name) / "model.keras"
        if path.is_file() and path == Path(os.path.normpath(path)) and path.is_relative_to(run_folders.REPORTS):
            print(f"{name}: {found.whose(path.parent)}")
            yield open_network(path, name)
        elif arguments.network == "all":
            why = "has no model.keras" if found.is_own(path) else "is too large to be published"
            print(f"{name}: skipped, since it {why}: python {name.split('/')[0]}/train.py makes it")
        else:
            raise UserError(f"no network {name!r}: give one of {', '.join(INSPECTED)}, all, or --model FILE; or train it first")


def images_of(network: Network, arguments: Namespace) -> Images:
    """Read the images of --image, or take six test images, each of another class, of the network's data set (--quick: one)."""
    from common import images

    if arguments.image:
        read = np.stack([images.read(path, network.input_shape) for path in arguments.image])
        names = tuple(path.name.encode(errors="replace").decode() for path in arguments.image)
        return Images(read, names, f"{safe(arguments.image[0].stem)}_")
    known = dataset(network, arguments)
    classes, first = np.unique(known.labels[known.split.test], return_index=True)
    spread = np.linspace(0, len(classes) - 1, 1 if arguments.quick else SIX).astype(int)
    names = tuple(known.class_names[label] for label in classes[spread])
    return Images(known.images[known.split.test[first[spread]]], names, "")


def dataset(network: Network, arguments: Namespace) -> Dataset:
    """Load the data set of a network that was trained here. Raises UserError for another network."""
    from data import datasets

    if not network.metrics:
        raise UserError(f"the data set of {network.name} is unknown: give --image FILE")
    known = datasets.load_again(network.metrics, arguments.lines_dir, arguments.mnist_path)
    if known.fingerprint != network.metrics["data"]["fingerprint"]:
        print(f"{network.name}: not the images of its training ({known.source}): it may have been trained on some of them")
    return known


def spread_test(known: Dataset, count: int) -> np.ndarray:
    """Return the indices of up to `count` test images of a data set, evenly spread over them."""
    test = known.split.test
    return test[:: max(1, len(test) // count)][:count]


def layers(network: Network, names: Iterable[str] | None) -> list[str]:
    """Return the paths of the named layers, or of all. For an unknown one print a table of layers and raise UserError."""
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
    maps = network.maps()
    if not maps:
        raise UserError(f"{network.name} has no layer with height and width above 1: heatmaps need one")
    for name in layers(network, names) if names else ():
        if name not in maps:
            shape = " x ".join(map(str, network.shapes[name]))
            raise UserError(f"layer {name!r} has no map: its output is {shape}; {maps[-1]!r} is the last with height and width")
    return list(names or default)


def class_indices(heads: Sequence[Head], wanted: str) -> dict[str, int]:
    """Find a class by name or number: {head: index} for heads that have it. Raises UserError if none of them does."""
    found = {}
    for head in heads:
        names = [*map(str.lower, head.class_names), *map(str, range(len(head.class_names)))]
        if wanted.lower() in names:
            found[head.name] = names.index(wanted.lower()) % len(head.class_names)
    if not found:
        names = [name for head in heads for name in head.class_names]
        more = ", ..." if len(names) > 24 else ""
        raise UserError(f"no class {wanted!r}: give one of {', '.join(names[:24])}{more}, or a number")
    return found


def print_classes(network: Network, shown: Images) -> None:
    """Print what the network classifies each image as: "long thin 45° red, 99.9%"."""
    for name, words in zip(shown.names, network.in_words(shown.images)):
        print(f"  {name}: {words}")


def provenance_of(opened: Iterable[Network]) -> dict:
    """Return the origin of results: a hash of each network that was trained here, command, machine, versions, commit."""
    hashes = {network.name: provenance.of_run(network.metrics) for network in opened if network.metrics}
    return {"networks": hashes, **provenance.origin()}


def folder(network: Network, arguments: Namespace) -> Path:
    """Return the folder for a network's results, which is inside --out whatever the network's file is called."""
    return arguments.out / (safe(network.name) if arguments.model else network.name)


def safe(text: str) -> str:
    """Return a text as a short part of a file's name; if that changes it, a checksum keeps two texts apart."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")[:LONGEST]
    return plain if plain and plain == text else f"{plain}-{zlib.crc32(text.encode(errors='replace')) & 0xFFFF:04x}"


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

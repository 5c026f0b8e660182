"""What the scripts of this section share: flags, and the networks, pictures, layers and files that the flags name."""

import difflib
import os
import re
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common import command_line, provenance, results, run_folders
from data.errors import UserError
from reports.printing import print_table

DEFAULT = "q1_cnn/lines/part2"
NETWORKS = (DEFAULT, "q1_cnn/lines/part1", "q2_multihead/lines", "q1_cnn/mnist/part2", "q1_cnn/mnist/part1")
METHODS = ("gradcam", "hirescam", "gradcam++", "layercam", "scorecam")  # of heatmaps.py, which imports TensorFlow
SIX = 6
LONGEST = 60  # letters of a part of a file's name, of which three fit into the 255 bytes of a file system


class Images(NamedTuple):
    """images: uint8 (n, height, width, channels). names: words for each. prefix: for the names of result files."""

    images: np.ndarray
    names: tuple
    prefix: str


def parser(documentation):
    """A parser with the flags that all scripts of this section take."""
    flags = command_line.Parser(documentation)
    which = flags.add_mutually_exclusive_group()
    which.add_argument("--network", default=DEFAULT, metavar="NAME", help=f"a run folder's name, or all (default: {DEFAULT})")
    which.add_argument(
        "--model", type=command_line.existing_path, metavar="FILE", help="any network saved as .keras by Keras 3"
    )
    flags.add_argument("--image", type=command_line.existing_path, nargs="+", metavar="FILE", help="pictures to look at")
    flags.add_argument("--layer", nargs="+", metavar="NAME", help="layers to look at (default: all)")
    flags.add_argument("--out", type=command_line.new_path, metavar="DIR", help="for results (default: reports/q3_visualize)")
    flags.add_argument("--quick", action="store_true", help="a smoke run: one picture a network, written to reports/quick")
    command_line.add_data_flags(flags, mnist=True, per_class=False)
    return flags


def parse(flags):
    """The arguments that were given, with --out settled."""
    arguments = flags.parse_args()
    command_line.set_out(flags, arguments, run_folders.REPORTS, "q3_visualize")
    return arguments


def networks(arguments, several=NETWORKS):
    """Opens the networks that the flags name, one after another; of `several`, for "all", those that were trained.

    A run folder's name means the user's own run if there is one, else the published one; it is printed which of the two.
    """
    from q3_visualize.networks import open_network

    if arguments.model:
        yield open_network(arguments.model)
        return
    found = results.Results()
    for name in several if arguments.network == "all" else (arguments.network,):
        path = found.folder(name) / "model.keras"
        if path.is_file() and path == Path(os.path.normpath(path)) and path.is_relative_to(run_folders.REPORTS):
            print(f"{name}: {found.origin(path.parent)}")
            yield open_network(path, name)
        elif arguments.network == "all":
            why = "has no model.keras" if found.is_own(path) else "is too large to be published"
            print(f"{name}: passed over, since it {why}: python {name.split('/')[0]}/train.py makes it")
        else:
            raise UserError(f"no network {name!r}: give one of {', '.join(NETWORKS)}, all, or --model FILE; or train it first")


def images_of(network, arguments):
    """The pictures that --image names, or else six test pictures of the network's data set, each of another class; or one."""
    from common import images

    if arguments.image:
        read = np.stack([images.read(path, network.input_shape) for path in arguments.image])
        names = tuple(path.name.encode(errors="replace").decode() for path in arguments.image)
        return Images(read, names, f"{safe(arguments.image[0].stem)}_")
    known = dataset(network, arguments)
    test = known.split.test
    classes = np.unique(known.labels[test])
    spread = classes[np.linspace(0, len(classes) - 1, 1 if arguments.quick else SIX).astype(int)]
    chosen = [test[known.labels[test] == label][0] for label in spread]
    return Images(known.images[chosen], tuple(known.class_names[label] for label in spread), "")


def dataset(network, arguments):
    """The data set that a network of ours was trained on. Raises UserError for a network of others."""
    from data import datasets

    if not network.metrics:
        raise UserError(f"{network.name} has no data set that we know: give --image FILE")
    known = datasets.load_again(network.metrics, arguments.lines_dir, arguments.mnist_path)
    if known.fingerprint != network.metrics["data"]["fingerprint"]:
        print(f"{network.name}: not the pictures of its training ({known.source}): some may be those that it learned from")
    return known


def spread_test(known, count):
    """Indices of up to `count` test pictures of a data set, evenly spread over them."""
    test = known.split.test
    return test[:: max(1, len(test) // count)][:count]


def layers(network, names):
    """The paths of the layers that are named, or all. Prints a table of them and raises UserError for one that is not there."""
    for name in names or ():
        if name not in network.shapes:
            _print_layers(network)
            lower = {path.lower(): path for path in network.shapes}
            near = [lower[path] for path in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.4)]
            raise UserError(f"{network.name} has no layer {name!r}" + (f": did you mean {' or '.join(near)}?" if near else ""))
    return list(names or network.shapes)


def map_layers(network, names, default):
    """Like `layers`, for layers with height and width. default: those taken where none is named."""
    maps = network.maps()
    if not maps:
        raise UserError(f"{network.name} has no layer with height and width above 1, so nowhere for a heatmap")
    for name in layers(network, names) if names else ():
        if name not in maps:
            shape = " x ".join(map(str, network.shapes[name]))
            raise UserError(f"layer {name!r} has no map: its output is {shape}; {maps[-1]!r} is the last with height and width")
    return list(names or default)


def class_index(head, wanted):
    """The index of a class that is named or numbered, or None where the head has no such class."""
    names = [name.lower() for name in head.class_names]
    if wanted.lower() in names:
        return names.index(wanted.lower())
    return int(wanted) if wanted.isdecimal() and len(wanted) < 10 and int(wanted) < len(names) else None


def no_class(heads, wanted):
    """The error for a class that none of some heads has."""
    names = [name for head in heads for name in head.class_names]
    some = ", ".join(names[:24]) + (", ..." if len(names) > 24 else "")
    return UserError(f"no class {wanted!r}: give one of {some}, or a number")


def say_what_it_sees(network, shown):
    """Prints what the network takes each picture for: "long thin 45° red, 99.9%"."""
    for name, words in zip(shown.names, network.in_words(shown.images)):
        print(f"  {name}: {words}")


def origin(opened):
    """What stands behind results: what the networks that were trained here depend on, command, machine, versions, commit."""
    networks = {network.name: provenance.of_run(network.metrics) for network in opened if network.metrics}
    return {"networks": networks, **provenance.origin()}


def open_again(network):
    """A second copy of a network of ours, whose weights may be changed."""
    from q3_visualize.networks import open_network

    return open_network(network.path, network.name)


def folder(network, arguments):
    """Where results of a network go: a folder below --out, whatever the file of a network that is not ours is called."""
    return arguments.out / (safe(network.name) if arguments.model else network.name)


def safe(text):
    """A text as part of a file's name, which is short; where that takes other letters, a checksum keeps two texts apart."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")[:LONGEST]
    return plain if plain and plain == text else f"{plain}-{zlib.crc32(text.encode(errors='replace')) & 0xFFFF:04x}"


def save(folder, name, figure=None, arrays=None, opened=()):
    """Writes a figure as NAME.png and arrays, a dict, as NAME.npz, each whole or not at all, and prints the paths.

    opened: the networks behind the figure, which tells of them in its "Comment" (see `origin`).
    """
    from reports import figures

    if figure:
        about = origin(opened) if opened else None
        _save(folder / f"{name}.png", lambda file: figures.save(figure, file, about))
    if arrays:
        _save(folder / f"{name}.npz", lambda file: np.savez_compressed(file, **arrays))


def save_rows(folder, name, rows, figure=None):
    """Writes dicts with the same keys as NAME.csv, and a figure as NAME.png."""
    path = _place(folder / f"{name}.csv")
    run_folders.write_rows(path, rows)
    print(path)
    save(folder, name, figure)


def save_json(folder, name, content):
    """Writes NAME.json."""
    path = _place(folder / f"{name}.json")
    run_folders.write_json(path, content)
    print(path)


def _save(path, write):
    with run_folders.whole_file(_place(path)) as file:
        write(file)
    print(path)


def _place(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _print_layers(network):
    rows = [(path, type(network.layers[path]).__name__, " x ".join(map(str, shape))) for path, shape in network.shapes.items()]
    print_table([("layer", "kind", "output"), *rows])

"""The images that the scripts of this section look at: files that the user names, or images of the network's data set."""

from __future__ import annotations

import argparse
import re
import zlib
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from common import command_line
from data.errors import UserError

if TYPE_CHECKING:
    from data.datasets import Dataset
    from q3_visualize.inputs import Input
    from q3_visualize.networks import Network

SIX = 6
DARK = ("lines", "mnist", "mnist_official")  # data sets of bright strokes on black


LONGEST = 60  # letters of a part of a file's name, of which three fit into the 255 bytes of a file system


class Images(NamedTuple):
    """Images, uint8 (n, height, width, channels), a name for each, and a prefix for the names of result files."""

    images: np.ndarray
    names: tuple[str, ...]
    prefix: str


class Given(NamedTuple):
    """An argument of --image or --input: NAME=VALUE, or a value without a name, ""."""

    name: str
    value: str


def add_flags(flags: command_line.Parser) -> None:
    """Add the flags that say which images to look at, and how to read them."""
    flags.add_argument(
        "--image", type=image, nargs="+", action="extend", metavar="FILE",
        help="images, or folders of them; for a network that takes several: NAME=FILE, or in the order of its inputs",
    )  # fmt: skip
    flags.add_argument(
        "--frame", type=command_line.index, metavar="K", help="of a file with several pages or frames, counted from 0"
    )
    flags.add_argument("--invert", action="store_true", help="turn dark strokes on white into bright ones on black")


def safe(text: str) -> str:
    """Return a text as a short part of a file's name; if that changes it, a checksum keeps two texts apart."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")[:LONGEST]
    return plain if plain and plain == text else f"{plain}-{zlib.crc32(text.encode(errors='replace')) & 0xFFFF:04x}"


def named(text: str) -> Given:
    """Parse NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return Given(name, value)


def image(text: str) -> Given:
    """Parse an argument of --image: a file or a folder, or NAME=FILE."""
    if "=" in text and not Path(text).exists():
        name, path = named(text)
        return Given(name, str(command_line.existing_path(path)))
    return Given("", str(command_line.existing_path(text)))


def of_inputs(inputs: list[Input], arguments: Namespace) -> tuple[str | None, dict[str, np.ndarray]]:
    """Return the name of the input that `images_of` fills, and the values of the others, by name, for a network's inputs.

    A network that takes several images is given one for each: by name, or in the order of its inputs.
    """
    others = {}
    for each in arguments.input or ():
        if each.name in others or each.name in [image.name for image in arguments.image or ()]:
            raise UserError(f"input {each.name!r} is given twice: give it once, by --input or by --image")
        others[each.name] = _numbers(each)
    taking = [each for each in inputs if each.image_shape and each.name not in others]
    images_by_name = [each.name for each in inputs if each.image_shape]
    for each in arguments.image or ():
        if each.name and each.name not in images_by_name:
            raise UserError(f"--image {each.name}=...: no such input takes an image: give {' or '.join(images_by_name)}")
    if not taking:
        raise UserError(f"--input: one of {', '.join(images_by_name)} must be given by --image, to be explained")
    if len(taking) < 2:
        return taking[0].name, others
    files = _by_input(taking, arguments.image or [])
    for each in taking[1:]:
        others[each.name] = _load(Path(files[each.name]), each.image_shape, arguments).image
    return taking[0].name, others


def _by_input(taking, given):
    """Return the file of each of several inputs that take an image, by name."""
    names = [each.name for each in taking]
    files = {each.name: each.value for each in given if each.name}
    unnamed = [each.value for each in given if not each.name]
    files |= dict(zip([name for name in names if name not in files], unnamed))
    if len(given) != len(names) or set(files) != set(names) or any(Path(file).is_dir() for file in files.values()):
        wanted = " ".join(f"{name}=FILE" for name in names)
        raise UserError(f"the network takes {len(names)} images at once: give one file for each, --image {wanted}")
    return files


def _numbers(given):
    """Read the value of an argument of --input: a .npy file, or numbers with commas between them."""
    if given.value.endswith(".npy"):
        try:
            array = np.load(given.value, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"--input {given.name}: {given.value} is no array that NumPy saved ({error})") from error
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise UserError(f"--input {given.name}: {given.value} does not hold one array of finite numbers")
        return array
    try:
        return np.array([float(number) for number in given.value.split(",")], np.float32)
    except ValueError as error:
        raise UserError(f"--input {given.name}: {given.value!r} is neither numbers like 1,2.5,3 nor a .npy file") from error


def images_of(network: Network, arguments: Namespace, count: int = SIX) -> Images:
    """Read the images of --image, or take some test images, each of another class, of the network's data set (--quick: one)."""
    from common import images

    if arguments.image:
        wanted = [each for each in arguments.image if each.name in ("", network.image_input)]
        by_input = {each.name for each in arguments.input or ()}
        wanted = wanted[:1] if len(set(network.image_inputs) - by_input) > 1 else wanted
        paths = [path for each in wanted for path in images.listed(Path(each.value))]
        read = np.stack([_told(path, network, arguments) for path in paths])
        names = tuple(path.name.encode(errors="replace").decode() for path in paths)
        return Images(read, names, f"{safe(Path(wanted[0].value).resolve().stem)}_")
    known = dataset(network, arguments)
    classes, first = np.unique(known.labels[known.split.test], return_index=True)
    spread = np.linspace(0, len(classes) - 1, 1 if arguments.quick else count).astype(int)
    names = tuple(known.class_names[label] for label in classes[spread])
    return Images(known.images[known.split.test[first[spread]]], names, "")


def _told(path, network, arguments):
    """Read one image, and print what was done to it and what looks wrong."""
    loaded = _load(path, network.input_shape, arguments)
    if loaded.note:
        print(f"  {path.name}: {loaded.note}")
    data = network.metrics["data"]["name"] if network.metrics else None
    if loaded.bright and (data in DARK or (data is None and network.input_shape == (28, 28, 1))):
        whose = "that of the network's data" if data else "that of MNIST"
        print(f"  {path.name}: its background is bright, and {whose} is dark: --invert turns dark strokes into bright ones")
    return loaded.image


def _load(path, shape, arguments):
    from common import images

    return images.load(path, shape, frame=arguments.frame, invert=arguments.invert)


def baseline(network: Network, arguments: Namespace) -> np.ndarray | None:
    """Return the image of --baseline, uint8 (1, height, width, channels), if it is given."""
    return _load(arguments.baseline, network.input_shape, arguments).image[None] if arguments.baseline else None


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


def print_classes(network: Network, images: Images) -> None:
    """Print what the network says of each image: "long thin 45° red, 99.9%"."""
    for name, words in zip(images.names, network.in_words(images.images)):
        print(f"  {name}: {words}")

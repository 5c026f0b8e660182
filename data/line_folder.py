"""The line data set as a folder of files with the assignment's names, `length_width_angle_color_id.jpg`: ours or anyone's."""

import os
import re
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from data import headers
from data.errors import UserError
from data.line_classes import FACTOR_SIZES, FACTORS, SIZE, class_factors, class_index

CONTACT_SHEET = "contact_sheet.png"
EXTENSIONS = (".jpg", ".jpeg", ".png")
CHUNK = 2048  # files that a process takes at a time
MOST_BYTES = 1_000_000  # of a picture, whose pixels take 2,352
# Without chroma subsampling (4:4:4) a thin line keeps its color; the default 4:2:0 halves the color's resolution.
JPEG_SETTINGS = (
    cv2.IMWRITE_JPEG_QUALITY, 95,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)  # fmt: skip

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # its remarks on damaged files, which are told in our words

_NAME = re.compile(r"(\d{1,9}_\d{1,9}_\d{1,9}_\d{1,9})_(\d{1,18})\.(jpg|jpeg|png)", re.IGNORECASE | re.ASCII)


def file_name(label, number, extension):
    """The assignment's name of picture `number` of a class: file_name(91, 3, "jpg") is "1_1_9_1_3.jpg"."""
    return "_".join(str(level) for level in (*class_factors(label).values(), number)) + f".{extension}"


def parse_name(name):
    """The class index and the id that a file's name states. Raises ValueError with the reason when it states none."""
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError("the name is not length_width_angle_color_id")
    return _label(match[1]), int(match[2])


@lru_cache(maxsize=1024)
def _label(levels):
    """The class index of "1_1_9_0". Raises ValueError for a level that its factor does not have."""
    levels = [int(level) for level in levels.split("_")]
    for factor, level, size in zip(FACTORS, levels, FACTOR_SIZES):
        if level >= size:
            raise ValueError(f"{factor} {level} is not in 0..{size - 1}")
    return int(class_index(*levels))


def read(folder):
    """Reads every .jpg, .jpeg and .png file below a folder: uint8 (n, 28, 28, 3) RGB, int64 (n,) class indices.

    Pictures come in the order of class, id and path (as text), so that flat and nested folders give the same arrays.
    Raises UserError for a folder or files that cannot be used.
    """
    labels, _, paths = zip(*_find(Path(folder)))
    images, problems = np.empty((len(paths), SIZE, SIZE, 3), np.uint8), []
    starts = range(0, len(paths), CHUNK)
    # Pixels come from the processes in files: joblib would copy them several times on their way.
    with tempfile.TemporaryDirectory() as temporary:
        chunks = [(Path(temporary, str(start)), paths[start : start + CHUNK]) for start in starts]
        results = _in_parallel(_decode_all, chunks, f"reading {folder}", pre_dispatch="all")
        for start, (pixels, _), failed in zip(starts, chunks, results):
            with pixels.open("rb") as file:
                file.readinto(images[start : start + CHUNK])
            pixels.unlink()
            problems += failed
    _refuse(problems, len(paths), folder)
    return images, np.array(labels)


@contextmanager
def new_folder(folder):
    """Yields a folder to fill, which becomes `folder` when the block ends well and vanishes when it does not.

    Raises UserError when `folder` holds something already.
    """
    folder = Path(folder).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists already: name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        filled = Path(temporary, folder.name)
        filled.mkdir()
        yield filled
        os.sync()  # one call for all of the files
        filled.replace(folder)


def write(folder, images, labels, extension):
    """Writes pictures (uint8 (n, 28, 28, 3) RGB, class after class) into an existing folder; ids count from 0 in a class."""
    numbers = np.arange(len(labels)) - np.searchsorted(labels, labels)
    paths = [folder / file_name(label, number, extension) for label, number in zip(labels, numbers)]
    chunks = [(images[start : start + CHUNK], paths[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
    for _ in _in_parallel(_encode_all, chunks, f"writing {folder}"):
        pass


def _find(folder):
    """(label, id, path) of every picture below a folder, sorted. Links to folders are not followed: a loop does no harm.

    Paths are text, and sorted as text, since a Path for each of 96,000 files would take as long as finding them.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder: --lines-dir takes the folder that holds the line pictures")
    pictures, problems = [], []
    for entry in _files(folder):
        try:
            pictures.append((*parse_name(entry.name), entry.path))
        except ValueError as error:
            if _looks_like_a_picture(entry.name):
                problems.append((entry.path, str(error)))
    _refuse(problems, len(pictures) + len(problems), folder)
    if not pictures:
        raise UserError(f"{folder} holds no .jpg, .jpeg or .png file")
    return sorted(pictures)


def _looks_like_a_picture(name):
    return name.lower().endswith(EXTENSIONS) and not name.startswith(".") and name != CONTACT_SHEET


def _files(folder):
    """Directory entries of all files below a folder. (os.walk of Python 3.11 fails where folders lie a thousand deep.)"""
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield entry


def _decode_all(chunk):
    """Writes the pixels of files, uint8 RGB, to a file; returns (path, reason) of those that cannot be had, left black."""
    pixels, paths = chunk
    images, problems = np.zeros((len(paths), SIZE, SIZE, 3), np.uint8), []
    buffer = bytearray(MOST_BYTES + 1)
    for position, path in enumerate(paths):
        try:
            images[position] = _decode(_content(path, buffer))
        except (OSError, ValueError) as error:
            problems.append((path, str(error)))
    try:
        pixels.write_bytes(images)
    except OSError as error:
        room = f"{pixels.parents[1]} has no room for the pixels that are read ({error.strerror})"
        raise UserError(f"{room}: make some, or set TMPDIR to another folder") from error
    return problems


def _encode_all(chunk):
    """Writes images, uint8 (n, 28, 28, 3) RGB, to as many paths."""
    for image, path in zip(*chunk):
        settings = JPEG_SETTINGS if path.suffix == ".jpg" else ()
        _, encoded = cv2.imencode(path.suffix, image[..., ::-1], settings)
        path.write_bytes(encoded)


def _content(path, buffer):
    """The bytes of a file, read into a buffer that is used again and again."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe without a writer would let others wait forever
    try:
        count = os.preadv(descriptor, [buffer], 0)  # which refuses a pipe that has a writer
    finally:
        os.close(descriptor)
    if count > MOST_BYTES:
        raise ValueError(f"has more than {MOST_BYTES:,} bytes")
    return buffer[:count]


def _decode(content):
    """A file's bytes as uint8 (28, 28, 3) RGB. Not by cv2.imread, which gives None for whatever ails a file."""
    width, height = headers.size(content)
    if (width, height) != (SIZE, SIZE):
        raise ValueError(f"is {width:,} x {height:,} pixels, not {SIZE} x {SIZE}")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)  # None for what is damaged
    except cv2.error:
        image = None
    if image is None or image.shape != (SIZE, SIZE, 3):
        raise ValueError("does not decode")
    return image


def _refuse(problems, count, folder, shown=3):
    """Raises one UserError that names the first few of the problems, (path, reason), if there are any."""
    if not problems:
        return
    problems.sort(key=lambda problem: problem[0])
    named = "; ".join(f"{Path(path).relative_to(folder)}: {reason}" for path, reason in problems[:shown])
    more = f"; and {len(problems) - shown:,} more" if len(problems) > shown else ""
    raise UserError(f"{len(problems):,} of the {count:,} pictures in {folder} cannot be used: {named}{more}")


def _in_parallel(work, chunks, description, **options):
    """Yields work(chunk) for every chunk, in order, from as many processes as there are cores, under a progress bar.

    Not from threads: a file takes microseconds, and handing Python's lock over for each takes several times as long.
    options: of joblib.Parallel.
    """
    parallel = Parallel(n_jobs=min(os.cpu_count(), len(chunks)), return_as="generator", **options)
    results = parallel(delayed(work)(chunk) for chunk in chunks)
    console = Console(stderr=True)
    hidden = not console.is_terminal
    yield from track(results, escape(description), len(chunks), console=console, transient=True, disable=hidden)

"""Image files that others made: recognised by content, checked before anything is decoded, one frame of them opened.

The size is read from the header, and refused from there if it is too large. Frames are counted without decoding them.
Formats that Pillow does not read are named, with a command that converts them.
"""

import io
import math
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from data.errors import UserError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "AVIF", "PPM", "JPEG2000")
NAMES = "PNG, JPEG, BMP, WebP, TIFF, GIF, AVIF, PPM or JPEG 2000"
MOST_BYTES = 50_000_000
MOST_PIXELS = 50_000_000
MOST_DECODED = 2_000_000_000  # pixels of all frames up to the one asked for: in animations, each is drawn over the one before
MOST_FRAMES = 10_000
MOST_COMMENTS = 1_000

# What the content of files of other kinds matches, and what to say.
RAW = "a camera's raw file: convert it first, dcraw -w -T x.raw"
FOREIGN = (
    (rb".{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", "a HEIC photo: convert it first, heif-convert x.heic x.png"),
    (rb".{128}DICM", "a DICOM file: convert it first, dcmj2pnm +on x.dcm x.png, or with pydicom"),
    (rb"II\*\0.{4}CR|.{4}ftypcrx |FUJIFILMCCD-RAW|II(RO|RS|U\0)|MMOR|\0MRM|FOVb", RAW),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL image: convert it first, djxl x.jxl x.png"),
    (rb"%PDF-", "a PDF: convert it first, pdftoppm -png x.pdf x"),
    (rb"8BPS", "a Photoshop file: export it as PNG"),
    (rb".{4}ftyp(?!avi)|RIFF.{4}AVI |\x1aE\xdf\xa3", "a video: save one frame, ffmpeg -i x.mp4 -frames:v 1 x.png"),
    (rb"\s*<(!(?i:DOCTYPE) )?(?i:html)", "a web page: save the image itself"),
    (rb"(\xef\xbb\xbf)?\s*<(svg|[?!].*?<svg)", "an SVG drawing: convert it first, rsvg-convert x.svg -o x.png"),
)
RAW_SUFFIXES = (".3fr", ".arw", ".dng", ".erf", ".iiq", ".nef", ".nrw", ".pef", ".rwl", ".srw")  # as content, they are TIFFs
TILE_SIZE = (322, 323)  # tags of a TIFF
DNG_VERSION = 50706  # the tag that makes a TIFF a DNG

# For a folder: the kinds of file that are images, readable or not, by the first bytes or by suffix.
IMAGE_CONTENT = re.compile(
    rb"\x89PNG|\xff\xd8\xff|RIFF.{4}WEBP|II\*\0|MM\0\*|GIF8|.{4}ftyp(avi|hei|hev|mif1)|.{4}jP  |.{128}DICM", re.DOTALL
)
IMAGE_SUFFIX = re.compile(r"\.(a?png|jpe?g|bmp|webp|tiff?|gif|avif|p[bgpn]m|pfm|jp2|j2k|hei[cf]|dcm)", re.IGNORECASE)


@contextmanager
def opened(path: Path | str, frame: int | None = None) -> Iterator[Image.Image]:
    """Open one frame of an image file; what is done with it inside the `with` may find the file damaged.

    Parameters
    ----------
    path
        A file of one of FORMATS, by its content.
    frame
        Which frame of a file with several, from 0. Without it the file must hold one (or be an MPO: a phone's JPEG with a
        second image inside, of which the first is opened).

    Yields
    ------
    PIL.Image.Image
        The frame, of at most MOST_PIXELS, not yet decoded.

    Raises
    ------
    UserError
        If the file is missing, too large, damaged or of another format, if it lacks the frame, or if decoding fails.
    """
    content = _content(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters raises an error
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            _check_size(image)
            if image.format == "TIFF" and _is_raw(image, content, path):
                raise UserError(f"{path}: {RAW}")
            _choose(image, frame, path)
            yield image
    except UserError:
        raise
    except Image.DecompressionBombError as error:  # ours, or that of Pillow, which has a limit too
        raise UserError(f"{path}: more than {MOST_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise UserError(f"{path}: {_foreign(content)}") from error
    except Exception as error:  # for a damaged file Pillow raises errors of nearly every type
        raise UserError(f"{path}: damaged ({error})") from error


def listed(path: Path | str) -> list[Path]:
    """List the images that a path stands for.

    Parameters
    ----------
    path
        A folder, or anything else, which stands for itself.

    Returns
    -------
    list of Path
        The folder's images, sorted by name: files with the content or the suffix of an image. Neither hidden files nor
        folders inside are looked at. Raises UserError if there is none.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    try:
        found = [
            file for file in sorted(path.iterdir()) if not file.name.startswith(".") and file.is_file() and _is_image(file)
        ]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    if not found:
        raise UserError(f"{path}: holds no image ({NAMES})")
    return found


def _content(path):
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise UserError(f"{path}: a pipe or a device, which may never end: give a file")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MOST_BYTES:
        raise UserError(f"{path}: more than {MOST_BYTES:,} bytes")
    if content.startswith((b"P1", b"P2", b"P3")) and content.count(b"#") > MOST_COMMENTS:  # Pillow copies the rest for each
        raise UserError(f"{path}: more than {MOST_COMMENTS:,} comments")
    return content


def _check_size(image):
    tile = [image.tag_v2.get(tag, 0) for tag in TILE_SIZE] if image.format == "TIFF" else [0]  # may exceed the image
    if max(math.prod(image.size), math.prod(tile)) > MOST_PIXELS:
        raise Image.DecompressionBombError


def _choose(image, frame, path):
    """Go to a frame, one by one: each may be larger than the header said, and each costs time."""
    if frame is None:
        if image.format != "MPO" and getattr(image, "is_animated", False):
            count = _frames(image)
            raise UserError(f"{path}: has {count:,} frames: choose one with --frame K (0 to {count - 1})")
        return
    decoded = 0
    for number in range(min(frame, MOST_FRAMES) + 1):
        try:
            image.seek(number)
        except EOFError as error:
            has = "one frame: leave out --frame" if number == 1 else f"{number:,} frames: --frame takes 0 to {number - 1}"
            raise UserError(f"{path}: has {has}") from error
        _check_size(image)
        decoded += 0 if image.format == "TIFF" else math.prod(image.size)
        if decoded > MOST_DECODED or number == MOST_FRAMES:
            raise UserError(f"{path}: frame {frame:,} is too far into the file: save that frame alone, as a PNG")


def _frames(image):
    """Count the frames of an animation, or a TIFF's or GIF's up to MOST_FRAMES, without decoding one."""
    if image.format not in ("GIF", "TIFF"):
        return image.n_frames  # from the header
    arguments = {"update_image": False} if image.format == "GIF" else {}
    for number in range(1, MOST_FRAMES):
        try:
            image._seek(number, **arguments)  # n_frames calls it too, but as often as the file wants
        except EOFError:
            return number
    return MOST_FRAMES


def _is_raw(tiff, content, path):
    return content[8:10] == b"CR" or DNG_VERSION in tiff.tag_v2 or str(path).lower().endswith(RAW_SUFFIXES)


def _foreign(content):
    """Say what a file is that Pillow does not read."""
    for pattern, advice in FOREIGN:
        if re.match(pattern, content[:4096], re.DOTALL):
            return advice
    if IMAGE_CONTENT.match(content):
        return "damaged, or of a rare kind: save it as PNG with 8 bits per channel"
    return f"no {NAMES} image"


def _is_image(file):
    if IMAGE_SUFFIX.fullmatch(file.suffix):
        return True
    with open(file, "rb") as opened_file:
        return IMAGE_CONTENT.match(opened_file.read(132)) is not None

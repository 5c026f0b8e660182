"""An image file of any origin -> the array that a network takes.

1. One frame of a PNG, JPEG, BMP, WebP, TIFF, GIF, AVIF, PPM or JPEG 2000, under any file name (see image_files.py).
2. Turned upright as its EXIF tag says. More than 8 bits become 8: of whole numbers up to 16 bits, the smallest of 8, 10, 12,
   14 and 16 bits that hold the largest becomes 0 to 255; of others, lowest to highest value.
3. Color becomes gray by the weights of ITU-R 601 for a network that takes gray, gray becomes color for one that takes color.
   Transparent parts become black, unless the network takes transparency as its fourth channel.
4. Scaled to fit the network's input, keeping its proportions, and centered on black (opaque, where there is a fourth channel).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from common.image_files import listed, opened
from data.errors import UserError

__all__ = ["Loaded", "bright_background", "listed", "load", "read"]

STATE_THEIR_RANGE = ("ppm", "ppm_plain", "jpeg2k")  # decoders that scale to 16 bits by the largest value that the header states


class Loaded(NamedTuple):
    """An image for a network, and what a person should know of how it was made."""

    image: np.ndarray  # uint8 (height, width, channels)
    note: str  # one line without the file's name, such as "gray from -2.5 to 3 became 0 to 255", or ""
    bright: bool  # whether the file's image has a bright background: before it was centered on black, and after `invert`


def read(path: Path | str, shape: tuple[int, int, int], *, frame: int | None = None) -> np.ndarray:
    """Read the image in a file, as uint8 of `shape`: the `image` of `load`."""
    return load(path, shape, frame=frame).image


def load(path: Path | str, shape: tuple[int, int, int], *, frame: int | None = None, invert: bool = False) -> Loaded:
    """Read the image in a file, and say what was assumed.

    Parameters
    ----------
    path
        A file of one of image_files.FORMATS. Raises UserError if it is missing, too large, damaged or of another format, or
        so elongated that scaling leaves nothing of its shorter side.
    shape
        (height, width, channels) of the network's input, with 1 (gray), 3 (RGB) or 4 channels (RGB and opacity, 0 to 255).
    frame
        Which frame of a file with several, from 0. Raises UserError if the file lacks it, or has several and none is chosen.
    invert
        Take the negative of the colors. What is transparent and what lies outside the image becomes black nevertheless.

    Returns
    -------
    Loaded
        The image as uint8 of `shape`, a note, and whether its background is bright.
    """
    height, width, channels = shape
    with opened(path, frame) as image:
        image, depth = _eight_bits(image, path, frame)
        image, color = _in_channels(image, channels, invert)
        image = _fitted(image, (width, height), path)
    bright = bright_background(np.asarray(image).reshape(image.height, image.width, channels))
    if image.size != (width, height):
        image = ImageOps.pad(image, (width, height), color=(0, 0, 0, 255) if channels == 4 else 0)
    return Loaded(np.asarray(image).reshape(shape), "; ".join(filter(None, (depth, color))), bright)


def bright_background(image: np.ndarray) -> bool:
    """Tell whether an image is drawn on bright paper: more than half of the pixels along its edges are brighter than 127.

    Parameters
    ----------
    image
        uint8 (height, width, channels), with 1, 3 or 4 channels. What is transparent counts as black.
    """
    brightness = image[..., :3].mean(axis=2)
    if image.shape[2] == 4:
        brightness = brightness * (image[..., 3] / 255)
    edges = brightness[0], brightness[-1], brightness[1:-1, 0], brightness[1:-1, -1]
    return bool(np.median(np.concatenate(edges)) > 127)


def _fitted(image, size, path):
    """Scale an image so that it just fits into a size."""
    scale = min(new / old for new, old in zip(size, image.size))
    if round(min(image.size) * scale) < 1:
        side = "width" if image.width < image.height else "height"
        leaves = f"scaling to fit {size[0]} x {size[1]} leaves less than one pixel of its {side}"
        raise UserError(f"{path}: {image.width:,} x {image.height:,} pixels: {leaves}: crop it first")
    return image if image.size == size else ImageOps.contain(image, size, Image.Resampling.BILINEAR)


def _in_channels(image, channels, invert):
    """Bring an image of any color into 1, 3 or 4 channels; say so if nothing can be seen in it any more."""
    if image.mode == "LAB":
        image = image.convert("RGB")  # the only mode that Pillow makes of it
    mode, note = {1: "L", 3: "RGB", 4: "RGBA"}[channels], ""
    transparent = image.has_transparency_data
    image = image.convert("RGBA" if transparent else mode)
    if invert:
        image = image.point([*reversed(range(256))] * min(3, len(image.mode)) + [*range(256)] * (image.mode == "RGBA"))
    if transparent and channels != 4:
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
        if not any(high for _, high in image.getextrema()[:3]):
            note = "transparent parts became black, as all the rest is" + ("" if invert else ": try --invert")
    return image.convert(mode), note


def _eight_bits(image, path, frame):
    """Decode an image, upright, and bring more than 8 bits per channel into 0..255; say how."""
    stated = any(tile.codec_name in STATE_THEIR_RANGE for tile in image.tile)
    whole = image.format == "TIFF" or not getattr(image, "is_animated", False)  # not drawn over earlier frames
    deep = whole and any(_raw_mode(tile.args).startswith(("RGB;16", "RGBA;16", "RGBX;16")) for tile in image.tile)
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        return _deep_gray(image, stated)
    if deep and max(high for _, high in image.getextrema()[:3]) < 64:
        return _deep_color(image, path, frame)
    return image, ""


def _deep_gray(image, stated):
    values = np.asarray(image)
    finite = values[np.isfinite(values)] if image.mode == "F" else values
    low, high = (finite.min().item(), finite.max().item()) if finite.size else (0, 0)
    if image.mode != "F" and low >= 0 and high < 2**16:
        bits = 16 if stated else _bits(high)
        return Image.fromarray((values.astype(np.uint16) >> (bits - 8)).astype(np.uint8)), _range_note(bits)
    if low == high:
        return Image.new("L", image.size), f"gray that is {low:g} everywhere became black"
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    scaled = np.nan_to_num(scaled, nan=0).clip(0, 255).round().astype(np.uint8)
    return Image.fromarray(scaled), f"gray from {low:g} to {high:g} became 0 to 255"


def _deep_color(upper, path, frame):
    """Use both bytes of dark colors of 16 bits, of which Pillow decodes the upper: the lower ones, if told the other order."""
    with opened(path, frame) as image:
        image.tile = [tile._replace(args=_bytes_swapped(tile.args)) for tile in image.tile]
        lower = np.asarray(ImageOps.exif_transpose(image))
    upper = np.asarray(upper)
    values = upper[..., :3].astype(np.uint16) * 256 + lower[..., :3]
    bits = _bits(values.max())
    color = (values >> (bits - 8)).astype(np.uint8)
    return Image.fromarray(np.dstack([color, upper[..., 3:]])), _range_note(bits)


def _raw_mode(arguments):
    """Return how a decoder's output is laid out, in Pillow's words: the first of its arguments or the only one."""
    return str(arguments if isinstance(arguments, str) or not arguments else arguments[0])


def _bytes_swapped(arguments):
    if isinstance(arguments, tuple):
        return (_bytes_swapped(arguments[0]), *arguments[1:])
    return arguments[:-1] + ("L" if arguments[-1] == "B" else "B")  # RGB;16L, RGB;16B, or RGB;16N: our machines' L


def _bits(high):
    """Return the smallest usual number of bits that holds a value."""
    return next(bits for bits in (8, 10, 12, 14, 16) if high < 2**bits)


def _range_note(bits):
    if bits == 16:
        return ""
    return f"{bits} bits per channel in a deeper file: 0 to {2**bits - 1:,} {'is kept' if bits == 8 else 'became 0 to 255'}"

"""One image file of a person -> the array that a network takes.

The rule, in this order:
1. PNG, JPEG, BMP or WebP, whatever the file is called. Its size is read from its header, before anything is decoded.
2. Turned upright as its EXIF note says; transparent parts become black; 16 bits a channel become 8; color becomes gray by
   the weights of ITU-R 601 for a network that takes gray, gray becomes color for one that takes color.
3. Scaled until it fits the network's input, keeping its proportions, and centred on black.
"""

import io
import os
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from data.errors import UserError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
MOST_BYTES = 50_000_000
MOST_PIXELS = 50_000_000


def read(path, shape):
    """The picture in a file, uint8 of `shape`: (height, width, channels), with 1 or 3 channels.

    Raises UserError with the reason for a file that is missing, too large, damaged, animated or of another kind.
    """
    height, width, channels = shape
    picture = _upright(path).convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        picture = ImageOps.pad(picture, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(picture).reshape(shape)


def _upright(path):
    """The decoded picture, upright, without transparency, of 8 bits a channel."""
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise UserError(f"{path}: a pipe or a device, which could keep one waiting forever: give a file")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MOST_BYTES:
        raise UserError(f"{path}: more than {MOST_BYTES:,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on a file's oddities; what matters raises
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            _refuse(path, picture)
            return _opaque(ImageOps.exif_transpose(picture))
    except UserError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, which it meets before ours
        raise UserError(f"{path}: more than {MOST_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise UserError(f"{path}: no PNG, JPEG, BMP or WebP picture") from error
    except Exception as error:  # a damaged file makes Pillow raise nearly everything
        raise UserError(f"{path}: damaged ({error})") from error


def _refuse(path, picture):
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise UserError(f"{path}: {width:,} x {height:,} pixels, more than {MOST_PIXELS:,}")
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:  # telephones put a second one into a JPEG file
        raise UserError(f"{path}: animated; save one frame of it")


def _opaque(picture):
    if picture.mode.startswith("I"):  # 16 bits of gray, which Pillow would cut off at 255
        return Image.fromarray((np.asarray(picture, np.uint32) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, (0, 0, 0, 255)), picture)
    return picture

"""An image file of any origin -> the array that a network takes.

1. PNG, JPEG, BMP or WebP, under any file name. The size is read from the header, before anything is decoded.
2. Turned upright as its EXIF tag says; transparent parts become black; 16 bits per channel become 8; color becomes gray by
   the weights of ITU-R 601 for a network that takes gray, gray becomes color for one that takes color.
3. Scaled to fit the network's input, keeping its proportions, and centered on black.
"""

import io
import math
import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from data.errors import UserError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
MOST_BYTES = 50_000_000
MOST_PIXELS = 50_000_000


def read(path: Path | str, shape: tuple[int, int, int]) -> np.ndarray:
    """Read the image in a file, as uint8 of `shape`.

    Parameters
    ----------
    path
        A file of one of FORMATS. Raises UserError if it is missing, too large, damaged, animated or of another format.
    shape
        (height, width, channels) of the network's input, with 1 or 3 channels.
    """
    height, width, channels = shape
    image = _upright(path).convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = ImageOps.pad(image, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(shape)


def _upright(path):
    """Decode an image: upright, without transparency, 8 bits per channel."""
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise UserError(f"{path}: a pipe or a device, which may never end: give a file")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > MOST_BYTES:
        raise UserError(f"{path}: more than {MOST_BYTES:,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters raises an error
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            if math.prod(image.size) > MOST_PIXELS:
                raise Image.DecompressionBombError
            if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:  # MPO: a phone's JPEG with a second image inside
                raise UserError(f"{path}: animated; save one frame of it")
            return _opaque(ImageOps.exif_transpose(image))
    except UserError:
        raise
    except Image.DecompressionBombError as error:  # ours, or that of Pillow, which has a limit too
        raise UserError(f"{path}: more than {MOST_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise UserError(f"{path}: no PNG, JPEG, BMP or WebP image") from error
    except Exception as error:  # for a damaged file Pillow raises errors of nearly every type
        raise UserError(f"{path}: damaged ({error})") from error


def _opaque(image):
    if image.mode.startswith("I"):  # 16 bits of gray, which Pillow would cut off at 255
        return Image.fromarray((np.asarray(image, np.uint32) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return image

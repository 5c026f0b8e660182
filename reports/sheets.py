"""Many small images in one PNG, in rows, for a list or a page to pick from."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from common.run_folders import whole_file

COLUMNS = 20


def save(images: np.ndarray, path: Path, colors: int | None = None) -> None:
    """Write images, uint8 (n, h, w, 1 or 3), in rows of COLUMNS, or in one shorter row, with at most `colors` colors."""
    with whole_file(path) as file:
        file.write(png(images, min(len(images), COLUMNS), colors))


def read(path: Path, mode: str, height: int, width: int) -> np.ndarray:
    """Return the images of a sheet, uint8 (n, height, width, ...), in their order; blank ones at the end fill its last row.

    mode: of Pillow, "RGB" or "L" for gray.
    """
    with Image.open(path) as image:
        sheet = np.array(image.convert(mode))
    pixels = sheet.shape[2:]
    return sheet.reshape(-1, height, sheet.shape[1] // width, width, *pixels).swapaxes(1, 2).reshape(-1, height, width, *pixels)


def png(images: np.ndarray, columns: int, colors: int | None = None) -> bytes:
    """Return images, uint8 (n, h, w, 1 or 3), in rows of `columns` as a PNG with at most `colors` colors."""
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    grid = np.zeros((rows * columns, height, width, channels), np.uint8)
    grid[:count] = images
    grid = grid.reshape(rows, columns, height, width, channels).swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    sheet = Image.fromarray(grid[:, :, 0] if channels == 1 else grid)
    if colors:
        sheet = sheet.quantize(colors, dither=Image.Dither.NONE)
    memory = io.BytesIO()
    sheet.save(memory, format="PNG", optimize=True)
    return memory.getvalue()

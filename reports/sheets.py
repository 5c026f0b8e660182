"""Many small pictures in one PNG, in rows, for a list or a page to pick from."""

import numpy as np
from PIL import Image

from common.run_folders import whole_file

COLUMNS = 20


def save(images, path, colors=None):
    """Writes pictures, uint8 (n, h, w, channels), side by side in rows of COLUMNS, or in one shorter row.

    colors: how many different ones the sheet may have, at most 256; by default all are kept.
    """
    count, height, width, channels = images.shape
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    grid = np.zeros((rows * columns, height, width, channels), np.uint8)
    grid[:count] = images
    grid = grid.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    grid = grid.reshape(rows * height, columns * width, channels)
    image = Image.fromarray(grid[:, :, 0] if channels == 1 else grid)
    if colors:
        image = image.quantize(colors, dither=Image.Dither.NONE)
    with whole_file(path) as file:
        image.save(file, format="PNG", optimize=True)

"""What activates each channel of a layer most, small, for a page: its drawn image, and the best patches of real ones."""

import base64
import io

import numpy as np
from PIL import Image

from q3_visualize import colors
from q3_visualize.climb_plan import plans
from q3_visualize.drawn import class_means, drawn, visible
from q3_visualize.filters import neurons
from q3_visualize.networks import Network

PATCHES = 4  # real ones of each channel
COLORS = 64  # of a sheet


def channel_sheets(network: Network, real: np.ndarray) -> dict[str, dict]:
    """Return a sheet for each layer with weights, by path.

    Parameters
    ----------
    real
        Images that the network was made for, uint8 (n, height, width, channels).

    Returns
    -------
    dict
        {path: {"sheet", a PNG in base64; "height", "width" of a tile; "columns"}}: a row for each channel of the layer, or for
        each class of an output, with the drawn image and then PATCHES real ones, the best first. A large network has sheets of
        some layers only, those of which all channels can be drawn in a minute.
    """
    layers = [path for path in network.layers if hasattr(network.layers[path], "kernel")]
    counts = [len(neurons(network, layer).names) for layer in layers]
    planned, reduced = plans(network, layers, counts)
    if reduced:
        return {}
    palette = colors.of_images(real)
    return {plan.layer: _sheet(network, plan, real, palette) for plan in planned}


def _sheet(network, plan, real, palette):
    chosen = neurons(network, plan.layer)
    means = class_means(network, plan.layer, chosen, real)
    found = drawn(network, plan, chosen, real, palette, means=means)
    images = visible(network, plan.layer, found.best, palette.background)
    patches = found.patches.images[:, :PATCHES]
    tiles = np.concatenate([np.rint(255 * np.stack(images)).astype(np.uint8)[:, None], patches], axis=1)
    count, columns, height, width, channels = tiles.shape
    grid = tiles.swapaxes(2, 3).reshape(count, columns * width, height, channels).swapaxes(1, 2)
    grid = grid.reshape(count * height, columns * width, channels)
    memory = io.BytesIO()
    sheet = Image.fromarray(grid[..., 0] if channels == 1 else grid[..., :3])
    sheet.quantize(COLORS, dither=Image.Dither.NONE).save(memory, "PNG", optimize=True)
    return {"sheet": base64.b64encode(memory.getvalue()).decode(), "height": height, "width": width, "columns": columns}

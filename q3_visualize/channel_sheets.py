"""What activates each channel of a layer most, small, for a page: its drawn image, and the best patches of real ones."""

import base64

import numpy as np

from q3_visualize import colors
from q3_visualize.climb_plan import plans
from q3_visualize.drawn import class_means, drawn, visible
from q3_visualize.filters import neurons
from q3_visualize.networks import Network
from reports import sheets

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
        each class of an output, with the drawn image and then PATCHES real ones, the best first. Empty for a large network,
        whose channels would take minutes to draw.
    """
    chosen = {path: neurons(network, path) for path, layer in network.layers.items() if hasattr(layer, "kernel")}
    planned, reduced = plans(network, list(chosen), [len(some.names) for some in chosen.values()])
    if reduced:
        return {}
    palette = colors.of_images(real)
    return {plan.layer: _sheet(network, plan, chosen[plan.layer], real, palette) for plan in planned}


def _sheet(network, plan, chosen, real, palette):
    means = class_means(network, plan.layer, chosen, real)
    found = drawn(network, plan, chosen, real, palette, means=means)
    images = np.stack(visible(network, plan.layer, found.best, palette.background))[:, None]
    tiles = np.concatenate([np.rint(255 * images).astype(np.uint8), found.patches.images[:, :PATCHES]], axis=1)[..., :3]
    _, columns, height, width, _ = tiles.shape
    sheet = sheets.png(tiles.reshape(-1, *tiles.shape[2:]), columns, COLORS)
    return {"sheet": base64.b64encode(sheet).decode(), "height": height, "width": width, "columns": columns}

"""What the layers of a network compute for images, with bounded memory; and the tokens of a transformer as maps."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data.errors import UserError
from q3_visualize.networks import Network
from q3_visualize.walk import LayerCall

MOST_BYTES = 300_000_000  # of activations that are kept at once, beside those of one image


class TokenGrid(NamedTuple):
    """Where the tokens of a layer come from: the path of a layer with height and width, and whether a token comes before."""

    path: str
    height: int
    width: int
    extra: bool


def activations(network: Network, images: np.ndarray, layers: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """Return the outputs of layers by path, float32 (n, ...).

    Parameters
    ----------
    images
        uint8 (n, height, width, channels).
    layers
        The paths of layers (default: all that have one output for each image, of one to three axes).

    Raises
    ------
    UserError
        For a layer that is not there, or whose output is of another kind.
    """
    layers = list(layers) if layers is not None else None
    if unknown := set(layers or ()) - set(network.shapes):
        raise UserError(f"{network.name} has no layer {' or '.join(sorted(unknown))}: give some of {', '.join(network.shapes)}")
    found = {}
    for path, values in outputs(network, images, layers or list(network.shapes)):
        if not isinstance(values, str):
            found[path] = values
        elif layers:
            raise UserError(f"layer {path!r}: {values}")
    return found


def outputs(network: Network, images: np.ndarray, paths: Sequence[str]) -> Iterator[tuple[str, np.ndarray | str]]:
    """Yield the path and the activations of each layer, float32 (n, ...), or why there are none to draw.

    Parameters
    ----------
    images
        uint8 (n, height, width, channels). The network computes one at a time, and all of them again where the layers have
        more than MOST_BYTES together.
    """
    for group in _groups(network, paths, len(images)):
        collected = {path: [] for path in group}
        for image in images:
            steps, _ = network.trace(network.inputs(image[None]))
            for path in group:
                collected[path].append(_of_one_image(steps[path]))
            del steps
        for path in group:
            parts = collected.pop(path)
            reason = next((part for part in parts if isinstance(part, str)), None)
            yield path, reason or np.concatenate(parts)


def token_grid(network: Network, path: str) -> TokenGrid | None:
    """Find the last map before a layer of tokens that has as many cells as the layer has tokens, or one fewer."""
    if len(network.shapes[path]) != 2:
        return None
    tokens, paths = network.shapes[path][0], list(network.shapes)
    for before in reversed(paths[: paths.index(path)]):
        shape = network.shapes[before]
        if len(shape) == 3 and min(shape[:2]) > 1 and shape[0] * shape[1] in (tokens, tokens - 1):
            return TokenGrid(before, *shape[:2], shape[0] * shape[1] == tokens - 1)
    return None


def as_maps(tokens: np.ndarray, grid: TokenGrid) -> np.ndarray:
    """Put tokens, (n, t, k), where they come from: (n, height, width, k). A class token, which comes first, is left out."""
    count, _, channels = tokens.shape
    return tokens[:, int(grid.extra) :].reshape(count, grid.height, grid.width, channels)


def _groups(network, paths, count):
    """Yield the paths in lists of layers whose activations, float32, for `count` images fit into MOST_BYTES."""
    group, total = [], 0
    for path in paths:
        size = 4 * count * int(np.prod(network.shapes[path]))
        if group and total + size > MOST_BYTES:
            yield group
            group, total = [], 0
        group.append(path)
        total += size
    if group:
        yield group


def _of_one_image(step: LayerCall) -> np.ndarray | str:
    """Return a step's output for one image as float32, or why it cannot be drawn."""
    if step.output is step.input:
        return "it passes on its input"
    values = np.asarray(step.output)
    if values.ndim not in (2, 3, 4) or not values.size:
        return f"its output of shape {' × '.join(map(str, values.shape[1:]))} is neither a map nor tokens nor a vector"
    if len(values) != 1:
        return f"it has {len(values)} outputs for an image"
    if values.dtype.kind == "c":
        return "its output is complex"
    with np.errstate(over="ignore"):  # of float64
        return values.astype(np.float32)

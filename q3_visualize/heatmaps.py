"""Class activation maps: which places of a layer's map speak for a class.

Each method weighs a layer's features A by the gradient G of a score with respect to them, both (n, h, w, channels), and
sums over the channels. Score-CAM does without G, and integrated.py sums G along a path. The score is a logit, or the value of
an output that has none; of an output with several places, a segmentation for example, it is the mean over those where the
class is predicted (heads.py).
"""

import numpy as np

from common.quiet import tensorflow
from data.errors import UserError
from q3_visualize import heads
from q3_visualize.choices import INTEGRATED, SCORED
from q3_visualize.geometry import centers_of, enlarged, grids, weights
from q3_visualize.gradients import features_and_gradients, scores_of, signature
from q3_visualize.heads import NOTHING, PREDICTED
from q3_visualize.integrated import STEPS, integrated
from q3_visualize.networks import Network


def heatmaps(
    network: Network,
    images: np.ndarray,
    layer: str,
    *,
    head: str | None = None,
    classes: int | np.ndarray | None = None,
    method: str = "gradcam",
    against: int | np.ndarray | None = None,
    region: np.ndarray | None = None,
    channels: int | None = SCORED,
    baselines: np.ndarray | None = None,
    steps: int = STEPS,
) -> np.ndarray:
    """Return signed maps: above 0 speaks for the class, below 0 against it.

    Parameters
    ----------
    images, classes
        uint8 (n, height, width, channels), and class indices, one or (n,) (default: the predicted classes).
    layer, head, method
        The path of a layer with height and width, the name of a head (default: the first), and one of `choices.METHODS` or
        INTEGRATED.
    against
        Other classes, one or (n,), whose scores are subtracted: what speaks for a class rather than for another.
    region
        For a head with several places: those to explain, bool of the shape `Head.places` (default: all).
    channels
        How many channels Score-CAM looks through, those that vary most; None for all.
    baselines, steps
        Where the paths of INTEGRATED begin, uint8 like the images, one or n of them (default: black), and their parts.

    Returns
    -------
    maps
        float32 (n, h, w), of the size of the layer's output.

    Raises
    ------
    UserError
        When there is no such layer, head or class, the head does not depend on the layer, or images have another shape.
    """
    head = head or next(iter(network.heads), None)
    _require(network, layer, head, classes, against)
    if method == "refinecam":
        return _refined(network, images, layer, head=head, classes=classes, against=against, region=region)
    if method == INTEGRATED and classes is None:  # the class of the image, all along the path to it
        classes = predicted_classes(network, images, head, region)
    classes = np.broadcast_to(PREDICTED if classes is None else classes, len(images))
    against = np.broadcast_to(NOTHING if against is None else against, len(images))
    region = _flat(network.heads[head], region)
    if method == INTEGRATED:
        return integrated(network, images, layer, network.heads[head], classes, against, region, baselines, steps)
    key = ("heatmaps", layer, head, method, channels)
    compute = network.made(key, lambda: _compiled(network, layer, network.heads[head], method, channels))
    size = network.batch_size(copies=3)
    batches = [slice(start, start + size) for start in range(0, len(images), size)]
    maps = [compute(network.inputs(images[batch]), classes[batch], against[batch], region).numpy() for batch in batches]
    return np.concatenate(maps)


def _require(network, layer, head, *several):
    """Raise UserError for a layer without height and width, or for a head or classes that the network does not have."""
    if head not in network.heads:
        raise UserError(f"{network.name} has no head {head!r}: give one of {', '.join(network.heads)}")
    if len(network.shapes.get(layer, ())) != 3:
        raise UserError(f"{network.name} has no layer {layer!r} with height and width: give one of {', '.join(network.maps())}")
    count = len(network.heads[head].class_names)
    for classes in several:
        if classes is not None and not ((np.asarray(classes) >= PREDICTED) & (np.asarray(classes) < count)).all():
            raise UserError(f"head {head!r} has classes 0 to {count - 1}, and not all of {classes}")


def _flat(head, region):
    """Return a region, or all places of a head if it is None, as float32 (places,)."""
    places = int(np.prod(head.places))
    return np.ones(places, np.float32) if region is None else np.asarray(region, np.float32).ravel()


def placed_heatmaps(network: Network, images: np.ndarray, layer: str, **options: object) -> np.ndarray:
    """Return `heatmaps` at every pixel, (n, height, width), placed where the layer's cells look."""
    return enlarged(heatmaps(network, images, layer, **options), grids(network, layer), network.input_shape[:2])


def predicted_classes(network: Network, images: np.ndarray, head: str, region: np.ndarray | None = None) -> np.ndarray:
    """Return the class that each heatmap explains if none is named, int64 (n,); arguments as for `heatmaps`."""
    found, size = [], network.batch_size()
    for start in range(0, len(images), size):
        steps, outputs = network.trace(tensorflow.constant(network.inputs(images[start : start + size])))
        scores = heads.logits(network.heads[head], steps, outputs[head])
        regions = np.broadcast_to(_flat(network.heads[head], region), scores.shape[:2])
        found.append(heads.chosen(network.heads[head], scores, np.full(len(scores), PREDICTED), regions))
    return np.concatenate(found)


def stages(network: Network, layer: str) -> list[str]:
    """Return the layers whose maps RefineCAM multiplies: this one, and the last of each smaller size after it."""
    maps = network.maps()
    last = {network.shapes[path][:2]: path for path in maps[maps.index(layer) + 1 :]}
    return [layer, *(path for size, path in last.items() if np.prod(size) < np.prod(network.shapes[layer][:2]))]


def negative_share(network: Network, images: np.ndarray, layer: str) -> float:
    """Return the share of a layer's features for images that are below 0, for which Grad-CAM++ is not derived."""
    steps, _ = network.trace(tensorflow.constant(network.inputs(images)), until=layer)
    return float(tensorflow.reduce_mean(tensorflow.cast(steps[layer].output < 0, "float32")))


def _gradcam(features, gradients):
    """Weigh by the mean of G over the map: Selvaraju et al., arXiv 1610.02391."""
    return tensorflow.einsum("nhwc,nc->nhw", features, tensorflow.reduce_mean(gradients, (1, 2)))


def _hirescam(features, gradients):
    """Weigh by G itself, so that only places which the network used light up: Draelos and Carin, arXiv 2011.08891."""
    return tensorflow.einsum("nhwc,nhwc->nhw", features, gradients)


def _gradcam_plus_plus(features, gradients):
    """Weigh by a mean of G's positive part, places weighted by A and G there: Chattopadhay et al., arXiv 1710.11063."""
    square = gradients**2
    # Before a ReLU features may be negative, which the paper does not foresee, and the denominator could be zero.
    total = tensorflow.reduce_sum(tensorflow.nn.relu(features), (1, 2), keepdims=True)
    shares = tensorflow.math.divide_no_nan(square, 2 * square + total * gradients**3)
    weights = tensorflow.reduce_sum(shares * tensorflow.nn.relu(gradients), (1, 2))
    return tensorflow.einsum("nhwc,nc->nhw", features, weights)


def _layercam(features, gradients):
    """Weigh by G's positive part, place by place: Jiang et al., IEEE TIP 2021, 10.1109/TIP.2021.3089943."""
    return _hirescam(features, tensorflow.nn.relu(gradients))


BY_GRADIENT = {"gradcam": _gradcam, "hirescam": _hirescam, "gradcam++": _gradcam_plus_plus, "layercam": _layercam}


def _refined(network, images, layer, **options):
    """Multiply the Grad-CAM++ maps of a layer and of coarser ones after it: Domeniconi et al., RefineCAM, arXiv 2605.14641.

    Each is cut at 0 and scaled to a maximum of 1. Coarse maps are taken where the cells of the finest one look.
    """
    fine = [centers_of(grid, cells) for grid, cells in zip(grids(network, layer), network.shapes[layer])]
    product = np.ones((len(images), *network.shapes[layer][:2]), np.float32)
    for path in stages(network, layer):
        try:
            maps = heatmaps(network, images, path, method="gradcam++", **options)
        except UserError:
            if path == layer:
                raise
            continue  # a branch to another head
        maps = np.maximum(maps, 0)
        maps /= np.maximum(maps.max(axis=(1, 2), keepdims=True), np.finfo(np.float32).tiny)
        along_y, along_x = (weights(*part) for part in zip(grids(network, path), maps.shape[1:], fine))
        product *= along_y @ maps @ along_x.T
    return product


def _compiled(network, layer, head, method, channels):
    """Return a compiled function of (images, classes, region) that computes maps."""
    along_y, along_x = (
        weights(grid, cells, np.arange(pixels)).astype(np.float32)
        for grid, cells, pixels in zip(grids(network, layer), network.shapes[layer], network.input_shape)
    )
    together = network.batch_size(copies=2)

    def by_gradient(images, classes, against, region):
        return BY_GRADIENT[method](*features_and_gradients(network, layer, head, images, classes, against, region))

    def by_score(images, classes, against, region):
        """Weigh by how well the network still sees the class through each map: Wang et al., arXiv 1910.01279."""
        steps, scores, regions = scores_of(network, head, images, region)
        classes = heads.chosen(head, scores, classes, regions)
        features = tensorflow.cast(steps[layer].output, "float32")
        at_once = None if together >= features.shape[-1] else 1
        return tensorflow.map_fn(
            lambda image: image_by_score(*image, region), (images, features, classes, against),
            fn_output_signature="float32", parallel_iterations=at_once,
        )  # fmt: skip

    def image_by_score(image, features, index, other, region):
        if channels and channels < features.shape[-1]:
            varying = tensorflow.math.top_k(tensorflow.math.reduce_std(features, (0, 1)), channels, sorted=False).indices
            features = tensorflow.gather(features, varying, axis=2)
        low, high = (bound(features, (0, 1)) for bound in (tensorflow.reduce_min, tensorflow.reduce_max))
        masks = tensorflow.transpose(tensorflow.math.divide_no_nan(features - low, high - low), (2, 0, 1))
        scores = in_parts(lambda part: masked_scores(part, image, index, other, region), masks)
        return tensorflow.einsum("hwc,c->hw", features, tensorflow.nn.softmax(scores))

    def masked_scores(masks, image, index, other, region):
        masks = tensorflow.einsum("yh,chw,xw->cyx", along_y, masks, along_x)[..., None]
        _, scores, regions = scores_of(network, head, masks * image, region)
        classes, against = (tensorflow.fill(tensorflow.shape(scores)[:1], each) for each in (index, other))
        return heads.target(head, scores, classes, regions, against)

    def in_parts(function, values):
        """Call a function for parts of values, (c, ...), that fit into memory, and join the results, (c,)."""
        count = values.shape[0]
        if count <= together:
            return function(values)
        parts = -(-count // together)
        filled = tensorflow.pad(values, [(0, parts * together - count), *[(0, 0)] * (len(values.shape) - 1)])
        filled = tensorflow.reshape(filled, (parts, together, *values.shape[1:]))
        results = tensorflow.map_fn(function, filled, fn_output_signature="float32", parallel_iterations=1)
        return tensorflow.reshape(results, (-1,))[:count]

    compute = by_score if method == "scorecam" else by_gradient
    return network.compiled(compute, input_signature=signature(network))

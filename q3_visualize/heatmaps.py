"""Class activation maps: which places of a layer's map speak for a class.

Each method weighs a layer's features A by the gradient G of a logit with respect to them, both (n, h, w, channels), and
sums over the channels. Score-CAM does without G.
"""

import numpy as np

from common.quiet import tensorflow
from data.errors import UserError
from q3_visualize.geometry import enlarged, grids, weights
from q3_visualize.networks import Network, before_activation, producer

BATCH = 256
PREDICTED = -1


def heatmaps(
    network: Network,
    images: np.ndarray,
    layer: str,
    *,
    head: str | None = None,
    classes: int | np.ndarray | None = None,
    method: str = "gradcam",
) -> np.ndarray:
    """Return signed maps: above 0 speaks for the class, below 0 against it.

    Parameters
    ----------
    images, classes
        uint8 (n, height, width, channels), and class indices, one or (n,) (default: the predicted classes).
    layer, head, method
        The path of a layer with height and width, the name of a head (default: the first), and one of `commands.METHODS`.

    Returns
    -------
    maps
        float32 (n, h, w), of the size of the layer's output.

    Raises
    ------
    UserError
        When the head does not depend on the layer.
    """
    head = head or next(iter(network.heads))
    compute = network.made(("heatmaps", layer, head, method), lambda: _compiled(network, layer, head, method))
    classes = np.full(len(images), PREDICTED) if classes is None else np.broadcast_to(classes, len(images))
    batches = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
    return np.concatenate([compute(network.inputs(images[batch]), classes[batch]).numpy() for batch in batches])


def placed_heatmaps(network: Network, images: np.ndarray, layer: str, **options: object) -> np.ndarray:
    """Return `heatmaps` at every pixel, (n, height, width), placed where the layer's cells look."""
    return enlarged(heatmaps(network, images, layer, **options), grids(network, layer), network.input_shape[:2])


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


def _compiled(network, layer, head, method):
    """Return a compiled function of (images, classes) that computes maps."""
    along_y, along_x = (
        weights(grid, cells, pixels).astype(np.float32)
        for grid, cells, pixels in zip(grids(network, layer), network.shapes[layer], network.input_shape)
    )
    binary = network.heads[head].binary

    def trace(images):
        steps, outputs = network.trace(images)
        return steps, tensorflow.cast(before_activation(producer(steps, outputs[head])), "float32")

    def chosen(logits, classes):
        predicted = tensorflow.cast(logits[:, 0] > 0, "int64") if binary else tensorflow.argmax(logits, axis=1)
        return tensorflow.where(classes == PREDICTED, predicted, classes)

    def of_class(logits, classes):
        if binary:  # one sigmoid neuron: +logit for class 1, -logit for class 0
            return logits[:, 0] * tensorflow.cast(2 * classes - 1, "float32")
        return tensorflow.gather(logits, classes, batch_dims=1)

    def by_gradient(images, classes):
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            steps, logits = trace(images)
            score = of_class(logits, chosen(logits, classes))
        features = steps[layer].output
        gradients = tape.gradient(score, features)
        if gradients is None:
            raise UserError(f"head {head!r} does not depend on layer {layer!r}: choose another")
        return BY_GRADIENT[method](tensorflow.cast(features, "float32"), tensorflow.cast(gradients, "float32"))

    def by_score(images, classes):
        """Weigh by how well the network still sees the class through each map: Wang et al., arXiv 1910.01279."""
        steps, logits = trace(images)
        features = tensorflow.cast(steps[layer].output, "float32")
        return tensorflow.map_fn(image_by_score, (images, features, chosen(logits, classes)), fn_output_signature="float32")

    def image_by_score(arguments):
        image, features, index = arguments
        low, high = (bound(features, (0, 1)) for bound in (tensorflow.reduce_min, tensorflow.reduce_max))
        masks = tensorflow.math.divide_no_nan(features - low, high - low)
        masks = tensorflow.einsum("yh,hwc,xw->cyx", along_y, masks, along_x)[..., None]
        _, logits = trace(masks * image)
        scores = of_class(logits, tensorflow.fill(tensorflow.shape(logits)[:1], index))
        return tensorflow.einsum("hwc,c->hw", features, tensorflow.nn.softmax(scores))

    signature = [tensorflow.TensorSpec((None, *network.input_shape), "float32"), tensorflow.TensorSpec((None,), "int64")]
    compute = by_score if method == "scorecam" else by_gradient
    return network.compiled(compute, input_signature=signature, autograph=False)  # no control flow to translate

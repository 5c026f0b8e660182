"""Class activation maps: which places of a layer's map speak for a class.

All of them weigh a layer's feature maps A (h, w, channels) by the gradient G of a logit, and sum over the channels:

- gradcam: by the mean of G over the map. Selvaraju et al., arXiv 1610.02391.
- hirescam: by G itself, place by place: only places that the network used light up. Draelos and Carin, arXiv 2011.08891.
- gradcam++: by a mean of G's positive part, each place weighed by how much A and G are there. Chattopadhay et al.,
  arXiv 1710.11063.
- layercam: by G's positive part, place by place. Jiang et al., IEEE TIP 2021, 10.1109/TIP.2021.3089943.
- scorecam: without G; by how well the network still sees the class through each map. Wang et al., arXiv 1910.01279.
"""

import numpy as np

from common.quiet import tensorflow
from data.errors import UserError
from q3_visualize.geometry import enlarged, grids, weights
from q3_visualize.networks import before_activation, producer

BATCH = 256
PREDICTED = -1


def heatmaps(network, images, layer, *, head=None, classes=None, method="gradcam"):
    """Raw signed maps, float32 (n, h, w), of the size of the layer's map; above 0 speaks for the class, below 0 against it.

    images: uint8 (n, height, width, channels). layer: path of a layer with a map. head: a head's name, needed where
    the network has several. classes: class indices (n,), by default those that the network predicts.
    Raises UserError when the head does not depend on the layer.
    """
    head = head or next(iter(network.heads))
    compute = network.made(("heatmaps", layer, head, method), lambda: _compiled(network, layer, head, method))
    classes = np.full(len(images), PREDICTED) if classes is None else np.broadcast_to(classes, len(images))
    parts = [
        compute(network.inputs(images[start : start + BATCH]), classes[start : start + BATCH]).numpy()
        for start in range(0, len(images), BATCH)
    ]
    return np.concatenate(parts)


def placed_heatmaps(network, images, layer, **options):
    """Heatmaps at every pixel of the pictures, (n, height, width), where the cells of the layer look."""
    return enlarged(heatmaps(network, images, layer, **options), grids(network, layer), network.input_shape[:2])


def gradcam(features, gradients):
    return tensorflow.einsum("nhwc,nc->nhw", features, tensorflow.reduce_mean(gradients, (1, 2)))


def hirescam(features, gradients):
    return tensorflow.einsum("nhwc,nhwc->nhw", features, gradients)


def gradcam_plus_plus(features, gradients):
    square = gradients**2
    # Before a ReLU features may be negative, which the paper does not foresee, and the denominator could be zero.
    total = tensorflow.reduce_sum(tensorflow.nn.relu(features), (1, 2), keepdims=True)
    shares = tensorflow.math.divide_no_nan(square, 2 * square + total * gradients**3)
    weights = tensorflow.reduce_sum(shares * tensorflow.nn.relu(gradients), (1, 2))
    return tensorflow.einsum("nhwc,nc->nhw", features, weights)


def layercam(features, gradients):
    return tensorflow.einsum("nhwc,nhwc->nhw", features, tensorflow.nn.relu(gradients))


BY_GRADIENT = {"gradcam": gradcam, "hirescam": hirescam, "gradcam++": gradcam_plus_plus, "layercam": layercam}


def _compiled(network, layer, head, method):
    """One compiled function of (pictures, classes) to maps for a network, a layer, a head and a method."""
    size = network.input_shape[:2]
    along_y, along_x = (
        weights(grid, cells, pixels).astype(np.float32)
        for grid, cells, pixels in zip(grids(network, layer), network.shapes[layer], size)
    )
    signature = [
        tensorflow.TensorSpec((None, *network.input_shape), "float32"),
        tensorflow.TensorSpec((None,), "int64"),
    ]

    def by_gradient(pictures, classes):
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pictures)
            steps, logits = _logits(network, pictures, head)
            score = _of_class(network, head, logits, classes)
        features = steps[layer].output
        gradients = tape.gradient(score, features)
        if gradients is None:
            raise UserError(f"layer {layer!r} has no part in head {head!r}: choose another")
        return BY_GRADIENT[method](tensorflow.cast(features, "float32"), tensorflow.cast(gradients, "float32"))

    def by_score(pictures, classes):
        steps, logits = _logits(network, pictures, head)
        classes = _settled(network, head, logits, classes)
        features = tensorflow.cast(steps[layer].output, "float32")
        return tensorflow.map_fn(one_by_score, (pictures, features, classes), fn_output_signature="float32")

    def one_by_score(arguments):
        picture, features, index = arguments
        low, high = (bound(features, (0, 1)) for bound in (tensorflow.reduce_min, tensorflow.reduce_max))
        masks = tensorflow.math.divide_no_nan(features - low, high - low)
        masks = tensorflow.einsum("yh,hwc,xw->cyx", along_y, masks, along_x)[..., None]
        _, logits = _logits(network, masks * picture, head)
        scores = _of_class(network, head, logits, tensorflow.fill(tensorflow.shape(logits)[:1], index))
        return tensorflow.einsum("hwc,c->hw", features, tensorflow.nn.softmax(scores))

    compute = by_score if method == "scorecam" else by_gradient
    return network.compiled(compute, input_signature=signature, autograph=False)  # no control flow to translate


def _logits(network, pictures, head):
    steps, outputs = network.trace(pictures)
    return steps, tensorflow.cast(before_activation(producer(steps, outputs[head])), "float32")


def _settled(network, head, logits, classes):
    """The classes, with the predicted one in the place of PREDICTED."""
    binary = network.heads[head].binary
    predicted = tensorflow.cast(logits[:, 0] > 0, "int64") if binary else tensorflow.argmax(logits, axis=1)
    return tensorflow.where(classes == PREDICTED, predicted, classes)


def _of_class(network, head, logits, classes):
    """The logit of each picture's class, (n,). One sigmoid neuron speaks with + for its class 1 and with - for class 0."""
    classes = _settled(network, head, logits, classes)
    if network.heads[head].binary:
        return logits[:, 0] * tensorflow.cast(2 * classes - 1, "float32")
    return tensorflow.gather(logits, classes, batch_dims=1)

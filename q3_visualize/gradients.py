"""The score that a heatmap explains, and its gradient with respect to a layer's features."""

from common.quiet import tensorflow
from data.errors import UserError
from q3_visualize import heads
from q3_visualize.heads import Head
from q3_visualize.networks import Network
from q3_visualize.walk import LayerCall


def signature(network: Network) -> list[tensorflow.TensorSpec]:
    """Return the specification of images, classes, classes against them and a region, for a compiled function."""
    image = tensorflow.TensorSpec((None, *network.input_shape), "float32")
    return [image, *(tensorflow.TensorSpec((None,), dtype) for dtype in ("int64", "int64", "float32"))]


def features_and_gradients(
    network: Network, layer: str, head: Head, images: tensorflow.Tensor, classes: tensorflow.Tensor,
    against: tensorflow.Tensor, region: tensorflow.Tensor,
) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:  # fmt: skip
    """Return a layer's features, and the gradient of the score with respect to them, both float32 (n, h, w, channels).

    Arguments as `signature` says. Raises UserError where the head does not depend on the layer.
    """
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        steps, scores, regions = scores_of(network, head, images, region, tape)
        score = heads.target(head, scores, heads.chosen(head, scores, classes, regions), regions, against)
    features = steps[layer].output
    gradients = tape.gradient(score, features)
    if gradients is None:
        maps = " or ".join(network.maps_before([head.name])[-3:]) or "another head"
        why = "is explained by what comes before" if layer == head.path else "does not depend on"
        raise UserError(f"head {head.name!r} {why} layer {layer!r}: give {maps}")
    return tensorflow.cast(features, "float32"), tensorflow.cast(gradients, "float32")


def scores_of(
    network: Network, head: Head, images: tensorflow.Tensor, region: tensorflow.Tensor,
    tape: tensorflow.GradientTape | None = None,
) -> tuple[dict[str, LayerCall], tensorflow.Tensor, tensorflow.Tensor]:  # fmt: skip
    """Return the calls of the layers, the scores of all classes, (n, places, classes), and the region for each image."""
    steps, outputs = network.trace(images, tape=tape)
    scores = heads.logits(head, steps, outputs[head.name])
    return steps, scores, tensorflow.repeat(region[None], tensorflow.shape(scores)[0], axis=0)

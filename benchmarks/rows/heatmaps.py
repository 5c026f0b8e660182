"""Grad-CAM maps a second, each of the size of its image, for the class that the network predicts."""

import numpy as np

from benchmarks.measuring import OURS, Row, lazily, rates
from benchmarks.networks import giving_logits, line_network
from common.quiet import tensorflow
from data import lines
from q3_visualize.heatmaps import heatmaps, placed_heatmaps

ALIKE = 0.999
XPLIQUE, TF_KERAS_VIS = "xplique", "tf-keras-vis with a score that gathers the logits"
BATCH = 256  # images at once


def measure(quick: bool) -> list[Row]:
    """Return two rows: the first convolution of part 1 and the deepest one of part 2."""
    return [_compare(1, "conv1", quick), _compare(2, "conv3", quick)]


def _compare(part, layer, quick):
    network = line_network(part, quick)
    count = 64 if quick else 1024
    images = np.random.default_rng(0).permutation(lines.draw(11).images)[:count]
    inputs = images.astype(np.float32)
    logits = giving_logits(network.model)
    classes = logits.predict(inputs, verbose=0).argmax(axis=1)
    contenders = {
        OURS: (count, lambda: placed_heatmaps(network, images, layer, classes=classes)),
        XPLIQUE: (count, lazily(lambda: _by_xplique(logits, layer, inputs, classes))),
        TF_KERAS_VIS: (count, lazily(lambda: _by_tf_keras_vis(logits, layer, inputs, classes))),
    }
    values = rates(contenders, 2 if quick else 7)
    notes = {}
    if not isinstance(values[XPLIQUE], str):
        # Resized as xplique resizes its own, for the comparison: ours are placed where the cells look.
        ours = np.maximum(heatmaps(network, images, layer, classes=classes), 0)[..., None]
        ours = tensorflow.image.resize(ours, network.input_shape[:2], "bicubic").numpy()
        lowest = _lowest_correlation(ours, contenders[XPLIQUE][1]())
        if lowest < ALIKE:
            raise RuntimeError(f"a map of ours is not xplique's: their correlation is {lowest}")
        notes["lowest correlation of a map with xplique's"] = lowest
    name = f"Grad-CAM, {network.name}, {layer}, {count:,} images in batches of {BATCH}"
    return Row(name, "maps a second", values, least=5, notes=notes)


def _by_xplique(logits, layer, inputs, classes):
    """Return a contender whose result is maps (n, height, width, 1), cut at 0."""
    from xplique.attributions import GradCAM

    explainer = GradCAM(logits, batch_size=BATCH, conv_layer=layer)
    targets = np.eye(logits.output_shape[1], dtype=np.float32)[classes]
    return lambda: explainer.explain(inputs, targets).numpy()


def _by_tf_keras_vis(logits, layer, inputs, classes):
    """Return a contender whose result is maps (n, height, width), cut at 0."""
    from tf_keras_vis.gradcam import Gradcam

    explainer = Gradcam(logits)

    def explain(start):
        part = slice(start, start + BATCH)

        def score(outputs):  # its own CategoricalScore takes the logits out one by one, which is slower
            return tensorflow.gather(outputs, classes[part], batch_dims=1)

        return explainer(score, inputs[part], penultimate_layer=layer, normalize_cam=False)

    return lambda: np.concatenate([explain(start) for start in range(0, len(inputs), BATCH)])


def _lowest_correlation(ours, theirs):
    """Return the lowest of all pairs of maps (n, ...). Two that are 0 everywhere have 1; a flat one and another have -1."""
    pairs = [(a, b) for a, b in zip(ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)) if a.any() or b.any()]
    return min((np.corrcoef(a, b)[0, 1] if a.std() and b.std() else -1 for a, b in pairs), default=1)

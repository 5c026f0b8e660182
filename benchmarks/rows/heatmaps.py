"""Grad-CAM maps a second, each of the size of its picture."""

import numpy as np

from benchmarks.measuring import OURS, Row, in_turn, lazily, rates
from benchmarks.networks import giving_logits, pictures, published
from common.quiet import keras, tensorflow
from q3_visualize.heatmaps import BATCH, heatmaps, placed_heatmaps

ALIKE = 0.999
XPLIQUE, ONE_BY_ONE = "xplique", "one picture at a time, as keras.io has it"
TF_KERAS_VIS, GATHERED = "tf-keras-vis", "tf-keras-vis with a score that gathers the logits"


def measure(quick):
    """Two rows: the first convolution of part 1 and the deepest one of part 2."""
    return [compare("q1_cnn/lines/part1", "conv1", quick), compare("q1_cnn/lines/part2", "conv3", quick)]


def compare(name, layer, quick):
    """A row: all contenders explain the class that the network predicts."""
    network = published(name, quick)
    images = pictures(64 if quick else 1024)
    few = images[: 8 if quick else 64]  # for the slowest
    logits = giving_logits(network.model)
    inputs = images.astype(np.float32)
    classes = logits.predict(inputs, verbose=0).argmax(axis=1)
    contenders = {
        OURS: lambda: placed_heatmaps(network, images, layer, classes=classes),
        XPLIQUE: lazily(lambda: by_xplique(logits, layer, inputs, classes)),
        TF_KERAS_VIS: lazily(lambda: by_tf_keras_vis(logits, layer, inputs, classes, its_score)),
        GATHERED: lazily(lambda: by_tf_keras_vis(logits, layer, inputs, classes, gathering)),
        ONE_BY_ONE: lazily(lambda: one_by_one(logits, layer, few)),
    }
    seconds, results = in_turn(contenders, 2 if quick else 7)
    values = rates(seconds, {one: len(few) if one == ONE_BY_ONE else len(images) for one in contenders})
    notes = {}
    if XPLIQUE in results:
        # Stretched as xplique stretches its own, for the comparison: ours lay maps where the cells look.
        ours = np.maximum(heatmaps(network, images, layer, classes=classes), 0)[..., None]
        ours = tensorflow.image.resize(ours, network.input_shape[:2], "bicubic").numpy()
        lowest = lowest_correlation(ours, results[XPLIQUE])
        if lowest < ALIKE:
            raise RuntimeError(f"a map of ours is not xplique's: their correlation is {lowest}")
        notes["lowest correlation of a map with xplique's"] = lowest
    what = f"Grad-CAM, {name}, {layer}, {len(images):,} pictures in batches of {BATCH}"
    return Row(what, "maps a second", values, least=5, notes=notes)


def by_xplique(logits, layer, inputs, classes):
    """A contender whose result is maps (n, height, width, 1), cut at 0."""
    from xplique.attributions import GradCAM

    explainer = GradCAM(logits, batch_size=BATCH, conv_layer=layer)
    targets = np.eye(logits.output_shape[1], dtype=np.float32)[classes]
    return lambda: explainer.explain(inputs, targets).numpy()


def by_tf_keras_vis(logits, layer, inputs, classes, score):
    """A contender whose result is maps (n, height, width), cut at 0. score: makes one of class indices."""
    from tf_keras_vis.gradcam import Gradcam

    explainer = Gradcam(logits)

    def explain(part):
        return explainer(score(classes[part]), inputs[part], penultimate_layer=layer, normalize_cam=False)

    starts = range(0, len(inputs), BATCH)
    return lambda: np.concatenate([explain(slice(start, start + BATCH)) for start in starts])


def its_score(classes):
    """As its pages have it: the logits are taken out one by one."""
    from tf_keras_vis.utils.scores import CategoricalScore

    return CategoricalScore(classes.tolist())


def gathering(classes):
    return lambda outputs: tensorflow.gather(outputs, classes, batch_dims=1)


def one_by_one(logits, layer, images):
    """A contender, the way of https://keras.io/examples/vision/grad_cam/: eager, a picture at a time, for its best class.

    Like there a map is cut at 0, scaled to 1, and stretched as an image is.
    """
    with_features = keras.Model(logits.input, [logits.get_layer(layer).output, logits.output])

    def explain(image):
        with tensorflow.GradientTape() as tape:
            features, outputs = with_features(image[None].astype(np.float32))
            score = outputs[:, tensorflow.argmax(outputs[0])]
        weights = tensorflow.reduce_mean(tape.gradient(score, features), axis=(0, 1, 2))
        heatmap = tensorflow.squeeze(features[0] @ weights[..., tensorflow.newaxis])
        heatmap = (tensorflow.maximum(heatmap, 0) / tensorflow.math.reduce_max(heatmap)).numpy()
        scaled = keras.utils.array_to_img(np.uint8(255 * np.nan_to_num(heatmap))[..., None])
        return keras.utils.img_to_array(scaled.resize(image.shape[1::-1]))

    return lambda: [explain(image) for image in images]


def lowest_correlation(ours, theirs):
    """Of any pair of maps (n, ...). Two maps that are 0 everywhere are alike; one that is flat and one that is not have -1."""
    lowest = 1
    for one, other in zip(ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)):
        if one.any() or other.any():
            lowest = min(lowest, np.corrcoef(one, other)[0, 1] if one.std() and other.std() else -1)
    return lowest

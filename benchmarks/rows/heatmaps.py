"""Grad-CAM maps a second, each of the size of its picture."""

import numpy as np
import tensorflow
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.utils.scores import CategoricalScore
from xplique.attributions import GradCAM

from benchmarks.measuring import Row, in_turn, rates
from benchmarks.networks import giving_logits, pictures, published
from q3_visualize.heatmaps import heatmaps, placed_heatmaps
from training.quiet import keras

BATCH = 256
OURS, XPLIQUE, TF_KERAS_VIS, ONE_BY_ONE = "ours", "xplique", "tf-keras-vis", "one at a time, as keras.io has it"


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

    xplique = GradCAM(logits, batch_size=BATCH, conv_layer=layer)
    targets = np.eye(logits.output_shape[1], dtype=np.float32)[classes]
    tf_keras_vis = Gradcam(logits, clone=False)
    with_features = keras.Model(logits.input, [logits.get_layer(layer).output, logits.output])

    def ours():
        return placed_heatmaps(network, images, layer, classes=classes)

    def by_tf_keras_vis():
        return np.concatenate([
            tf_keras_vis(
                CategoricalScore(classes[start : start + BATCH].tolist()), inputs[start : start + BATCH],
                penultimate_layer=layer, normalize_cam=False,
            )
            for start in range(0, len(inputs), BATCH)
        ])  # fmt: skip

    contenders = {
        OURS: ours,
        XPLIQUE: lambda: xplique.explain(inputs, targets).numpy(),
        TF_KERAS_VIS: by_tf_keras_vis,
        ONE_BY_ONE: lambda: [one_by_one(with_features, image[None].astype(np.float32)) for image in few],
    }
    seconds, results = in_turn(contenders, 2 if quick else 7)
    values = rates(seconds, {one: len(few) if one == ONE_BY_ONE else len(images) for one in contenders})
    notes = {}
    if XPLIQUE in results:
        notes["correlation with xplique's maps"] = same_size_correlation(network, images, layer, classes, results[XPLIQUE])
    what = f"Grad-CAM, {name}, {layer}, {len(images):,} pictures in batches of {BATCH}"
    return Row(what, "maps a second", values, OURS, least=5, notes=notes)


def same_size_correlation(network, images, layer, classes, theirs):
    """How alike our maps and xplique's are, once ours are cut at 0 and stretched as xplique stretches its own."""
    ours = np.maximum(heatmaps(network, images, layer, classes=classes), 0)[..., None]
    stretched = tensorflow.image.resize(ours, network.input_shape[:2], "bicubic")
    return np.corrcoef(np.ravel(stretched), np.ravel(theirs))[0, 1]


def one_by_one(with_features, image):
    """A map of one picture (1, height, width, channels), the way of https://keras.io/examples/vision/grad_cam/.

    Like there eager, for the best class, cut at 0 and scaled to 1; and, like there, stretched as an image is.
    """
    with tensorflow.GradientTape() as tape:
        features, logits = with_features(image)
        score = logits[:, tensorflow.argmax(logits[0])]
    weights = tensorflow.reduce_mean(tape.gradient(score, features), axis=(0, 1, 2))
    heatmap = tensorflow.squeeze(features[0] @ weights[..., tensorflow.newaxis])
    heatmap = (tensorflow.maximum(heatmap, 0) / tensorflow.math.reduce_max(heatmap)).numpy()
    scaled = keras.utils.array_to_img(np.uint8(255 * np.nan_to_num(heatmap))[..., None])
    return keras.utils.img_to_array(scaled.resize(image.shape[2:0:-1]))

"""Grad-CAM by what a user would pick instead, each as its own pages have it: maps of networks of the zoo.

    python benchmarks/peers.py xplique FOLDER KIND...    # as kinds.py starts it: what dies dies alone

Reads what `kinds.prepare` wrote and writes FOLDER/xplique/KIND.npy.
"""

import json
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.kinds import BEGIN, END
from common.quiet import keras, tensorflow

LONGEST = 100  # characters of an error


def by_tf_keras_vis(
    model: keras.Model, inputs: list[np.ndarray], weights: list[np.ndarray], layer: str, logits: str | None
) -> np.ndarray:
    """Return a map (h, w), cut at 0 and enlarged to the image unless there are several inputs, which it cannot enlarge to.

    Parameters
    ----------
    model, inputs
        A network as it was loaded, and for each of its inputs values without a batch axis.
    weights
        For each output those of its logits, of which the score is the sum.
    layer, logits
        The name of the layer to look at, and that of the one which gives the logits, if it is not the last.
    """
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ExtractIntermediateLayer, ReplaceToLinear

    explainer = Gradcam(model, model_modifier=ExtractIntermediateLayer(logits) if logits else ReplaceToLinear())
    single = len(inputs) == 1
    values = [value[None] for value in inputs]
    scores = [_score(weigh) for weigh in weights]
    heat = explainer(scores, values[0] if single else values, penultimate_layer=layer, expand_cam=single)
    return np.asarray(heat)[0]


def _score(weights):
    from tf_keras_vis.utils import scores

    if not weights.any():
        return scores.InactiveScore()
    if weights.ndim == 1 and len(weights) > 1:
        return scores.CategoricalScore(int(weights.argmax()))
    if weights.shape == (1,):
        return scores.BinaryScore(bool(weights[0] > 0))
    return lambda output: tensorflow.reduce_sum(
        output * tensorflow.cast(weights, output.dtype), axis=range(1, weights.ndim + 1)
    )


def by_xplique(
    model: keras.Model, inputs: list[np.ndarray], weights: list[np.ndarray], layer: str, logits: str | None
) -> np.ndarray:
    """Return a map (h, w), cut at 0 and enlarged to the image; parameters as of `by_tf_keras_vis`.

    It explains one output, and asks for a network that gives logits.
    """
    from xplique.attributions import GradCAM

    explained = next(place for place, weigh in enumerate(weights) if weigh.any())
    if logits:
        model = keras.Model(model.inputs, model.get_layer(logits).output)
    elif len(weights) > 1:
        model = keras.Model(model.inputs, model.outputs[explained])
    if hasattr(model.layers[-1], "activation"):
        model.layers[-1].activation = keras.activations.linear
    values = [value[None] for value in inputs]
    heat = GradCAM(model, conv_layer=layer).explain(values[0] if len(values) == 1 else values, weights[explained][None])
    return np.asarray(heat)[0, ..., 0]


CONTENDERS = {"tf-keras-vis": by_tf_keras_vis, "xplique": by_xplique}


def main(peer: str, folder: Path, slugs: Iterable[str]) -> None:
    """Explain the networks of some kinds, one after another, and print a line before each and one after it."""
    from benchmarks.zoo import KINDS

    kinds = {kind.slug: kind for kind in KINDS}
    for slug in slugs:
        print(f"{BEGIN}{slug}", flush=True)
        try:
            np.save(folder / peer / f"{slug}.npy", _explained(kinds[slug], peer, folder))
            error = None
        except Exception as failure:  # a peer may raise anything
            error = in_short(failure)
        print(f"{END}{json.dumps([slug, error])}", flush=True)


def in_short(failure: Exception) -> str:
    """Return an error's type and the beginning of what it says; TensorFlow puts the lines of its user's code before that."""
    kind = type(failure).__name__
    said = " ".join(str(failure).split()).rpartition(f"{kind}: ")[2]
    return textwrap.shorten(f"{kind}: {said}", LONGEST, placeholder=" ...")


def _explained(kind, peer, folder):
    if not kind.safe:
        keras.config.enable_unsafe_deserialization()
    model = keras.models.load_model(folder / f"{kind.slug}.keras", compile=False, safe_mode=kind.safe)
    with np.load(folder / f"{kind.slug}.npz") as case:
        inputs, weights = (
            [case[name] for name in sorted(case.files) if name.startswith(word)] for word in ("input", "weights")
        )
    layer = kind.layer.rpartition("/")[2].partition(":")[0]
    return CONTENDERS[peer](model, inputs, weights, layer, kind.logits)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])

"""The best pictures of all filters of a layer."""

from tf_keras_vis.activation_maximization import ActivationMaximization
from tf_keras_vis.utils.model_modifiers import ExtractIntermediateLayer
from tf_keras_vis.utils.scores import CategoricalScore

from benchmarks.measuring import Row, in_turn, rates
from benchmarks.networks import giving_logits, published
from q3_visualize.ascent import RETRIES, best_pictures

NAME, LAYER, STEPS = "q1_cnn/lines/part1", "conv1", 50
OURS, TF_KERAS_VIS = "ours", "tf-keras-vis"


def measure(quick):
    """One row."""
    network = published(NAME, quick)
    filters = network.shapes[LAYER][-1]
    few = 1 if quick else 4  # of theirs, which take as long each
    theirs = ActivationMaximization(giving_logits(network.model), ExtractIntermediateLayer(LAYER), clone=False)

    contenders = {
        OURS: lambda: best_pictures(network, LAYER, range(filters), steps=STEPS),
        TF_KERAS_VIS: lambda: [theirs(CategoricalScore(number), steps=STEPS) for number in range(few)],
    }
    seconds, _ = in_turn(contenders, 1 if quick else 5)
    values = rates(seconds, {OURS: filters, TF_KERAS_VIS: few})
    notes = {"starts of each filter of ours, each of so many steps": 1 + RETRIES}
    what = f"best pictures, {NAME}, all {filters} filters of {LAYER}, {STEPS} steps"
    return [Row(what, "filters a second", values, OURS, least=20, notes=notes)]

"""The images that activate the filters of a layer most."""

from benchmarks.measuring import OURS, Row, lazily, rates
from benchmarks.networks import giving_logits, line_network
from common.quiet import tensorflow
from q3_visualize.ascent import best_images

LAYER, STEPS = "conv1", 50
ONE_BY_ONE, TOGETHER = "tf-keras-vis, filter by filter", "tf-keras-vis, all filters in one batch"


def measure(quick: bool) -> list[Row]:
    """Return one row. All climb from one start; the aim is for tf-keras-vis as its pages have it, one filter after another."""
    network = line_network(1, quick)
    filters = list(range(network.shapes[LAYER][-1]))
    few = filters[: 1 if quick else 4]  # one by one, each takes as long
    logits = giving_logits(network.model)
    contenders = {
        OURS: (len(filters), lambda: best_images(network, LAYER, filters, steps=STEPS, starts=1)),
        ONE_BY_ONE: (len(few), lazily(lambda: _by_tf_keras_vis(logits, [[number] for number in few]))),
        TOGETHER: (len(filters), lazily(lambda: _by_tf_keras_vis(logits, [filters]))),
    }
    values = rates(contenders, 1 if quick else 5)
    name = f"best images, {network.name}, all {len(filters)} filters of {LAYER}, {STEPS} steps each"
    return [Row(name, "filters a second", values, against=ONE_BY_ONE, least=20)]


def _by_tf_keras_vis(logits, batches):
    """Return a contender that climbs for one batch of filters after another."""
    from tf_keras_vis.activation_maximization import ActivationMaximization
    from tf_keras_vis.utils.model_modifiers import ExtractIntermediateLayer
    from tf_keras_vis.utils.scores import CategoricalScore

    climb = ActivationMaximization(logits, ExtractIntermediateLayer(LAYER), clone=False)

    def run():
        for batch in batches:
            starts = tensorflow.random.uniform((len(batch), *logits.input_shape[1:]), 0, 255)
            climb(CategoricalScore(batch), seed_input=starts, steps=STEPS)

    return run

"""The best pictures of all filters of a layer."""

from benchmarks.measuring import OURS, Row, in_turn, lazily, rates
from benchmarks.networks import giving_logits, published
from common.quiet import tensorflow
from q3_visualize.ascent import STARTS, best_images

NAME, LAYER, STEPS = "q1_cnn/lines/part1", "conv1", 50
MORE_STARTS = f"ours, from {STARTS} starts each, as filters.py does it"
ONE_BY_ONE, TOGETHER = "tf-keras-vis, filter by filter", "tf-keras-vis, all filters in one batch"


def measure(quick):
    """One row. The aim is against one filter after another, as its pages do it. All of them climb once from one start."""
    network = published(NAME, quick)
    filters = network.shapes[LAYER][-1]
    few = 1 if quick else 4  # one by one, each takes as long
    logits = giving_logits(network.model)
    contenders = {
        OURS: lambda: best_images(network, LAYER, range(filters), steps=STEPS, starts=1),
        MORE_STARTS: lambda: best_images(network, LAYER, range(filters), steps=STEPS),
        ONE_BY_ONE: lazily(lambda: one_by_one(logits, few)),
        TOGETHER: lazily(lambda: together(logits, filters)),
    }
    seconds, _ = in_turn(contenders, 1 if quick else 5)
    values = rates(seconds, {**dict.fromkeys(contenders, filters), ONE_BY_ONE: few})
    what = f"best pictures, {NAME}, all {filters} filters of {LAYER}, {STEPS} steps each"
    return [Row(what, "filters a second", values, against=ONE_BY_ONE, least=20)]


def one_by_one(logits, few):
    """A contender whose result is a picture of each of the first few filters."""
    from tf_keras_vis.utils.scores import CategoricalScore

    climb = climber(logits)
    return lambda: [climb(CategoricalScore(number), steps=STEPS) for number in range(few)]


def together(logits, filters):
    """A contender whose result is a picture of every filter, (filters, height, width, colors)."""
    from tf_keras_vis.utils.scores import CategoricalScore

    climb = climber(logits)
    seeds = tensorflow.random.uniform((filters, *logits.input_shape[1:]), 0, 255)
    return lambda: climb(CategoricalScore(list(range(filters))), seed_input=seeds, steps=STEPS)


def climber(logits):
    from tf_keras_vis.activation_maximization import ActivationMaximization
    from tf_keras_vis.utils.model_modifiers import ExtractIntermediateLayer

    return ActivationMaximization(logits, ExtractIntermediateLayer(LAYER), clone=False)

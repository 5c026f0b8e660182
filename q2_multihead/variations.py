"""From a design (see designs.py) to the recipe of its network, and to its scores."""

from functools import partial

from data.line_classes import FACTORS
from q2_multihead.evaluate import predict_heads, score
from q2_multihead.models import MultiheadNetwork, head
from q2_multihead.recipe import RECIPE
from training.blocks import convolution_block
from training.quiet import keras

layers = keras.layers


def build(input_shape, design):
    """The network of a design. input_shape: (height, width, channels)."""
    picture = keras.Input(input_shape, name="picture")
    maps = layers.Rescaling(1 / 255, name="rescaling")(picture)
    maps = _convolutions(maps, design.shared, 1, design.first_size)
    if design.own:
        features = {name: _own_features(name, maps, design) for name in FACTORS}
    else:
        features = dict.fromkeys(FACTORS, layers.GlobalAveragePooling2D(name="global_pool")(maps))
    heads = {name: _head(name, features[name], design) for name in FACTORS}
    return MultiheadNetwork(picture, heads, name="multihead")


def _convolutions(maps, filters, first, first_size=3, prefix=""):
    for number, count in enumerate(filters, first):
        block = convolution_block(
            number, count, first_size if number == 1 else 3, strides=2 if number <= 2 else 1, prefix=prefix
        )
        for layer in block:
            maps = layer(maps)
    return maps


def _own_features(name, maps, design):
    maps = _convolutions(maps, design.own, 1 + len(design.shared), prefix=f"{name}_")
    return layers.GlobalAveragePooling2D(name=f"{name}_global_pool")(maps)


def _head(name, features, design):
    if design.head_units:
        features = layers.Dense(design.head_units, activation="relu", name=f"{name}_fc1")(features)
    return head(name, features)


def recipe(design, **training):
    """The recipe of a design. training: epochs and batch_size."""
    weights = {**RECIPE.loss_weights, "angle": design.angle_weight}
    return RECIPE.adapted(build=partial(build, design=design), loss_weights=weights, **training)


def validation_scores(model, dataset):
    """Accuracy of all heads at once and of each, and loss as the plain sum of theirs, on the validation pictures: a dict."""
    scores = score(*predict_heads(model, dataset, dataset.split.validation))
    heads = {f"{name}_accuracy": scores["heads"][name]["accuracy"] for name in FACTORS}
    return {"accuracy": scores["all_heads_accuracy"], "loss": scores["classes"]["loss"], **heads}

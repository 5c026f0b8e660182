import random

from common.quiet import keras
from training.loop import one_hot
from training.recipe import Recipe
from training.run import train_network


def build(input_shape):
    layers = keras.layers.Flatten(), keras.layers.Dense(8), keras.layers.Dropout(0.1), keras.layers.Dense(96, "softmax")
    return keras.Sequential([keras.Input(input_shape), *layers])


def test_training_from_a_notebook_leaves_the_process_unchanged(few_lines):
    recipe = Recipe(build, one_hot(96), "categorical_crossentropy", ["accuracy"], epochs=1, batch_size=512)
    before = number_of_new_layer()
    state, floats = random.getstate(), keras.config.floatx()
    model, history = train_network(recipe, few_lines, quiet=True)
    assert random.getstate() == state and keras.config.floatx() == floats
    assert number_of_new_layer() == before + 1
    assert [layer.name for layer in model.layers] == ["flatten", "dense", "dropout", "dense_1"] and len(history.epochs) == 1


def number_of_new_layer():
    """The number in the name that Keras gives a layer without one: 7 for "dense_7", 0 for "dense"."""
    return int(keras.layers.Dense(1).name.partition("_")[2] or 0)

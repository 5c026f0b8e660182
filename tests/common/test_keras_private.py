"""The private parts of Keras that common/keras_private.py relies on: each assertion says what breaks when Keras changes."""

import itertools
import re

import numpy as np
import pytest

from common import keras_private
from common.quiet import keras
from tests.conftest import ROOT

layers = keras.layers
PRIVATE = re.compile(r"_inbound_nodes|_run_through_graph|make_default_seed|keras\.src")


@pytest.fixture(scope="module")
def functional():
    """A functional model with a residual connection, and a Sequential model inside it."""
    image = keras.Input((6, 6, 1))
    inner = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(1, 3, padding="same"), layers.ReLU()])
    features = layers.Add()([inner(image), image])
    return keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(features)))


def values(images):
    return np.random.default_rng(0).random((images, 6, 6, 1), np.float32)


def nested():
    """Random parts at every depth: a wrapped layer, an initializer, a model in a model, a layer with randomness of its own."""
    inner = keras.Sequential([keras.Input((4, 3)), layers.Bidirectional(layers.LSTM(2)), layers.Dropout(0.5)])
    return keras.Sequential([keras.Input((4, 3)), inner, layers.Dense(2, kernel_initializer="he_normal")])


def test_seeds_come_from_our_function_in_layers_inside_layers_too():
    drawn = []

    def draw(numbers):
        drawn.append(next(numbers))
        return drawn[-1]

    def variables(first):
        numbers = itertools.count(first)
        with keras_private.drawing_seeds(lambda: draw(numbers)):
            return [variable.numpy() for variable in nested().variables]

    first, again, other = variables(1), variables(1), variables(1000)
    assert len(drawn) >= 3 * 6, "Keras no longer draws its seeds from make_default_seed: --seed has no effect on some layers"
    assert all((one == same).all() for one, same in zip(first, again, strict=True)), (
        "a layer has drawn its seed elsewhere: the same --seed gives other weights in every run"
    )
    random = [one for one, same in zip(first, other, strict=True) if (one != same).any()]
    assert len(random) >= 6, (
        "a layer's weights or its random state do not depend on the drawn seeds: --seed has no effect on it"
    )


def test_initializers_and_random_layers_draw_from_our_function_and_afterwards_from_keras():
    def seeds():
        return [keras.initializers.HeNormal().seed, int(keras.random.SeedGenerator().state[0])]

    with keras_private.drawing_seeds(lambda: 7):
        assert seeds() == [7, 7], "Keras draws a seed by a third name of make_default_seed: --seed has no effect on it"
    assert 7 not in seeds(), "Keras' own function is not put back: layers made later all have the same seed"


def test_names_are_numbered_anew_and_counted_on_afterwards():
    before = layers.Dense(1).name
    with keras_private.numbering_names_anew():
        inside = [layers.Dense(1).name for _ in range(2)]
    assert inside == ["dense", "dense_1"], (
        "names depend on earlier networks: recipes' descriptions and model.keras differ by them"
    )
    number = int(before.removeprefix("dense").removeprefix("_") or 0)
    assert layers.Dense(1).name == f"dense_{number + 1}", "Keras does not count on: two layers of the caller get the same name"


def test_a_functional_model_is_known_as_one(functional):
    advice = "q3_visualize would pass it over, or try to walk what has no operations"
    assert keras_private.is_graph(functional), f"a functional model has no _run_through_graph: {advice}"
    assert not keras_private.is_graph(keras.Sequential([keras.Input((2,)), layers.Dense(1)])), advice
    assert not keras_private.is_graph(layers.Dense(1)), advice


def test_a_functional_model_computed_operation_by_operation_gives_its_own_outputs(functional):
    called = []

    def call(operation):
        called.append(operation)
        return operation

    outputs = keras_private.run_graph(functional, values(3), call)
    assert np.allclose(outputs, functional(values(3)), atol=1e-6), "maps of q3_visualize are not those of the network"
    wanted = [operation for operation in functional.operations if not isinstance(operation, layers.InputLayer)]
    assert called == wanted, "_run_through_graph passes operations over: q3_visualize does not find these layers"


def counted(model, *shape):
    return keras_private.computed_values(model, keras.KerasTensor((1, *shape)))[1]


def test_values_are_counted_for_every_operation_in_nested_models_too(functional):
    advice = "an absurdly large layer in a .keras file is not seen before it takes all memory"
    # inside: convolution and ReLU, outside: Add, Flatten, Dense
    assert counted(functional, 6, 6, 1) == 36 + 36 + 36 + 36 + 2, f"outputs are missing, or counted twice: {advice}"
    inner = keras.Sequential([keras.Input((5,)), keras.Sequential([keras.Input((5,)), layers.Dense(9), layers.Dense(3)])])
    assert counted(inner, 5) == 9 + 3, f"a hidden layer of a model inside is missing: {advice}"


def test_values_are_counted_by_the_sizes_that_a_free_size_gives():
    image = keras.Input((None, None, 3))
    halves = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(8, 3, strides=2, padding="same"), layers.MaxPooling2D()]
    )
    features = halves(image / 255.0)
    model = keras.Model(image, layers.Dense(5)(keras.ops.mean(features, axis=(1, 2))))
    assert counted(model, 224, 224, 3) == 224 * 224 * 3 + 112 * 112 * 8 + 56 * 56 * 8 + 8 + 5
    assert counted(model, 32, 64, 3) == 32 * 64 * 3 + 16 * 32 * 8 + 8 * 16 * 8 + 8 + 5


@pytest.mark.parametrize(
    ("shape", "layer", "values"),
    [
        ((5, 8, 8, 1), lambda: layers.TimeDistributed(layers.Conv2D(2, 3)), 5 * 6 * 6 * 2 * 2),
        ((8, 8, 3), lambda: layers.SeparableConv2D(2, 1, depth_multiplier=1000), 8 * 8 * (3 * 1000 + 2)),
        ((8, 8, 3), lambda: layers.Pipeline([layers.UpSampling2D(10), layers.GlobalAveragePooling2D()]), 80 * 80 * 3 + 3),
    ],
)  # fmt: skip
def test_values_inside_a_layer_are_counted(shape, layer, values):
    model = keras.Sequential([keras.Input(shape), layer()])
    assert counted(model, *shape) == values, "a small layer in a .keras file takes all memory by what is inside it"


def test_weights_of_attention_are_counted():
    tokens = keras.Input((100, 8))
    model = keras.Model(tokens, layers.MultiHeadAttention(num_heads=3, key_dim=4)(tokens, tokens))
    assert counted(model, 100, 8) == 3 * 100 * 100 + 100 * 8


def test_models_that_are_called_again_and_again_are_counted_at_once():
    model = keras.Sequential([keras.Input((4,)), layers.ReLU()])
    for _ in range(12):  # 10 ** 12 calls of the innermost
        features = image = keras.Input((4,))
        for _ in range(10):
            features = model(features)
        model = keras.Model(image, features)
    assert counted(model, 4) == 4 * 10**12, "a small .keras file takes for ever"


def test_inputs_that_do_not_fit_together_are_found_without_computing():
    image = keras.Input((None, None, 1))
    model = keras.Model(image, layers.Concatenate()([image, layers.UpSampling2D()(layers.MaxPooling2D()(image))]))
    assert counted(model, 6, 6, 1) == 9 + 36 + 72
    with pytest.raises(ValueError):
        counted(model, 7, 7, 1)


def test_layers_of_keras_applications_are_known_and_no_other_object_there():
    convnext = "keras.src.applications.convnext"
    names = [
        "LayerScale",
        "StochasticDepth",
        "Layer",
        "Sequential",
        "decode_predictions",
        "ConvNeXtTiny",
        "__loader__",
        ["LayerScale"],
    ]
    assert [name for name in names if keras_private.is_application_layer(convnext, name)] == ["LayerScale", "StochasticDepth"]
    assert keras_private.is_application_layer("keras.src.applications.inception_resnet_v2", "CustomScaleLayer")
    for module in (
        "keras.src.applications",
        "keras.src.applications.none",
        "keras.src.layers.core.lambda_layer",
        None,
        [convnext],
    ):
        assert not keras_private.is_application_layer(module, "LayerScale")


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: layers.Dense(3, activation="relu"), (2, 5)), (lambda: layers.Conv2D(2, 3, activation="softmax"), (2, 6, 6, 1)),
        (lambda: layers.DepthwiseConv2D(3, activation="tanh"), (2, 6, 6, 2)),
    ],
)  # fmt: skip
def test_a_twin_shares_weights_has_no_activation_and_leaves_the_layer_unchanged(layer, shape):
    keras.utils.set_random_seed(0)  # an activation changes nothing where all happens to be positive
    layer, inputs = layer(), np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    before, activation, state = layer(inputs).numpy(), layer.activation, dict(layer.__dict__)
    twin = keras_private.twin(layer, activation=keras.activations.linear)
    assert all(one is same for one, same in zip(twin.weights, layer.weights, strict=True)) and twin.weights, (
        "a twin has weights of its own: gradients at the logits are those of another network"
    )
    assert np.allclose(activation(twin(inputs)), before, atol=1e-6), "a twin computes something else before its activation"
    assert not np.allclose(twin(inputs), before), "a twin applies an activation: what is called logits is not"
    assert layer.activation is activation and layer.__dict__.keys() == state.keys(), "making a twin changes the layer itself"
    assert (layer(inputs).numpy() == before).all(), "making a twin changes what the layer computes"


def test_no_other_file_of_ours_uses_private_parts_of_keras():
    paths = [path for path in ROOT.glob("[a-z]*/**/*.py") if path.relative_to(ROOT).parts[0] != "tests"]
    assert ROOT / "common/keras_private.py" in paths and len(paths) > 40
    found = {path.relative_to(ROOT).as_posix() for path in paths if PRIVATE.search(path.read_text(encoding="utf-8"))}
    assert found == {"common/keras_private.py"}, (
        "private parts of Keras belong in common/keras_private.py, where tests pin them"
    )


def test_variables_without_values_get_none_later_either():
    with keras_private.without_values():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(10**12)])
    assert model.weights[0].shape == (4, 10**12), (
        "variables have no shapes: what a file would need is not known before it is loaded"
    )

    class Doubled(layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    # A custom layer is where Keras gives values to all variables that wait for them.
    keras.Sequential([keras.Input((4,)), Doubled()])  # raises ResourceExhaustedError if Keras keeps its list elsewhere

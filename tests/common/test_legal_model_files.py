"""Networks of all kinds that Keras saves, and that must be opened."""

import numpy as np
import pytest
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from common.model_files import load
from common.quiet import keras, tensorflow

layers, applications = keras.layers, keras.applications


def functional(parts):
    """A network of some layers and an output, for images of 32 x 32."""
    features = image = keras.Input((32, 32, 3))
    for part in parts:
        features = part(features)
    return keras.Model(image, layers.Dense(2, activation="softmax")(layers.Flatten()(features)))


def with_a_compiled_one_inside():
    inner = functional([layers.Conv2D(2, 3)])
    inner.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return functional([inner])


@pytest.fixture(
    scope="module",
    params=[
        lambda: functional([layers.RandomFlip(), layers.RandomRotation(0.1), layers.Conv2D(2, 3), layers.Dropout(0.5)]),
        lambda: functional([layers.Reshape((32, 96)), layers.Bidirectional(layers.LSTM(3, dropout=0.1))]),
        lambda: functional([layers.Conv2D(2, 3, dtype="mixed_float16"), layers.BatchNormalization(dtype="float16")]),
        lambda: functional([layers.Normalization(), layers.SpectralNormalization(layers.Conv2D(2, 3))]),
        lambda: keras.applications.MobileNetV3Small((32, 32, 3), weights=None, classes=3),
        with_a_compiled_one_inside,
    ],
)
def network(request):
    keras.backend.clear_session()
    return request.param()


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
@pytest.mark.parametrize("compiled", [False, True])
def test_networks_of_all_kinds_are_loaded(network, compiled, tmp_path):
    model = network
    assert model.compiled is False or compiled  # the same one: first as it was built, then compiled
    if compiled:
        model.compile("adam", "categorical_crossentropy")
    model.save(tmp_path / "model.keras")
    loaded = load(tmp_path / "model.keras")
    assert all((one == other).all() for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True))


def assert_computes_the_same(model, path, shape):
    model.save(path)
    images = np.random.default_rng(0).random((2, *shape), np.float32)
    assert np.allclose(load(path)(images), model(images), atol=1e-6)


def test_layers_that_only_keras_applications_has_are_loaded(tmp_path):
    image = keras.Input((8, 8, 3))
    features = StochasticDepth(0.1)(LayerScale(0.5, 3)(layers.Conv2D(3, 1)(image)))
    model = keras.Model(image, layers.Flatten()(CustomScaleLayer(0.25)([image, features])))
    assert_computes_the_same(model, tmp_path / "model.keras", (8, 8, 3))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ConvNeXtTiny", "InceptionResNetV2", "NASNetMobile"])
def test_networks_of_keras_applications_are_loaded(name, tmp_path):
    keras.backend.clear_session()
    model = getattr(applications, name)(weights=None, input_shape=(96, 96, 3), classes=5)
    assert_computes_the_same(model, tmp_path / "model.keras", (96, 96, 3))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0"])
def test_networks_of_keras_applications_for_any_size_are_loaded(name, tmp_path):
    keras.backend.clear_session()
    base = getattr(applications, name)(weights=None, include_top=False, input_shape=(None, None, 3))
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(base(layers.Rescaling(1 / 127.5, -1)(image))))
    assert_computes_the_same(model, tmp_path / "model.keras", (64, 96, 3))


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (tensorflow.nn.relu, "relu"), (tensorflow.nn.softmax, "softmax"), (tensorflow.nn.leaky_relu, "leaky_relu"),
        (tensorflow.nn.silu, "silu"), (tensorflow.nn.log_softmax, "log_softmax"), (tensorflow.identity, "linear"),
        (tensorflow.exp, "exponential"), (tensorflow.nn.elu, "elu"), (tensorflow.nn.gelu, "gelu"),
        (tensorflow.keras.activations.tanh, "tanh"), (keras.ops.softmax, "softmax"), (keras.activations.swish, "silu"),
    ],
)  # fmt: skip
def test_activation_functions_of_tensorflow_are_loaded_as_those_of_keras(function, wanted, tmp_path):
    inner = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation=function)])
    model = keras.Sequential([keras.Input((5,)), inner, layers.Activation(function)])
    assert_computes_the_same(model, tmp_path / "model.keras", (5,))
    loaded = load(tmp_path / "model.keras")
    assert loaded.layers[0].layers[0].activation is getattr(keras.activations, wanted) is loaded.layers[1].activation


def test_a_network_with_lora_is_loaded(tmp_path):
    model = functional([layers.Conv2D(2, 3)])
    model.layers[-1].enable_lora(2)
    model.save(tmp_path / "model.keras")
    assert load(tmp_path / "model.keras").layers[-1].lora_enabled

"""Networks of all kinds that Keras saves, and that must be opened."""

import pytest

from common.model_files import load
from common.quiet import keras

layers = keras.layers


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


def test_a_network_with_lora_is_loaded(tmp_path):
    model = functional([layers.Conv2D(2, 3)])
    model.layers[-1].enable_lora(2)
    model.save(tmp_path / "model.keras")
    assert load(tmp_path / "model.keras").layers[-1].lora_enabled

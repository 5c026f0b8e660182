import numpy as np
import pytest

from common.quiet import keras, tensorflow
from training.loop import save
from training.normalization import BatchNormalization


@pytest.fixture
def pair():
    """Keras' layer and ours with the same weights."""
    layers = keras.layers.BatchNormalization(momentum=0.7), BatchNormalization(momentum=0.7)
    random = np.random.default_rng(0)
    weights = [random.uniform(0.5, 2, 3).astype(np.float32) for _ in range(4)]
    for layer in layers:
        layer.build((None, 4, 6, 3))
        layer.set_weights(weights)
    return layers


def trained(layer, images, errors):
    """Output, gradients and weights of a layer after a step of training."""
    with tensorflow.GradientTape() as tape:
        tape.watch(images)
        output = layer(images, training=True)
    gradients = tape.gradient(output, [images, *layer.trainable_variables], errors)
    return [output, *gradients, *layer.weights]


def test_a_step_is_that_of_keras(pair):
    images, errors = tensorflow.random.normal((5, 4, 6, 3), 3, 2), tensorflow.random.normal((5, 4, 6, 3))
    expected, found = (trained(layer, images, errors) for layer in pair)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=2e-4, atol=2e-5)


def test_a_known_variance_is_followed(pair):
    _, layer = pair
    before = layer.moving_variance.numpy()
    layer(np.array([0, 2], np.float32).reshape(2, 1, 1, 1) * np.ones((4, 6, 3), np.float32), training=True)
    np.testing.assert_allclose(layer.moving_variance, 0.7 * before + 0.3 * 1, rtol=1e-6)  # of 0 and 2: 1, of a sample 2


@pytest.mark.parametrize("frozen", [False, True])
def test_prediction_is_that_of_keras_and_so_is_a_frozen_layer(pair, frozen):
    images = tensorflow.random.normal((5, 4, 6, 3))
    before = pair[1].get_weights()
    for layer in pair:
        layer.trainable = not frozen
    expected, found = (layer(images, training=frozen) for layer in pair)
    assert np.array_equal(expected, found)
    assert all(map(np.array_equal, before, pair[1].get_weights()))


def test_a_training_is_that_of_keras():
    random = np.random.default_rng(0)
    images, targets = random.random((64, 6, 6, 2), np.float32), random.random((64, 6, 6, 2), np.float32)
    weights = []
    for kind in (keras.layers.BatchNormalization, BatchNormalization):
        model = keras.Sequential([keras.Input((6, 6, 2)), kind(momentum=0.9)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit(images, targets, batch_size=16, epochs=3, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-6)


REFUSED = {"axis": 1}, {"scale": False}, {"center": False}, {"renorm": True}, {"synchronized": True}


@pytest.mark.parametrize("options", REFUSED)
def test_what_the_operation_cannot_do_is_refused(options):
    with pytest.raises(ValueError, match=r"take keras\.layers\.BatchNormalization"):
        BatchNormalization(**options).build((None, 4, 4, 3))
    with pytest.raises(ValueError, match="only maps"):
        BatchNormalization().build((None, 3))


def test_the_file_of_a_network_holds_the_layer_of_keras(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 3)), BatchNormalization(name="bn1")])
    model.layers[0].set_weights([np.arange(1, 4, dtype=np.float32) + row for row in range(4)])
    save(model, tmp_path / "model.keras")
    [layer] = keras.saving.load_model(tmp_path / "model.keras").layers
    assert type(layer) is keras.layers.BatchNormalization
    assert all(map(np.array_equal, layer.get_weights(), model.layers[0].get_weights()))


def test_one_value_of_a_channel_has_no_variance():
    layer = BatchNormalization(momentum=0.5)
    output = layer(np.full((1, 1, 1, 2), 7, np.float32), training=True)
    assert np.allclose(output, 0) and np.allclose(layer.moving_variance, 0.5) and np.allclose(layer.moving_mean, 3.5)

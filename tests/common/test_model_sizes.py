"""How much the layers of a file may compute."""

import numpy as np
import pytest

from common.model_files import load, size_where_free
from common.quiet import keras
from data.errors import UserError
from tests.common.changed_model_files import assert_refused, rewritten

layers = keras.layers


def saved(path, *parts, size=(8, 8, 1)):
    keras.Sequential([keras.Input(size), *parts]).save(path)
    return path


def setting(**values):
    """Change the second layer, or the layer in it."""

    def change(config):
        layer = config["config"]["layers"][1]["config"]
        layer = layer["layers"][1]["config"] if "layers" in layer else layer
        layer.get("layer", {"config": layer})["config"].update(values)

    return change


@pytest.mark.parametrize(
    ("layer", "change", "values"),
    [
        (layers.ZeroPadding2D(1), setting(padding=[[50_000, 50_000], [50_000, 50_000]]), 100_008**2),
        (layers.UpSampling2D(2), setting(size=[10**6, 10**6]), 64 * 10**12),
        (layers.Conv2DTranspose(1, 1, strides=2), setting(strides=[10**6, 10**6]), 64 * 10**12),
        (layers.SeparableConv2D(1, 1), setting(depth_multiplier=10**6), 64 * 64 * (10**6 + 1)),
        (layers.TimeDistributed(layers.ZeroPadding1D(2)), setting(padding=[0, 10**9]), 8 * (10**9 + 8) * 2),
        (keras.Sequential([layers.ZeroPadding2D(1), layers.AveragePooling2D(9)]), setting(padding=[[0, 10**6]] * 2), None),
    ],
)
def test_absurdly_large_images_inside_a_network_are_refused(layer, change, values, tmp_path):
    size = (64, 64, 1) if isinstance(layer, layers.SeparableConv2D) else (8, 8, 1)
    path = saved(tmp_path / "model.keras", layer, layers.GlobalAveragePooling2D(), size=size)
    load(path)
    rewritten(path, change)
    values = 1_000_008**2 + 111_112**2 if values is None else values
    assert_refused(path, f"would compute {values + 1:,} values for an image, more than 1,000,000,000: give")


def test_the_limit_of_values_is_a_flag(tmp_path):
    """3.1 billion values in a file of a few kilobytes."""
    path = saved(tmp_path / "model.keras", layers.UpSampling2D(625), layers.GlobalAveragePooling2D(), size=(8, 8, 124))
    assert 8 * 625 * 8 * 625 * 124 == 3_100_000_000
    reason = "would compute 3,100,000,124 values for an image, more than 1,000,000,000: give --most-values 4000000000 if"
    assert_refused(path, reason)
    assert load(path, most_values=4_000_000_000).count_params() == 0
    assert load(path, most_values=3_100_000_124).count_params() == 0
    with pytest.raises(UserError, match="more than 3,100,000,123: give"):
        load(path, most_values=3_100_000_123)


def test_values_of_a_network_for_any_size_are_those_for_224_pixels(tmp_path):
    chain = [layers.Conv2D(8, 3, strides=2, padding="same"), layers.Conv2D(16, 3, strides=2), layers.GlobalAveragePooling2D()]
    path = saved(tmp_path / "model.keras", *chain, layers.Dense(4), size=(None, None, 3))
    values = 112 * 112 * 8 + 55 * 55 * 16 + 16 + 4
    assert load(path, most_values=values).count_params() == 27 * 8 + 8 + 72 * 16 + 16 + 16 * 4 + 4
    with pytest.raises(UserError, match=f"would compute {values:,} values"):
        load(path, most_values=values - 1)


def u_shaped(depth):
    image = features = keras.Input((None, None, 3))
    skipped = []
    for _ in range(depth):
        skipped.append(layers.Conv2D(4, 3, padding="same", activation="relu")(features))
        features = layers.MaxPooling2D()(skipped[-1])
    for skip in reversed(skipped):
        features = layers.Concatenate()([layers.Conv2DTranspose(4, 2, strides=2)(features), skip])
    return keras.Model(image, layers.Conv2D(1, 1)(features))


@pytest.mark.parametrize(("depth", "size"), [(4, 224), (5, 224), (6, 256), (8, 256)])
def test_u_nets_of_any_depth_are_loaded_and_take_images_of_the_size_that_is_said(depth, size, tmp_path):
    """224 can be halved five times, 256 eight times."""
    u_shaped(depth).save(tmp_path / "model.keras")
    model = load(tmp_path / "model.keras")
    assert size_where_free(model) == size
    assert model(np.zeros((1, size, size, 3), np.float32)).shape == (1, size, size, 1)


def test_counting_leaves_nothing_behind_in_keras(tmp_path):
    path = tmp_path / "model.keras"
    u_shaped(2).save(path)
    load(path)
    first = layers.Concatenate().name
    with pytest.raises(UserError, match="would compute"):
        load(path, most_values=1)
    number = int(first.removeprefix("concatenate").removeprefix("_") or 0)
    assert layers.Concatenate().name == f"concatenate_{number + 1}"

"""filters.py with networks of other people: other precisions, tokens, and its flags."""

import json

import numpy as np
import pytest
from PIL import Image

from common import provenance, run_folders
from common.quiet import keras
from tests.conftest import assert_one_error_line

layers = keras.layers


@pytest.fixture
def image(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)).save(tmp_path / "x.png")
    return tmp_path / "x.png"


def run(call, tmp_path, *flags):
    """Run filters.py on m.keras into the folder out, and return the process and the arrays written, by layer."""
    result = call("q3_visualize/filters.py", "--model", tmp_path / "m.keras", "--out", tmp_path / "out", *flags)
    ours = [line for line in result.stderr.splitlines() if "oneDNN supports DT_HALF" not in line]
    assert result.returncode == 0 and not ours, result.stderr
    return result, {path.stem.removeprefix("x_"): dict(np.load(path)) for path in (tmp_path / "out").rglob("*.npz")}


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_filters_of_networks_of_other_precisions(call, tmp_path, image, policy):
    keras.config.set_dtype_policy(policy)
    try:
        inputs = keras.Input((32, 32, 3))
        features = layers.Conv2D(4, 3, strides=2, activation="relu", name="conv")(layers.Rescaling(1 / 255)(inputs))
        outputs = layers.Dense(3, name="out", dtype="float64" if policy == "float64" else "float32")
        keras.Model(inputs, outputs(layers.GlobalAveragePooling2D()(features))).save(tmp_path / "m.keras")
    finally:
        keras.config.set_dtype_policy("float32")
    _, arrays = run(call, tmp_path, "--image", image, "--steps", "30")
    for layer in ("conv", "out"):
        found = arrays[layer]
        assert found["images"].shape[1:] == (32, 32, 3) and np.isfinite(found["images"]).all()
        assert not found["failed"].all() and found["images"].std() > 0


def test_filters_of_a_transformer_are_those_of_the_middle_token(call, tmp_path, image):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((32, 32, 3))
    patches = layers.Reshape((16, 8))(layers.Conv2D(8, 8, strides=8, name="patches")(layers.Rescaling(1 / 255)(inputs)))
    tokens = layers.Dense(6, name="proj")(patches)
    tokens = tokens + layers.MultiHeadAttention(2, 4, name="mha")(tokens, tokens)
    tokens = layers.LayerNormalization(name="norm")(tokens)
    keras.Model(inputs, layers.Dense(5, name="logits")(layers.GlobalAveragePooling1D()(tokens))).save(tmp_path / "m.keras")
    _, arrays = run(call, tmp_path, "--image", image, "--steps", "5", "--layer", "proj", "norm", "logits")
    model = keras.models.load_model(tmp_path / "m.keras")
    parts = keras.Model(model.inputs[0], [model.get_layer("proj").output, model.get_layer("norm").output])
    for layer, tokens in zip(("proj", "norm"), parts(arrays["proj"]["images"] * 255)):
        if layer == "proj":
            assert tokens.shape[1:] == (16, 6)
            expected = np.asarray(tokens)[np.arange(6), 8, arrays[layer]["channels"]]
            np.testing.assert_allclose(arrays[layer]["responses"], expected, rtol=1e-3, atol=1e-4)
    of_image = np.asarray(parts(np.asarray(Image.open(image), np.float32)[None])[0])[0].max(axis=0)
    np.testing.assert_allclose(arrays["proj"]["best_of_real"], of_image[arrays["proj"]["channels"]], rtol=1e-4)


def test_flags_for_fewer_filters_and_steps(call, tmp_path, image):
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(20, 3, name="conv"), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    result, arrays = run(call, tmp_path, "--filters", "3", "--steps", "2", "--layer", "conv")
    assert len(arrays["conv"]["images"]) == 3 and arrays["conv"]["channels"].tolist() == [0, 1, 2]
    assert set(arrays["conv"]) == {"images", "alpha", "channels", "signs", "responses", "dead", "failed", "from_class_mean"}
    assert arrays["conv_kernels"]["kernels"].shape == (20, 3, 3, 3) and "large network" not in result.stdout
    _, arrays = run(call, tmp_path, "--filters", "2", "--steps", "2", "--layer", "conv", "--image", image)
    assert len(arrays["conv"]["images"]) == 2 and arrays["conv"]["patches"].shape == (2, 1, 3, 3, 3)
    order = np.argsort(arrays["conv"]["best_of_real"])
    assert order.tolist() == [1, 0]  # those that the image activates most come first
    for flags in (["--filters", "0"], ["--steps", "none"]):
        assert_one_error_line(call("q3_visualize/filters.py", "--model", tmp_path / "m.keras", *flags), flags[0])


def test_recipes_are_compared_on_a_data_set_only(call, tmp_path, image):
    keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(2)]).save(tmp_path / "m.keras")
    result = call("q3_visualize/filters.py", "--model", tmp_path / "m.keras", "--image", image, "--compare-recipes")
    assert_one_error_line(result, "--compare-recipes", "--network")


@pytest.mark.slow
def test_the_likeness_of_both_recipes_is_written(call, tmp_path, trained):
    flags = ["--compare-recipes", "--layer", "conv2", "--steps", "5", "--filters", "8", "--out", tmp_path / "out"]
    result = call("q3_visualize/filters.py", *flags, reports=trained)
    assert result.returncode == 0 and not result.stderr, result.stderr
    study = json.loads((tmp_path / "out/likeness.json").read_text())
    assert study["networks"] == {
        "q1_cnn/lines/part2": provenance.of_run(run_folders.read_metrics(trained / "q1_cnn/lines/part2"))
    }
    rows = study["rows"]
    assert [(row["recipe"], row["layer"], row["earlier_layer"]) for row in rows] == [
        ("penalties", "conv2", "relu1"), ("bounds", "conv2", "relu1"),
    ]  # fmt: skip
    assert all(np.isfinite(row["likeness"]) for row in rows)

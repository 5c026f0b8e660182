"""Activations against what Keras itself computes, on networks of many kinds, and the choice of layers and channels."""

import json

import numpy as np
import pytest
from PIL import Image

from common.quiet import keras
from q3_visualize import activations, features, shown
from q3_visualize.networks import Network
from tests.conftest import assert_one_error_line

layers = keras.layers
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
SHOWN = shown.Images(IMAGES, ("a", "b"), "")


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def network(*steps, shape=(12, 10, 3)):
    """A Sequential of layers that takes pixels of 0..255."""
    return Network(keras.Sequential([keras.Input(shape), layers.Rescaling(1 / 255, name="scaled"), *steps]))


def drawn(looked_at, folder, paths=None, most=activations.BY_SIZE):
    """Draws layers into a folder, and returns what was written: {name: {key: array}} of the .npz files."""
    activations.draw(looked_at, SHOWN, paths or list(looked_at.shapes), most, folder)
    assert {path.stem for path in folder.glob("*.npz")} | {"overview"} >= {path.stem for path in folder.glob("*.png")}
    return {path.stem: dict(np.load(path)) for path in folder.glob("*.npz")}


def test_the_most_active_of_many_channels_are_kept_with_their_numbers(tmp_path, capsys):
    looked_at = network(layers.Conv2D(300, 3, activation="relu", name="conv"), layers.Conv2D(128, 1, name="few"))
    conv = looked_at.model.get_layer("conv")
    expected = np.asarray(conv(IMAGES.astype(np.float32) / 255))
    wanted = sorted(sorted(range(300), key=lambda channel: -expected[..., channel].max())[:64])
    written = drawn(looked_at, tmp_path / "default")
    assert written["conv"]["channels"].tolist() == wanted
    np.testing.assert_allclose(written["conv"]["activations"], expected[..., wanted], atol=1e-5)
    assert written["few"]["channels"].tolist() == list(range(128))
    assert drawn(looked_at, tmp_path / "all", ["conv"], None)["conv"]["activations"].shape == (2, 10, 8, 300)
    assert drawn(looked_at, tmp_path / "five", ["few"], 5)["few"]["activations"].shape == (2, 10, 8, 5)


def titles(monkeypatch):
    """The titles of the figures of maps, tokens and vectors that are drawn from here on."""
    from reports import inside_figures

    found, titled = [], inside_figures.titled

    def kept(title, size):
        found.append(title)
        return titled(title, size)

    monkeypatch.setattr(inside_figures, "titled", kept)
    return found


def test_titles_tell_what_is_shown(tmp_path, monkeypatch):
    found = titles(monkeypatch)
    drawn(network(layers.Conv2D(300, 3, activation="relu", name="conv"), layers.MaxPooling2D(name="pool")), tmp_path)
    _, conv, pool, overview = found
    assert "conv (Conv2D, after relu), 10 × 8 × 300; min 0" in conv
    assert "\n64 of 300 channels, the most active; --channels all for the rest" in conv
    assert "no activation function" in pool and overview.endswith("from the first layer to the last")


def test_values_that_are_no_numbers_are_counted_in_the_title(tmp_path, monkeypatch):
    found = titles(monkeypatch)
    conv = layers.Conv2D(3, 1, use_bias=True, name="conv")
    looked_at = network(conv, layers.Flatten(name="flat"), layers.Dense(2, name="none"))
    kernel, _ = conv.get_weights()
    conv.set_weights([kernel, np.array([0, np.nan, -np.inf], np.float32)])
    written = drawn(looked_at, tmp_path)
    assert np.isnan(written["conv"]["activations"]).sum() == 2 * 120
    assert "480 of 720 values NaN or infinite" in next(title for title in found if "conv (" in title)
    assert "no finite value" in next(title for title in found if "none (" in title)
    assert (tmp_path / "conv.png").exists() and (tmp_path / "none.png").exists()


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_activations_of_any_precision_are_drawn(tmp_path, dtype):
    conv = layers.Conv2D(4, 3, dtype=dtype, name="conv")
    parts = [conv, layers.Flatten(dtype=dtype), layers.Dense(3, dtype=dtype, name="out")]
    looked_at = network(*parts)
    expected = np.asarray(looked_at.model.layers[0](IMAGES.astype(np.float32)))
    expected = np.asarray(keras.ops.cast(conv(expected), "float32"))
    written = drawn(looked_at, tmp_path)
    assert written["conv"]["activations"].dtype == written["out"]["activations"].dtype == np.float32
    np.testing.assert_allclose(written["conv"]["activations"], expected, rtol=0.02, atol=0.02)


def test_whole_numbers_and_operations_at_the_input_are_drawn(tmp_path):
    image = keras.Input((12, 10, 3))
    levels = keras.ops.cast(image // 64.0, "int32")
    out = layers.Dense(2, name="out")(layers.Flatten()(keras.ops.cast(levels, "float32") / 4.0))
    looked_at = Network(keras.Model(image, out), pixel_range="0..255")
    written = drawn(looked_at, tmp_path)
    assert any(np.array_equal(part["activations"], IMAGES // 64) for part in written.values())


def test_steps_that_only_pass_on_their_input_have_no_figure(tmp_path, capsys):
    parts = [layers.Dropout(0.5, name="drop"), layers.Activation("linear", name="linear"), layers.Identity(name="same")]
    written = drawn(network(layers.Conv2D(4, 3, name="conv"), *parts, layers.ReLU(name="relu")), tmp_path)
    assert written.keys() == {"scaled", "conv", "relu"}
    assert "  drop: skipped, it passes on its input\n" in capsys.readouterr().out


def test_outputs_of_other_ranks_are_skipped_with_a_line(tmp_path, capsys):
    written = drawn(network(layers.Reshape((2, 6, 10, 3), name="frames"), layers.Flatten(name="flat")), tmp_path)
    assert written.keys() == {"scaled", "flat"}
    assert (
        "  frames: skipped, its output of shape 2 × 6 × 10 × 3 is neither a map nor tokens nor a vector\n"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("extra", [False, True])
def test_tokens_of_patches_are_drawn_where_they_come_from(tmp_path, monkeypatch, extra):
    found = titles(monkeypatch)
    image = keras.Input((12, 10, 3))
    patches = layers.Conv2D(7, 2, strides=2, name="patches")(layers.Rescaling(1 / 255)(image))
    tokens = layers.Reshape((30, 7))(patches)
    tokens = layers.ZeroPadding1D((1, 0))(tokens) if extra else tokens
    tokens = layers.Dense(7, kernel_initializer="identity", name="tokens")(tokens)
    looked_at = Network(keras.Model(image, layers.GlobalAveragePooling1D()(tokens)))
    grid = features.token_grid(looked_at, "tokens")
    assert grid == ("patches", 6, 5, extra)
    written = drawn(looked_at, tmp_path)
    assert written["tokens"]["activations"].shape == (2, 30 + extra, 7)
    maps = features.as_maps(written["tokens"]["activations"], grid)
    np.testing.assert_allclose(maps, written["patches"]["activations"], atol=1e-6)
    words = "tokens after the first as the 6 × 5 cells of patches" if extra else "tokens as the 6 × 5 cells of patches"
    assert words in next(title for title in found if "tokens (" in title)


def test_tokens_without_a_map_are_a_strip(tmp_path):
    looked_at = network(layers.Reshape((12, 30), name="rows"), layers.GRU(4, return_sequences=True, name="states"))
    assert features.token_grid(looked_at, "states") is None
    assert drawn(looked_at, tmp_path)["states"]["activations"].shape == (2, 12, 4)


def test_activations_are_the_same_whatever_fits_into_memory(monkeypatch):
    looked_at = network(layers.Conv2D(4, 3), layers.Conv2D(5, 3), layers.Flatten(), layers.Dense(3))
    paths = list(looked_at.shapes)
    at_once = dict(features.outputs(looked_at, IMAGES, paths))
    monkeypatch.setattr(features, "MOST_BYTES", 1)
    apart = dict(features.outputs(looked_at, IMAGES, paths))
    assert list(at_once) == list(apart) == paths
    expected = looked_at.model.predict_on_batch(IMAGES)
    np.testing.assert_allclose(at_once[paths[-1]], expected, atol=1e-5)
    for path in paths:
        assert (at_once[path] == apart[path]).all()


def residual(blocks):
    """A network of residual blocks, each with four convolutions, a gate of 1 x 1, and a ReLU after the sum."""
    image = keras.Input((12, 10, 3))
    maps = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(layers.Rescaling(1 / 255)(image))
    for block in range(blocks):
        inner = maps
        for place in range(4):
            inner = layers.Conv2D(4, 1, activation="relu", name=f"block{block}_conv{place}")(inner)
        gate = layers.GlobalAveragePooling2D(keepdims=True)(inner)
        gate = layers.Conv2D(4, 1, activation="sigmoid", name=f"block{block}_gate")(gate)
        maps = layers.Add(name=f"block{block}_add")([maps, layers.Multiply()([inner, gate])])
        maps = layers.ReLU(name=f"block{block}_out")(maps)
    return Network(keras.Model(image, layers.Dense(3, name="out")(layers.Flatten()(maps))))


def test_of_a_large_network_the_ends_of_all_blocks_are_drawn():
    looked_at = residual(8)
    chosen = activations.selection(looked_at)
    assert len(chosen) == activations.MOST_LAYERS < len(looked_at.shapes)
    assert chosen[0] == "stem" and chosen[-1] == "out"
    assert {f"block{block}_out" for block in range(8)} <= set(chosen)
    assert not any(path.endswith(("_gate", "_add")) for path in chosen)
    assert chosen == sorted(chosen, key=list(looked_at.shapes).index) and chosen == activations.selection(looked_at)


def test_a_network_without_blocks_is_spread_over_all_its_layers():
    chosen = activations.selection(network(*(layers.Conv2D(3, 1, name=f"conv{place}") for place in range(60))))
    assert len(chosen) == activations.MOST_LAYERS and chosen[-1] == "conv59"
    assert np.diff([0, *(int(path[4:]) for path in chosen[1:])]).max() <= 3


@pytest.mark.slow
def test_the_script_chooses_layers_and_channels_and_says_so(call, tmp_path):
    residual(6).model.save(tmp_path / "deep.keras")
    Image.fromarray(IMAGES[0]).save(tmp_path / "x.png")
    flags = "--model", "deep.keras", "--image", "x.png", "--out", "out"
    few = call("q3_visualize/activations.py", *flags)
    assert few.returncode == 0 and not few.stderr, few.stderr
    total = len(Network(keras.models.load_model(tmp_path / "deep.keras")).shapes)
    assert f"  32 of {total} layers, from the first to the last; --layer all draws every one\n" in few.stdout
    assert len(list((tmp_path / "out").rglob("*.npz"))) == 32
    every = call("q3_visualize/activations.py", *flags, "--layer", "all", "--channels", "2")
    assert every.returncode == 0 and not every.stderr, every.stderr
    assert len(list((tmp_path / "out").rglob("*.npz"))) == total
    (path,) = (tmp_path / "out").rglob("x_block0_conv0.npz")
    assert np.load(path)["activations"].shape == (1, 12, 10, 2)
    with Image.open(path.with_suffix(".png")) as figure:
        assert "activations.py" in json.loads(figure.info["Comment"])["command"]
    for wrong in ("0", "some"):
        assert_one_error_line(call("q3_visualize/activations.py", *flags, "--channels", wrong), "--channels", wrong)

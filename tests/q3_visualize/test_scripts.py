"""The commands of the README, run as a user runs them."""

import re

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from data import lines
from tests.conftest import assert_one_error_line
from training.quiet import keras

layers = keras.layers
LABEL = lines.class_index(1, 0, 3, 0)  # long, thin, 45 degrees, red
LINE = lines.draw(per_class=1)[0][LABEL]


@pytest.fixture
def look(script, tmp_path):
    """Runs one of the scripts on x.png, a drawn line, into the folder out."""
    Image.fromarray(LINE).save(tmp_path / "x.png")

    def run(name, *flags, **options):
        return script(f"q3_visualize/{name}.py", "--out", "out", *flags, **options)

    return run


def assert_written(result, tmp_path, *names):
    """The process ended well and said what the network sees and what it wrote; the files are there and drawn."""
    assert result.returncode == 0 and not result.stderr, result.stderr
    assert re.search(r"x.png: long thin 45° red, (9\d\.\d|100\.0)%" if "x_" in names[0] else "(red|blue), ", result.stdout)
    for name in names:
        assert f"out/{name}" in result.stdout, result.stdout
        path = tmp_path / "out" / name
        if path.suffix == ".png":
            assert matplotlib.image.imread(path).std() > 0
        else:
            assert all(np.isfinite(array).all() for array in np.load(path).values() if array.dtype.kind == "f")


@pytest.mark.slow
def test_activations(look, tmp_path, committed_results):
    result = look("activations", "--image", "x.png")
    folder = "q1_cnn/lines/part2/activations/x_"
    assert_written(result, tmp_path, *(f"{folder}{name}.png" for name in ("conv1", "relu3", "predictions", "overview")))
    assert_written(result, tmp_path, f"{folder}conv1.npz")
    assert np.load(tmp_path / f"out/{folder}conv1.npz")["activations"].shape == (1, 14, 14, 16)
    result = look("activations", "--layer", "conv2")
    assert_written(result, tmp_path, "q1_cnn/lines/part2/activations/conv2.png")
    assert np.load(tmp_path / "out/q1_cnn/lines/part2/activations/conv2.npz")["activations"].shape == (6, 7, 7, 32)


@pytest.mark.slow
def test_gradcam(look, tmp_path, committed_results):
    result = look("gradcam", "--image", "x.png", "--layer", "conv1")
    names = [f"q1_cnn/lines/part2/heatmaps/x_gradcam_conv1.{kind}" for kind in ("png", "npz")]
    assert_written(result, tmp_path, *names)
    assert np.load(tmp_path / "out" / names[1])["conv1|gradcam|predictions"].shape == (1, 14, 14)
    result = look("gradcam", "--network", "q2_multihead/lines", "--head", "angle", "--image", "x.png", "x.png")
    assert_written(result, tmp_path, "q2_multihead/lines/heatmaps/x_gradcam_relu3_angle.png")
    assert "at relu3" in result.stdout
    result = look("gradcam", "--image", "x.png", "--class", "SHORT THICK 0° BLUE", "--method", "scorecam")
    assert_written(result, tmp_path, "q1_cnn/lines/part2/heatmaps/x_scorecam_relu3_short_thick_0__blue-a01c.png")


@pytest.mark.slow
def test_filters(look, tmp_path, committed_results):
    result = look("filters", "--layer", "conv1", "--image", "x.png")
    folder = "q1_cnn/lines/part2/filters"
    assert_written(result, tmp_path, f"{folder}/x_conv1.png", f"{folder}/x_conv1.npz", f"{folder}/conv1_kernels.png")
    assert len(np.load(tmp_path / f"out/{folder}/x_conv1.npz")["pictures"]) == 16
    result = look("filters", "--network", "q2_multihead/lines", "--layer", "length", "--class", "long", "--image", "x.png")
    assert_written(result, tmp_path, "q2_multihead/lines/filters/x_length_long.png")


@pytest.mark.slow
def test_localization(look, tmp_path, committed_results):
    result = look("localization", "--network", "q2_multihead/lines", "--layer", "conv1", "--method", "hirescam", "layercam")
    names = ("scores.csv", "scores.json", "share_grown.png", "q2_multihead_lines_heads.png", "q2_multihead_lines_shuffled.csv")
    assert result.returncode == 0 and not result.stderr, result.stderr
    for name in names:
        assert (tmp_path / "out/localization" / name).stat().st_size > 0


@pytest.mark.slow
@pytest.mark.parametrize("technique", ["activations", "filters", "gradcam"])
def test_a_network_of_somebody_else(look, tmp_path, technique):
    inner = keras.Sequential([keras.Input((40, 30, 1)), layers.Conv2D(3, 3, activation="relu", name="a.conv>1")], name="in")
    picture = keras.Input((40, 30, 1))
    features = layers.Flatten(name="flat")(inner(picture))
    heads = {
        "left": layers.Dense(1, activation="sigmoid", name="left")(features),
        "right": layers.Dense(4, name="right")(features),
    }
    keras.Model(picture, heads).save(tmp_path / "Network.keras")
    flags = ["--class", "1"] if technique == "filters" else []
    result = look(technique, "--model", "Network.keras", "--image", "x.png", *flags)
    assert result.returncode == 0 and not result.stderr, result.stderr
    written = "left_1.png" if technique == "filters" else "in_a.conv_1"
    assert "class " in result.stdout and list((tmp_path / "out/Network").rglob(f"*{written}*"))
    assert not [path for path in tmp_path.rglob("*.png") if "out" not in path.parts and path.name != "x.png"]


@pytest.mark.parametrize(
    ("name", "flags", "parts"),
    [
        ("gradcam", ["--image", "nowhere.png"], ["nowhere.png does not exist"]),
        ("gradcam", ["--network", "../reports/q1_cnn/lines/part2"], ["no network", "q1_cnn/lines/part2"]),
        ("gradcam", ["--network", "q1_cnn/lines/part9"], ["q1_cnn/lines/part9", "q1_cnn/lines/part2"]),
        ("gradcam", ["--model", "x.png", "--image", "x.png"], ["only .keras files"]),
        ("gradcam", ["--model", "nowhere.keras"], ["nowhere.keras does not exist"]),
        ("gradcam", ["--image", "x.png", "--method", "magic"], ["--method"]),
        ("gradcam", ["--image", "x.png", "--layer", "global_pool"], ["'global_pool' has no map", "'relu3' is the last"]),
        ("gradcam", ["--image", "x.png", "--class", "green"], ["no class 'green'", "short thin 0° red"]),
        ("gradcam", ["--image", "x.png", "--head", "angle"], ["no head 'angle'", "predictions"]),
        ("activations", ["--image", "x.png", "--layer", "conv9"], ["no layer 'conv9'", "conv"]),
        ("filters", ["--image", "x.png", "--layer", "conv1", "--class", "long"], ["'conv1' has no classes"]),
        ("localization", ["--network", "q1_cnn/mnist/part2"], ["true pixels", "q1_cnn/lines/part2"]),
        ("localization", ["--image", "x.png"], ["--image"]),
    ],
)
def test_what_cannot_be_done_is_one_line(look, name, flags, parts, committed_results):
    assert_one_error_line(look(name, *flags), *parts)


def test_an_unknown_layer_prints_a_table_of_those_that_there_are(look, committed_results):
    result = look("activations", "--image", "x.png", "--layer", "conv9")
    assert "conv1" in result.stdout and "14 x 14 x 16" in result.stdout


def test_a_network_without_a_data_set_asks_for_a_picture(look, tmp_path):
    keras.Sequential([keras.Input((9, 9, 1)), layers.Flatten(), layers.Dense(2)]).save(tmp_path / "m.keras")
    assert_one_error_line(look("activations", "--model", "m.keras"), "give --image")
    assert_one_error_line(look("gradcam", "--model", "m.keras", "--image", "x.png"), "no layer with height and width")

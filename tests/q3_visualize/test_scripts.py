"""The commands of the README. They look into networks that were trained on a little data, and predict badly."""

import json
import re
import shutil

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from common import provenance, run_folders
from common.quiet import keras
from data import line_classes, lines
from tests.conftest import assert_one_error_line

layers = keras.layers
OWN = "q1_cnn/lines/part2"
LABEL = line_classes.class_index(1, 0, 3, 0)  # long, thin, 45 degrees, red
LINE = lines.draw(per_class=1)[0][LABEL]


@pytest.fixture
def look(call, trained, tmp_path):
    """Runs one of the scripts on x.png, a drawn line, into the folder out; with own runs alone unless `reports` is given."""
    Image.fromarray(LINE).save(tmp_path / "x.png")

    def run(name, *flags, reports=trained):
        return call(f"q3_visualize/{name}.py", "--out", "out", *flags, reports=reports)

    return run


def in_words(folder):
    """What the network in a run folder sees in x.png, as the scripts should print it: "long thin 45° red, 99.9%"."""
    output = keras.models.load_model(folder / "model.keras", compile=False).predict_on_batch(LINE[None])
    if not isinstance(output, dict):
        return f"{line_classes.class_name(output[0].argmax())}, {output[0].max():.1%}"
    chances = {head: values[0] if len(values[0]) > 1 else [1 - values[0, 0], values[0, 0]] for head, values in output.items()}
    names = " ".join(line_classes.FACTORS[head][np.argmax(chances[head])] for head in line_classes.FACTORS)
    return f"{names}, {np.prod([np.max(chance) for chance in chances.values()]):.1%}"


def assert_written(result, tmp_path, *names, seen=None):
    """The process ended well and said what the network sees and what it wrote; the files are there and drawn.

    seen: the words for x.png; None where the images are those of the data set.
    """
    assert result.returncode == 0 and not result.stderr, result.stderr
    if seen:
        assert f"  x.png: {seen}\n" in result.stdout, result.stdout
    else:
        assert re.search(r"  (long|short) .+ (red|blue): (long|short) .+ (red|blue), \d+\.\d%\n", result.stdout), result.stdout
    for name in names:
        assert f"out/{name}" in result.stdout, result.stdout
        path = tmp_path / "out" / name
        if path.suffix == ".png":
            assert matplotlib.image.imread(path).std() > 0
        else:
            assert all(np.isfinite(array).all() for array in np.load(path).values() if array.dtype.kind == "f")


@pytest.mark.slow
def test_activations(look, tmp_path, trained):
    result = look("activations", "--image", "x.png")
    folder = f"{OWN}/activations/x_"
    names = [f"{folder}{name}.png" for name in ("conv1", "relu3", "predictions", "overview")]
    assert_written(result, tmp_path, *names, f"{folder}conv1.npz", seen=in_words(trained / OWN))
    assert np.load(tmp_path / f"out/{folder}conv1.npz")["activations"].shape == (1, 14, 14, 16)
    result = look("activations", "--layer", "conv2")
    assert_written(result, tmp_path, f"{OWN}/activations/conv2.png")
    assert np.load(tmp_path / f"out/{OWN}/activations/conv2.npz")["activations"].shape == (6, 7, 7, 32)


@pytest.mark.slow
def test_gradcam(look, tmp_path, trained):
    seen = in_words(trained / OWN)
    result = look("gradcam", "--image", "x.png", "--layer", "conv1")
    names = [f"{OWN}/heatmaps/x_gradcam_conv1.{kind}" for kind in ("png", "npz")]
    assert_written(result, tmp_path, *names, seen=seen)
    assert np.load(tmp_path / "out" / names[1])["conv1|gradcam|predictions"].shape == (1, 14, 14)
    with Image.open(tmp_path / "out" / names[0]) as figure:  # a figure tells what it is of
        about = json.loads(figure.info["Comment"])
    assert about["networks"] == {OWN: provenance.of_run(run_folders.read_metrics(trained / OWN))}
    assert "gradcam.py" in about["command"] and about["versions"] == provenance.versions()
    result = look("gradcam", "--network", "q2_multihead/lines", "--head", "angle", "--image", "x.png", "x.png")
    name = "q2_multihead/lines/heatmaps/x_gradcam_relu3_angle.png"
    assert_written(result, tmp_path, name, seen=in_words(trained / "q2_multihead/lines"))
    assert "at relu3" in result.stdout
    result = look("gradcam", "--image", "x.png", "--class", "SHORT THICK 0° BLUE", "--method", "scorecam")
    assert_written(result, tmp_path, f"{OWN}/heatmaps/x_scorecam_relu3_short_thick_0__blue-a01c.png", seen=seen)


@pytest.mark.slow
def test_filters(look, tmp_path, trained):
    result = look("filters", "--layer", "conv1", "--image", "x.png")
    folder = f"{OWN}/filters"
    names = f"{folder}/x_conv1.png", f"{folder}/x_conv1.npz", f"{folder}/conv1_kernels.png"
    assert_written(result, tmp_path, *names, seen=in_words(trained / OWN))
    assert len(np.load(tmp_path / f"out/{folder}/x_conv1.npz")["images"]) == 16
    result = look("filters", "--network", "q2_multihead/lines", "--layer", "length", "--class", "long", "--image", "x.png")
    seen = in_words(trained / "q2_multihead/lines")
    assert_written(result, tmp_path, "q2_multihead/lines/filters/x_length_long.png", seen=seen)


@pytest.fixture
def own_and_published(trained, tmp_path):
    """A folder in the place of reports with one network twice: the own run, and a published one that sees class 0 only."""
    folder = tmp_path / "reports"
    own, published = folder / OWN, folder / "published" / OWN
    shutil.copytree(trained / OWN, own)
    shutil.copytree(trained / OWN, published)
    model = keras.models.load_model(own / "model.keras", compile=False)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([0 * kernel, 20.0 * (np.arange(len(bias)) == 0)])
    model.save(published / "model.keras")
    metrics = run_folders.read_metrics(own)
    metrics["training"]["epochs"] += 1
    run_folders.write_json(published / "metrics.json", metrics)
    return folder


@pytest.mark.parametrize(
    ("name", "flags", "written"),
    [
        ("activations", ["--layer", "conv1", "--image", "x.png"], None),
        ("gradcam", ["--layer", "conv1", "--image", "x.png"], None),
        pytest.param("filters", ["--layer", "predictions", "--class", "0", "--image", "x.png"], None, marks=pytest.mark.slow),
        pytest.param(
            "localization", ["--layer", "conv3", "--method", "hirescam", "--quick"], "localization/scores.json",
            marks=pytest.mark.slow,
        ),
        pytest.param("gallery", ["--quick"], f"{OWN}/gallery.json", marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_a_name_means_the_own_run_or_else_the_published_one(look, own_and_published, tmp_path, name, flags, written):
    own, published = own_and_published / OWN, own_and_published / "published" / OWN
    assert in_words(published) == f"{line_classes.class_name(0)}, 100.0%" != in_words(own)
    for folder, words in ((own, "your own run (reports/"), (published, "the published run (reports/published/")):
        result = look(name, "--network", OWN, *flags, reports=own_and_published)
        assert result.returncode == 0 and not result.stderr, result.stderr
        assert result.stdout.startswith(f"{OWN}: {words}{OWN})\n") and result.stdout.count(" run (reports/") == 1
        if written:
            content = json.loads((tmp_path / "out" / written).read_text())
            assert content["networks"] == {OWN: provenance.of_run(run_folders.read_metrics(folder))}
        else:
            assert f"  x.png: {in_words(folder)}\n" in result.stdout
        shutil.rmtree(own, ignore_errors=True)


def test_all_networks_are_those_that_were_trained(look):
    result = look("activations", "--network", "all", "--layer", "conv1", "--image", "x.png")
    assert result.returncode == 0 and not result.stderr, result.stderr
    for network in (OWN, "q1_cnn/mnist/part2", "q2_multihead/lines"):
        assert f"{network}: your own run (reports/{network})\n" in result.stdout
    for network in ("q1_cnn/lines/part1", "q1_cnn/mnist/part1"):
        assert f"{network}: skipped" in result.stdout


@pytest.mark.parametrize("technique", ["activations", "filters", "gradcam"])
def test_a_network_of_somebody_else(look, tmp_path, technique):
    inner = keras.Sequential([keras.Input((40, 30, 1)), layers.Conv2D(3, 3, activation="relu", name="a.conv>1")], name="in")
    image = keras.Input((40, 30, 1))
    features = layers.Flatten(name="flat")(inner(image))
    heads = {
        "left": layers.Dense(1, activation="sigmoid", name="left")(features),
        "right": layers.Dense(4, name="right")(features),
    }
    keras.Model(image, heads).save(tmp_path / "Network.keras")
    flags = ["--class", "1"] if technique == "filters" else []
    result = look(technique, "--model", "Network.keras", "--image", "x.png", *flags)
    assert result.returncode == 0 and not result.stderr, result.stderr
    written = "left_1.png" if technique == "filters" else "in_a.conv_1"
    assert "class " in result.stdout and list((tmp_path / "out").rglob(f"Network/**/*{written}*"))
    assert "own run" not in result.stdout and "published" not in result.stdout
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
def test_what_cannot_be_done_is_one_line(look, trained, name, flags, parts):
    assert (trained / "../reports/q1_cnn/lines/part2/model.keras").exists()
    assert_one_error_line(look(name, *flags), *parts)


def test_an_unknown_layer_prints_a_table_of_those_that_there_are(look):
    result = look("activations", "--image", "x.png", "--layer", "conv9")
    assert "conv1" in result.stdout and "14 x 14 x 16" in result.stdout


def test_a_network_without_a_data_set_asks_for_an_image(look, tmp_path):
    keras.Sequential([keras.Input((9, 9, 1)), layers.Flatten(), layers.Dense(2)]).save(tmp_path / "m.keras")
    assert_one_error_line(look("activations", "--model", "m.keras"), "give --image")
    assert_one_error_line(look("gradcam", "--model", "m.keras", "--image", "x.png"), "no layer with height and width")

"""gradcam.py with networks and images of other people: what it prints, writes and refuses."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from common.quiet import keras
from tests.conftest import assert_one_error_line
from tests.q3_visualize import reference

layers, ops = keras.layers, keras.ops


@pytest.fixture
def gradcam(call, tmp_path):
    """Saves a network as m.keras, runs gradcam.py on x.png, a random image, and returns what came of it."""
    Image.fromarray(reference.images(16, 16, 3)).save(tmp_path / "x.png")

    def run(model, *flags):
        model.save(tmp_path / "m.keras")
        return call("q3_visualize/gradcam.py", "--out", "out", "--model", "m.keras", "--image", "x.png", *flags)

    return run


def network(scaling=lambda image: image, end=lambda pooled: layers.Softmax()(layers.Dense(3)(pooled))):
    keras.utils.set_random_seed(1)
    image = keras.Input((16, 16, 3))
    features = layers.Conv2D(4, 3, activation="relu", name="conv")(scaling(image))
    return keras.Model(image, end(layers.GlobalAveragePooling2D()(features)))


def own_words(model, values):
    """What a network with a softmax says of the image, computed by Keras."""
    (chances,) = model.predict(values, verbose=0)
    return f"  x.png: class {chances.argmax()}, {chances.max():.1%}\n"


def test_what_is_printed_is_what_the_network_says(gradcam):
    image = reference.images(1, 16, 16, 3).astype(np.float32)
    for scaling, flags, fed, name in (
        (lambda tensor: tensor / 255.0, [], image, "0..255, which the network scales itself: true_divide"),
        (keras.applications.resnet50.preprocess_input, [], image, "0..255, which the network scales itself: "),
        (lambda tensor: tensor, [], image / 255, "0..1, an assumption"),
        (lambda tensor: tensor, ["--pixels", "0..255"], image, "0..255, as --pixels asks"),
        (lambda tensor: tensor, ["--pixels", "-1..1"], image / 127.5 - 1, "-1..1, as --pixels asks"),
    ):
        model = network(scaling)
        result = gradcam(model, *flags)
        assert result.returncode == 0 and not result.stderr, result.stderr
        assert f"  pixels {name}" in result.stdout and own_words(model, fed) in result.stdout


def test_values_are_printed_as_values(gradcam):
    model = network(end=layers.Dense(1, name="age", bias_initializer=keras.initializers.Constant(41)))
    value = model.predict(reference.images(1, 16, 16, 3) / 255, verbose=0)[0, 0]
    result = gradcam(model)
    assert f"  x.png: {value:.5g}\n" in result.stdout and "class" not in result.stdout and "%" not in result.stdout
    assert "age: values, explained by the gradient of the value itself" in result.stdout


def test_a_folder_of_images_and_a_table_of_peaks(gradcam, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(20):
        Image.fromarray(reference.images(16, 16, 3, seed=number)).save(folder / f"{number:02}.png")
    result = gradcam(network(), "--image", "folder", "--method", "hirescam", "gradcam")
    assert result.returncode == 0 and not result.stderr, result.stderr
    out = tmp_path / "out" / tmp_path.name / "m" / "heatmaps"
    (table,) = out.glob("*.csv")
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 2 * 21 and [row["image"] for row in rows[:3]] == ["x.png", "00.png", "01.png"]
    assert len(list(out.glob("*.png"))) == 2  # 16 images a figure
    with np.load(table.with_suffix(".npz")) as arrays:
        maps = arrays["conv|gradcam|softmax" if "conv|gradcam|softmax" in arrays else next(iter(arrays))]
        assert maps.shape == (21, 14, 14)
    assert re.search(r"  07\.png: class \d, \d+\.\d%\n", result.stdout)


def test_the_peak_is_where_the_heat_is(gradcam, tmp_path):
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3))
    bright = layers.Conv2D(1, 1, kernel_initializer="ones", name="conv")(image)
    model = keras.Model(image, layers.Dense(1, kernel_initializer="ones")(layers.GlobalAveragePooling2D()(bright)))
    dark = np.zeros((16, 16, 3), np.uint8)
    dark[11, 4] = 200
    Image.fromarray(dark).save(tmp_path / "dot.png")
    gradcam(model, "--image", "dot.png")
    rows = [row for path in tmp_path.glob("out/**/*.csv") for row in csv.DictReader(path.read_text().splitlines())]
    assert [(row["peak_y"], row["peak_x"]) for row in rows if row["image"] == "dot.png"] == [("11", "4")]


def test_two_networks_with_one_name_do_not_write_over_each_other(call, tmp_path):
    Image.fromarray(reference.images(16, 16, 3)).save(tmp_path / "x.png")
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        network().save(tmp_path / folder / "model.keras")
        result = call("q3_visualize/gradcam.py", "--out", "out", "--model", f"{folder}/model.keras", "--image", "x.png")
        assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "other"]


def test_features_below_0_are_said_to_be_not_what_gradcam_plus_plus_is_for(gradcam):
    image = keras.Input((16, 16, 3))
    before = layers.Conv2D(4, 3, name="before")(image)
    model = keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.ReLU(name="after")(before))))
    result = gradcam(model, "--method", "gradcam++", "--layer", "before", "after")
    assert re.search(r"  before: \d+% of its features are below 0", result.stdout) and "  after: " not in result.stdout


def test_scorecam_of_a_wide_layer_says_which_channels_it_took(gradcam):
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(9, 3, name="conv"), layers.Flatten(), layers.Dense(2)])
    result = gradcam(model, "--method", "scorecam", "--channels", "4")
    assert "conv: scorecam of 4 of 9 channels" in result.stdout and "--channels all" in result.stdout
    assert "scorecam of" not in gradcam(model, "--method", "scorecam", "--channels", "all").stdout


def test_the_second_image_is_seen_by_the_second_call(gradcam, tmp_path):
    Image.fromarray(255 - reference.images(16, 16, 3)).save(tmp_path / "y.png")
    left, right = keras.Input((16, 16, 3), name="left"), keras.Input((16, 16, 3), name="right")
    encoder = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3, name="conv")], name="encoder")
    pool = layers.GlobalAveragePooling2D()
    model = keras.Model(
        [left, right], layers.Dense(1, activation="sigmoid")(ops.abs(pool(encoder(left)) - pool(encoder(right))))
    )
    (tmp_path / "z.png").write_bytes((tmp_path / "x.png").read_bytes())
    result = gradcam(model, "y.png", "--layer", "encoder/conv", "encoder:2/conv")
    assert result.returncode == 0 and not result.stderr, result.stderr
    assert_one_error_line(gradcam(model), "2 images at once", "--image left=FILE right=FILE")
    (chance,) = model.predict(
        [np.float32(reference.images(1, 16, 16, 3)) / 255, 1 - np.float32(reference.images(1, 16, 16, 3)) / 255]
    )[0]
    assert f"class {int(chance > 0.5)}, {max(chance, 1 - chance):.1%}" in result.stdout


def numbers_too():
    image, numbers = keras.Input((16, 16, 3), name="image"), keras.Input((2,), name="numbers")
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    return keras.Model([image, numbers], layers.Dense(3, activation="softmax")(layers.Concatenate()([pooled, numbers])))


def test_numbers_beside_the_image(gradcam, tmp_path):
    np.save(tmp_path / "n.npy", np.float32([1, -2]))
    model = numbers_too()
    fed = {"image": np.float32(reference.images(1, 16, 16, 3)) / 255, "numbers": np.float32([[1, -2]])}
    for value in ("1,-2", "n.npy"):
        result = gradcam(model, "--input", f"numbers={value}")
        assert result.returncode == 0 and own_words(model, fed) in result.stdout, result.stderr


def sequence():
    return network(end=lambda pooled: layers.Softmax()(layers.Reshape((3, 5))(layers.Dense(15)(pooled))))


@pytest.mark.parametrize(
    ("build", "flags", "parts"),
    [
        (numbers_too, [], ["'numbers'", "--input numbers=1,2,..."]),
        (numbers_too, ["--input", "numbers=1"], ["'numbers' takes 2 numbers"]),
        (numbers_too, ["--input", "numbers=a,b"], ["--input numbers", "'a,b'"]),
        (numbers_too, ["--input", "numbers=no.npy"], ["no.npy"]),
        (numbers_too, ["--input", "numbers"], ["NAME=VALUE"]),
        (network, ["--input", "age=1"], ["no input 'age'"]),
        (network, ["--image", "other=x.png"], ["--image other=", "no such input"]),
        (network, ["--position", "1"], ["--position", "no head with a sequence"]),
        (network, ["--region", "x.png"], ["--region", "no head with height and width"]),
        (sequence, ["--position", "3"], ["--position 3", "positions 0 to 2"]),
        (sequence, ["--position", "-1"], ["--position"]),
        (network, ["--pixels", "0..2"], ["--pixels", "0..255"]),
        (network, ["--channels", "0"], ["--channels"]),
        (network, ["--most-values", "0"], ["--most-values"]),
        (network, ["--most-values", "10"], ["--most-values"]),
        (network, ["--frame", "2"], ["x.png"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line_that_names_the_flag(gradcam, build, flags, parts):
    keras.backend.clear_session()
    assert_one_error_line(gradcam(build(), *flags), *parts)


def test_a_bright_background_is_noticed(gradcam, tmp_path):
    paper = np.full((28, 28), 255, np.uint8)
    paper[6:22, 13:15] = 0
    Image.fromarray(paper).save(tmp_path / "x.png")
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(10)])
    assert "x.png: its background is bright" in gradcam(model).stdout
    result = gradcam(model, "--invert")
    assert "its background" not in result.stdout
    with np.load(next(tmp_path.glob("out/**/*.npz"))) as arrays:
        assert (arrays["images"][0, ..., 0] == 255 - paper).all()

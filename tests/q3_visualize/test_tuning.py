"""Networks whose preferred line is known by construction; and the command."""

import csv
import json

import numpy as np
import pytest

from common.quiet import keras
from data import line_classes, lines, noise
from q3_visualize import digit_tuning, known_lines, line_tuning, stimuli, tuning
from q3_visualize.networks import Network, open_network
from tests.conftest import assert_one_error_line

layers = keras.layers


@pytest.fixture(scope="module")
def oriented():
    """Two filters: a red bar of 9 x 1 pixels that lies, and a blue one that stands, each between bars that inhibit it."""
    kernel = np.zeros((9, 9, 3, 2), np.float32)
    kernel[4, :, 0, 0], kernel[[3, 5], :, 0, 0] = 1, -1
    kernel[:, 4, 2, 1], kernel[:, [3, 5], 2, 1] = 1, -1
    model = keras.Sequential([
        keras.Input((28, 28, 3)), layers.Rescaling(1 / 255),
        layers.Conv2D(2, 9, use_bias=False, activation="relu", name="bars"), layers.Flatten(),
        layers.Dense(2, activation="softmax", name="out"),
    ])  # fmt: skip
    model.get_layer("bars").set_weights([kernel])
    return Network(model)


def axes(**several):
    return [stimuli.axis(factor, values) for factor, values in several.items()]


def test_filters_that_are_bars_prefer_their_own_angle_width_and_color(oriented):
    measured = axes(angle=np.arange(0, 180, 3.0), length=[3, 6, 9, 15], width=[0.5, 1, 2, 3, 6], color=[0, 0.5, 1])
    advanced = []
    curves = line_tuning.curves(oriented, ["bars"], measured, 8, lambda: advanced.append(1))["bars"]
    assert len(advanced) == 60 + 4 + 5 + 3 and curves["length"].shape == (4, 2 * 12 * 2, 2)
    lying, standing = line_tuning.filter_rows(curves, measured, "ab")
    assert (lying["filter"], lying["best_color"], standing["best_color"]) == ("a", 0, 1)
    assert min(lying["preferred_angle"], 180 - lying["preferred_angle"]) < 0.5
    assert standing["preferred_angle"] == pytest.approx(90, abs=0.5)
    assert lying["selectivity"] == pytest.approx(standing["selectivity"], abs=0.02) and lying["selectivity"] > 0.7
    assert lying["bandwidth"] < 12 and lying["color_modulation"] == standing["color_modulation"] == 1
    assert lying["best_width"] == 1 and lying["best_length"] in (9, 15)
    # A lying red line as long as the bar or longer responds with 9 times what of its width lies in one row, less the rest.
    rows = stimuli.places(8)[:8, :1] + [-0.5, 0.5]  # borders of a line of 1 pixel, at 8 places across
    inside = 1 - rows % 1
    expected = np.mean(9 * np.abs(np.maximum(inside, 1 - inside) - np.minimum(inside, 1 - inside))[:, 0])
    assert curves["angle"][0].max(axis=0)[0] == pytest.approx(expected, abs=0.05)


def test_medians_of_a_layer_leave_out_what_does_not_respond():
    common = {"greatest": 1.0, "bandwidth": 10.0, "length_modulation": 0.5, "width_modulation": 0.5, "color_modulation": 1.0}
    rows = [{**common, "selectivity": value} for value in (0.2, 0.4, 0.6)]
    rows.append({**dict.fromkeys(common, float("nan")), "greatest": -1.0, "selectivity": float("nan")})
    found = line_tuning.layer_row(rows)
    assert (found["filters"], found["responding"], found["selectivity"], found["selectivity_q1"]) == (4, 3, 0.4, 0.3)
    assert line_tuning.layer_row(rows[3:])["selectivity"] is None


@pytest.fixture(scope="module")
def decided():
    """Two heads of which the thresholds are known: blue where there is more blue than red, long from 11 pixels' area on."""
    image = keras.Input((28, 28, 3))
    total = layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(image))  # 784 times it is an area in pixels
    color = layers.Dense(2, activation="softmax", name="color")(total)
    length = layers.Dense(1, activation="sigmoid", name="length")(total)
    model = keras.Model(image, {"color": color, "length": length})
    model.get_layer("color").set_weights([784 * np.array([[1, 0], [0, 0], [0, 1]]), np.zeros(2)])
    model.get_layer("length").set_weights([np.full((3, 1), 784), np.array([-11])])
    return Network(model)


def test_thresholds_that_are_known_by_construction(decided):
    assert line_tuning.has_factors(decided)
    measured = [stimuli.axis("color", np.linspace(0, 1, 21))]
    thin = [
        [shape for shape in shapes if shape.width == 1] for shapes in stimuli.axis("length", np.arange(3, 21.1, 0.5)).shapes
    ]
    measured.append(stimuli.Axis("length", np.arange(3, 21.1, 0.5), thin))
    measured.append(stimuli.axis("angle", np.arange(0, 180, 15.0)))  # no head tells it
    points, fits = line_tuning.psychometric_rows(decided, measured, 0, lambda: None)
    assert [fit["factor"] for fit in fits] == ["color", "length"] == list(dict.fromkeys(row["factor"] for row in points))
    assert fits[0]["threshold"] == pytest.approx(0.5, abs=0.01)
    assert fits[1]["threshold"] == pytest.approx(11, abs=0.1) and fits[1]["slope"] == pytest.approx(0.25, abs=0.01)
    noisy, _ = line_tuning.psychometric_rows(decided, measured[:1], 4, lambda: None)
    assert noisy != points[: len(noisy)]


def test_the_curve_of_an_angle_is_against_the_distance_to_it():
    values = np.arange(0, 180, 5.0)
    distances = np.abs((values[:, None] - line_classes.ANGLES + 90) % 180 - 90)
    found, chances = line_tuning._curve(stimuli.axis("angle", values), np.where(distances < 6, 0.8, distances / 1000))
    np.testing.assert_allclose(found, [0, 5, 10, 15])
    np.testing.assert_allclose(chances, [0.8, 0.8, 0.01, 0.015])


def test_what_is_said_of_black_images(decided):
    rows = {(row["stimulus"], row["factor"]): row for row in line_tuning.outside_rows(decided)}
    assert rows["nothing", "length"]["answer"] == "short" and rows["nothing", "color"]["confidence"] == 0.5
    green = rows["green", "length"]  # 15 pixels
    assert (
        green["answer"] == "long"
        and green["share"] == 1
        and green["confidence"] == pytest.approx(1 / (1 + np.exp(-4)), abs=0.01)
    )


def test_digits_of_a_network_that_looks_at_the_upper_half(monkeypatch):
    model = keras.Sequential([
        keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    upper = np.repeat([10.0, -10.0], 14 * 28)
    model.layers[-1].set_weights([np.stack([upper, -upper], axis=1), np.zeros(2)])
    images = np.zeros((2, 28, 28, 1), np.uint8)
    images[0, 9:12, 9:12], images[1, 17:20, 9:12] = 255, 255  # the class is whether it is in the upper or the lower half
    found = digit_tuning.rows(Network(model), images, np.array([0, 1]), {"shift": [0, 8], "rotation": [0, 90]}, lambda: None)
    by_axis = {(row["axis"], row["value"]): row["accuracy"] for row in found}
    assert by_axis["shift", 0] == by_axis["rotation", 0] == 1
    assert by_axis["shift", 8] == 6 / 8  # in one of four directions each of the two crosses the middle
    assert by_axis["rotation", 90] == 0.5  # both are in the lower half then


@pytest.fixture
def tune(call, trained):
    """Runs tuning.py into the folder out."""
    return lambda *flags: call("q3_visualize/tuning.py", "--out", "out", *flags, reports=trained)


@pytest.mark.slow
def test_the_command_writes_figures_tables_and_what_the_reports_read(tune, trained, tmp_path):
    name = "q1_cnn/lines/part2"
    again = tmp_path / "seeds" / "1" / name
    again.mkdir(parents=True)
    for file in ("model.keras", "metrics.json"):
        (again / file).write_bytes((trained / name / file).read_bytes())
    result = tune("--quick", "--repeats", str(tmp_path / "seeds"))
    assert result.returncode == 0 and not result.stderr, result.stderr
    folder = tmp_path / "out" / name / "tuning"
    assert {path.name for path in folder.iterdir()} == {
        *(f"{layer}_polar.png" for layer in ("conv1", "conv2", "conv3", "predictions")), "selectivity.png", "filters.csv",
        "curves.npz",
    }  # fmt: skip
    with np.load(folder / "curves.npz") as arrays:
        assert arrays["conv2/angle"].shape == (12, 8, 32) and arrays["values/angle"].tolist() == list(range(0, 180, 15))
    together = tmp_path / "out/tuning"
    assert {path.name for path in together.iterdir()} == {
        "psychometric.csv", "psychometric.png", "thresholds.csv", "outside.csv", "tuning.json"}  # fmt: skip
    study = json.loads((together / "tuning.json").read_text())
    assert [row["layer"] for row in study["layers"]] == ["conv1", "conv2", "conv3", "predictions"]
    assert study["networks"].keys() == {name} and len(study["thresholds"]) == 2 * 4
    with (folder / "filters.csv").open() as file:
        assert sum(row["layer"] == "predictions" for row in csv.DictReader(file)) == 96


@pytest.mark.slow
def test_mnist_is_turned_and_what_cannot_be_tuned_is_refused(tune, tmp_path):
    result = tune("--network", "q1_cnn/mnist/part2", "--quick")
    assert result.returncode == 0 and (tmp_path / "out/tuning/digits.png").exists(), result.stderr
    assert_one_error_line(tune("--image", "x.png"), "x.png")
    assert_one_error_line(tune("--repeats", "nowhere"), "--repeats", "nowhere")
    model = keras.Sequential([keras.Input((16, 16, 1)), layers.Conv2D(1, 3), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "small.keras")
    assert_one_error_line(tune("--model", str(tmp_path / "small.keras")), "16 x 16 x 1", "28 x 28 x 3")


@pytest.mark.slow
def test_for_a_level_of_noise_the_network_learns_from_noisy_lines_for_the_moment(trained, monkeypatch):
    network = open_network(trained / "q2_multihead/lines/model.keras", "q2_multihead/lines")
    monkeypatch.setattr(known_lines, "to_learn_from", lambda: known_lines.KnownLines(*lines.draw(30, seed=8)))
    own, noisy = network.model.get_weights(), noise.corrupted(lines.draw(2, seed=9).images, 2)
    blue = line_classes.class_factors(lines.draw(2, seed=9).labels)["color"]

    def right():
        return (network.predict(noisy)["color"].argmax(axis=1) == blue).mean()

    untaught = right()
    with tuning.hardened(network, 2):
        assert right() > max(untaught + 0.2, 0.9)
    for level in (0, 2):
        with tuning.hardened(network, level):
            changed = [np.abs(first - second).max() for first, second in zip(own, network.model.get_weights())]
            assert (max(changed) > 0) == (level > 0)
    assert right() == untaught

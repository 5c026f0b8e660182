"""What metrics.json records of a run, and the evaluation of a network from the files on disk."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from common import provenance, run_folders
from common.quiet import keras
from data import datasets
from reports import metrics as scoring
from tests.conftest import TRAINED_EPOCHS, assert_one_error_line
from tests.q1_cnn.test_scripts import LINES, MNIST, OWN, assert_whole, content
from training.loop import predict


@pytest.mark.parametrize("network", OWN)
def test_metrics_record_what_a_run_depends_on(trained, network):
    metrics = assert_whole(trained / network, network, epochs=TRAINED_EPOCHS)
    training, recipe = metrics["training"], metrics["training"]["recipe"]
    assert set(recipe) == {"layers", "optimizer", "loss", "loss_weights", "augmentation"}
    model = keras.models.load_model(trained / network / "model.keras", compile=False)
    described = {layer["name"]: layer for layer in recipe["layers"]}
    assert [*described][1:] == [layer.name for layer in model.layers]  # the first is the input
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            entry = described[layer.name]
            assert (entry["class"], entry["filters"], entry["padding"]) == ("Conv2D", layer.filters, layer.padding)
            assert (entry["kernel_size"], entry["strides"]) == (list(layer.kernel_size), list(layer.strides))
            assert entry["use_bias"] == layer.use_bias and entry["kernel_initializer"] == "GlorotUniform"
    assert described["bn1"]["momentum"] == 0.9 and described["predictions"]["activation"] == "softmax"

    steps = TRAINED_EPOCHS * -(-metrics["data"]["train"] // 128)
    schedule = recipe["optimizer"]["Adam"]["learning_rate"]["CosineDecay"]
    assert (training["epochs"], training["batch_size"], training["seed"]) == (TRAINED_EPOCHS, 128, 0)
    assert (schedule["warmup_target"], schedule["warmup_steps"] + schedule["decay_steps"]) == (8e-3, steps)
    assert recipe["optimizer"]["Adam"]["beta_1"] == 0.9
    smoothing = {LINES: 0.0, MNIST: 0.05}[network]
    assert recipe["loss"]["CategoricalCrossentropy"]["label_smoothing"] == smoothing
    numbers = {"rotation": 12.0, "scale": 0.12, "shear": 0.15, "shift": 2.0, "elastic": 0.6, "knots": 5}
    assert recipe["augmentation"] == {LINES: None, MNIST: {"Deformation": numbers}}[network]

    assert {key: metrics[key] for key in ("machine", "threads", "versions", "git")} == provenance.computed_on()
    assert {"python", "tensorflow", "keras", "numpy"} <= metrics["versions"].keys() and metrics["threads"] >= 1
    assert training["command"].startswith("python q1_cnn/train.py --dataset all --part 2 --quick --epochs ")
    text = json.dumps(recipe)
    assert "q1_cnn" not in text and "keras.src" not in text and "module" not in text  # no file or module is named


@pytest.mark.parametrize("network", OWN)
def test_metrics_agree_with_the_network(trained, network):
    recorded = run_folders.read_metrics(trained / network)
    dataset = datasets.load(recorded["data"]["name"], per_class=recorded["data"]["per_class"])
    assert dataset.describe() == recorded["data"]
    model = keras.models.load_model(trained / network / "model.keras", compile=False)
    test = dataset.split.test
    probabilities, labels = predict(model, dataset.images, test), dataset.labels[test]
    correct = probabilities.argmax(axis=1) == labels
    assert recorded["test"]["errors"] == (~correct).sum() and recorded["test"]["accuracy"] == pytest.approx(correct.mean())
    assert recorded["test"]["loss"] == pytest.approx(-np.log(probabilities[np.arange(len(test)), labels]).mean(), rel=1e-4)
    assert recorded["test"] == scoring.score(labels, probabilities)


@pytest.mark.slow
def test_networks_load_without_our_code(trained):
    program = """if True:
        import keras, sys
        for path in sys.argv[1:]:
            print(keras.models.load_model(path, compile=False).count_params())
    """
    paths = sorted(trained.rglob("model.keras"))
    assert [path.parent.relative_to(trained).as_posix() for path in paths] == [*OWN, "q2_multihead/lines"]
    result = subprocess.run([sys.executable, "-c", program, *paths], cwd="/", capture_output=True, text=True)
    parameters = [run_folders.read_metrics(path.parent)["training"]["parameters"] for path in paths]
    assert list(map(int, result.stdout.split())) == parameters, result.stderr


def test_evaluating_a_published_network_leaves_it_unchanged(call, copied, tmp_path):
    folder = copied(LINES, "reports/published")
    before = content(tmp_path / "reports")
    for flags in ([LINES], []):
        result = call("q1_cnn/evaluate.py", *flags)
        assert result.returncode == 0, result.stderr
        assert f"{LINES}: the published run (reports/published/{LINES})" in result.stdout
        assert "your own run" not in result.stdout
        assert f"{LINES}: the same numbers as the training run" in result.stdout
        assert f"{run_folders.read_metrics(folder)['test']['accuracy']:.2%}" in result.stdout
        assert content(tmp_path / "reports") == before
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["published"]

    metrics = run_folders.read_metrics(folder)
    metrics["test"]["errors"] += 1
    run_folders.write_json(folder / "metrics.json", metrics)
    before = content(tmp_path / "reports")
    result = call("q1_cnn/evaluate.py", LINES)
    assert result.returncode == 0 and f"{LINES}: other numbers than" in result.stdout  # so it really was tested
    assert content(tmp_path / "reports") == before


def test_evaluation_prefers_the_own_run_to_the_published_one(call, copied, tmp_path):
    copied(LINES, "reports/published")
    copied(MNIST, "reports/published")
    own = copied(LINES, "reports")
    recorded = run_folders.read_metrics(own)
    wrong = {**recorded, "test": {**recorded["test"], "errors": recorded["test"]["errors"] + 1}}
    run_folders.write_json(own / "metrics.json", wrong)
    published = content(tmp_path / "reports/published")

    result = call("q1_cnn/evaluate.py")
    assert result.returncode == 0, result.stderr
    assert f"{LINES}: your own run (reports/{LINES})" in result.stdout and f"{LINES}: other numbers than" in result.stdout
    assert f"{MNIST}: the published run (reports/published/{MNIST})" in result.stdout
    assert f"{MNIST}: the same numbers as the training run" in result.stdout
    assert run_folders.read_metrics(own)["test"] == recorded["test"]  # written again with the correct scores
    assert content(tmp_path / "reports/published") == published
    assert not (tmp_path / "reports" / MNIST).exists()


def test_a_model_file_that_does_not_fit_the_run_is_refused(call, copied, trained):
    folder = copied(LINES, "out")
    evaluate = ("q1_cnn/evaluate.py", LINES, "--out", "out")
    (folder / "model.keras").write_bytes((folder / "model.keras").read_bytes()[:9000])
    assert_one_error_line(call(*evaluate), "model.keras is no .keras file, or damaged")
    shutil.copy(trained / MNIST / "model.keras", folder)
    assert_one_error_line(call(*evaluate), "other images or classes")
    layers = [keras.Input((28, 28, 3)), keras.layers.Flatten(), keras.layers.Dense(96)]
    keras.Sequential(layers).save(folder / "model.keras")
    assert_one_error_line(call(*evaluate), "computes no probabilities")


@pytest.mark.parametrize("content", ["{", None])
def test_evaluating_a_missing_or_damaged_run(call, tmp_path, content):
    folder = tmp_path / "out" / LINES
    folder.mkdir(parents=True)
    if content:
        (folder / "metrics.json").write_text(content)
    assert_one_error_line(call("q1_cnn/evaluate.py", LINES, "--out", "out"), "out")


def test_the_error_for_a_missing_model_names_the_command_that_makes_it(call, trained, tmp_path):
    folder = tmp_path / "out" / "q1_cnn/lines/part1"
    folder.mkdir(parents=True)
    shutil.copy(trained / LINES / "metrics.json", folder)
    assert_one_error_line(call("q1_cnn/evaluate.py", "q1_cnn/lines/part1", "--out", "out"), "python q1_cnn/train.py")

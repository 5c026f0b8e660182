"""The commands of the README, run as a user runs them."""

import shutil
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from common import run_folders
from common.quiet import keras
from data import line_folder, lines
from q1_cnn import recipes
from q1_cnn.augmentation import Deformation
from tests.conftest import TRAINED_EPOCHS, assert_one_error_line

NETWORKS = [f"q1_cnn/{name}/part{part}" for name in ("lines", "mnist") for part in (1, 2)]
OWN = NETWORKS[1::2]  # those of the fixture `trained`
LINES, MNIST = OWN
FILES = {
    "model.keras", "history.csv", "steps.csv", "metrics.json", "f_scores.csv", "confusion_matrix.csv", "confusion_matrix.png",
    "learning_curves.png", "architecture.png", "architecture.json", "mistakes.csv", "mistakes.png",
}  # fmt: skip
# Flags that train the network of MNIST as the fixture `trained` does.
AS_TRAINED = ("--dataset", "mnist", "--part", 2, "--quick", "--epochs", TRAINED_EPOCHS)


def content(folder):
    """Return the bytes of every file below a folder, by its path."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_whole(folder, network, epochs):
    """Check that a run folder has all of its files and that they agree, and return its metrics."""
    assert {path.name for path in folder.iterdir()} == FILES
    metrics = run_folders.read_metrics(folder)
    assert metrics["network"] == network
    assert {"train", "validation", "test", "classes", "source", "name"} <= metrics["data"].keys()
    assert {"loss", "accuracy", "errors", "macro_f1", "weighted_f1"} <= metrics["test"].keys()
    assert len(run_folders.read_rows(folder / "history.csv")) == metrics["training"]["epochs"] == epochs
    matrix = np.loadtxt(
        folder / "confusion_matrix.csv", delimiter=",", skiprows=1, usecols=range(1, metrics["data"]["classes"] + 1)
    )
    assert matrix.sum() == metrics["data"]["test"]
    assert matrix.sum() - np.trace(matrix) == metrics["test"]["errors"]
    return metrics


@pytest.mark.slow
def test_quick_run_of_everything_and_its_evaluation(train, call, tmp_path):
    result = train("--quick")
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("warning: MNIST could not be downloaded") and len(result.stderr.splitlines()) == 1
    assert "only 5,000 of MNIST's 70,000 images" in result.stdout
    out = tmp_path / "out"
    assert sorted(path.parent.relative_to(out).as_posix() for path in out.rglob("metrics.json")) == NETWORKS
    for network in NETWORKS:
        assert_whole(out / network, network, epochs=1)
        assert network in result.stdout
    assert not list(out.rglob("*.checkpoint.npz"))

    before = content(out)
    result = call("q1_cnn/evaluate.py", "--out", "out")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("the same numbers as the training run") == len(NETWORKS)
    assert content(out) == before


@pytest.mark.slow
def test_the_noisy_task_has_run_folders_of_its_own(train, call, tmp_path):
    result = train("--dataset", "lines", "--noise-level", 5, "--quick")
    assert result.returncode == 0, result.stderr
    for part in (1, 2):
        metrics = run_folders.read_metrics(tmp_path / f"out/q1_cnn/lines_noisy/part{part}")
        assert metrics["data"]["noise_level"] == 5
        assert (metrics["training"]["recipe"]["augmentation"] is None) == (part == 1)
    result = call("q1_cnn/evaluate.py", "--out", "out")
    assert result.returncode == 0 and result.stdout.count("the same numbers as the training run") == 2, result.stderr


@pytest.mark.slow
def test_part_2_exceeds_the_assignments_minimum_on_few_images(train, tmp_path):
    result = train("--dataset", "lines", "--part", 2, "--per-class", 100, "--epochs", 8)
    assert result.returncode == 0, result.stderr
    folder = tmp_path / "out" / LINES
    assert run_folders.read_metrics(folder)["test"]["accuracy"] > 0.7
    images, labels, _ = lines.draw(per_class=3, seed=123)  # not among the training images
    model = keras.models.load_model(folder / "model.keras", compile=False)
    assert (model.predict_on_batch(images).argmax(axis=1) == labels).mean() > 0.7


@pytest.mark.slow
def test_a_killed_run_goes_on(train, script, tmp_path):
    flags = ("--dataset", "lines", "--part", 2, "--per-class", 40, "--epochs", 2)
    assert train(*flags).returncode == 0
    folder = tmp_path / "out" / LINES
    whole = run_folders.read_rows(folder / "history.csv")
    weights = keras.models.load_model(folder / "model.keras").get_weights()
    shutil.rmtree(tmp_path / "out")

    with script("q1_cnn/train.py", "--out", "out", *flags, start=True) as process:
        while "epoch 1/2" not in process.stdout.readline():
            assert process.poll() is None
        while not folder.with_name("part2.checkpoint.npz").exists():
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
    assert not folder.exists()

    result = train(*flags, "--resume")
    assert result.returncode == 0 and "epoch 1/2" not in result.stdout and "epoch 2/2" in result.stdout
    resumed = run_folders.read_rows(folder / "history.csv")
    assert [{**row, "seconds": ""} for row in resumed] == [{**row, "seconds": ""} for row in whole]
    resumed_weights = keras.models.load_model(folder / "model.keras").get_weights()
    assert all((a == b).all() for a, b in zip(resumed_weights, weights))

    before = content(tmp_path / "out")
    result = train(*flags, "--resume")
    assert result.returncode == 0 and f"{LINES}: complete, left unchanged" in result.stdout
    assert content(tmp_path / "out") == before


def test_a_complete_run_is_trained_again_when_its_recipe_has_changed(train, copied, monkeypatch):
    folder = copied(MNIST, "out")
    before = content(folder)
    result = train(*AS_TRAINED, "--resume")
    assert result.returncode == 0, result.stderr
    assert f"{MNIST}: complete, left unchanged" in result.stdout and "epoch" not in result.stdout
    assert content(folder) == before

    old = Deformation()
    new = replace(old, rotation=5 * old.rotation)
    monkeypatch.setitem(recipes.RECIPES, ("mnist", 2), replace(recipes.RECIPES["mnist", 2], augment=new))
    result = train(*AS_TRAINED, "--resume")
    assert result.returncode == 0, result.stderr
    (message,) = [line for line in result.stdout.splitlines() if "settings have changed" in line]
    change = f"(recipe.augmentation.Deformation.rotation: {old.rotation}, now {new.rotation})"
    assert message == f"{MNIST}: its settings have changed {change}: trained again"
    last = f"epoch {TRAINED_EPOCHS}/{TRAINED_EPOCHS}"
    assert f"epoch 1/{TRAINED_EPOCHS}" in result.stdout and last in result.stdout and "left unchanged" not in result.stdout
    metrics = assert_whole(folder, MNIST, epochs=TRAINED_EPOCHS)
    assert metrics["training"]["recipe"]["augmentation"]["Deformation"]["rotation"] == new.rotation
    assert (folder / "model.keras").read_bytes() != before[folder / "model.keras"]

    result = train(*AS_TRAINED, "--resume")
    assert result.returncode == 0 and "complete, left unchanged" in result.stdout
    assert run_folders.read_metrics(folder) == metrics


def with_dots(images, generator, share, value=255):
    """Set a share of the pixels to a value: an augmentation with parameters."""
    return np.where(generator.random(images.shape) < share, value, images).astype(np.uint8)


@pytest.mark.slow
def test_an_augmentation_may_be_a_partial(train, tmp_path, monkeypatch):
    flags = ("--dataset", "mnist", "--part", 2, "--quick", "--resume")

    def trained_with(augment):
        monkeypatch.setitem(recipes.RECIPES, ("mnist", 2), replace(recipes.RECIPES["mnist", 2], augment=augment))
        result = train(*flags)
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert "epoch 1/1" in trained_with(partial(with_dots, share=0.1))
    metrics = run_folders.read_metrics(tmp_path / "out" / MNIST)
    assert metrics["training"]["recipe"]["augmentation"] == {"with_dots": {"share": 0.1, "value": 255}}
    assert "complete, left unchanged" in trained_with(partial(with_dots, share=0.1))
    output = trained_with(partial(with_dots, share=0.2))
    assert "(recipe.augmentation.with_dots.share: 0.1, now 0.2)" in output and "epoch 1/1" in output


@pytest.mark.slow
def test_lines_from_a_folder(train, call, tmp_path):
    images, labels, _ = lines.draw(per_class=5)
    folder = tmp_path / "my $$ lines [old]"  # not read as a formula or markup
    folder.mkdir()
    line_folder.write(folder, np.repeat(images, 2, axis=0), np.repeat(labels, 2), "png")
    flags = ("--dataset", "lines", "--part", 2, "--epochs", 1)
    result = train(*flags, "--lines-dir", folder)
    assert result.returncode == 0, result.stderr
    assert "480 of 960 images are copies" in result.stdout.replace("\n", " ")
    assert run_folders.read_metrics(tmp_path / "out" / LINES)["data"]["source"] == f"files in {folder.name}"
    assert f"files in {folder.name}" in result.stdout

    again = call("q1_cnn/evaluate.py", LINES, "--out", "out", "--lines-dir", folder)
    assert again.returncode == 0, again.stderr
    assert_one_error_line(call("q1_cnn/evaluate.py", LINES, "--out", "out"), "trained on other images")


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (["--dataset", "cats"], ["--dataset"]),
        (["--epochs", "0"], ["--epochs", "not between 1 and"]),
        (["--epochs", "many"], ["--epochs"]),
        (["--seed", "-1"], ["--seed"]),
        (["--split", "official"], ["--dataset mnist"]),
        (["--split", "official", "--dataset", "mnist", "--quick"], ["--quick"]),
        (["--split", "official", "--dataset", "mnist", "--per-class", "9"], ["--per-class"]),
        (["--noise-level", "5"], ["add --dataset lines"]),
        (["--noise-level", "5", "--dataset", "mnist"], ["add --dataset lines"]),
        (["--noise-level", "loud", "--dataset", "lines"], ["--noise-level"]),
        (["--nonsense"], ["--nonsense"]),
        (["--lines-dir", ""], ["--lines-dir", "empty"]),
        (["--lines-dir", "two\nlines"], ["two lines"]),
        (["--lines-dir", "nowhere"], ["nowhere does not exist"]),
        (["--mnist-path", "nowhere.npz"], ["nowhere.npz does not exist"]),
    ],
)
def test_usage_errors_are_one_line(train, flags, parts):
    assert_one_error_line(train(*flags), *parts)


def test_a_wrong_mnist_path_in_the_variable(train):
    flags = ("--dataset", "mnist", "--part", 2, "--quick")
    assert_one_error_line(train(*flags, environment={"MNIST_PATH": "nowhere.npz"}), "no MNIST at nowhere.npz", "MNIST_PATH")


def test_quick_never_writes_over_the_results(call, tmp_path):
    assert_one_error_line(call("q1_cnn/train.py", "--quick", "--out", "reports"), "--quick does not write")
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("name", ["q1_cnn/train.py", "q1_cnn/sweep.py", "q2_multihead/train.py", "q3_visualize/activations.py"])
@pytest.mark.parametrize("out", ["reports/published", "reports/x/../published/q1_cnn"])
def test_nothing_but_publishing_writes_published_results(call, tmp_path, name, out):
    assert_one_error_line(call(name, "--out", out), "only make publish writes published results")
    assert not (tmp_path / "reports").exists()


def test_a_folder_that_cannot_be_written(call):
    flags = ("--dataset", "lines", "--part", 2, "--quick", "--out", "/proc/nowhere")
    assert_one_error_line(call("q1_cnn/train.py", *flags), "/proc/nowhere")

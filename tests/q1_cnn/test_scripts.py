"""The commands of the README, run as a user runs them."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from data import line_folder, lines
from reports import runs
from tests.conftest import ROOT, assert_one_error_line
from training.quiet import keras

NETWORKS = [f"q1_cnn/{name}/part{part}" for name in ("lines", "mnist") for part in (1, 2)]
FILES = {
    "model.keras", "history.csv", "metrics.json", "f_scores.csv", "confusion_matrix.csv", "confusion_matrix.png",
    "learning_curves.png", "architecture.png", "architecture.json", "mistakes.csv", "mistakes.png",
}  # fmt: skip


@pytest.fixture
def train(script, tmp_path):
    """Runs train.py into tmp_path/out."""

    def run(*flags, **options):
        return script("q1_cnn/train.py", "--out", "out", *flags, **options)

    return run


@pytest.mark.slow
def test_quick_run_of_everything_and_its_evaluation(train, script, tmp_path):
    result = train("--quick")
    assert result.returncode == 0, result.stderr
    assert result.stderr.startswith("warning: MNIST could not be downloaded") and len(result.stderr.splitlines()) == 1
    assert "only 5,000 of MNIST's 70,000 images" in result.stdout
    out = tmp_path / "out"
    assert sorted(path.parent.relative_to(out).as_posix() for path in out.rglob("metrics.json")) == NETWORKS
    for network in NETWORKS:
        assert {path.name for path in (out / network).iterdir()} == FILES
        metrics = runs.read_metrics(out / network)
        assert metrics["network"] == network and network in result.stdout
        assert {"train", "validation", "test", "classes", "source", "name"} <= metrics["data"].keys()
        assert {"loss", "accuracy", "errors", "macro_f1", "weighted_f1"} <= metrics["test"].keys()
        assert len(runs.read_rows(out / network / "history.csv")) == metrics["training"]["epochs"] == 1
        matrix = np.loadtxt(
            out / network / "confusion_matrix.csv", delimiter=",", skiprows=1, usecols=range(1, metrics["data"]["classes"] + 1)
        )
        assert matrix.sum() == metrics["data"]["test"]
        assert matrix.sum() - np.trace(matrix) == metrics["test"]["errors"]
    assert not list(out.rglob("*.checkpoint.npz"))

    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    result = script("q1_cnn/evaluate.py", "--out", "out")
    assert result.returncode == 0, result.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_part_2_passes_the_assignments_floor_on_a_small_slice(train, tmp_path):
    result = train("--dataset", "lines", "--part", 2, "--per-class", 100, "--epochs", 8)
    assert result.returncode == 0, result.stderr
    assert runs.read_metrics(tmp_path / "out/q1_cnn/lines/part2")["test"]["accuracy"] > 0.7


@pytest.mark.slow
def test_resume_goes_on_and_leaves_complete_runs(train, script, tmp_path):
    flags = ("--dataset", "lines", "--part", 2, "--per-class", 40, "--epochs", 2)
    assert train(*flags).returncode == 0
    folder = tmp_path / "out/q1_cnn/lines/part2"
    whole, weights = runs.read_rows(folder / "history.csv"), keras.models.load_model(folder / "model.keras").get_weights()
    shutil.rmtree(tmp_path / "out")

    command = [sys.executable, str(ROOT / "q1_cnn/train.py"), "--out", "out", *map(str, flags)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        while "epoch 1/2" not in process.stdout.readline():
            assert process.poll() is None
        while not folder.with_name("part2.checkpoint.npz").exists():
            time.sleep(0.001)
        process.kill()
    assert not folder.exists()

    result = train(*flags, "--resume")
    assert result.returncode == 0 and "epoch 1/2" not in result.stdout and "epoch 2/2" in result.stdout
    resumed = runs.read_rows(folder / "history.csv")
    assert [{**row, "seconds": ""} for row in resumed] == [{**row, "seconds": ""} for row in whole]
    resumed_weights = keras.models.load_model(folder / "model.keras").get_weights()
    assert all((a == b).all() for a, b in zip(resumed_weights, weights))

    before = (folder / "model.keras").read_bytes()
    result = train(*flags, "--resume")
    assert result.returncode == 0 and "complete, left as it is" in result.stdout
    assert (folder / "model.keras").read_bytes() == before

    (folder / "model.keras").write_bytes(before[:9000])
    evaluate = ("q1_cnn/evaluate.py", "q1_cnn/lines/part2", "--out", "out")
    assert_one_error_line(script(*evaluate), "model.keras is no .keras file, or damaged")
    shutil.copy(ROOT / "reports/q1_cnn/mnist/part2/model.keras", folder)
    assert_one_error_line(script(*evaluate), "other pictures or classes")
    layers = [keras.Input((28, 28, 3)), keras.layers.Flatten(), keras.layers.Dense(96)]
    keras.Sequential(layers).save(folder / "model.keras")
    assert_one_error_line(script(*evaluate), "gives no probabilities")


@pytest.mark.slow
def test_lines_from_a_folder(train, script, tmp_path):
    images, labels, _ = lines.draw(per_class=5)
    folder = tmp_path / "my $$ lines [old]"  # neither a formula nor markup
    folder.mkdir()
    line_folder.write(folder, np.repeat(images, 2, axis=0), np.repeat(labels, 2), "png")
    flags = ("--dataset", "lines", "--part", 2, "--epochs", 1)
    result = train(*flags, "--lines-dir", folder)
    assert result.returncode == 0, result.stderr
    assert "480 of 960 pictures are copies" in result.stdout.replace("\n", " ")
    assert runs.read_metrics(tmp_path / "out/q1_cnn/lines/part2")["data"]["source"] == f"files in {folder.name}"
    assert f"files in {folder.name}" in result.stdout

    again = script("q1_cnn/evaluate.py", "q1_cnn/lines/part2", "--out", "out", "--lines-dir", folder)
    assert again.returncode == 0, again.stderr
    assert_one_error_line(script("q1_cnn/evaluate.py", "q1_cnn/lines/part2", "--out", "out"), "trained on other pictures")


def test_committed_networks_load_without_our_code(committed_results):
    program = "import keras, sys; print(keras.models.load_model(sys.argv[1], compile=False).count_params())"
    paths = sorted(ROOT.glob("reports/q1_cnn/*/part2/model.keras"))
    assert {path.parent.parent.name for path in paths} >= {"lines", "mnist"}
    for path in paths:
        result = subprocess.run([sys.executable, "-c", program, path], cwd="/", capture_output=True, text=True)
        assert int(result.stdout) == runs.read_metrics(path.parent)["training"]["parameters"]


def test_the_committed_line_network_names_what_it_sees(committed_results):
    folder = ROOT / "reports/q1_cnn/lines/part2"
    model = keras.models.load_model(folder / "model.keras", compile=False)
    images, labels, _ = lines.draw(per_class=3, seed=123)
    assert (model.predict_on_batch(images).argmax(axis=1) == labels).all()


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


def test_quick_never_writes_over_the_results(script):
    assert_one_error_line(script("q1_cnn/train.py", "--quick", "--out", ROOT / "reports"), "--quick does not write")


def test_a_folder_that_cannot_be_written(script):
    flags = ("--dataset", "lines", "--part", 2, "--quick", "--out", "/proc/nowhere")
    assert_one_error_line(script("q1_cnn/train.py", *flags), "/proc/nowhere")


@pytest.mark.parametrize("content", ["{", None])
def test_evaluating_what_is_not_there(script, tmp_path, content):
    folder = tmp_path / "out/q1_cnn/lines/part2"
    folder.mkdir(parents=True)
    if content:
        (folder / "metrics.json").write_text(content)
    assert_one_error_line(script("q1_cnn/evaluate.py", "q1_cnn/lines/part2", "--out", "out"), "out")


def test_evaluating_without_the_model_says_how_to_make_it(script, tmp_path):
    folder = tmp_path / "out/q1_cnn/lines/part1"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text((ROOT / "reports/q1_cnn/lines/part1/metrics.json").read_text())
    assert_one_error_line(script("q1_cnn/evaluate.py", "q1_cnn/lines/part1", "--out", "out"), "python q1_cnn/train.py")

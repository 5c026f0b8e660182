"""The commands of the README, run as a user runs them."""

import subprocess
import sys

import numpy as np
import pytest

from data import line_folder, lines, noise
from q2_multihead.evaluate import score
from reports import runs
from reports.metrics import as_softmax
from tests.conftest import ROOT, assert_one_error_line
from training.quiet import keras

HEADS = ("length", "width", "angle", "color")
FILES = {
    "model.keras", "history.csv", "metrics.json", "f_scores.csv", "learning_curves.png", "architecture.json",
    "architecture.png", "mistakes.csv", "mistakes.png",
} | {f"confusion_matrix_{head}.{kind}" for head in HEADS for kind in ("csv", "png")}  # fmt: skip
NOISE_FILES = {"noise.csv", "noise_curve.png", "noise_images.png"}


@pytest.fixture
def train(script):
    """Runs train.py into the folder out."""

    def run(*flags, **options):
        return script("q2_multihead/train.py", "--out", "out", *flags, **options)

    return run


@pytest.mark.slow
def test_quick_run_and_its_evaluation(train, script, tmp_path):
    result = train("--quick", "--loss-weights", "angle=2", "color=0.5")
    assert result.returncode == 0 and not result.stderr, result.stderr
    folder = tmp_path / "out/q2_multihead/lines"
    assert {path.name for path in folder.iterdir()} == FILES
    metrics = runs.read_metrics(folder)
    assert metrics["network"] == "q2_multihead/lines"
    assert metrics["training"]["loss_weights"] == {"length": 1, "width": 1, "angle": 2, "color": 0.5}
    test = metrics["test"]
    assert set(test["heads"]) == set(HEADS)
    for head, levels in lines.FACTORS.items():
        matrix = np.loadtxt(
            folder / f"confusion_matrix_{head}.csv", delimiter=",", skiprows=1, usecols=range(1, len(levels) + 1)
        )
        assert matrix.sum() == metrics["data"]["test"]
        assert matrix.sum() - np.trace(matrix) == test["heads"][head]["errors"]
        assert head in result.stdout and f"{test['heads'][head]['accuracy']:.2%}" in result.stdout
    assert test["all_heads_errors"] == round((1 - test["all_heads_accuracy"]) * metrics["data"]["test"])
    assert "…" not in result.stdout  # no table is cut off
    assert "all heads right" in result.stdout and "mean of the heads" in result.stdout

    (row,) = runs.read_rows(folder / "history.csv")
    columns = [f"{name}{quantity}" for name in ("", *(f"{head}_" for head in HEADS)) for quantity in ("loss", "accuracy")]
    assert list(row) == ["epoch", "learning_rate", *columns, *(f"val_{column}" for column in columns), "seconds"]
    weighted = sum(weight * float(row[f"{head}_loss"]) for head, weight in metrics["training"]["loss_weights"].items())
    assert float(row["loss"]) == pytest.approx(weighted, rel=0.02)
    assert {row["head"] for row in runs.read_rows(folder / "f_scores.csv")} == set(HEADS)

    before = {path: path.read_bytes() for path in folder.iterdir()}
    result = script("q2_multihead/evaluate.py", "--out", "out")
    assert result.returncode == 0 and "the same numbers as the training run" in result.stdout, result.stderr
    assert {path: path.read_bytes() for path in folder.iterdir()} == before

    (folder / "model.keras").write_bytes((ROOT / "reports/q1_cnn/lines/part2/model.keras").read_bytes())
    assert_one_error_line(script("q2_multihead/evaluate.py", "--out", "out"), "other pictures or classes")
    (folder / "model.keras").unlink()
    assert_one_error_line(script("q2_multihead/evaluate.py", "--out", "out"), "python q2_multihead/train.py")


@pytest.mark.slow
def test_a_stopped_noise_curve_goes_on(train, tmp_path):
    flags = ("--quick", "--noise")
    result = train(*flags)
    assert result.returncode == 0 and not result.stderr, result.stderr
    folder = tmp_path / "out/q2_multihead/lines"
    assert {path.name for path in folder.iterdir()} == FILES | NOISE_FILES
    assert "…" not in result.stdout
    assert sorted(path.name for path in folder.parent.iterdir()) == ["lines"]
    whole = (folder / "noise.csv").read_bytes()
    assert [row["level"] for row in runs.read_rows(folder / "noise.csv")] == [str(level) for level in noise.LEVELS]
    metrics = runs.read_metrics(folder)
    assert len(metrics["noise"]["levels"]) == len(noise.LEVELS)
    assert metrics["noise"]["levels"][0]["all_heads_accuracy"] == metrics["test"]["all_heads_accuracy"]

    command = [sys.executable, str(ROOT / "q2_multihead/train.py"), "--out", "again", *flags]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        while "noise level 3" not in process.stdout.readline():
            assert process.poll() is None
        process.kill()
    again = tmp_path / "again/q2_multihead/lines"
    assert {path.name for path in again.iterdir()} == FILES

    result = train(*flags, "--resume", "--out", "again")
    assert result.returncode == 0 and result.stdout.count("epoch 1/1") == 4, result.stdout  # levels 3 to 6
    assert (again / "noise.csv").read_bytes() == whole
    assert sorted(path.name for path in again.parent.iterdir()) == ["lines"]
    result = train(*flags, "--resume", "--out", "again")
    assert result.returncode == 0 and "noise curve is complete" in result.stdout and "epoch" not in result.stdout
    assert train("--quick", "--out", "again").returncode == 0
    assert (again / "noise.csv").read_bytes() == whole and "noise" in runs.read_metrics(again)
    result = train("--quick", "--resume", "--loss-weights", "length=3", "--out", "again")
    assert result.returncode == 0 and "epoch 1/1" in result.stdout
    assert {path.name for path in again.iterdir()} == FILES


@pytest.mark.slow
def test_lines_from_a_folder(train, script, tmp_path):
    images, labels, _ = lines.draw(per_class=5)
    (tmp_path / "mine").mkdir()
    line_folder.write(tmp_path / "mine", images, labels, "png")
    result = train("--epochs", 1, "--lines-dir", "mine", "--loss-weights", "angle=2", "--loss-weights", "length=3")
    assert result.returncode == 0, result.stderr
    metrics = runs.read_metrics(tmp_path / "out/q2_multihead/lines")
    assert metrics["data"]["source"] == "files in mine"
    assert metrics["training"]["loss_weights"] == {"length": 3, "width": 1, "angle": 2, "color": 1}
    again = script("q2_multihead/evaluate.py", "--out", "out", "--lines-dir", "mine")
    assert again.returncode == 0 and "the same numbers" in again.stdout, again.stderr
    assert_one_error_line(script("q2_multihead/evaluate.py", "--out", "out"), "trained on other pictures")


def test_the_committed_network_names_all_factors_of_what_it_sees(committed_results):
    model = keras.models.load_model(ROOT / "reports/q2_multihead/lines/model.keras", compile=False)
    images, labels, _ = lines.draw(per_class=3, seed=123)
    outputs = {head: as_softmax(output) for head, output in model.predict_on_batch(images).items()}
    assert score(lines.class_factors(labels), {head: outputs[head] for head in HEADS})["all_heads_errors"] == 0


def test_the_committed_network_loads_without_our_code(committed_results):
    program = "import keras, sys; print(keras.models.load_model(sys.argv[1], compile=False).count_params())"
    path = ROOT / "reports/q2_multihead/lines/model.keras"
    result = subprocess.run([sys.executable, "-c", program, path], cwd="/", capture_output=True, text=True)
    assert int(result.stdout) == runs.read_metrics(path.parent)["training"]["parameters"]


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (["--loss-weights", "angel=2"], ["angel=2", "length, width, angle, color"]),
        (["--loss-weights", "angle=0"], ["angle=0", "from 0.001 to 1000"]),
        (["--loss-weights", "angle=nan"], ["angle=nan", "from 0.001 to 1000"]),
        (["--loss-weights", "angle=1,color=2"], ["angle=1,color=2", "from 0.001 to 1000"]),
        (["--loss-weights", "angle"], ["'angle'", "from 0.001 to 1000"]),
        (["--loss-weights", "angle=2", "--loss-weights", "angle=3"], ["angle, angle"]),
        (["--loss-weights"], ["--loss-weights"]),
        (["--dataset", "lines"], ["--dataset"]),
        (["--noise", "3"], ["3"]),
        (["--lines-dir", "nowhere"], ["nowhere does not exist"]),
        (["--out", "/proc/nowhere", "--quick"], ["/proc/nowhere"]),
    ],
)
def test_usage_errors_are_one_line(train, flags, parts):
    assert_one_error_line(train(*flags), *parts)


def test_quick_never_writes_over_the_results(script):
    assert_one_error_line(script("q2_multihead/train.py", "--quick", "--out", ROOT / "reports"), "--quick does not write")


def test_evaluating_what_is_not_there(script):
    assert_one_error_line(script("q2_multihead/evaluate.py", "--out", "out"), "out", "train")

"""The commands of the README, run as a user runs them."""

import shutil

import numpy as np
import pytest

from common import provenance, run_folders
from common.quiet import keras
from data import datasets, line_classes, line_folder, lines, noise
from q2_multihead.evaluate import predict_heads, score
from reports.metrics import as_softmax
from tests.conftest import TRAINED_EPOCHS, assert_one_error_line

HEADS = ("length", "width", "angle", "color")
NETWORK = "q2_multihead/lines"
FILES = {
    "model.keras", "history.csv", "steps.csv", "metrics.json", "f_scores.csv", "learning_curves.png", "architecture.json",
    "architecture.png", "mistakes.csv", "mistakes.png",
} | {f"confusion_matrix_{head}.{kind}" for head in HEADS for kind in ("csv", "png")}  # fmt: skip
NOISE_FILES = {"noise.csv", "noise_curve.png", "noise_images.png"}


@pytest.fixture
def train(call):
    """Runs train.py into the folder out."""

    def run(*flags, **options):
        return call("q2_multihead/train.py", "--out", "out", *flags, **options)

    return run


@pytest.fixture
def copied(trained, tmp_path):
    """Copies the run of `trained` below tmp_path and returns the copy's folder."""

    def copy(place):
        return shutil.copytree(trained / NETWORK, tmp_path / place / NETWORK)

    return copy


def content(folder):
    """Return the bytes of every file below a folder, by its path."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_quick_run_and_its_evaluation(train, call, tmp_path):
    result = train("--quick", "--loss-weights", "angle=2", "color=0.5")
    assert result.returncode == 0 and not result.stderr, result.stderr
    folder = tmp_path / "out" / NETWORK
    assert {path.name for path in folder.iterdir()} == FILES
    metrics = run_folders.read_metrics(folder)
    assert metrics["network"] == NETWORK
    assert metrics["training"]["loss_weights"] == {"length": 1, "width": 1, "angle": 2, "color": 0.5}
    assert metrics["training"]["recipe"]["loss_weights"] == metrics["training"]["loss_weights"]
    test = metrics["test"]
    assert set(test["heads"]) == set(HEADS)
    for head, levels in line_classes.FACTORS.items():
        matrix = np.loadtxt(
            folder / f"confusion_matrix_{head}.csv", delimiter=",", skiprows=1, usecols=range(1, len(levels) + 1)
        )
        assert matrix.sum() == metrics["data"]["test"]
        assert matrix.sum() - np.trace(matrix) == test["heads"][head]["errors"]
        assert head in result.stdout and f"{test['heads'][head]['accuracy']:.2%}" in result.stdout
    assert test["all_heads_errors"] == round((1 - test["all_heads_accuracy"]) * metrics["data"]["test"])
    assert "…" not in result.stdout  # no table is cut off
    assert "all heads right" in result.stdout and "mean of the heads" in result.stdout

    (row,) = run_folders.read_rows(folder / "history.csv")
    columns = [f"{name}{quantity}" for name in ("", *(f"{head}_" for head in HEADS)) for quantity in ("loss", "accuracy")]
    assert list(row) == ["epoch", "learning_rate", *columns, *(f"val_{column}" for column in columns), "seconds"]
    weighted = sum(weight * float(row[f"{head}_loss"]) for head, weight in metrics["training"]["loss_weights"].items())
    assert float(row["loss"]) == pytest.approx(weighted, rel=0.02)
    assert {row["head"] for row in run_folders.read_rows(folder / "f_scores.csv")} == set(HEADS)

    before = content(folder)
    result = call("q2_multihead/evaluate.py", "--out", "out")
    assert result.returncode == 0 and "the same numbers as the training run" in result.stdout, result.stderr
    assert content(folder) == before


def test_evaluating_what_is_no_network_of_the_run(call, copied, trained):
    folder = copied("out")
    shutil.copy(trained / "q1_cnn/lines/part2/model.keras", folder)
    assert_one_error_line(call("q2_multihead/evaluate.py", "--out", "out"), "other images or classes")
    (folder / "model.keras").unlink()
    assert_one_error_line(call("q2_multihead/evaluate.py", "--out", "out"), "python q2_multihead/train.py")


@pytest.mark.slow
def test_a_stopped_noise_curve_goes_on(train, script, tmp_path):
    flags = ("--quick", "--noise")
    result = train(*flags)
    assert result.returncode == 0 and not result.stderr, result.stderr
    folder = tmp_path / "out" / NETWORK
    assert {path.name for path in folder.iterdir()} == FILES | NOISE_FILES
    assert "…" not in result.stdout
    assert sorted(path.name for path in folder.parent.iterdir()) == ["lines"]
    whole = (folder / "noise.csv").read_bytes()
    assert [row["level"] for row in run_folders.read_rows(folder / "noise.csv")] == [str(level) for level in noise.LEVELS]
    metrics = run_folders.read_metrics(folder)
    assert len(metrics["noise"]["levels"]) == len(noise.LEVELS)
    assert metrics["noise"]["levels"][0]["all_heads_accuracy"] == metrics["test"]["all_heads_accuracy"]

    with script("q2_multihead/train.py", "--out", "again", *flags, start=True) as process:
        while "noise level 3" not in process.stdout.readline():
            assert process.poll() is None
        process.kill()
    again = tmp_path / "again" / NETWORK
    assert {path.name for path in again.iterdir()} == FILES

    result = train(*flags, "--resume", "--out", "again")
    assert result.returncode == 0 and result.stdout.count("epoch 1/1") == 4, result.stdout  # levels 3 to 6
    assert (again / "noise.csv").read_bytes() == whole
    assert sorted(path.name for path in again.parent.iterdir()) == ["lines"]
    result = train(*flags, "--resume", "--out", "again")
    assert result.returncode == 0 and "noise curve is complete" in result.stdout and "epoch" not in result.stdout
    assert train("--quick", "--out", "again").returncode == 0
    assert (again / "noise.csv").read_bytes() == whole and "noise" in run_folders.read_metrics(again)
    result = train("--quick", "--resume", "--loss-weights", "length=3", "--out", "again")
    assert result.returncode == 0 and "epoch 1/1" in result.stdout
    assert "(recipe.loss_weights.length: 1.0, now 3.0)" in result.stdout
    assert {path.name for path in again.iterdir()} == FILES


@pytest.mark.slow
def test_lines_from_a_folder(train, call, tmp_path):
    images, labels, _ = lines.draw(per_class=5)
    (tmp_path / "mine").mkdir()
    line_folder.write(tmp_path / "mine", images, labels, "png")
    result = train("--epochs", 1, "--lines-dir", "mine", "--loss-weights", "angle=2", "--loss-weights", "length=3")
    assert result.returncode == 0, result.stderr
    metrics = run_folders.read_metrics(tmp_path / "out" / NETWORK)
    assert metrics["data"]["source"] == "files in mine"
    assert metrics["training"]["loss_weights"] == {"length": 3, "width": 1, "angle": 2, "color": 1}
    again = call("q2_multihead/evaluate.py", "--out", "out", "--lines-dir", "mine")
    assert again.returncode == 0 and "the same numbers" in again.stdout, again.stderr
    assert_one_error_line(call("q2_multihead/evaluate.py", "--out", "out"), "trained on other images")


def test_metrics_record_what_a_run_depends_on(trained):
    metrics = run_folders.read_metrics(trained / NETWORK)
    training, recipe = metrics["training"], metrics["training"]["recipe"]
    assert set(recipe) == {"layers", "outputs", "optimizer", "loss", "loss_weights", "augmentation"}
    model = keras.models.load_model(trained / NETWORK / "model.keras", compile=False)
    described = {layer["name"]: layer for layer in recipe["layers"]}
    assert set(described) == {layer.name for layer in model.layers}
    for head in HEADS:
        units, activation = (12, "softmax") if head == "angle" else (1, "sigmoid")
        entry = described[head]
        assert (entry["class"], entry["units"], entry["activation"]) == ("Dense", units, activation)
        assert entry["inputs"] == ["global_pool"]
        assert recipe["loss"][head] == ("categorical_crossentropy" if head == "angle" else "binary_crossentropy")
    assert described["conv1"]["inputs"] == ["rescaling"] and described["conv1"]["filters"] == 24
    assert recipe["loss_weights"] == dict.fromkeys(HEADS, 1.0) and recipe["augmentation"] is None

    steps = TRAINED_EPOCHS * -(-metrics["data"]["train"] // 128)
    schedule = recipe["optimizer"]["Adam"]["learning_rate"]["CosineDecay"]
    assert (training["epochs"], training["batch_size"], training["seed"]) == (TRAINED_EPOCHS, 128, 0)
    assert (schedule["warmup_target"], schedule["warmup_steps"] + schedule["decay_steps"]) == (8e-3, steps)
    assert {key: metrics[key] for key in ("machine", "threads", "versions", "git")} == provenance.computed_on()
    assert training["command"].startswith("python q2_multihead/train.py --quick --epochs ")


def test_metrics_agree_with_the_network(trained):
    recorded = run_folders.read_metrics(trained / NETWORK)
    dataset = datasets.load("lines", per_class=recorded["data"]["per_class"])
    assert dataset.describe() == recorded["data"]
    model = keras.models.load_model(trained / NETWORK / "model.keras", compile=False)
    outputs = model.predict_on_batch(dataset.images[dataset.split.test])
    labels = line_classes.class_factors(dataset.labels[dataset.split.test])
    wrong = {head: as_softmax(outputs[head]).argmax(axis=1) != labels[head] for head in HEADS}
    for head in HEADS:
        assert recorded["test"]["heads"][head]["errors"] == wrong[head].sum()
    assert recorded["test"]["all_heads_errors"] == np.any(list(wrong.values()), axis=0).sum()
    assert recorded["test"] == score(*predict_heads(model, dataset, dataset.split.test))


def test_evaluating_the_published_network_leaves_it_unchanged(call, copied, tmp_path):
    folder = copied("reports/published")
    before = content(tmp_path / "reports")
    result = call("q2_multihead/evaluate.py")
    assert result.returncode == 0, result.stderr
    assert f"{NETWORK}: the published run (reports/published/{NETWORK})" in result.stdout
    assert f"{NETWORK}: the same numbers as the training run" in result.stdout
    assert content(tmp_path / "reports") == before
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["published"]

    recorded = run_folders.read_metrics(folder)
    wrong = {**recorded, "test": {**recorded["test"], "all_heads_errors": 0}}
    run_folders.write_json(folder / "metrics.json", wrong)
    before = content(tmp_path / "reports")
    result = call("q2_multihead/evaluate.py")
    assert result.returncode == 0 and f"{NETWORK}: other numbers than" in result.stdout  # so it really was tested
    assert content(tmp_path / "reports") == before

    own = copied("reports")
    run_folders.write_json(own / "metrics.json", wrong)
    result = call("q2_multihead/evaluate.py")
    assert result.returncode == 0, result.stderr
    assert f"{NETWORK}: your own run (reports/{NETWORK})" in result.stdout and "the published run" not in result.stdout
    assert f"{NETWORK}: other numbers than" in result.stdout
    assert run_folders.read_metrics(own)["test"] == recorded["test"]  # written again with the correct scores
    assert content(tmp_path / "reports/published") == before


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
        (["--noise-level", "7"], ["invalid choice: 7", "0, 1, 2, 3, 4, 5, 6"]),
        (["--noise-level", "2", "--noise"], ["leave out --noise-level"]),
        (["--seeds", "2", "--noise"], ["one after the other"]),
        (["--lines-dir", "nowhere"], ["nowhere does not exist"]),
        (["--out", "/proc/nowhere", "--quick"], ["/proc/nowhere"]),
    ],
)
def test_usage_errors_are_one_line(train, flags, parts):
    assert_one_error_line(train(*flags), *parts)


def test_quick_never_writes_over_the_results(call, tmp_path):
    assert_one_error_line(call("q2_multihead/train.py", "--quick", "--out", "reports"), "--quick does not write")
    assert not (tmp_path / "reports").exists()


def test_evaluating_a_missing_run(call):
    assert_one_error_line(call("q2_multihead/evaluate.py", "--out", "out"), "out", "train")

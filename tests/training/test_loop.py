import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from common.quiet import keras, tensorflow
from data.errors import UserError
from tests.conftest import ROOT
from training.checkpoint import Checkpoint
from training.history import History
from training.loop import one_hot, predict, save, train
from training.optimizers import one_cycle
from training.recipe import Recipe

SETTINGS = {"epochs": 6, "batch_size": 64, "seed": 5}
# Trains as `trained` below does, with a checkpoint, and is killed by the test.
KILLED = """
import sys; sys.path.insert(0, {root!r})
from data import datasets
from tests.training.test_loop import SETTINGS, Checkpoint, trained
trained(datasets.load_lines(per_class=10), Checkpoint({path!r}, SETTINGS), resume=True)
"""


def small_network(steps=54):
    keras.utils.set_random_seed(5)
    model = keras.Sequential([
        keras.Input((28, 28, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(8, 5, strides=3),
        keras.layers.BatchNormalization(),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.2),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(96, activation="softmax"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(one_cycle(0.01, steps)), "categorical_crossentropy", metrics=["accuracy"])
    return model


def noisy(images, generator):
    return np.where(generator.random(images.shape) < 0.01, 255, images).astype(np.uint8)


def trained(dataset, checkpoint=None, resume=False, epochs=6):
    tensorflow.config.experimental.enable_op_determinism()  # as scripts do, in whatever process this is
    model = small_network()
    recipe = Recipe(None, one_hot(96), None, None, epochs=epochs, batch_size=64, augment=noisy)
    history = train(model, dataset, recipe, seed=5, checkpoint=checkpoint, resume=resume, curve=True)
    return model, history


def without_seconds(history):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history.epochs]


def assert_equal_weights(model, other):
    assert all((a == b).all() for a, b in zip(model.get_weights(), other.get_weights()))


@pytest.fixture(scope="module")
def whole(few_lines):
    """A network that was trained for all epochs, and its history."""
    return trained(few_lines)


@pytest.fixture(scope="module")
def begun(few_lines):
    """A network that was trained for one epoch, and its history. No test changes them."""
    return trained(few_lines, epochs=1)


def test_history_has_the_columns_of_the_contract(few_lines):
    _, history = trained(few_lines, epochs=2)
    columns = ["epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert [list(row) for row in history.epochs] == [columns] * 2
    assert [row["epoch"] for row in history.epochs] == [1, 2]


def test_validation_accuracy_agrees_with_the_predictions(few_lines, begun):
    model, history = begun
    side = few_lines.split.validation
    correct = predict(model, few_lines.images, side).argmax(axis=1) == few_lines.labels[side]
    assert history.epochs[-1]["val_accuracy"] == pytest.approx(correct.mean())


def test_same_seed_same_weights(few_lines, whole):
    (model, history), (other, other_history) = whole, trained(few_lines)
    assert_equal_weights(model, other)
    assert without_seconds(history) == without_seconds(other_history)


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_result(few_lines, whole, tmp_path):
    model, history = whole
    path = tmp_path / "killed.npz"
    program = KILLED.format(root=str(ROOT), path=str(path))
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "COLUMNS": "80"})
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with np.load(path) as archive:
        assert 1 <= len(json.loads(str(archive["state"]))["history"]) < 6

    resumed, resumed_history = trained(few_lines, Checkpoint(path, SETTINGS), resume=True)
    assert_equal_weights(resumed, model)
    assert without_seconds(resumed_history) == without_seconds(history)
    assert resumed_history.steps == history.steps


def test_a_checkpoint_of_other_settings_is_refused(begun, tmp_path):
    path = tmp_path / "run.npz"
    model, history = begun
    Checkpoint(path, SETTINGS).save(model, history)
    with pytest.raises(UserError, match=r"other settings \(seed: 5, now 6\)"):
        Checkpoint(path, {**SETTINGS, "seed": 6}).restore(model)
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **{name: array for name, array in arrays.items() if name != "3"})
    with pytest.raises(UserError, match="damaged"):
        Checkpoint(path, SETTINGS).restore(model)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="damaged"):
        Checkpoint(path, SETTINGS).restore(model)
    assert [file.name for file in tmp_path.iterdir()] == ["run.npz"]


@pytest.mark.parametrize(
    "history", [None, 3, [], ["x"], [{"epoch": 1, "loss": "x"}], [{"epoch": 2}], [{"epoch": epoch} for epoch in range(1, 9)]]
)
def test_a_checkpoint_with_another_history_is_refused(history, begun, tmp_path):
    model, _ = begun
    checkpoint = Checkpoint(tmp_path / "run.npz", SETTINGS)
    checkpoint.save(model, History(history))
    with pytest.raises(UserError, match="damaged"):
        checkpoint.restore(model)


def test_a_pipe_is_no_checkpoint(tmp_path):
    os.mkfifo(tmp_path / "run.npz")
    assert Checkpoint(tmp_path / "run.npz", SETTINGS).restore(small_network()) is None


def test_a_saved_network_has_no_optimizer_and_the_same_predictions(few_lines, begun, tmp_path):
    model, _ = begun
    save(model, tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert not loaded.compiled and (tmp_path / "model.keras").stat().st_size < 45_000
    chosen = few_lines.split.test[:50]
    assert (predict(loaded, few_lines.images, chosen) == predict(model, few_lines.images, chosen)).all()


def test_predictions_keep_the_order_and_take_any_number(few_lines):
    model = small_network()
    order = np.random.default_rng(0).permutation(960)
    everything = predict(model, few_lines.images, np.arange(960))
    np.testing.assert_allclose(predict(model, few_lines.images, order), everything[order], atol=1e-6)


def test_one_cycle_climbs_and_falls():
    rate = [float(one_cycle(0.01, 100)(step)) for step in range(101)]
    assert np.argmax(rate) == 20 and rate[20] == pytest.approx(0.01)
    assert rate[0] == pytest.approx(0.0005) and rate[100] == pytest.approx(1e-5)

"""Learning curves in fractions of an epoch, and trainings that end when validation has stopped to improve."""

import numpy as np
import pytest

from common.quiet import keras
from training.checkpoint import Checkpoint
from training.history import History
from training.learning_curve import VALIDATION_SHARE, validation_images, validations_in
from training.loop import one_hot, predict, train
from training.recipe import Recipe

PATIENT = {"epochs": 30, "patience": 2, "batch_size": 64}


def recipe_of(**training):
    return Recipe(None, one_hot(96), None, None, **training)


def network(rate=0.0):
    """Make a network without dropout and batch normalization, which computes the same in training as in validation."""
    keras.utils.set_random_seed(1)
    layers = [keras.Input((28, 28, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(96, activation="softmax")])
    model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def scores(model, dataset, indices):
    """Compute loss and accuracy with NumPy alone."""
    probabilities, labels = predict(model, dataset.images, indices), dataset.labels[indices]
    return -np.log(probabilities[np.arange(len(labels)), labels]).mean(), (probabilities.argmax(axis=1) == labels).mean()


def test_with_fixed_weights_the_rows_average_to_the_scores_of_all_images(few_lines):
    model, split = network(), few_lines.split
    history = train(model, few_lines, recipe_of(epochs=1, batch_size=25), seed=0, curve=True, quiet=True)
    steps = -(-len(split.train) // 25)
    ends = np.array([row["step"] for row in history.steps])
    assert ends[-1] == steps and (np.diff(ends) > 0).all()
    assert [row["epoch"] for row in history.steps] == pytest.approx(ends / steps)
    images = np.diff(np.minimum(ends * 25, len(split.train)), prepend=0)
    loss, accuracy = scores(model, few_lines, split.train)
    for mean in (lambda name: np.average([row[name] for row in history.steps], weights=images), history.epochs[0].get):
        assert mean("loss") == pytest.approx(loss, rel=1e-5) and mean("accuracy") == pytest.approx(accuracy)
    for row in history.steps:
        assert (row["val_loss"], row["val_accuracy"]) == (history.steps[0]["val_loss"], history.steps[0]["val_accuracy"])


def test_all_of_validation_is_used_where_it_costs_little(few_lines):
    recipe = recipe_of(epochs=40, batch_size=200)
    assert validation_images(recipe, len(few_lines.split.train), 1) == 1
    model = network()
    history = train(model, few_lines, recipe, seed=0, curve=True, quiet=True)
    count = validation_images(recipe, len(few_lines.split.train), len(few_lines.split.validation))
    assert count == len(few_lines.split.validation)
    loss, accuracy = scores(model, few_lines, few_lines.split.validation)
    assert history.steps[-1]["val_loss"] == pytest.approx(loss, rel=1e-5)
    assert history.steps[-1]["val_accuracy"] == pytest.approx(accuracy)


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 12, 28, 60])
@pytest.mark.parametrize("patience", [None, 3])
def test_a_training_is_validated_often_and_cheaply(epochs, patience):
    recipe = recipe_of(epochs=epochs, batch_size=512, patience=patience)
    times = [validations_in(epoch, recipe) for epoch in range(epochs)]
    shortest = min(epochs, patience + 1) if patience else epochs
    assert times[0] >= 5 and sum(times[:shortest]) >= 20
    images = validation_images(recipe, 51_840, 5_760)
    assert images * sum(times) / 3 <= VALIDATION_SHARE * epochs * 51_840  # a validation computes a third of a training step


def test_rows_are_about_twenty_steps_apart(few_lines):
    history = train(network(), few_lines, recipe_of(epochs=1, batch_size=2), seed=0, curve=True, quiet=True)
    distances = np.diff([row["step"] for row in history.steps], prepend=0)
    assert (distances >= 10).all() and (distances <= 30).all()
    assert sum(row["val_loss"] is not None for row in history.steps) >= 20


def test_a_curve_changes_nothing_in_the_training(few_lines):
    def trained(curve):
        model = network(rate=0.1)
        history = train(model, few_lines, recipe_of(epochs=2, batch_size=64), seed=0, curve=curve, quiet=True)
        return model.get_weights(), history.epochs

    (weights, rows), (others, other_rows) = trained(True), trained(False)
    assert all((one == other).all() for one, other in zip(weights, others))
    for row, other in zip(rows, other_rows):
        assert [row[name] for name in row if name != "seconds"] == pytest.approx(
            [other[name] for name in other if name != "seconds"], rel=1e-5
        )


@pytest.mark.parametrize(
    ("accuracies", "best", "complete"),
    [
        ([], 0, False), ([0.5], 1, False), ([0.5, 0.5], 1, False), ([0.5, 0.5, 0.5], 1, True), ([0.5, 0.4, 0.6, 0.6], 3, False),
        ([0.5, 0.4, 0.6, 0.6, 0.59], 3, True), ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 6, True),
    ],
)  # fmt: skip
def test_patience_waits_for_two_epochs(accuracies, best, complete):
    history = History([{"val_accuracy": accuracy} for accuracy in accuracies])
    assert history.best_epoch == best and history.is_complete(6, patience=2) == complete
    assert history.is_complete(6, patience=None) == (len(accuracies) == 6)


def with_patience(dataset, path=None, resume=False, **changes):
    """Train a network whose accuracy in validation soon goes up and down: the rate is far too high."""
    model, checkpoint = network(rate=3.0), None
    if path:
        checkpoint = Checkpoint(path, {"seed": 0, **PATIENT})
    recipe = recipe_of(**{**PATIENT, **changes})
    return model, train(model, dataset, recipe, seed=0, checkpoint=checkpoint, resume=resume, curve=True, quiet=True)


def test_the_weights_of_the_best_epoch_are_kept(few_lines):
    model, history = with_patience(few_lines)
    assert 1 <= history.best_epoch == len(history.epochs) - 2 < 28
    shorter, _ = with_patience(few_lines, epochs=history.best_epoch, patience=None)
    assert all((one == other).all() for one, other in zip(model.get_weights(), shorter.get_weights()))


def test_a_stopped_training_with_patience_goes_on_to_the_same_weights(few_lines, tmp_path):
    model, history = with_patience(few_lines, tmp_path / "whole.npz")
    with_patience(few_lines, tmp_path / "part.npz", epochs=history.best_epoch + 1)  # as if it had been killed there
    for path in ("part.npz", "whole.npz"):
        resumed, of_resumed = with_patience(few_lines, tmp_path / path, resume=True)
        assert len(of_resumed.epochs) == len(history.epochs) and of_resumed.steps[-1] == history.steps[-1]
        assert all((one == other).all() for one, other in zip(model.get_weights(), resumed.get_weights()))

import numpy as np
import pytest

from common.quiet import keras
from data import datasets, line_classes, lines
from q2_multihead.evaluate import predict_heads, score
from q2_multihead.models import NEURONS
from q2_multihead.recipes import RECIPE, targets
from reports.metrics import as_softmax
from tests.conftest import untrained_on
from training.loop import predict, train

HEADS = ("length", "width", "angle", "color")


@pytest.fixture(scope="module")
def trained():
    """Return a data set, a network trained on it for a few seconds, and its history."""
    dataset = datasets.load_lines(per_class=40)
    recipe = RECIPE.adapted(epochs=5, batch_size=32)
    model = untrained_on(dataset, recipe)
    history = train(model, dataset, recipe, seed=0)
    return dataset, model, history.epochs


def test_the_final_layers_and_losses_are_as_ordered(few_lines):
    model = untrained_on(few_lines, RECIPE)
    for head in HEADS:
        layer = model.get_layer(head)
        ordered = (12, keras.activations.softmax) if head == "angle" else (1, keras.activations.sigmoid)
        assert isinstance(layer, keras.layers.Dense) and (layer.units, layer.activation) == ordered
        assert RECIPE.loss[head] == ("categorical_crossentropy" if head == "angle" else "binary_crossentropy")
        assert model.output[head] is layer.output
    assert model.count_params() <= 60_000


def test_one_name_for_head_output_and_label(few_lines):
    model = untrained_on(few_lines, RECIPE)
    names = set(HEADS)
    assert names == set(model.output) == set(RECIPE.loss) == set(RECIPE.metrics) == set(RECIPE.loss_weights) == set(NEURONS)
    assert names == set(targets(few_lines.labels[:2])) == set(line_classes.FACTORS)


def test_targets_of_a_class():
    label = line_classes.class_index(length=1, width=0, angle=9, color=1)
    wanted = {"length": [[1]], "width": [[0]], "angle": [np.eye(12)[9]], "color": [[1]]}
    for head, target in targets(np.array([label])).items():
        np.testing.assert_array_equal(target, wanted[head])


@pytest.mark.parametrize("head", HEADS)
def test_one_step_through_one_head_changes_the_whole_feature_network(few_lines, head):
    recipe = RECIPE.adapted(loss_weights={name: float(name == head) for name in HEADS})
    model = untrained_on(few_lines, recipe)
    before = {weight.path: weight.numpy() for weight in model.trainable_variables}
    model.train_on_batch(few_lines.images[::16], targets(few_lines.labels[::16]))
    changed = {weight.path for weight in model.trainable_variables if (weight.numpy() != before[weight.path]).any()}
    assert changed == {path for path in before if path.split("/")[0] not in set(HEADS) - {head}}


def test_the_history_agrees_with_the_predictions(trained):
    dataset, model, history = trained
    validation = dataset.split.validation
    outputs = predict(model, dataset.images, validation)
    correct = []
    for head, labels in line_classes.class_factors(dataset.labels[validation]).items():
        output = outputs[head]
        if head == "angle":
            predictions, probabilities = output.argmax(axis=1), output[np.arange(len(labels)), labels]
        else:
            predictions, probabilities = output[:, 0] > 0.5, np.where(labels, output[:, 0], 1 - output[:, 0])
        correct.append(predictions == labels)
        assert history[-1][f"val_{head}_accuracy"] == pytest.approx(correct[-1].mean())
        assert history[-1][f"val_{head}_loss"] == pytest.approx(-np.log(probabilities).mean(), rel=1e-3)
    assert history[-1]["val_accuracy"] == pytest.approx(np.all(correct, axis=0).mean())
    assert history[-1]["val_loss"] == pytest.approx(sum(history[-1][f"val_{head}_loss"] for head in HEADS), rel=1e-4)


def test_swapping_the_labels_of_two_heads_lowers_only_their_scores(trained):
    dataset, model, _ = trained
    labels, probabilities = predict_heads(model, dataset, dataset.split.test)
    swapped = {**labels, "width": labels["color"], "color": labels["width"]}
    scores, fallen = (score(truth, probabilities)["heads"] for truth in (labels, swapped))
    for head in HEADS:
        if head in ("width", "color"):
            assert scores[head]["accuracy"] > 0.9 and fallen[head]["accuracy"] < 0.6
        else:
            assert scores[head]["accuracy"] == fallen[head]["accuracy"]


def test_a_trained_network_classifies_new_lines(trained):
    _, model, _ = trained
    images, labels, _ = lines.draw(per_class=3, seed=123)  # not among the training images
    outputs = {head: as_softmax(output) for head, output in model.predict_on_batch(images).items()}
    scores = score(line_classes.class_factors(labels), {head: outputs[head] for head in HEADS})
    assert scores["all_heads_accuracy"] > 0.95


def test_keras_pairs_each_head_with_its_own_label(trained):
    dataset, model, _ = trained
    images, own = dataset.images[dataset.split.test], targets(dataset.labels[dataset.split.test])
    swapped = {**own, "width": own["color"], "color": own["width"]}
    scores, fallen = (model.test_on_batch(images, truth, return_dict=True) for truth in (own, swapped))
    assert scores["width_accuracy"] > 0.9 and scores["color_accuracy"] > 0.9
    assert fallen["width_accuracy"] < 0.6 and fallen["color_accuracy"] < 0.6
    assert fallen["length_accuracy"] == pytest.approx(scores["length_accuracy"], abs=1e-3)


def test_the_angles_error_goes_around_the_circle():
    labels = {"length": [0, 0], "width": [0, 0], "angle": [0, 3], "color": [0, 0]}
    labels = {head: np.array(levels) for head, levels in labels.items()}
    first_level = np.array([[1.0, 0.0]] * 2)
    probabilities = {**dict.fromkeys(labels, first_level), "angle": np.eye(12)[[11, 3]]}
    angle = score(labels, probabilities)["heads"]["angle"]
    assert angle["errors"] == 1 and angle["mean_absolute_error_degrees"] == 7.5  # 165 for 0: off by 15; 45 for 45


def test_compiling_twice_adds_no_second_accuracy(few_lines):
    model = untrained_on(few_lines, RECIPE)
    model.compile(loss=RECIPE.loss, metrics=RECIPE.metrics)
    assert [metric.name for metric in model.metrics].count("accuracy") == 1

"""Controls of heatmaps, on networks and marks of which it is known what they do."""

import numpy as np
import pytest

from common.quiet import keras
from data import line_classes, lines
from q3_visualize import controls, marks, other_weights, scoring
from q3_visualize.known_lines import KnownLines
from q3_visualize.networks import Network, open_network

layers = keras.layers


@pytest.fixture(scope="module")
def known():
    return KnownLines(*lines.draw(per_class=3, seed=4))


def test_a_mark_is_a_white_square_beside_the_line(known):
    images, masks = marks.marked(known)
    assert (masks.sum(axis=(1, 2)) == 9).all() and (images[masks] == 255).all()
    np.testing.assert_array_equal(images[~masks], known.images[~masks])
    assert not (scoring.grown(masks) & known.masks).any()
    for axis in (1, 2):
        assert (masks.any(axis=axis).sum(axis=1) == 3).all()
    np.testing.assert_array_equal(masks, marks.marked(known)[1])
    middles = np.argwhere(masks)[:, 1:].reshape(-1, 9, 2).mean(axis=1)
    assert len(np.unique(middles, axis=0)) > 200 and middles.min() < 4 and middles.max() > 23


def test_lines_move_by_a_quarter_of_a_pixel_towards_the_middle(known):
    def middle(images):
        weights = images.max(axis=3).astype(float)
        return (weights * (np.arange(28) + 0.5)).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))

    steps = middle(controls.shifted(known)) - middle(known.images)
    np.testing.assert_allclose(steps, np.where(known.centers[:, 0] > 14, -0.25, 0.25), atol=0.03)


@pytest.fixture
def summing():
    """A network that calls every line long whose brightness is above that of 9 pixels; its map is the brightness."""
    model = keras.Sequential([
        keras.Input((28, 28, 3)), layers.Rescaling(1 / 255), layers.Conv2D(1, 1, use_bias=False, name="conv1"),
        layers.Flatten(name="flatten"), layers.Dense(1, activation="sigmoid", name="length"),
    ])  # fmt: skip
    model.set_weights([np.ones((1, 1, 3, 1)), np.ones((784, 1)), np.full(1, -9)])
    return Network(model)


def test_scores_of_a_network_that_is_known(summing, known):
    """It is right for short thin and all long lines. Thick short ones have 21 pixels, and heat on the line like all others."""
    marked, masks = marks.marked(known)
    own = summing.model.get_weights()
    blind = [own[0], own[1] * 0 + np.eye(784)[400][:, None], own[2]]  # sees one pixel only
    classes = {"length": summing.predict(known.images)["length"].argmax(axis=1)}
    tested = controls.Controls(
        known=known, shifted=controls.shifted(known), marked=marked, near_marks=scoring.grown(masks), noisy=known,
        near_noisy=scoring.grown(known.masks), shuffled=blind, ignoring=own, hardened=own, classes=classes,
        noisy_classes=classes,
    )  # fmt: skip
    found = controls.control_scores(summing, tested, "conv1", "length", "hirescam")
    assert found["right"] is not None and found["wrong"] is not None
    assert found["shifted"] > 0.7 and abs(found["shuffled"]) < 0.3
    thin_short = known.of(known.labels < 24)
    sizes = [27 / (27 + values[..., [0, 2]].astype(float).sum() / 255) for values in known.images]  # a mark is 9 white pixels
    says_long = classes["length"] == 1
    assert found["mark"] == found["mark_before"] == pytest.approx(np.mean(np.array(sizes) * says_long), abs=0.01)
    about = controls.what_was_tested(summing, tested)
    thick_short = (known.labels >= 24) & (known.labels < 48)
    assert about["noisy_right"] == {"length": int((~thick_short).sum())} and len(thin_short.labels) == 72
    assert about["same_answer_with_mark"] == pytest.approx(np.mean(says_long))  # a mark makes every line long
    assert line_classes.class_name(24) == "short thick 0° red"


@pytest.mark.slow
def test_controls_are_made_of_the_network_itself(trained, known):
    """With the hardened weights the heads say what the controls have, and afterwards the network is as it was."""
    network = open_network(trained / "q2_multihead/lines/model.keras", "q2_multihead/lines")
    own, few = network.model.get_weights(), known.spread(40)
    made = controls.prepare(network, few, few, known)
    for first, second in zip(own, network.model.get_weights()):
        np.testing.assert_array_equal(first, second)
    for head, said in network.predict(few.images).items():
        np.testing.assert_array_equal(made.classes[head], said.argmax(axis=1))
    with other_weights.exchanged(network, made.hardened):
        for head, said in network.predict(made.noisy.images).items():
            np.testing.assert_array_equal(made.noisy_classes[head], said.argmax(axis=1))
    assert (made.near_noisy & few.masks).sum() == few.masks.sum() and not (made.noisy.images == few.images).all()

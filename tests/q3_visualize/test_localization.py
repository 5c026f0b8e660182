import numpy as np
import pytest

from common.quiet import keras
from data import line_classes, lines
from q3_visualize import localization
from q3_visualize.networks import Network

layers = keras.layers


@pytest.fixture
def brightness():
    """A network whose one class is as sure as its image has bright pixels in its upper left quarter."""
    kernel = np.zeros((28, 28, 1), np.float32)
    kernel[:14, :14] = 1
    model = keras.Sequential([
        keras.Input((28, 28, 3)), layers.Rescaling(1 / 255), layers.Conv2D(1, 1, use_bias=False, name="conv1"),
        layers.Flatten(name="flatten"), layers.Dense(1, activation="sigmoid", use_bias=False, name="bright"),
    ])  # fmt: skip
    model.set_weights([np.ones((1, 1, 3, 1)), kernel.reshape(-1, 1)])
    return Network(model)


def test_deletion_and_insertion_follow_the_heat(brightness):
    images = np.zeros((2, 28, 28, 3), np.uint8)
    images[:, 2:4, 2:6, 0] = 255  # eight pixels
    right, wrong = (images[..., 0].astype(float) * sign for sign in (1, -1))
    deleted, inserted = localization.deletion_and_insertion(brightness, images, right, "bright")
    at = {count: place for place, count in enumerate(localization.PIXELS)}
    assert deleted[0] > 0.999 and deleted[at[8]] == pytest.approx(0.5) == inserted[0] and inserted[at[8]] > 0.999
    assert deleted[at[4]] == pytest.approx(1 / (1 + np.exp(-4)))
    deleted, inserted = localization.deletion_and_insertion(brightness, images, wrong, "bright")
    assert deleted[at[512]] > 0.999 and inserted[at[512]] == pytest.approx(0.5)


@pytest.mark.parametrize("angle", range(12))
def test_the_directions_are_those_of_the_drawn_lines(angle, monkeypatch):
    """Heat that is the line itself lies along it from end to end, and not across it."""
    labels = np.full(3, line_classes.class_index(1, 1, angle, 0))
    drawn = lines.draw(per_class=1)
    center = np.array([[14.0, 14.0], [13.3, 14.9], [15.1, 13.6]])
    network = type("Heads", (), {"heads": ["only"]})
    monkeypatch.setattr("q3_visualize.heatmaps.placed_heatmaps", lambda *_, **__: lines.coverage(labels, center))
    rows = localization.where_heads_look(network, drawn.images[:3], labels, center, "conv1")
    along = {row["position"]: row["heat"] for row in rows if row["axis"] == "along"}
    across = {row["position"]: row["heat"] for row in rows if row["axis"] == "across"}
    assert along[6.5] > 0.5 * along[0.5] and along[-6.5] > 0.5 * along[0.5] and max(along[9.5], along[-9.5]) < 1e-9
    assert max(across[3.5], across[-3.5]) < 1e-9 and across[0.5] > 1

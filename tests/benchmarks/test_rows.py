import numpy as np
import pytest

from benchmarks import networks, run
from benchmarks.networks import giving_logits
from benchmarks.rows import drawing, heatmaps, live, processes, steps, training
from common import run_folders
from common.quiet import keras
from data import line_classes, lines
from data.errors import UserError
from q1_cnn.recipes import RECIPES

layers = keras.layers


def test_operations_by_hand():
    model = keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(4, 3),  # 6 x 6 places
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(5),
    ])  # fmt: skip
    convolution, dense = 3 * 3 * 3 * 4 * 6 * 6, 3 * 3 * 4 * 5
    assert steps._operations(model) == 2 * (2 * convolution + 3 * dense)


def test_seconds_until_an_accuracy():
    history = [{"seconds": 2, "val_accuracy": accuracy} for accuracy in (0.5, 0.9, 0.8, 0.95)]
    assert training._until(history, 0.9) == (4, True)
    assert training._until(history, 0.91) == (8, True)
    assert training._until(history, 0.99) == (8, False)
    assert training._until(history[:3]) == (4, True)  # the best


@pytest.mark.parametrize(("quick", "seeds"), [(False, 3), (True, 1)])
def test_a_race_that_ours_does_not_finish_is_an_error_but_for_a_quick_one(quick, seeds, monkeypatch):
    def trained(recipe, dataset, seed):
        return [{"seconds": 2 + seed, "val_accuracy": recipe}]

    monkeypatch.setattr(training, "trained", trained)
    row = training._race("", {"mine": (0.9, 0.8), "other": (0.7, 0.8)}, None, 0.5, quick)
    assert row.contenders == {"mine": [2, 3, 4][:seeds], "other": [2, 3, 4][:seeds]} and list(row.notes.values()) == [seeds]
    row = training._race("", {"mine": (0.7, 0.8), "other": (0.7, None)}, None, 0.5, quick)
    assert row.contenders["mine"] == ([2] if quick else "not reached with 3 seeds") and list(row.notes.values()) == [0]


def test_the_convnet_of_keras_io_has_as_many_weights_as_its_page_says():
    assert training._mnist_recipe(training._keras_io, epochs=1).build((28, 28, 1)).count_params() == 34_826


def test_the_copy_for_others_gives_the_logits():
    model = RECIPES["lines", 2].build((28, 28, 3))
    images = lines.draw(1).images[:5]
    softmax = keras.ops.softmax(giving_logits(model).predict_on_batch(images))
    np.testing.assert_allclose(softmax, model.predict_on_batch(images), rtol=1e-4, atol=1e-7)


def test_the_worst_pair_of_maps_counts():
    maps = np.random.default_rng(0).random((3, 4, 4))
    assert heatmaps._lowest_correlation(maps, 3 * maps + 1) == pytest.approx(1)
    assert heatmaps._lowest_correlation(np.zeros((1, 4, 4)), np.zeros((1, 4, 4))) == 1
    other = maps.copy()
    other[1] *= -1
    assert heatmaps._lowest_correlation(maps, other) == pytest.approx(-1)
    other[1] = 0
    assert heatmaps._lowest_correlation(maps, other) == heatmaps._lowest_correlation(other, maps) == -1


def test_lines_come_through_files_unchanged(tmp_path):
    images = drawing._through_files(2, tmp_path)
    assert images.shape == (192, 28, 28, 3) and images.dtype == np.uint8 and len(list(tmp_path.iterdir())) == 192
    assert (images.max(axis=(1, 2, 3)) > 60).all()  # JPEG dims a thin line
    red = images[..., 2].sum(axis=(1, 2)) > images[..., 0].sum(axis=(1, 2))  # files give blue, green, red
    assert list(red) == [line_classes.class_factors(index)["color"] == 0 for index in range(96) for _ in range(2)]


def test_networks_and_data_that_are_missing_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folders, "REPORTS", tmp_path)
    with pytest.raises(UserError, match=r"part2/model\.keras is missing: run python q1_cnn/train\.py first"):
        networks.line_network(2)
    assert networks.line_network(2, quick=True).input_shape == (28, 28, 3)
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "none.npz"))
    with pytest.raises(UserError, match=r"none\.npz"):
        networks.mnist()


def test_a_process_is_measured_and_its_error_is_shown():
    seconds, peak = processes._process("-c", "content = bytearray(b'x') * 200_000_000")
    assert seconds > 0 and 200_000_000 < peak < 400_000_000  # though this process has more
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        processes._process("-c", "1 / 0")


def test_a_browser_and_an_npm_that_are_missing_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(live.shutil, "which", lambda _: None)
    monkeypatch.setattr(live, "INSTALLED", tmp_path)
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    row = live._compare("any", model, 10, 1, quick=True)
    assert row.contenders == dict.fromkeys((live.OURS, live.TFJS), "no chromium here: apt install chromium")
    assert row.as_dict()["ratio"] is None
    row = live._painted("any", model, 10, 1, quick=True)
    assert row.contenders == {live.OURS: live.NO_CHROMIUM, live.ALLOWED: [10]} and row.as_dict()["ratio"] is None
    with pytest.raises(RuntimeError, match="no npm here"):
        live._tfjs_scripts()


def test_a_part_that_fails_ends_the_benchmark(capfd):
    with pytest.raises(UserError, match="nothing failed with status 2"):
        run._measured("nothing", quick=True)
    assert "invalid choice: 'nothing'" in capfd.readouterr().err

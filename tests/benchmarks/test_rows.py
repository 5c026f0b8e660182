import numpy as np
import pytest

from benchmarks import networks, run
from benchmarks.networks import giving_logits, pictures
from benchmarks.rows import drawing, heatmaps, processes, steps, training
from common import run_folders
from common.quiet import keras
from data import line_classes
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
    assert steps.flops(model) == 2 * (2 * convolution + 3 * dense)


def test_seconds_until_an_accuracy():
    history = [{"seconds": 2, "val_accuracy": accuracy} for accuracy in (0.5, 0.9, 0.8, 0.95)]
    assert training.until(history, 0.9) == (4, True)
    assert training.until(history, 0.91) == (8, True)
    assert training.until(history, 0.99) == (8, False)
    assert training.every_time([(1, True), (2, True)], quick=False) == training.seconds([(1, True), (2, False)]) == [1, 2]
    assert training.every_time([(1, True), (2, False)], quick=False) == "not reached by 1 of 2 seeds"
    assert training.every_time([(2, False)], quick=True) == [2]


def test_the_convnet_of_keras_io_has_as_many_weights_as_its_page_says():
    assert training.keras_io(epochs=1).build((28, 28, 1)).count_params() == 34_826


def test_the_copy_for_others_gives_the_logits():
    model = RECIPES["lines", 2].build((28, 28, 3))
    images = pictures(5)
    softmax = keras.ops.softmax(giving_logits(model).predict_on_batch(images))
    np.testing.assert_allclose(softmax, model.predict_on_batch(images), rtol=1e-4, atol=1e-7)


def test_the_worst_pair_of_maps_counts():
    maps = np.random.default_rng(0).random((3, 4, 4))
    assert heatmaps.lowest_correlation(maps, 3 * maps + 1) == pytest.approx(1)
    assert heatmaps.lowest_correlation(np.zeros((1, 4, 4)), np.zeros((1, 4, 4))) == 1
    other = maps.copy()
    other[1] *= -1
    assert heatmaps.lowest_correlation(maps, other) == pytest.approx(-1)
    other[1] = 0
    assert heatmaps.lowest_correlation(maps, other) == heatmaps.lowest_correlation(other, maps) == -1


def test_a_peer_that_is_missing_is_told():
    assert run.version("no-such-peer") == "not installed" and run.version("numpy") == np.__version__


def test_pictures_are_of_all_classes_in_turn():
    images = pictures(200)
    assert images.shape == (200, 28, 28, 3) and images.dtype == np.uint8
    red = images[..., 0].any(axis=(1, 2))
    assert red[::2].all() and not red[1::2].any()


def test_lines_come_through_files_as_they_were_drawn(tmp_path):
    images = drawing.through_files(2, tmp_path)
    assert images.shape == (192, 28, 28, 3) and images.dtype == np.uint8 and len(list(tmp_path.iterdir())) == 192
    assert (images.max(axis=(1, 2, 3)) > 60).all()  # JPEG dims a thin line
    red = images[..., 2].sum(axis=(1, 2)) > images[..., 0].sum(axis=(1, 2))  # files give blue, green, red
    assert list(red) == [line_classes.class_factors(index)["color"] == 0 for index in range(96) for _ in range(2)]


def test_networks_and_data_that_are_missing_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folders, "REPORTS", tmp_path)
    with pytest.raises(UserError, match=r"part2/model\.keras is missing: run python q1_cnn/train\.py first"):
        networks.published("q1_cnn/lines/part2")
    assert networks.published("q1_cnn/lines/part2", quick=True).input_shape == (28, 28, 3)
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "none.npz"))
    with pytest.raises(UserError, match=r"none\.npz"):
        networks.mnist()


def test_a_process_is_measured_and_its_failure_is_told():
    seconds, peak = processes.process("-c", "some = bytearray(b'x') * 200_000_000")
    assert seconds > 0 and 200_000_000 < peak < 400_000_000  # though this process has more
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        processes.process("-c", "1 / 0")


def test_a_part_that_fails_ends_the_benchmark(capfd):
    with pytest.raises(UserError, match="nothing failed with status 2"):
        run.measured("nothing", quick=True)
    assert "invalid choice: 'nothing'" in capfd.readouterr().err

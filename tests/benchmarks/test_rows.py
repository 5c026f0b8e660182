import numpy as np
import pytest

from benchmarks.networks import giving_logits, pictures
from benchmarks.rows import processes, steps, training
from q1_cnn.recipes import RECIPES
from training.quiet import keras

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
    assert steps.operations(model) == 2 * (2 * convolution + 3 * dense)


def test_seconds_until_an_accuracy():
    history = [{"seconds": 2, "val_accuracy": accuracy} for accuracy in (0.5, 0.9, 0.8, 0.95)]
    assert training.until(history, 0.9, quick=False) == 4
    assert training.until(history, 0.91, quick=False) == 8
    assert training.until(history, 0.99, quick=False) is None
    assert training.told({"a": [1, 2], "b": [1, None]}) == {"a": [1, 2], "b": "reached by 1 of 2 seeds"}


def test_the_convnet_of_keras_io_has_as_many_weights_as_its_page_says():
    assert training.keras_io(epochs=1).build((28, 28, 1)).count_params() == 34_826


def test_the_copy_for_others_gives_the_logits():
    model = RECIPES["lines", 2].build((28, 28, 3))
    images = pictures(5)
    softmax = keras.ops.softmax(giving_logits(model).predict_on_batch(images))
    np.testing.assert_allclose(softmax, model.predict_on_batch(images), rtol=1e-4, atol=1e-7)


def test_pictures_are_of_all_classes_in_turn():
    images = pictures(200)
    assert images.shape == (200, 28, 28, 3) and images.dtype == np.uint8
    red = images[..., 0].any(axis=(1, 2))
    assert red[::2].all() and not red[1::2].any()


def test_a_process_is_measured_and_its_failure_is_told():
    seconds, peak = processes.process("-c", "import time; some = bytearray(b'x') * 200_000_000; time.sleep(0.2)")
    assert seconds > 0.2 and 200_000_000 < peak < 400_000_000
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        processes.process("-c", "1 / 0")

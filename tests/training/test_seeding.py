"""Same seed, same network, whatever else the process does."""

import random
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from common.quiet import keras
from q2_multihead.recipes import RECIPE
from tests.conftest import untrained_on
from training.seeding import drawn_from

layers = keras.layers


def of_layers(shape, *makers, dtype="float32"):
    """A function that builds a model of the layers that functions make."""
    return lambda: keras.Sequential([keras.Input(shape, dtype=dtype), *(make() for make in makers)])


def nested():
    inner = keras.Sequential([layers.SeparableConv2D(4, 3), keras.Sequential([layers.Conv2D(3, 2), layers.Dropout(0.5)])])
    images = keras.Input((8, 8, 2))
    functional = keras.Model(images, layers.DepthwiseConv2D(3)(inner(images)))
    return keras.Sequential([keras.Input((8, 8, 2)), functional, layers.Flatten(), layers.Dense(3)])


def attention():
    steps = keras.Input((5, 8))
    return keras.Model(steps, layers.MultiHeadAttention(2, 4, dropout=0.1)(steps, steps))


MODELS = {
    "Conv2D": of_layers((8, 8, 2), lambda: layers.Conv2D(4, 3)),
    "SeparableConv2D": of_layers((8, 8, 2), lambda: layers.SeparableConv2D(4, 3)),
    "DepthwiseConv2D": of_layers((8, 8, 2), lambda: layers.DepthwiseConv2D(3, depth_multiplier=2)),
    "MultiHeadAttention": attention,
    "LSTM": of_layers((5, 3), lambda: layers.LSTM(4, dropout=0.2)),
    "Bidirectional": of_layers((5, 3), lambda: layers.Bidirectional(layers.GRU(4))),
    "PReLU": of_layers((8,), lambda: layers.PReLU(alpha_initializer="random_normal")),
    "Embedding": of_layers((5,), lambda: layers.Embedding(10, 4), dtype="int32"),
    "HeNormal": of_layers((8,), lambda: layers.Dense(4, kernel_initializer="he_normal", bias_initializer="random_uniform")),
    "SpectralNormalization": of_layers((8, 8, 2), lambda: layers.SpectralNormalization(layers.Conv2D(4, 3))),
    "Dropout": of_layers((8,), lambda: layers.Dropout(0.5), lambda: layers.GaussianNoise(0.1)),
    "RandomRotation": of_layers((8, 8, 2), lambda: layers.RandomRotation(0.1), lambda: layers.RandomCrop(4, 4)),
    "nested": nested,
}


def values(model):
    """The weights of a model and the states of its random layers: a list of arrays."""
    return [variable.numpy() for variable in model.variables]


def seeded(build, seed):
    with drawn_from(seed):
        return values(build())


def same(one, other):
    assert len(one) == len(other) > 0
    return [(a == b).all() for a, b in zip(one, other)]


@contextmanager
def a_thread_that_draws():
    """Another thread draws from Python's generator all the time."""
    drawn, stop = threading.Event(), threading.Event()

    def draw():
        while not stop.is_set():
            random.random()
            drawn.set()
            time.sleep(1e-4)  # thousands of times a second; more would keep the others from computing

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        assert drawn.wait(10)
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_same_weights_while_another_thread_draws(name):
    with a_thread_that_draws():
        one, again, other = (seeded(MODELS[name], seed) for seed in (3, 3, 4))
    assert all(same(one, again))
    assert not all(same(one, other))


def test_no_two_layers_draw_the_same():
    one, other = seeded(of_layers((4,), lambda: layers.Dense(4, use_bias=False), lambda: layers.Dense(4, use_bias=False)), 0)
    assert (one != other).all()


def test_the_state_of_dropout_comes_from_the_seed_and_so_do_its_masks():
    def dropped(seed):
        with drawn_from(seed):
            layer = layers.Dropout(0.5)
        return layer.seed_generator.state.numpy(), np.array(layer(np.ones((4, 50), np.float32), training=True))

    with a_thread_that_draws():
        (state, mask), (same_state, same_mask), (other_state, other_mask) = map(dropped, (1, 1, 2))
    assert (state == same_state).all() and (mask == same_mask).all()
    assert (state != other_state).any() and (mask != other_mask).any()


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_the_least_and_the_largest_seed(seed):
    assert all(same(seeded(MODELS["Conv2D"], seed), seeded(MODELS["Conv2D"], seed)))


def test_a_layer_with_a_seed_of_its_own_keeps_it():
    build = of_layers((8,), lambda: layers.Dense(4, kernel_initializer=keras.initializers.GlorotUniform(seed=7)))
    assert all(same(seeded(build, 1), seeded(build, 2)))


def test_pythons_and_numpys_generators_stay_unchanged():
    before, of_numpy = random.getstate(), np.random.get_state()[1].copy()
    seeded(nested, 3)
    assert random.getstate() == before and (np.random.get_state()[1] == of_numpy).all()


def in_a_thread(function):
    """What a function returns in a thread of its own."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    (result,) = results
    return result


def from_python(seed):
    """A model drawn as Keras does it: from Python's generator."""
    random.seed(seed)
    return values(MODELS["Conv2D"]())


def test_other_threads_draw_as_ever_and_do_not_disturb():
    expected = from_python(5)
    undisturbed = seeded(of_layers((4,), lambda: layers.Dense(4)), 1)
    with drawn_from(1):
        elsewhere = in_a_thread(lambda: from_python(5))
        disturbed = values(of_layers((4,), lambda: layers.Dense(4))())
    assert all(same(elsewhere, expected))
    assert all(same(disturbed, undisturbed))


def test_afterwards_keras_draws_as_ever_also_after_an_error():
    expected = from_python(5)
    for fails in (False, True):
        try:
            with drawn_from(1):
                assert not fails
        except AssertionError:
            pass
        assert all(same(from_python(5), expected))


def test_one_inside_another():
    with drawn_from(1):
        inner = seeded(MODELS["Conv2D"], 2)
        outer = values(MODELS["Conv2D"]())
    assert all(same(inner, seeded(MODELS["Conv2D"], 2)))
    assert all(same(outer, seeded(MODELS["Conv2D"], 1)))


def test_two_threads_with_seeds_at_once(monkeypatch):
    for module in (keras.src.random.seed_generator, keras.src.backend.random):  # put back whatever happens
        monkeypatch.setattr(module, "make_default_seed", module.make_default_seed)
    build = of_layers((4,), lambda: layers.Dense(4))
    expected = from_python(5), seeded(build, 2)
    entered, first_has_left = threading.Event(), threading.Event()

    def second():
        with drawn_from(2):
            entered.set()
            first_has_left.wait(10)
            results.append(values(build()))

    results = []
    thread = threading.Thread(target=second)
    with drawn_from(1):
        thread.start()
        entered.wait(0.5)  # or it waits for this one
    first_has_left.set()
    thread.join()
    assert all(same(results[0], expected[1]))
    assert all(same(from_python(5), expected[0]))


def test_an_untrained_network_is_that_of_its_seed(few_lines):
    with a_thread_that_draws():
        one, again, other = (untrained_on(few_lines, RECIPE, seed) for seed in (0, 0, 1))
    assert all(same(values(one), values(again)))
    assert not all(same(values(one), values(other)))

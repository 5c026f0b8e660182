import sys

import numpy as np
import pytest

from benchmarks import kinds, peers, zoo
from benchmarks.kinds import ALIKE, Failure, judged
from common.quiet import keras
from tests.conftest import assert_one_error_line

LARGE = ("ResNet50", "ConvNeXtTiny", "MobileNetV3Small, free size")
SMALL = [pytest.param(kind, id=kind.slug) for kind in zoo.KINDS if kind.name not in LARGE]


def built(kind):
    keras.utils.clear_session()
    keras.utils.set_random_seed(kind.seed)
    network = kind.build()
    inputs = kind.values(zoo.drawn(kind.shape))
    return network, inputs, zoo.weights_of(kind, network, inputs)


@pytest.mark.parametrize("kind", SMALL)
def test_each_small_network_computes_from_its_file_and_its_map_tells_right_from_wrong(kind, tmp_path):
    network, inputs, weights = built(kind)
    path = tmp_path / "network.keras"
    network.model.save(path)
    loaded = keras.models.load_model(path, compile=False, safe_mode=kind.safe)
    outputs, again = (model(zoo.batch(inputs)) for model in (network.model, loaded))
    outputs, again = (values if isinstance(values, list) else [values] for values in (outputs, again))
    assert len(outputs) == len(weights) == len(kind.explained)
    for values, same in zip(outputs, again):
        assert np.isfinite(values).all()
        np.testing.assert_allclose(np.float32(values), np.float32(same), rtol=1e-5, atol=1e-6)
    if not network.probe:
        return
    heat, *others = zoo.references(kind, network, inputs, weights)
    assert (heat > 0).mean() > 0.1 and np.maximum(heat, 0).std() > 0.01 * np.abs(heat).max()  # peers return its positive part
    assert all(kinds.correlation(other, heat) < 0.9 for other in others)
    scale = 255 if inputs[0].max() <= 1 else 1 / 255
    wrong = [(inputs[0] * scale).astype(inputs[0].dtype), *inputs[1:]]
    assert kinds.correlation(zoo.references(kind, network, wrong, weights)[0], heat) < ALIKE
    if weights[-1].ndim == 1 and len(weights[-1]) > 1:
        another_class = [np.roll(weigh, 1) for weigh in weights]
        assert kinds.correlation(zoo.references(kind, network, inputs, another_class)[0], heat) < ALIKE


def test_the_reference_by_hand():
    """After average pooling the gradient follows from the weights of two fully connected layers."""
    kind = next(kind for kind in zoo.KINDS if kind.name == "free size")._replace(shape=(20, 24, 3))
    network, inputs, weights = built(kind)
    conv, hidden, predictions = network.model.get_layer("conv2"), network.model.layers[-2], network.model.layers[-1]
    features = keras.Model(network.model.inputs[0], conv.output)(inputs[0][None]).numpy()[0].astype(np.float64)
    (first, first_bias), (second, second_bias) = hidden.get_weights(), predictions.get_weights()
    before = features.mean(axis=(0, 1)) @ first + first_bias
    label = (np.maximum(before, 0) @ second + second_bias).argmax()
    assert weights[0].tolist() == np.eye(5)[label].tolist()
    gradient = first @ ((before > 0) * second[:, label]) / (features.shape[0] * features.shape[1])
    [heat] = zoo.references(kind, network, inputs, weights)
    np.testing.assert_allclose(heat, features @ gradient, rtol=1e-4, atol=1e-9)


def test_names_and_files_of_kinds_differ():
    assert len({kind.slug for kind in zoo.KINDS}) == len({kind.name for kind in zoo.KINDS}) == len(zoo.KINDS) >= 24
    assert zoo.Kind("x / 255.0, (28, 28)", None).slug == "x_255_0_28_28"


def test_weights_of_targets():
    assert zoo.the_class(np.array([1.0, 3.0, 2.0])).tolist() == [0, 1, 0]
    assert zoo.the_side(np.array([-0.5])).tolist() == [-1] and zoo.the_side(np.array([0.5])).tolist() == [1]
    pixels = np.zeros((2, 2, 3))
    pixels[0, :, 1] = pixels[1, 0, 2] = 1  # two pixels of class 1, one of class 2, one of class 0
    weights = zoo.region(pixels)
    assert weights[..., 1].tolist() == [[0.5, 0.5], [0, 0]] and not weights[..., [0, 2]].any()
    letters = zoo.letter(np.array([[9.0, 0], [0, 4], [5, 0]]))
    assert letters.tolist() == [[0, 0], [0, 1], [0, 0]]


def test_what_came_of_a_contender():
    heat = np.random.default_rng(0).random((5, 4))
    other = heat[::-1]
    assert judged(3 * heat + 1, [heat]) == {"result": "right", "detail": "", "correlation": 1}
    found = judged(-heat, [heat])
    assert (found["result"], found["detail"], found["correlation"]) == ("wrong", "correlation -1.00", -1)
    assert judged(other, [heat, other])["detail"] == "another call of the layer"
    assert judged(other, [heat])["result"] == "wrong"
    assert judged(heat, []) == {"result": "a map", "detail": "", "correlation": None}
    assert judged(heat[:3], [heat])["detail"] == "a map of 3 x 4" and judged(heat[0], [heat])["result"] == "wrong"
    for broken in (np.ones_like(heat), np.full_like(heat, np.nan)):
        assert judged(broken, [heat])["result"] == "wrong"
    refused = Failure("refused", "give --image")
    assert judged(refused, [heat]) == {"result": "refused", "detail": "give --image", "correlation": None}
    assert (
        kinds.in_words(judged(refused, [heat])) == "refused: give --image" and kinds.in_words(judged(heat, [heat])) == "right"
    )


def test_a_map_may_be_enlarged():
    heat = np.random.default_rng(0).random((4, 3))
    along = np.stack([np.interp(np.linspace(0, 3, 13), range(4), column) for column in heat.T], axis=1)
    linear = np.stack([np.interp(np.linspace(0, 2, 9), range(3), row) for row in along])
    assert kinds.correlation(linear, heat) == pytest.approx(1)
    assert kinds.correlation(np.kron(heat, np.ones((4, 4))), heat) < 0.97
    volume = np.random.default_rng(0).random((2, 3, 4))
    assert kinds.correlation(volume, volume) == pytest.approx(1)


def test_errors_of_others_in_short():
    said = 'in user code:\n\n    File "somewhere.py", line 3, in f\n        g()\n\n    ValueError: no such layer: ' + "x " * 200
    short = peers.in_short(ValueError(said))
    assert short.startswith("ValueError: no such layer: x x") and short.endswith(" ...") and len(short) <= peers.LONGEST
    assert peers.in_short(KeyError("a")) == "KeyError: 'a'"


def test_a_process_that_dies_costs_one_kind(tmp_path, monkeypatch):
    program = tmp_path / "python"
    lines = ["#!/bin/sh", "for kind; do case $kind in *.py|/*|peer) continue;; esac", "echo begin $kind"]
    lines += ["[ $kind = b ] && kill -9 $$", """echo "end [\\"$kind\\", \\"KeyError: $kind\\"]"; done"""]
    program.write_text("\n".join(lines))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    outcomes = kinds.by_peer("peer", tmp_path, ["a", "b", "c"])
    assert outcomes == {
        "a": ("error", "KeyError: a"), "b": ("error", "its process ended with status -9"), "c": ("error", "KeyError: c"),
    }  # fmt: skip


def test_an_unknown_kind_is_named(call):
    assert_one_error_line(call("benchmarks/kinds.py", "--only", "nothing like it"), "nothing like it", "Sequential; functional")


@pytest.mark.slow
def test_three_kinds_without_others_installed(script):
    written = kinds.RESULT.exists() and kinds.RESULT.read_bytes()
    result = script("benchmarks/kinds.py", "--quick")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("ours: right") == 3
    assert written == (kinds.RESULT.exists() and kinds.RESULT.read_bytes())

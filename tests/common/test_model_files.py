"""Files that are no network, or one that nobody should open."""

import os
import zipfile

import h5py
import numpy as np
import pytest

from common.model_files import load, loss_of
from common.quiet import keras
from tests.common.changed_model_files import assert_refused, network, rewritten


@pytest.fixture
def path(tmp_path):
    network().save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_network_is_loaded_with_its_weights(path):
    rewritten(path)
    model = load(path)
    assert model.count_params() == 4 * 10 + 400 * 3 + 3 and not model.compiled


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "assets/x", "config.json", "a" * 70000])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_with_more_in_it_is_refused(name, path):
    if len(name) > 65535:
        rewritten(path, more=[(f"{number}", b"") for number in range(70_000)])
    else:
        rewritten(path, more=[(name, b"evil")])
    assert_refused(path, "nothing else")
    assert not (path.parent.parent / "evil").exists()


def test_a_zip_bomb_is_refused(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
        with archive.open("model.weights.h5", "w") as file:
            for _ in range(300):
                file.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    assert_refused(path, "compressed")


def test_a_description_that_is_too_long_or_too_deep_is_refused(path):
    rewritten(path, lambda config: config.update(long="x" * 6_000_000))
    assert_refused(path, "more than 5,000,000 bytes")
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("metadata.json", "model.weights.h5"):
            archive.writestr(name, "")
        archive.writestr("config.json", "[" * 1_000_000)
    assert_refused(path, "damaged")


def dense(units):
    return lambda config: config["config"]["layers"][-1]["config"].update(units=units)


def input_of(shape):
    def change(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = shape

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (dense(10**9), "describes weights of 1,604,000,000,160 bytes and holds 4,972"),
        (dense(10**12), "describes weights"),
        (dense(-1), "no network that Keras can load"),
        (dense("many"), "no network that Keras can load"),
        (input_of([None, 10**6, 10**6, 1]), "no network that Keras can load"),
        (lambda config: config["config"].update(layers=[]), "no network|no weights"),
    ],
)
def test_absurd_shapes_are_refused_before_they_take_memory(change, reason, path):
    rewritten(path, change)
    assert_refused(path, reason)


def linked(link):
    def change(file):
        del file["layers/conv2d/vars/0"]
        file["layers/conv2d/vars/0"] = link

    return change


def replaced(**options):
    def change(file):
        shape, dtype = file["layers/conv2d/vars/0"].shape, np.float32
        del file["layers/conv2d/vars/0"]
        file.create_dataset("layers/conv2d/vars/0", options.pop("shape", shape), dtype, **options)

    return change


def linked_again_and_again(file):
    """30 groups, each twice in the one before: a billion ways to the last."""
    group = file
    for _ in range(30):
        group = group.create_group("a")
        group.parent["b"] = group


def virtual(file):
    del file["layers/conv2d/vars/0"]
    layout = h5py.VirtualLayout((3, 3, 1, 4), np.float32)
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3, 3, 1, 4))
    file.create_virtual_dataset("layers/conv2d/vars/0", layout)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (linked(h5py.ExternalLink("/etc/passwd", "/x")), "lead elsewhere"),
        (linked(h5py.SoftLink("/layers/dense/vars/0")), "lead elsewhere"),
        (linked_again_and_again, "lead elsewhere"),
        (replaced(external=[("/etc/passwd", 0, 144)]), "not in it"),
        (virtual, "not in it"),
        (replaced(shape=(10**6, 10**6), chunks=(1000, 1000)), "not in it"),
        (replaced(shape=(1000, 1000), compression="gzip", fillvalue=0, data=np.zeros((1000, 1000))), "not in it"),
    ],
)
def test_weights_from_elsewhere_or_from_nowhere_are_refused(change, reason, path):
    rewritten(path, weights=change)
    assert_refused(path, reason)


def test_other_files_and_damaged_ones_are_refused(path, tmp_path):
    content = path.read_bytes()
    (tmp_path / "model.h5").write_bytes(content)
    assert_refused(tmp_path / "model.h5", r"only \.keras")
    (tmp_path / "folder.keras").mkdir()
    assert_refused(tmp_path / "folder.keras", "is no file")
    os.mkfifo(tmp_path / "pipe.keras")
    assert_refused(tmp_path / "pipe.keras", "is no file")
    assert_refused(tmp_path / "missing.keras", "is no file")
    for damaged in (content[: len(content) // 2], b"", b"PK", content[:-40]):
        path.write_bytes(damaged)
        assert_refused(path, "damaged")


def of_its_own(labels, outputs):
    return 0.0


@pytest.mark.parametrize(
    ("loss", "described"),
    [
        ("mse", "mse"),
        (["mse"], ["mse"]),
        ({"predictions": "mae"}, {"predictions": "mae"}),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), ("SparseCategoricalCrossentropy", True)),
        (keras.losses.BinaryCrossentropy(), ("BinaryCrossentropy", False)),
        (of_its_own, "of_its_own"),
        (None, None),
    ],
)
def test_the_loss_of_a_file_is_read_without_making_it(loss, described, tmp_path):
    model, path = network(), tmp_path / "model.keras"
    if loss is not None:
        model.compile("sgd", loss)
    model.save(path)
    load(path)
    found = loss_of(path)
    if isinstance(described, tuple):
        assert (found["class_name"], found["config"]["from_logits"]) == described
    elif loss is of_its_own:
        assert found["config"] == described
    else:
        assert found == described


def test_where_no_loss_can_be_read_there_is_none(path):
    for content in (b"", path.read_bytes()[:-100]):
        path.write_bytes(content)
        assert loss_of(path) is None
    assert loss_of(path.parent) is None and loss_of(path.parent / "missing.keras") is None

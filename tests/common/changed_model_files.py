"""A small network to save, .keras files with changes, and how they are refused."""

import io
import json
import time
import zipfile

import h5py
import pytest

from common.model_files import load
from common.quiet import keras
from data.errors import UserError

layers = keras.layers


def network(*more):
    first = [keras.Input((12, 12, 1)), layers.Conv2D(4, 3, name="conv1"), layers.Flatten(), layers.Dense(3, name="predictions")]
    return keras.Sequential([*first, *more])


def rewritten(path, config=None, weights=None, more=(), **options):
    """Writes a .keras file again. config: changes the configuration, a dict. weights: does so with the open HDF5 file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if config:
        described = json.loads(members["config.json"])
        config(described)
        members["config.json"] = json.dumps(described)
    if weights:
        memory = io.BytesIO(members["model.weights.h5"])
        with h5py.File(memory, "r+") as file:
            weights(file)
        members["model.weights.h5"] = memory.getvalue()
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in [*members.items(), *more]:
            archive.writestr(name, content)


def assert_refused(path, reason):
    """The file is refused in one short sentence, and at once."""
    start = time.perf_counter()
    with pytest.raises(UserError, match=reason) as caught:
        load(path)
    assert time.perf_counter() - start < 5
    assert len(str(caught.value)) < len(str(path)) + 300 and "\n" not in str(caught.value)

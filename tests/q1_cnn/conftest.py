"""What the tests of Section 1's scripts share."""

import shutil

import pytest


@pytest.fixture
def train(call):
    """Runs train.py into tmp_path/out."""

    def run(*flags, **options):
        return call("q1_cnn/train.py", "--out", "out", *flags, **options)

    return run


@pytest.fixture
def copied(trained, tmp_path):
    """Copies a run of `trained` below tmp_path and returns the copy's folder."""

    def copy(network, place):
        return shutil.copytree(trained / network, tmp_path / place / network)

    return copy

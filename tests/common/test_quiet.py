import importlib.util
import os
import subprocess
import sys

import pytest

from common.quiet import held_back_noise
from tests.conftest import ROOT


def run(program, **environment):
    options = {"capture_output": True, "text": True, "timeout": 100}
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **environment}, **options)


@pytest.mark.slow
def test_the_start_is_silent():
    assert run("from common.quiet import tensorflow; tensorflow.constant(1) + 1").stderr == ""


@pytest.mark.slow
def test_a_users_keras_settings_do_not_change_the_networks(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax", "image_data_format": "channels_first", "floatx": "float16"}')
    settings = "keras.config.backend(), keras.config.image_data_format(), keras.config.floatx()"
    program = f"from common.quiet import keras; print({settings})"
    result = run(program, KERAS_HOME=str(tmp_path), KERAS_BACKEND="jax")
    assert result.stdout.split() == ["tensorflow", "channels_last", "float32"], result.stderr


@pytest.mark.parametrize("before", [{}, {"KERAS_HOME": "mine", "KERAS_BACKEND": "jax"}])
def test_the_environment_keeps_the_users_settings_of_keras(before, monkeypatch):
    """Of a notebook that imports it, and of the processes that it starts. Keras itself is not imported again for this."""
    for name in ("KERAS_HOME", "KERAS_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    import_again = importlib.util.find_spec("common.quiet")
    import_again.loader.exec_module(importlib.util.module_from_spec(import_again))
    after = {name: os.environ[name] for name in ("KERAS_HOME", "KERAS_BACKEND") if name in os.environ}
    assert after == before, "importing common.quiet changes the settings that other programs in this process read"


def test_errors_are_shown(capfd):
    with pytest.raises(SystemError, match="so is the kernel"), held_back_noise():
        os.write(2, b"I0000 00:00:1 1 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"E0000 00:00:1 1 disk.cc:1] the disk is on fire\n")
        raise SystemError("so is the kernel")
    shown = capfd.readouterr().err
    assert "disk is on fire" in shown and "oneDNN" not in shown

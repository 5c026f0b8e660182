import os
import subprocess
import sys

from tests.conftest import ROOT


def errors_of(program):
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=100).stderr


def test_the_start_is_silent():
    assert errors_of("from training.quiet import tensorflow; tensorflow.constant(1) + 1") == ""


def test_a_users_keras_settings_do_not_change_the_networks(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax", "image_data_format": "channels_first", "floatx": "float16"}')
    settings = "keras.config.backend(), keras.config.image_data_format(), keras.config.floatx()"
    program = f"from training.quiet import keras; print({settings})"
    environment = {**os.environ, "KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "jax"}
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.stdout.split() == ["tensorflow", "channels_last", "float32"], result.stderr


def test_errors_are_not():
    held_back = """
import os
from training.quiet import held_back_noise
with held_back_noise():
    os.write(2, b"I0000 00:00:1 1 port.cc:153] oneDNN custom operations are on.\\n")
    os.write(2, b"E0000 00:00:1 1 disk.cc:1] the disk is on fire\\n")
    raise SystemError("so is the kernel")
"""
    shown = errors_of(held_back)
    assert "disk is on fire" in shown and "so is the kernel" in shown and "oneDNN" not in shown

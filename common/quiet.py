"""TensorFlow and Keras without their start-up noise.

    from common.quiet import keras, tensorflow

While they are imported and look for devices, standard error is held back; then every line of it that is not
one of TensorFlow's notes to its developers is passed on. Its errors, then and later, stay visible.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

# Notes and warnings (I and W), the lines that explain them, and a failed search for a GPU that is not there.
_NOISE = re.compile(r"[IW]\d{4} |WARNING: All log messages before absl|To enable the following instr|E\d{4} .*cuInit")


@contextmanager
def held_back_noise() -> Iterator[None]:
    """Hold standard error back, and at the end, with an exception or without, pass on what is not noise."""
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(screen, 2)
            os.close(screen)
            held.seek(0)
            for line in held.read().decode(errors="replace").splitlines():
                if not _NOISE.match(line):
                    print(line, file=sys.stderr)


# 2 keeps errors. (3 would hide them, and the notes of the start come through all the same: tensorflow#100442.)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Keras reads its settings when it is imported: from an empty folder, whatever ~/.keras/keras.json says, which other courses
# have their students edit. A process that has imported Keras before keeps the settings that it has.
with (
    tempfile.TemporaryDirectory() as empty,
    mock.patch.dict(os.environ, KERAS_HOME=empty, KERAS_BACKEND="tensorflow"),
    held_back_noise(),
):
    import keras
    import tensorflow

    tensorflow.config.list_physical_devices()

__all__ = ["keras", "tensorflow"]

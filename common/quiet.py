"""TensorFlow and Keras without the notes to developers that they print when they start: `from common.quiet import keras`."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

# Notes and warnings (I and W), the lines that explain them, and a failed search for a GPU on a machine that has none.
_NOISE = re.compile(r"[IW]\d{4} |WARNING: All log messages before absl|To enable the following instr|E\d{4} .*cuInit")


@contextmanager
def held_back_noise() -> Iterator[None]:
    """Hold back standard error, and at the end, even after an exception, pass on what is not noise."""
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


# Keras reads its settings when it is imported. Here from an empty folder, because the user's ~/.keras/keras.json may name
# another backend. A process that has already imported Keras keeps its settings.
# TensorFlow reads its log level once: 2 shows errors. (3 would hide them, and not the notes at the start: tensorflow#100442.)
settings = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")}
with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ, settings, KERAS_HOME=empty), held_back_noise():
    import keras
    import tensorflow

    tensorflow.config.list_physical_devices()

__all__ = ["keras", "tensorflow"]

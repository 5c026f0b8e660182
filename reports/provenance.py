"""What stands behind a result: the command, the code, the versions and the machine that made it."""

import os
import platform
import shlex
import sys
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from reports.runs import REPORTS, ROOT


def command_line():
    """The command that was typed, with the script's path below the root of the project."""
    script = os.path.relpath(sys.argv[0], ROOT) if sys.argv[0] else ""
    return shlex.join(["python", script, *sys.argv[1:]])


def versions():
    """Versions of the language and of the packages that numbers hang on."""
    packages = ("tensorflow", "keras", "numpy", "scikit-learn", "opencv-python-headless")
    return {"python": platform.python_version(), **{package: metadata.version(package) for package in packages}}


def code(*more):
    """Our own code that was loaded and that numbers hang on, as {path below the root: digest}. more: paths that count too.

    Not the scripts themselves, and of reports/ the arithmetic alone.
    """
    loaded = {Path(module.__file__) for module in list(sys.modules.values()) if _is_ours(module)}
    loaded.discard(Path(sys.argv[0]).resolve())
    paths = sorted({path.relative_to(ROOT).as_posix() for path in loaded} | set(more))
    return {path: digest_of(path) for path in paths}


def changed(code_then):
    """The paths of what `code` gave once whose content is another today, or that are gone."""
    return [path for path, digest in code_then.items() if digest_of(path) != digest]


def _is_ours(module):
    path = Path(getattr(module, "__file__", None) or "/")
    if path.suffix != ".py" or path.name == "__init__.py":
        return False
    folders = ("data", "training", "q1_cnn", "q2_multihead", "q3_visualize")
    return path == REPORTS / "metrics.py" or path.parent in [ROOT / folder for folder in folders]


def digest_of(path):
    """A few letters that change when the content of a file below the root does; None where there is none."""
    path = ROOT / path
    return sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:8] if path.is_file() else None


def machine():
    """The processor, in words: "2 cores of x86_64, Linux"."""
    return f"{os.cpu_count()} cores of {platform.machine()}, {platform.system()}"

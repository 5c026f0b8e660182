"""Run folders: what a training run leaves behind, written whole or not at all, and read back."""

import csv
import fcntl
import io
import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
from contextlib import contextmanager
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np

REPORTS = Path(__file__).resolve().parent
ROOT = REPORTS.parent
METRICS_KEYS = (
    "network", "data.name", "data.source", "data.per_class", "data.fingerprint", "data.train", "data.validation", "data.test",
    "training.epochs", "training.seed", "training.parameters", "training.seconds", "training.command", "test", "machine",
    "versions",
)  # fmt: skip


class RunError(OSError):
    """A run folder that is missing or cannot be read. The text says what to do, as an OSError's does to a script."""


@contextmanager
def new_run(folder, keep=False):
    """Yields a folder to fill, which takes the place of `folder` when the block ends well and vanishes when it does not.

    keep: begin with copies of the files that are there.
    Raises OSError when it cannot be written; what was there before is then as it was.
    """
    folder = Path(folder).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _repair(folder)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as temporary:
        filled = Path(temporary, folder.name)
        if keep:
            shutil.copytree(folder, filled)
        else:
            filled.mkdir()
        yield filled
        for path in filled.iterdir():
            _flush(path)
        if folder.exists():
            folder.replace(_previous(folder))
        filled.replace(folder)
        _flush(folder.parent)
        shutil.rmtree(_previous(folder), ignore_errors=True)


@contextmanager
def alone(folder):
    """Makes a folder, and holds it for this process alone. Raises RunError when another one holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise RunError(f"another process writes to {folder}: wait for it, or give another --out") from error
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def whole_file(path):
    """Yields a file open for writing bytes, which takes the place of `path` when the block ends well, and else vanishes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_metrics(folder):
    """metrics.json of a run folder, as a dict. Raises RunError when there is none, or when it is damaged."""
    folder = Path(folder)
    path = (folder if folder.exists() else _previous(folder)) / "metrics.json"
    if not path.is_file():
        raise RunError(f"{folder} is no run folder (it has no metrics.json): train the network first")
    metrics = read_json(path, "train the network again")
    missing = [key for key in METRICS_KEYS if not _has(metrics, key.split("."))]
    if missing:
        raise RunError(f"{path} is damaged (no {', '.join(missing)}): train the network again")
    return metrics


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


def read_json(path, remedy="run the command that made it again"):
    """The content of a JSON file. Raises RunError when it is damaged, which says what to do: `remedy`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError(f"{path} is damaged ({error}): {remedy}") from error


def write_json(path, content):
    """Writes JSON that a person can read."""
    with whole_file(path) as file:
        file.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def write_rows(path, rows):
    """Writes dicts with the same keys as a CSV file with a header."""
    with whole_file(path) as file:
        file.write(csv_lines([list(rows[0]), *(row.values() for row in rows)]))


def read_rows(path):
    """The rows of a CSV file as dicts of strings."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_matrix(path, matrix, names):
    """Writes a confusion matrix as CSV: the first column and row name the true and the predicted classes."""
    with whole_file(path) as file:
        rows = ([name, *row] for name, row in zip(names, matrix.tolist()))
        file.write(csv_lines([["true \\ predicted", *names], *rows]))


def read_matrix(path):
    """What `write_matrix` wrote: counts, int (n, n), and the names of the n classes."""
    with open(path, newline="", encoding="utf-8") as file:
        (_, *names), *rows = csv.reader(file)
    return np.array([row[1:] for row in rows], np.int64), names


def csv_lines(rows):
    """Lines of a CSV file, as bytes. rows: lists of values."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _has(content, path):
    """Whether nested dicts have the keys of `path`, one inside the other."""
    for key in path:
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True


def _previous(folder):
    """Where the earlier run folder lies between the two renames that put the new one in its place."""
    return folder.with_name(f".{folder.name}.previous")


def _repair(folder):
    """Puts the earlier folder back, or removes it, where a run was killed between the two renames."""
    previous = _previous(folder)
    if previous.exists() and not folder.exists():
        previous.replace(folder)
    elif previous.exists():
        shutil.rmtree(previous)


def _flush(path):
    """Has the system write a file or a folder to the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

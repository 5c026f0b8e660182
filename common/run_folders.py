"""Run folders: what a training run leaves behind, written whole or not at all, and read back."""

import csv
import fcntl
import io
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from common.schema import faults
from data.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "reports"
UNFINISHED = ".unfinished"  # ends the name of what is being written


@contextmanager
def new_run(folder, keep=False):
    """Yields a folder to fill, which takes the place of `folder` when the block ends well and vanishes when it does not.

    keep: begin with copies of the files that are there. To be called while `locked` holds the folder.
    Raises OSError when it cannot be written; what was there before is then as it was.
    """
    folder = Path(folder).absolute()
    with tempfile.TemporaryDirectory(UNFINISHED, f".{folder.name}.", folder.parent) as temporary:
        filled = Path(temporary, folder.name)
        filled.mkdir()
        for path in filter(Path.is_file, folder.iterdir() if keep else ()):
            shutil.copy2(path, filled)
        yield filled
        for path in (*filled.iterdir(), filled):
            _flush(path)
        if folder.exists():
            folder.replace(previous(folder))
        try:
            filled.replace(folder)
        except BaseException:
            _repair(folder)
            raise
        _flush(folder.parent)
        shutil.rmtree(previous(folder), ignore_errors=True)


@contextmanager
def locked(folder):
    """Holds a folder, which need not be there yet, for this process, and clears away what a killed one left half-written.

    Raises UserError when another process holds it.
    """
    folder = Path(folder).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")  # not the folder itself, whose place another one takes
    with open(lock, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_nlink == 0:  # deleted by its holder just now; the next may have one of its own
                raise BlockingIOError
        except BlockingIOError as error:
            raise UserError(f"another process writes to {folder}: wait for it, or give another --out") from error
        try:
            _repair(folder)
            yield
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def whole_file(path):
    """Yields a file open for writing bytes, which takes the place of `path` when the block ends well, and else vanishes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_metrics(folder):
    """metrics.json of a run folder, as a dict. Raises UserError when there is none, or when it is damaged."""
    folder = Path(folder)
    path = standing(folder) / "metrics.json"
    if not path.is_file():
        raise UserError(f"{folder} is no run folder (it has no metrics.json): train the network first")
    metrics = read_json(path, "train the network again")
    if missing := faults(metrics):
        raise UserError(f"{path} is damaged (no {', '.join(missing)}): train the network again")
    return metrics


def read_json(path, remedy="run the command that made it again"):
    """The content of a JSON file. Raises UserError when it is damaged, which says what to do: `remedy`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # the latter for brackets in brackets, thousands deep
        raise UserError(f"{path} is damaged ({error}): {remedy}") from error


def read_study(path, command):
    """The content of a JSON file that a command wrote. Raises UserError, which names the command, when it is missing."""
    if not path.exists():
        raise UserError(f"{path} is missing: run {command} first")
    return read_json(path)


@contextmanager
def reading():
    """Turns what damaged results raise, whatever is made of them, into a UserError that says what to do."""
    from jinja2 import UndefinedError

    try:
        yield
    except (
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        ZeroDivisionError,
        RuntimeError,
        csv.Error,
        UndefinedError,
    ) as error:
        raise UserError(
            f"a result is damaged, or of an earlier version of this project ({type(error).__name__} {error}): "
            "delete it if it is your own, and make it again"
        ) from error


def write_json(path, content, indent=2):
    """Writes JSON that a person can read; in a single line where indent is None."""
    with whole_file(path) as file:
        file.write((json.dumps(content, indent=indent, ensure_ascii=False) + "\n").encode())


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


def standing(folder):
    """The run folder, or the earlier one of a process that was killed between the two renames."""
    if folder.exists() or not previous(folder).exists():
        return folder
    return previous(folder)


def previous(folder):
    """Where the earlier run folder lies between the two renames that put the new one in its place."""
    return folder.with_name(f".{folder.name}.previous")


def _repair(folder):
    """Removes what a killed process left half-written; puts the earlier folder back if it died between the two renames."""
    for path in (*folder.parent.glob(f".{folder.name}.*{UNFINISHED}"), *folder.glob(f".*{UNFINISHED}")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    earlier = previous(folder)
    if earlier.exists() and not folder.exists():
        earlier.replace(folder)
    elif earlier.exists():
        shutil.rmtree(earlier)


def _flush(path):
    """Has the system write a file or a folder to the disk now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

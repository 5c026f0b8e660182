"""Run folders: what a training run leaves behind, written whole or not at all, and read back."""

import csv
import fcntl
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from common.schema import missing_fields
from data.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "reports"
UNFINISHED = ".unfinished"  # suffix of what is being written


@contextmanager
def new_run(folder: Path | str, keep: bool = False) -> Iterator[Path]:
    """Yield an empty folder, which replaces `folder` when the block ends without an error, and vanishes after one.

    Parameters
    ----------
    folder
        A path that `locked` holds; unchanged after an error.
    keep
        Begin with copies of the files in `folder`.
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
def locked(folder: Path | str) -> Iterator[None]:
    """Lock a folder, which need not exist, for this process, and repair what a killed process left half-written.

    Raises UserError when another process holds it.
    """
    folder = Path(folder).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")  # not the folder itself, which is replaced meanwhile
    with open(lock, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_nlink == 0:  # its last holder has just deleted it, and the next may create a new one
                raise BlockingIOError
        except BlockingIOError as error:
            raise UserError(f"another process writes to {folder}: wait for it, or give another --out") from error
        try:
            _repair(folder)
            yield
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write bytes to, which replaces `path` when the block ends without an error, and vanishes after one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_metrics(folder: Path | str) -> dict:
    """Read metrics.json of a run folder. Raise UserError when it is missing or damaged."""
    path = standing(Path(folder)) / "metrics.json"
    if not path.is_file():
        raise UserError(f"{folder} is no run folder (it has no metrics.json): train the network first")
    metrics = read_json(path, "train the network again")
    if missing := missing_fields(metrics):
        raise UserError(f"{path} is damaged (no {', '.join(missing)}): train the network again")
    return metrics


def read_json(path: Path, remedy: str = "run the command that made it again") -> dict:
    """Read a JSON file. Raise UserError, which ends with the `remedy`, when it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # the latter for thousands of nested brackets
        raise UserError(f"{path} is damaged ({error}): {remedy}") from error


def read_study(path: Path, command: str) -> dict:
    """Read a JSON file that a command wrote. Raise UserError, which names the command, when it is missing."""
    if not path.exists():
        raise UserError(f"{path} is missing: run {command} first")
    return read_json(path)


@contextmanager
def reading() -> Iterator[None]:
    """Turn the errors that using damaged results raises into a UserError that says what to do."""
    try:
        yield
    except UserError:  # a ValueError too, but one that says already what to do
        raise
    except (AttributeError, LookupError, TypeError, ValueError, ZeroDivisionError, RuntimeError, csv.Error) as error:
        raise UserError(
            f"a result is damaged, or of an earlier version of this project ({type(error).__name__} {error}): "
            "delete it if it is your own, and make it again"
        ) from error


def write_json(path: Path, content: object, indent: int | None = 2) -> None:
    """Write JSON for people to read; on a single line if `indent` is None."""
    with whole_file(path) as file:
        file.write((json.dumps(content, indent=indent, ensure_ascii=False) + "\n").encode())


def write_rows(path: Path, rows: Sequence[Mapping]) -> None:
    """Write dicts with the same keys as a CSV file with a header."""
    with whole_file(path) as file:
        file.write(csv_lines([rows[0], *(row.values() for row in rows)]))


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_matrix(path: Path, matrix: np.ndarray, names: Sequence[str]) -> None:
    """Write a confusion matrix (n, n) as CSV; the first column holds the true classes, the first row the predicted ones."""
    with whole_file(path) as file:
        rows = ([name, *row] for name, row in zip(names, matrix.tolist()))
        file.write(csv_lines([["true \\ predicted", *names], *rows]))


def read_matrix(path: Path) -> tuple[np.ndarray, list[str]]:
    """Read the counts, int64 (n, n), and the names of the n classes that `write_matrix` wrote."""
    with open(path, newline="", encoding="utf-8") as file:
        (_, *names), *rows = csv.reader(file)
    return np.array([row[1:] for row in rows], np.int64), names


def csv_lines(rows: Iterable[Iterable]) -> bytes:
    """Return the lines of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def standing(folder: Path) -> Path:
    """Return the run folder, or the previous one if a process was killed between the two renames."""
    return folder if folder.exists() or not previous(folder).exists() else previous(folder)


def previous(folder: Path) -> Path:
    """Return where the previous run folder is between the two renames that replace it by the new one."""
    return folder.with_name(f".{folder.name}.previous")


def _repair(folder):
    """Remove what a killed process left half-written; restore the previous folder if it died between the two renames."""
    for path in (*folder.parent.glob(f".{folder.name}.*{UNFINISHED}"), *folder.glob(f".*{UNFINISHED}")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if standing(folder) != folder:
        previous(folder).replace(folder)
    elif previous(folder).exists():
        shutil.rmtree(previous(folder))


def _flush(path):
    """Write a file or a folder from memory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

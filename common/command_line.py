"""The flags that scripts share, and errors that are one line and exit status 2."""

import argparse
import errno
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from data.errors import UserError


class Parser(argparse.ArgumentParser):
    """An argument parser whose error messages are one line."""

    def __init__(self, documentation: str | None) -> None:
        super().__init__(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)

    def error(self, message: str) -> None:
        """Print one line on standard error and exit with status 2."""
        _stop(f"{message} (see --help)", 2)


def execute(main: Callable[[], None], goes_on: str = "the same command starts anew") -> None:
    """Call a script's `main`; an error that the user can fix becomes one line on standard error and exit status 2.

    Ctrl-C becomes a line too, which ends with how to continue, `goes_on`, and exit status 130.
    """
    # OpenCV reads both when it is imported: a small file can claim to hold gigabytes of pixels, and we report errors ourselves.
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 20))
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns when a process trains several networks
    try:
        main()
    except UserError as error:
        _stop(str(error), 2)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _stop("no space left for the results: free some, or give another --out; earlier results are unchanged", 2)
        _stop(f"{error.filename}: {error.strerror}" if error.filename else str(error), 2)
    except MemoryError:
        _stop("not enough memory: give a smaller --per-class or --batch-size", 2)
    except KeyboardInterrupt:
        _stop(f"stopped by Ctrl-C; earlier results are unchanged, and {goes_on}", 130)


def _stop(message, status):
    sys.stdout.flush()
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(message.split()))
    print("error:", line, file=sys.stderr)
    raise SystemExit(status)


def positive(text: str) -> int:
    """Parse a flag that takes a whole number from 1 to a billion."""
    return _between(int(text), 1, 10**9)


def index(text: str) -> int:
    """Parse a flag that takes a place counted from 0."""
    return _between(int(text), 0, 10**9)


def seed(text: str) -> int:
    """Parse --seed: a whole number from 0 to 2**32 - 1, the range that Keras takes."""
    return _between(int(text), 0, 2**32 - 1)


def _between(number, least, most):
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{number} is not between {least} and {most}")
    return number


def new_path(text: str) -> Path:
    """Parse a flag that takes a path. An empty one, as an unset variable gives, would mean the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # figure titles and metrics.json could not hold it
        raise argparse.ArgumentTypeError(f"{text!a} is not UTF-8: rename it") from error
    return Path(text)


def existing_path(text: str) -> Path:
    """Parse a flag that takes the path of an existing file or folder."""
    path = new_path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{path} does not exist")
    return path


def add_data_flags(parser: Parser, mnist: bool = False, per_class: bool = True) -> None:
    """Add the flags that say where images come from: of the line data set, and of MNIST if `mnist`."""
    parser.add_argument("--lines-dir", type=existing_path, metavar="DIR", help="read the line data set from this folder")
    if per_class:
        parser.add_argument("--per-class", type=positive, metavar="N", help="images of each class (lines: 1000; MNIST: all)")
    if mnist:
        variable = os.environ.get("MNIST_PATH")
        parser.add_argument(
            "--mnist-path", type=existing_path, metavar="FILE", default=Path(variable) if variable else None,
            help="mnist.npz, or a folder with the four IDX files (default: the variable MNIST_PATH, a cache, a download)",
        )  # fmt: skip


def add_noise_flag(parser: Parser, levels: Sequence[int]) -> None:
    """Add the flag that makes lines hard to see. levels: those of `data.noise`."""
    text = f"of all line images, {levels[0]} to {levels[-1]} (default: {levels[0]})"
    parser.add_argument("--noise-level", type=int, choices=levels, default=levels[0], metavar="N", help=text)


def add_training_flags(parser: Parser) -> None:
    """Add the flags of a training script."""
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the training images")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="images in a training step")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="seeds drawing, split and training (default: 0)")
    parser.add_argument("--out", type=new_path, metavar="DIR", help="where run folders are written (default: reports)")
    parser.add_argument("--resume", action="store_true", help="go on from the last complete epoch of a stopped run")
    parser.add_argument("--quick", action="store_true", help="a smoke run in seconds, written to reports/quick")


def add_evaluation_flags(parser: Parser, mnist: bool = False) -> None:
    """Add the flags of a script that repeats the test of trained networks."""
    add_data_flags(parser, mnist, per_class=False)
    where = "where run folders are (default: reports; a published network is tested and left unchanged)"
    parser.add_argument("--out", type=new_path, metavar="DIR", help=where)


def set_out(parser: Parser, arguments: argparse.Namespace, reports: Path, below: str = "") -> None:
    """Set `arguments.out` if it was not given: the folder `below` in `reports`, or in reports/quick for a --quick run."""
    where = Path(os.path.realpath(arguments.out)) if arguments.out else None
    if arguments.quick and where == reports / below:
        parser.error("--quick does not write over the results in reports: give another --out")
    if where and where.is_relative_to(reports / "published"):
        parser.error("--out: only make publish writes published results: give another folder")
    arguments.out = arguments.out or (reports / "quick" if arguments.quick else reports) / below

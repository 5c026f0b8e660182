"""What every script's command line shares: flags, and errors that are one line and exit status 2."""

import argparse
import errno
import os
import sys
from pathlib import Path


class UserError(ValueError):
    """Something that the user can mend. Its text says what to do and is all that a script prints of it."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def __init__(self, documentation):
        super().__init__(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)

    def error(self, message):
        """Raises SystemExit with status 2 after one line on standard error."""
        _stop(f"{message} (see --help)", 2)


def run(main, goes_on="the same command starts anew"):
    """Calls a script's `main` and turns what a user can mend into one line on standard error and an exit status.

    goes_on: how one that was stopped by Ctrl-C does.
    """
    try:
        main()
    except UserError as error:
        _stop(str(error), 2)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _stop("no space left for the results: make some, or give another --out; earlier ones are as they were", 2)
        _stop(f"{error.filename}: {error.strerror}" if error.filename else str(error), 2)
    except MemoryError:
        _stop("not enough memory: give a smaller --per-class or --batch-size", 2)
    except KeyboardInterrupt:
        _stop(f"stopped by Ctrl-C; earlier results are as they were, and {goes_on}", 130)


def _stop(message, status):
    sys.stdout.flush()
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(message.split()))
    print("error:", line, file=sys.stderr)
    raise SystemExit(status)


def positive(text):
    """The type of a flag that takes a whole number from 1 to a billion."""
    number = int(text)
    if not 1 <= number <= 10**9:
        raise argparse.ArgumentTypeError(f"{number} is not between 1 and {10**9}")
    return number


def named(text):
    """The type of a flag that takes a path; an empty one, as an unset variable gives, would be the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # it would stand in titles and in metrics.json
        raise argparse.ArgumentTypeError(f"{text!a} is not UTF-8: rename it") from error
    return Path(text)


def existing(text):
    """The type of a flag that takes the path of something that is there."""
    path = named(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{path} does not exist")
    return path


def seed(text):
    """The type of --seed: a whole number from 0 to 2**32 - 1, which is what Keras takes."""
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and 4294967295")
    return number


def add_data_flags(parser, mnist=False, per_class=True):
    """Adds the flags that say where pictures come from; with `mnist` those of MNIST too."""
    parser.add_argument("--lines-dir", type=existing, metavar="DIR", help="read the line data set from this folder of files")
    if per_class:
        parser.add_argument("--per-class", type=positive, metavar="N", help="pictures of each class (lines: 1000; MNIST: all)")
    if not mnist:
        return
    variable = os.environ.get("MNIST_PATH")
    parser.add_argument(
        "--mnist-path", type=existing, metavar="FILE", default=Path(variable) if variable else None,
        help="mnist.npz, or a folder with the four IDX files (default: the variable MNIST_PATH, a cache, a download)",
    )  # fmt: skip


def add_training_flags(parser):
    """Adds the flags of a training script."""
    parser.add_argument("--epochs", type=positive, metavar="N", help="passes over the training pictures")
    parser.add_argument("--batch-size", type=positive, metavar="N", help="pictures in a training step")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="seeds drawing, split and training (default: 0)")
    parser.add_argument("--out", type=named, metavar="DIR", help="where run folders are written (default: reports)")
    parser.add_argument("--resume", action="store_true", help="go on from the last complete epoch of a stopped run")
    parser.add_argument("--quick", action="store_true", help="a smoke run in seconds, written to reports/quick")


def add_sweep_flags(parser, questions):
    """Adds the flags of a script that tries variations. questions: their names."""
    parser.add_argument(
        "--question", nargs="+", choices=questions, metavar="NAME", help=f"of {', '.join(questions)} (default: all)"
    )
    parser.add_argument("--seeds", type=positive, metavar="N", help="trials of each variation (default: 5)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="train on all pictures and for longer; writes sweep_full")
    size.add_argument("--quick", action="store_true", help="a smoke run with a variation a question; writes reports/quick")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=positive, metavar="N", help="processes on this machine (default: one for each core)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to use instead: tcp://host:8786")
    parser.add_argument("--out", type=named, metavar="DIR", help="where the folder of results is written (default: reports)")


def add_evaluation_flags(parser, mnist=False):
    """Adds the flags of a script that tests trained networks again."""
    add_data_flags(parser, mnist, per_class=False)
    parser.add_argument(
        "--out", type=named, metavar="DIR",
        help="where run folders are (default: reports; a published network is tested, and left as it is)",
    )  # fmt: skip


def settle(parser, arguments, reports, below=""):
    """Sets --out where it was not given: the folder `below` in `reports`, or of a --quick run in reports/quick."""
    where = Path(os.path.realpath(arguments.out)) if arguments.out else None
    if arguments.quick and where == reports / below:
        parser.error("--quick does not write over the results in reports: give another --out")
    if where and where.is_relative_to(reports / "published"):
        parser.error("--out: published results are written by make publish alone: give another folder")
    arguments.out = arguments.out or (reports / "quick" if arguments.quick else reports) / below

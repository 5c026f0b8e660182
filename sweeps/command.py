"""The command line of a section's sweep."""

from __future__ import annotations

import argparse

from common import command_line, run_folders
from common.command_line import positive
from sweeps.plan import BASELINE_SEEDS, SEEDS, Sweep


def parse(parser: command_line.Parser, questions: dict) -> argparse.Namespace:
    """Add the flags of a sweep with these questions to a parser, and parse the command line."""
    parser.add_argument(
        "--question", nargs="+", choices=questions, metavar="NAME", help=f"of {', '.join(questions)} (default: all)"
    )
    seeds = f"trials of each variation (default: {SEEDS}; the baseline has at least {BASELINE_SEEDS}, but for --quick)"
    parser.add_argument("--seeds", type=positive, metavar="N", help=seeds)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="train on all images and for longer; writes sweep_full")
    size.add_argument("--quick", action="store_true", help="a smoke run with a variation a question; writes reports/quick")
    add_worker_flags(parser)
    parser.add_argument(
        "--out", type=command_line.new_path, metavar="DIR", help="where the folder of results is written (default: reports)"
    )
    arguments = parser.parse_args()
    command_line.set_out(parser, arguments, run_folders.REPORTS)
    return arguments


def add_worker_flags(parser: command_line.Parser) -> None:
    """Add the flags that say where trainings run."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=positive, metavar="N", help="processes on this machine (default: one for each core)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to use instead: tcp://host:8786")


def add_repeat_flags(parser: command_line.Parser) -> None:
    """Add the flags of a training script that repeats its networks with other seeds."""
    parser.add_argument(
        "--seeds", type=positive, metavar="N",
        help="train each network with N seeds, from --seed on, and write seeds.json; the same command goes on",
    )  # fmt: skip
    add_worker_flags(parser)


def check_repeat_flags(parser: command_line.Parser, arguments: argparse.Namespace) -> None:
    """Refuse flags that need --seeds, and more seeds than there are."""
    if arguments.seeds is None and (arguments.workers or arguments.scheduler):
        parser.error("--workers and --scheduler spread the trainings of --seeds N: add it")
    if arguments.seeds and arguments.seed + arguments.seeds > 2**32:
        parser.error(f"--seeds {arguments.seeds}: seeds end at {2**32 - 1}")


def run_and_print(sweep: Sweep, names: tuple[str, ...], arguments: argparse.Namespace) -> None:
    """Run a sweep on the data sets of these names, and print a table for each."""
    from data import datasets
    from reports.printing import print_table
    from sweeps.comparison import as_text
    from sweeps.execution import run_sweep
    from sweeps.trials import Source

    small = datasets.QUICK if arguments.quick else {}
    mnist_path = getattr(arguments, "mnist_path", None)
    sources = [Source(name, arguments.lines_dir, mnist_path, arguments.per_class or small.get(name)) for name in names]
    compared = run_sweep(
        sweep, sources, out=arguments.out, questions=arguments.question, seeds=arguments.seeds, full=arguments.full,
        quick=arguments.quick, workers=arguments.workers, scheduler=arguments.scheduler,
    )  # fmt: skip
    for dataset, variations in compared.items():
        print(f"\n{dataset}")
        print_table(as_text(variations), words=2)

"""Ours and what a user would pick instead, side by side.

    make bench                                    # in an environment of its own, in 20 minutes
    python benchmarks/run.py --only heatmaps      # a part of it
    python benchmarks/run.py --quick              # all of it small, in two minutes: that it works, not how fast

On an otherwise idle machine. Each part has a process of its own, in which the contenders take turns. Writes
benchmarks/results.json, of which `make publish` makes the README's table; --only and --quick write nothing.
"""

import argparse
import importlib
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, provenance, run_folders
from data.errors import UserError

PARTS = ("heatmaps", "filters", "drawing", "reading", "training", "steps", "processes", "live")  # modules of benchmarks/rows
PEERS = ("xplique", "tf-keras-vis")
RESULT = Path(__file__).with_name("results.json")


def main() -> None:
    """Parse the command line, measure and print the rows, and write them."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("--only", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="measure little, and write nothing; fail where a contender does")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)  # for `_measured`
    arguments = parser.parse_args()
    if arguments.json:
        rows = importlib.import_module(f"benchmarks.rows.{arguments.only}").measure(arguments.quick)
        print(json.dumps([row.as_dict() for row in rows], allow_nan=False))
        return
    if not (arguments.only or arguments.quick):
        from benchmarks.networks import line_network, mnist

        for part in (1, 2):
            line_network(part)
        mnist()  # what is missing is named now, and not after half an hour
    rows = []
    for part in [arguments.only] if arguments.only else PARTS:
        measured = _measured(part, arguments.quick)
        for row in measured:
            _print(row)
        rows += measured
    failed = [name for row in rows for name, values in row["contenders"].items() if "error" in values]
    if arguments.quick and failed:
        raise UserError(f"a contender failed: {'; '.join(failed)}")
    if not (arguments.only or arguments.quick):
        installed = {package.name.lower(): package.version for package in metadata.distributions()}
        versions = {**provenance.versions(), **{peer: installed.get(peer, "not installed") for peer in PEERS}}
        origin = {"command": provenance.command(), "machine": provenance.machine(), "versions": versions}
        run_folders.write_json(RESULT, {**origin, "rows": rows})
        print(RESULT)


def _measured(part, quick):
    """Return the rows of one part, dicts, from a process of its own."""
    command = [sys.executable, __file__, "--only", part, "--json", *["--quick"] * quick]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise UserError(f"{part} failed with status {done.returncode}; an error that it printed is above")
    return json.loads(done.stdout.splitlines()[-1])


def _print(row):
    print(f"{row['row']} ({row['unit']})")
    for name, values in row["contenders"].items():
        print(f"  {values.get('error') or '{median:,} ({lowest:,} to {highest:,})'.format(**values)}  {name}")
    for description, number in row["notes"].items():
        print(f"  {description}: {number:,}")
    aim = f"to be at least {row['least']}" if row["least"] else f"to be at most {row['most']}" if row["most"] else "no aim"
    print(f"  ratio {row['ratio']}, {aim}", flush=True)


if __name__ == "__main__":
    command_line.execute(main)

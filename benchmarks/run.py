"""Ours and what a user would pick instead, side by side.

    make bench                                    # in an environment of its own, in 20 minutes
    python benchmarks/run.py --only heatmaps      # a part of it
    python benchmarks/run.py --quick              # all of it small, in two minutes: that it works, not how fast

On an otherwise idle machine. Each part has a process of its own, in which the contenders take turns. Writes
benchmarks/results.json, of which `make publish` makes the READMEs' table; --only and --quick write nothing.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, provenance, run_folders
from data.errors import UserError

PARTS = ("heatmaps", "filters", "drawing", "reading", "training", "steps", "processes")  # modules of benchmarks/rows
PEERS = ("xplique", "tf-keras-vis")
RESULT = Path(__file__).with_name("results.json")


def measured(part, quick):
    """The rows of one part, dicts, from a process of its own. Raises UserError when it fails."""
    command = [sys.executable, __file__, "--only", part, "--json", *["--quick"] * quick]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ}
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode:
        raise UserError(f"{part} failed with status {done.returncode}: its error, if it had time for one, is above")
    print(f"{part}: {time.perf_counter() - start:.0f} s", flush=True)
    return json.loads(done.stdout.splitlines()[-1])


def require():
    """Raises UserError for a network or data that a row needs: now, and not in half an hour."""
    from benchmarks import networks

    for part in (1, 2):
        networks.published(f"q1_cnn/lines/part{part}")
    networks.mnist()


def version(peer):
    """Of a package; a peer may be missing, and then its rows say so."""
    try:
        return metadata.version(peer)
    except metadata.PackageNotFoundError:
        return "not installed"


def show(row):
    """Prints a row."""
    print(f"{row['row']} ({row['unit']})")
    for name, values in row["contenders"].items():
        print(f"  {values.get('error') or '{median:,} ({lowest:,} to {highest:,})'.format(**values)}  {name}")
    for words, number in row["notes"].items():
        print(f"  {words}: {number:,}")
    aim = f"to be at least {row['least']}" if row["least"] else f"to be at most {row['most']}" if row["most"] else "no aim"
    print(f"  ratio {row['ratio']}, {aim}")


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--only", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="measure little, and write nothing; fail where a contender does")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)  # for the process that asked
    arguments = parser.parse_args()
    if arguments.json:
        rows = importlib.import_module(f"benchmarks.rows.{arguments.only}").measure(arguments.quick)
        print(json.dumps([row.as_dict() for row in rows], allow_nan=False))
        return
    versions = {**provenance.versions(), **{peer: version(peer) for peer in PEERS}}
    if not (arguments.only or arguments.quick):
        require()
    rows = [row for part in ([arguments.only] if arguments.only else PARTS) for row in measured(part, arguments.quick)]
    for row in rows:
        show(row)
    failed = [name for row in rows for name, values in row["contenders"].items() if "error" in values]
    if arguments.quick and failed:
        raise UserError(f"a contender failed: {'; '.join(failed)}")
    if arguments.only or arguments.quick:
        return
    run_folders.write_json(RESULT, {
        "command": provenance.command_line(), "machine": provenance.machine(),
        "versions": versions, "rows": rows,
    })  # fmt: skip
    print(RESULT)


if __name__ == "__main__":
    command_line.execute(main)

"""Ours and what a user would pick instead, side by side.

    make bench                                    # a virtual environment of its own, and all of it in ... minutes
    python benchmarks/run.py --row heatmaps       # one of heatmaps, filters, drawing, reading, training, steps, processes
    python benchmarks/run.py --quick              # all of it small, in two minutes: that it works, not how fast

On an otherwise idle machine. Each row has a process of its own, in which the contenders take turns. Writes
benchmarks/results.json, of which `python reports/tables.py` makes the README's table; a --quick run writes nothing.
"""

import importlib
import json
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from reports import provenance, runs

PEERS = ("xplique", "tf-keras-vis")
ROWS = ("heatmaps", "filters", "drawing", "reading", "training", "steps", "processes")
RESULT = Path(__file__).with_name("results.json")


def measured(name, quick):
    """The rows of one module of benchmarks/rows, measured in a process of its own."""
    command = [sys.executable, __file__, "--row", name, "--json", *["--quick"] * quick]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise command_line.UserError(f"the row {name} failed (its error is above)")
    print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    return json.loads(done.stdout.splitlines()[-1])


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
    parser.add_argument("--row", choices=ROWS, help="measure this alone, and write nothing")
    parser.add_argument("--quick", action="store_true", help="measure little, and write nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    if arguments.row and arguments.json:
        rows = importlib.import_module(f"benchmarks.rows.{arguments.row}").measure(arguments.quick)
        print(json.dumps([row.as_dict() for row in rows]))
        return
    rows = [row for name in ([arguments.row] if arguments.row else ROWS) for row in measured(name, arguments.quick)]
    for row in rows:
        show(row)
    if arguments.row or arguments.quick:
        return
    runs.write_json(RESULT, {
        "command": provenance.command_line(), "machine": provenance.machine(),
        "versions": {**provenance.versions(), **{peer: metadata.version(peer) for peer in PEERS}}, "rows": rows,
    })  # fmt: skip
    print(RESULT)


if __name__ == "__main__":
    command_line.run(main)

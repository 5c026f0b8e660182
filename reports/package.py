"""Pack what is handed in: GROUP.zip with 1.zip, 2.zip and 3.zip, one for each section, each of which runs by itself.

    python reports/package.py --group 13      # dist/13.zip

Each has its section, the modules that it needs, README, requirements, the published results and your own, models, and the
reports on your own runs, or else the published ones. Outdated results are packed, with a message; missing or damaged ones are
refused, with the command to run. The same inputs give the same bytes.
"""

import io
import re
import sys
import zipfile
from argparse import ArgumentTypeError
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from common.results import Results
from data.errors import UserError
from reports import build
from reports.names import INSPECTED
from reports.outdated import COMMANDS

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
SHARED = (
    "README.md", "LICENSE", "requirements*.txt", "data/*.py", "data/README.md", "data/*.png", "common/*.py",
    "reports/animation.webp", "reports/findings/*.png",  # which the README shows
    *(f"reports/{name}.py" for name in ("__init__", "figures", "printing", "sheets")),
)  # fmt: skip
TRAINING = ("training/*.py", "sweeps/*.py", "reports/metrics.py", "reports/mistakes.py")
SECTIONS = {
    "q1_cnn": TRAINING,
    "q2_multihead": (*TRAINING, "reports/head_tables.py"),
    "q3_visualize": (
        "q3_visualize/live/*",
        *(f"reports/{name}.py" for name in ("names", "print_size", "web")),
        *(f"reports/{kind}_figures.py" for kind in ("factor", "filter", "inside", "localization", "tuning")),
    ),
}


def pack(results: Results) -> bytes:
    """Return the zip of all three sections. Their models, and all that `build.require` names, are there."""
    built, zips = build.build(results, run_folders.REPORTS), {}
    for number, section in enumerate(SECTIONS, 1):
        pdfs = {f"reports/{name}": data for name, data in built.items() if name.startswith(f"q{number}")}
        zips[f"{number}.zip"] = zipped({**files(section, results), **pdfs})
    return zipped(zips, compression=zipfile.ZIP_STORED)


def files(section: str, results: Results) -> dict[str, bytes]:
    """Return the code and results of a section's zip, {path below the root: bytes}."""
    root = run_folders.ROOT
    paths = {path for pattern in (*SHARED, *SECTIONS[section], f"{section}/*") for path in root.glob(pattern)}
    found = {**Results(own=False).files(), **results.files()}
    paths |= {path for name, path in found.items() if name.startswith(f"{section}/") and path.suffix != ".npz"}
    paths |= set((run_folders.REPORTS / "published" / section).rglob("*"))  # shown by the README
    if section == "q3_visualize":
        paths |= {results.folder(name) / file for name in INSPECTED for file in ("model.keras", "metrics.json")}
    names = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return {name: path.read_bytes() for name, path in names.items() if "/." not in name}


def zipped(content: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of {path: bytes}, which depends on nothing else."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for path in sorted(content):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content[path], compression, 6)
    return memory.getvalue()


def group(text: str) -> str:
    """Type of --group, which becomes a file's name."""
    if not re.fullmatch(r"[\w-]{1,40}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is not made of up to 40 letters, digits, - and _")
    return text


def main() -> None:
    """Pack the sections."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("--group", type=group, required=True, metavar="NAME", help="the group's number, which names the zip")
    dist = run_folders.ROOT / "dist"
    parser.add_argument("--out", type=command_line.new_path, default=dist, metavar="DIR", help="where to (default: dist)")
    arguments = parser.parse_args()
    results = Results()
    for network in INSPECTED:
        path = results.folder(network) / "model.keras"
        if not zipfile.is_zipfile(path):
            raise UserError(f"{path.relative_to(run_folders.ROOT)} is missing or damaged: run {COMMANDS[network]} first")
    build.print_origins(results)
    packed = pack(results)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"{arguments.group}.zip"
    with run_folders.whole_file(path) as file:
        file.write(packed)
    print(f"{path}: {len(packed) / 1e6:.1f} MB")


if __name__ == "__main__":
    command_line.execute(main)

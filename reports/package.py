"""Packs what is handed in: GROUP.zip with 1.zip, 2.zip and 3.zip, one for each section, each of which runs by itself.

    python reports/package.py --group 13      # dist/13.zip

Each holds its section, the modules that it needs, README, requirements, the published results and your own, models, and a
report, which is on your own runs where there are any. Old results are named and packed; what is missing or damaged is
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
from common.results import CLASSIFIERS, MULTIHEAD, Results
from data.errors import UserError
from reports import build
from reports.outdated import COMMANDS

DIST = run_folders.ROOT / "dist"
SHARED = (
    "README.md", "LICENSE", "requirements*.txt", "data/*.py", "data/README.md", "data/contact_sheet.png", "common/*.py",
    "training/*.py", "sweeps/*.py", "reports/*.py",
)  # fmt: skip
SECTIONS = {"1": "q1_cnn", "2": "q2_multihead", "3": "q3_visualize"}
LOOKED_AT = (*CLASSIFIERS, MULTIHEAD)  # the networks that Section 3 looks into
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def pack(results):
    """The zip of all three sections, as bytes. Raises UserError for a result that is missing or damaged."""
    require_models(results)
    built = build.build(results, run_folders.REPORTS)
    return zipped({f"{number}.zip": zipped(content(number, results, built)) for number in SECTIONS}, stored=True)


def content(number, results, built):
    """The files of a section's zip, {path below the root: bytes}. built: the reports, {file name: bytes}."""
    section = SECTIONS[number]
    paths = {path for pattern in (*SHARED, f"{section}/*") for path in run_folders.ROOT.glob(pattern)}
    of_results = {**Results(own=False).files(), **results.files()}
    paths |= {path for name, path in of_results.items() if name.startswith(f"{section}/") and path.suffix != ".npz"}
    paths |= set((run_folders.REPORTS / "published" / section).rglob("*"))  # which the README shows
    if section == "q3_visualize":
        paths |= {results.folder(name) / file for name in LOOKED_AT for file in ("model.keras", "metrics.json")}
    files = {path.relative_to(run_folders.ROOT).as_posix(): path for path in paths if path.is_file()}
    files = {name: path.read_bytes() for name, path in files.items() if "/." not in name and "__pycache__" not in name}
    return {**files, f"reports/q{number}.pdf": built[f"q{number}.pdf"]}


def zipped(files, stored=False):
    """A zip of files, {path: bytes}, as bytes, which depend on nothing else. stored: without compressing them."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[path], zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED, 6)
    return memory.getvalue()


def require_models(results):
    """Raises UserError for the first network whose file is missing or damaged, with the command that makes it."""
    build.require(results)
    for network in LOOKED_AT:
        path = results.folder(network) / "model.keras"
        if not zipfile.is_zipfile(path):
            raise UserError(f"{path.relative_to(run_folders.ROOT)} is missing or damaged: run {COMMANDS[network]} first")


def group(text):
    """The type of --group: letters, digits, - and _, which become a file's name."""
    if not re.fullmatch(r"[\w-]{1,40}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is not made of up to 40 letters, digits, - and _")
    return text


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--group", type=group, required=True, metavar="NAME", help="the group's number, which names the zip")
    parser.add_argument("--out", type=command_line.new_path, default=DIST, metavar="DIR", help="where to (default: dist)")
    arguments = parser.parse_args()
    results = Results()
    require_models(results)
    build.say_whose(results)
    packed = pack(results)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"{arguments.group}.zip"
    with run_folders.whole_file(path) as file:
        file.write(packed)
    print(f"{path}: {len(packed) / 1e6:.1f} MB")


if __name__ == "__main__":
    command_line.execute(main)

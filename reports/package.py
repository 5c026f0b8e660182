"""Packs what is handed in: GROUP.zip with 1.zip, 2.zip and 3.zip, one for each section, each of which runs by itself.

    python reports/package.py --group 13      # dist/13.zip

Each holds its section, the data, training and reports modules, README, requirements, results, models and report. The same
inputs give the same bytes. What is missing, or older than the code that made it, is refused with the command to run.
"""

import io
import re
import sys
import zipfile
from argparse import ArgumentTypeError
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from reports import build, provenance, runs, trials

DIST = runs.ROOT / "dist"
SHARED = ("README.md", "LICENSE", "requirements*.txt", "data/*.py", "data/README.md", "data/contact_sheet.png", "training/*.py")
NETWORKS = ("q1_cnn/lines/part1", "q1_cnn/lines/part2", "q1_cnn/mnist/part1", "q1_cnn/mnist/part2", "q2_multihead/lines")
TRAINING = {"q2_multihead/lines": "python q2_multihead/train.py --noise"} | dict.fromkeys(
    build.OFFICIAL, "python q1_cnn/train.py --dataset mnist --split official"
)
CONTENT = {
    "1": ("q1_cnn/*", "reports/*.py", "reports/q1.pdf", "reports/q1_cnn/*/part?/*",
          "reports/q1_cnn/sweep/*"),
    "2": ("q2_multihead/*", "reports/*.py", "reports/q2.pdf", "reports/q2_multihead/lines/*", "reports/q2_multihead/sweep/*"),
    "3": ("q3_visualize/*", "reports/*.py", "reports/q3.pdf", "reports/q3_visualize/**/*",
          *(f"reports/{network}/{name}" for network in NETWORKS for name in ("model.keras", "metrics.json"))),
}  # fmt: skip
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def pack():
    """The zip of all three sections, as bytes. Raises RunError for a result that is missing or stale."""
    require_current()
    return zipped({f"{name}.zip": zipped(read(patterns)) for name, patterns in CONTENT.items()}, stored=True)


def read(patterns):
    """The files that belong into a section's zip, {path below the root: bytes}."""
    paths = {path for pattern in (*SHARED, *patterns) for path in runs.ROOT.glob(pattern) if path.is_file()}
    names = {path.relative_to(runs.ROOT).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if "/." not in name and "__pycache__" not in name}


def zipped(files, stored=False):
    """A zip of files, {path: bytes}, as bytes, which hang on nothing else. stored: without compressing them."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[path], zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED, 6)
    return memory.getvalue()


def require_current():
    """Raises RunError for the first result that is missing or older than the code that made it, with the command to run."""
    build.require_results()
    for network in (*NETWORKS, *build.OFFICIAL):
        command = TRAINING.get(network, f"python {network.split('/')[0]}/train.py")
        if network in NETWORKS and not zipfile.is_zipfile(runs.REPORTS / network / "model.keras"):
            raise runs.RunError(f"reports/{network}/model.keras is missing or damaged: run {command} first")
        _require_unchanged(f"reports/{network}", runs.read_metrics(runs.REPORTS / network), command)
    for section in ("q1_cnn", "q2_multihead"):
        path = runs.REPORTS / section / "sweep/trials.csv"
        if {row["code"] for row in trials.read(path)} != {trials.code(section)}:
            raise runs.RunError(f"{path} has trials of other code: move it away and run python {section}/sweep.py first")
    for name in ("localization/scores.json", *(f"{network}/gallery.json" for network in NETWORKS)):
        path = runs.REPORTS / "q3_visualize" / name
        if not path.is_file():
            raise runs.RunError(f"{path} is missing: run make visualize first")
        told = runs.read_json(path)
        _require_unchanged(path, told, "make visualize")
        for network, recipe in told["recipes"].items():
            if runs.read_metrics(runs.REPORTS / network)["training"]["recipe"] != recipe:
                raise runs.RunError(f"{path} is of an earlier {network}: run make visualize first")
    _require_pictures()
    if stale := build.stale(build.build()):
        raise runs.RunError(f"reports/{stale[0].name} is older than what it reports: run python reports/build.py first")


def _require_pictures():
    """Raises RunError for the first picture that a README shows and that is not there."""
    for readme in runs.ROOT.glob("*/README.md"):
        for link in re.findall(r"\]\((\.\./[^)#]+)", readme.read_text(encoding="utf-8")):
            if not (readme.parent / link).exists():
                raise runs.RunError(f"{link.removeprefix('../')}, which {readme} shows, is missing: run make all first")


def _require_unchanged(result, told, command):
    if "code" not in told:
        raise runs.RunError(f"{result} does not say of which code it is: run {command} first")
    if changed := provenance.changed(told["code"]):
        raise runs.RunError(f"{result} is older than {changed[0]}, which made it: run {command} first")


def group(text):
    """The type of --group: letters, digits, - and _, which become a file's name."""
    if not re.fullmatch(r"[\w-]{1,40}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is not made of up to 40 letters, digits, - and _")
    return text


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--group", type=group, required=True, metavar="NAME", help="the group's number, which names the zip")
    parser.add_argument("--out", type=command_line.named, default=DIST, metavar="DIR", help="where to (default: dist)")
    arguments = parser.parse_args()
    content = pack()
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"{arguments.group}.zip"
    with runs.whole_file(path) as file:
        file.write(content)
    print(f"{path}: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    command_line.run(main)

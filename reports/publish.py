"""Publishes results: copies what READMEs, reports and page show from your own runs to reports/published, and builds these anew.

    python reports/publish.py            # make publish
    python reports/publish.py --check    # make check-results: writes nothing; exit status 1 where two do not belong together

A result that you have no run of stays as it was published. Published are runs on all of the data alone; figures get 256 colors,
which makes them half as large.
"""

import io
import re
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, provenance, run_folders
from common.results import LOCALIZATION, NETWORKS, PUBLISHED, SWEEPS, Results
from data.errors import UserError
from reports import build
from reports.outdated import COMMANDS, STUDIES
from sweeps import comparison

MOST, MOST_EACH = 8_000_000, 2_000_000  # bytes of all that is published, and of a file
COLORS = 256
COUNTS = {"lines": 96_000, "mnist": 70_000, "mnist_official": 70_000}  # images of a run that is published
# What is published of a run, a sweep or a study beside the figures that are shown.
DATA = (".json", ".csv", ".keras")
_IN_README = re.compile(rf"\]\((?:\.\./)?reports/{PUBLISHED}/([^)#]+\.\w+)\)")
_OF_A_PERSON = re.compile(rb"/(home|root|Users)/[\w.-]*")
_IN_TEMPLATE = re.compile(r'picture\("([^"]+)"|result\("([^"]+\.png)"')


def shown(results):
    """The results that are published, {name: path}: those that READMEs, reports or page show, and the data behind them."""
    from reports import page

    asked = page.Links(results, run_folders.REPORTS)
    with run_folders.reading():
        page.render(results, run_folders.REPORTS, asked)
    names = {*asked.names, *named_figures()}
    files = results.files()
    names |= {name for name in files if name.rpartition("/")[0] in (*NETWORKS, *SWEEPS, LOCALIZATION) and name.endswith(DATA)}
    names |= set(STUDIES)
    too_large = {f"{name}/model.keras" for name in NETWORKS if name.endswith("part1")}
    if missing := sorted(name for name in names if name not in files):
        raise UserError(f"{missing[0]}, which a README, a report or the page shows, is missing: run make all first")
    return {name: files[name] for name in sorted(names - too_large)}


def named_figures():
    """The names of the figures that READMEs and the templates of the reports show: a set."""
    names = set()
    for readme in readmes():
        names |= set(_IN_README.findall(readme.read_text(encoding="utf-8")))
    for template in (run_folders.REPORTS / "templates").glob("*.typ"):
        for figure, other in _IN_TEMPLATE.findall(template.read_text(encoding="utf-8")):
            names.add(f"q3_visualize/{figure}" if figure else other)
    return names


def publish():
    """Writes reports/published, the READMEs' tables, reports and page.

    Raises UserError for what must not be published, or what no report can be made of: then all is as it was.
    """
    published = run_folders.REPORTS / PUBLISHED
    with run_folders.locked(published):
        results = Results()
        build.require(results)
        build.say_whose(results)
        require_whole(results)
        require_same_networks(results)
        paths = shown(results)
        own = sum(map(results.is_own, paths.values()))
        chosen = {name: content(results, path) for name, path in paths.items()}
        require_fit(chosen)
        before = {name: path.read_bytes() for name, path in Results(own=False).files().items()}
        try:
            write(published, chosen)
            made = documents()
        except BaseException:
            write(published, before)
            raise
        for path, data in made.items():
            with run_folders.whole_file(path) as file:
                file.write(data)
    print(f"published: {len(chosen)} files, {sum(map(len, chosen.values())) / 1e6:.1f} MB, {own} of them of your own runs")


def write(published, files):
    """Puts files, {name: bytes}, in the place of all published results."""
    with run_folders.new_run(published) as folder:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


def content(results, path):
    """The bytes of a result as it is published: figures of own runs with few colors."""
    if path.suffix != ".png" or not results.is_own(path):
        return path.read_bytes()
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    memory, about = io.BytesIO(), PngInfo()
    with Image.open(path) as image:
        if comment := image.info.get("Comment"):
            about.add_text("Comment", comment)
        few = image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
        few.save(memory, "PNG", optimize=True, pnginfo=about)
    return min(memory.getvalue(), path.read_bytes(), key=len)


def documents():
    """What is made of the published results: READMEs, reports and page, {path: bytes}."""
    from reports import tables

    made = {readme: tables.filled(readme.read_text(encoding="utf-8")).encode() for readme in readmes()}
    built = build.build(Results(own=False), run_folders.REPORTS)
    return {**made, **{run_folders.REPORTS / name: data for name, data in built.items()}}


def faults():
    """What does not belong together in the published results, in lines of text. Raises UserError for a damaged result."""
    results = Results(own=False)
    build.require(results)
    found = [f"not current: {path.relative_to(run_folders.ROOT)}" for path, data in documents().items() if _differs(path, data)]
    files, wanted = results.files(), shown(results)
    found += [f"published, and not shown: {name}" for name in files if name not in wanted]
    for require in (require_whole, require_same_networks):
        try:
            require(results)
        except UserError as error:
            found.append(str(error))
    try:
        require_fit({name: path.read_bytes() for name, path in files.items()})
    except UserError as error:
        found.append(str(error))
    return found


def require_whole(results):
    """Raises UserError for a run or a sweep on a part of the data."""
    described = [(name, results.metrics(name)["data"]) for name in NETWORKS]
    described += [(name, data) for name in SWEEPS for data in comparison.sweep_data(results.folder(name)).values()]
    for name, data in described:
        if data["train"] + data["validation"] + data["test"] < COUNTS[data["name"]]:
            raise UserError(
                f"{results.origin(results.folder(name))} is of a part of the data ({data['source']}), and is not published: "
                f"run {COMMANDS[name]} on all of it, or delete it"
            )


def require_same_networks(results):
    """Raises UserError for a study of another network than the one of that name."""
    for name in STUDIES:
        with run_folders.reading():
            networks = run_folders.read_json(results.file(name))["networks"].items()
        for network, then in networks:
            if provenance.of_run(results.metrics(network)) != then:
                raise UserError(f"{name} looks into another {network} than that of today: run make visualize first")


def require_fit(chosen):
    """Raises UserError for results, {name: bytes}, that are too large for git, or tell of a person's folders."""
    for name, data in chosen.items():
        if len(data) > MOST_EACH:
            raise UserError(f"{name} has {len(data):,} bytes: at most {MOST_EACH:,} are published")
        if name.endswith((".json", ".csv", ".png")) and (path := _OF_A_PERSON.search(data)):
            raise UserError(f"{name} names {path[0].decode()!r}: run it again with a relative path, or with MNIST_PATH")
    total = sum(map(len, chosen.values()))
    if total > MOST:
        raise UserError(f"the results have {total:,} bytes together: at most {MOST:,} are published")


def readmes():
    """The READMEs of all rooms."""
    return sorted((*run_folders.ROOT.glob("README.md"), *run_folders.ROOT.glob("[!.]*/README.md")))


def _differs(path, data):
    return not path.exists() or path.read_bytes() != data


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 if something does not belong together"
    )
    arguments = parser.parse_args()
    if not arguments.check:
        publish()
        return
    found = faults()
    for line in found:
        print(line)
    if found:
        raise SystemExit(1)
    print("the published results, READMEs, reports and page belong together")


if __name__ == "__main__":
    command_line.execute(main)

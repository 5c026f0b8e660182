"""Publish results: copy what READMEs, reports and page show from your own runs to reports/published, and build these again.

    python reports/publish.py            # make publish
    python reports/publish.py --check    # make check-results: writes nothing; exit status 1 if something is not current

A result that you have no run of stays unchanged. Only runs on all of the data are published; figures are reduced to
256 colors, which halves their size.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from common.results import PUBLISHED, Results
from data.errors import UserError
from reports import build, inferences
from reports.names import INSPECTED, LOCALIZATION, MULTIHEAD, NETWORKS, NOISIEST, OFFICIAL, SWEEPS, TUNING, WITH_MISTAKES
from reports.outdated import COMMANDS, STUDIES, of_other_networks
from sweeps import comparison

MOST, MOST_EACH = 8_000_000, 2_000_000  # bytes of all that is published, and of a file
COLORS = 256
COUNTS = {"lines": 96_000, "lines_noisy": 96_000, "mnist": 70_000, "mnist_official": 70_000}  # images of what is published
DATA = (".json", ".csv", ".keras")  # published of every run, sweep and study
# Images that reports and findings draw from.
SHEETS = (
    f"{WITH_MISTAKES}/mistakes.png",
    f"{MULTIHEAD}/noise_images.png",
    *(f"q3_visualize/{name}/{sheet}.png" for name in INSPECTED for sheet in ("gallery", "maps")),
)
_IN_README = re.compile(rf"\]\((?:\.\./)?reports/{PUBLISHED}/([^)#]+\.\w+)\)")
_OF_A_PERSON = re.compile(rb"/(home|root|Users)/[\w.-]*")


def shown(results: Results) -> dict[str, Path]:
    """Return the results that READMEs, reports or page show, and the data behind them: {name: path}."""
    from reports import page

    links = page.Links(results, run_folders.REPORTS)
    with run_folders.reading():
        page.render(links)
    names = {*links.names, *named_figures(), *STUDIES, *SHEETS}
    files = results.files()
    names |= {
        name for name in files if name.rpartition("/")[0] in (*NETWORKS, *SWEEPS, LOCALIZATION, TUNING) and name.endswith(DATA)
    }
    names |= files.keys() & {f"{NOISIEST}/metrics.json", f"{NOISIEST}/seeds.json"}
    too_large = {f"{name}/model.keras" for name in NETWORKS if name.endswith("part1") or name in OFFICIAL}
    if missing := sorted(name for name in names if name not in files):
        raise UserError(f"{missing[0]}, which a README, a report or the page shows, is missing: run make all first")
    return {name: files[name] for name in sorted(names - too_large)}


def named_figures() -> set[str]:
    """Return the names of the figures that READMEs show."""
    from reports import tables

    # What is made in READMEs names results that there were when it was made: the next ones are asked themselves.
    return {name for readme in readmes() for name in _IN_README.findall(tables.typed(readme.read_text(encoding="utf-8")))}


def publish() -> None:
    """Write reports/published, READMEs, reports and page. After a UserError everything is unchanged."""
    published = run_folders.REPORTS / PUBLISHED
    with run_folders.locked(published):
        results = Results()
        build.require(results)
        _raise_first(mismatches(results))
        build.print_origins(results)
        paths = shown(results)
        chosen = {name: content(results, path) for name, path in paths.items()}
        _raise_first(unfit(chosen))
        before = {name: path.read_bytes() for name, path in Results(own=False).files().items()}
        try:
            _write(published, chosen)
            made = documents()
        except BaseException:
            _write(published, before)
            raise
        for path, data in made.items():
            path.parent.mkdir(exist_ok=True)
            with run_folders.whole_file(path) as file:
                file.write(data)
    own = sum(map(results.is_own, paths.values()))
    print(f"published: {len(chosen)} files, {sum(map(len, chosen.values())) / 1e6:.1f} MB, {own} of them of your own runs")


def _write(published, files):
    """Replace all published results by files, {name: bytes}."""
    with run_folders.new_run(published) as folder:
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


def content(results: Results, path: Path) -> bytes:
    """Return a result as it is published: figures packed tightly, those of own runs with few colors."""
    data = path.read_bytes()
    if path.suffix != ".png" or not results.is_own(path):
        return data
    import oxipng  # of requirements-dev.txt: publishing is for maintainers

    figure = _with_few_colors(path)
    return min(oxipng.optimize_from_memory(figure, level=2), figure, data, key=len)


def _with_few_colors(path):
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    memory, about = io.BytesIO(), PngInfo()
    with Image.open(path) as image:
        if comment := image.info.get("Comment"):
            about.add_text("Comment", comment)
        image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(memory, "PNG", pnginfo=about)
    return memory.getvalue()


def documents() -> dict[Path, bytes]:
    """Return READMEs with the images of their findings, reports and page, made from the published results."""
    from reports import findings, tables

    made = {readme: tables.filled(readme.read_text(encoding="utf-8")).encode() for readme in readmes()}
    built = {**findings.images(Results(own=False)), **build.build(Results(own=False), run_folders.REPORTS)}
    return {**made, **{run_folders.REPORTS / name: data for name, data in built.items()}}


def faults() -> list[str]:
    """Return what does not belong together in the published results, in lines. Raises UserError for a damaged result."""
    results = Results(own=False)
    build.require(results)
    old = [path for path, data in documents().items() if not path.exists() or _differs(path, data)]
    found = [f"not current: {path.relative_to(run_folders.ROOT)}" for path in old]
    files, wanted = results.files(), shown(results)
    found += [f"published, and not shown: {name}" for name in files if name not in wanted]
    return [*found, *mismatches(results), *unfit({name: path.read_bytes() for name, path in files.items()})]


def _differs(path, data):
    """Return whether a file has other bytes, or an image other pixels: how its bytes are packed depends on the processor."""
    from PIL import Image

    if path.suffix != ".png":
        return path.read_bytes() != data
    with Image.open(path) as image, Image.open(io.BytesIO(data)) as new:
        return image.size != new.size or image.convert("RGB").tobytes() != new.convert("RGB").tobytes()


def mismatches(results: Results) -> Iterator[str]:
    """Yield a line for each run or sweep on a part of the data, and for each study of another network than today's."""
    described = [(name, results.metrics(name)["data"]) for name in NETWORKS]
    described += [(name, data) for name in SWEEPS for data in comparison.sweep_data(results.folder(name)).values()]
    for name, data in described:
        if data["train"] + data["validation"] + data["test"] < COUNTS[data["name"]]:
            where = results.whose(results.folder(name))
            yield f"{where} is of a part of the data ({data['source']}): run {COMMANDS[name]} on all of it, or delete it"
    with run_folders.reading():
        yield from of_other_networks(results)


def unfit(files: dict[str, bytes]) -> Iterator[str]:
    """Yield a line for each file, {name: bytes}, that is too large for git, or has the path of a person's folder in it."""
    for name, data in files.items():
        if len(data) > MOST_EACH:
            yield f"{name} has {len(data):,} bytes: at most {MOST_EACH:,} are published"
        if name.endswith((".json", ".csv", ".png")) and (path := _OF_A_PERSON.search(data)):
            yield f"{name} names {path[0].decode()!r}: run it again with a relative path, or with MNIST_PATH"
    if (total := sum(map(len, files.values()))) > MOST:
        yield f"the results have {total:,} bytes together: at most {MOST:,} are published"


def _raise_first(faults: Iterable[str]) -> None:
    for fault in faults:
        raise UserError(fault)


def readmes() -> list[Path]:
    """Return the READMEs of all rooms."""
    return sorted((*run_folders.ROOT.glob("README.md"), *run_folders.ROOT.glob("[!.]*/README.md")))


def main() -> None:
    """Publish, or check what is published."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if something is not current")
    if not parser.parse_args().check:
        publish()
    elif found := [*faults(), *inferences.failing(Results(own=False))]:
        print(*found, sep="\n")
        raise SystemExit(1)
    else:
        print("the published results, READMEs, reports and page belong together")


if __name__ == "__main__":
    command_line.execute(main)

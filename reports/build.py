"""Build the reports and the web page from your own runs, and where you have none from the published results.

    python reports/build.py               # reports/own/q1.pdf, q2.pdf, q3_activations.pdf and more, and index.html
    python reports/build.py --out DIR

It prints which results are your own, and which are outdated: of another recipe than today's code would use. The same results
give the same bytes. The files in reports itself show the published results; reports/publish.py builds them.
"""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from common.results import Results
from data.errors import UserError
from reports import inferences, seeds
from reports.names import LOCALIZATION, METHOD_WORDS, NETWORKS, SWEEPS, TUNING, WORDS
from reports.outdated import COMMANDS, STUDIES, outdated

PDFS = tuple(inferences.REPORTS)


def build(results: Results, folder: Path) -> dict[str, bytes]:
    """Return the reports and the page, {file name: bytes}, of what `require` found. folder: of the page, for its links."""
    from reports import page, pdf_figures

    with run_folders.reading(), tempfile.TemporaryDirectory(prefix=".plots.", dir=results.root) as drawn:  # where Typst reads
        pdf_figures.draw_all(results, Path(drawn))
        inputs = _inputs(results, Path(drawn))
        built = {f"{name}.pdf": _typeset(name, results, inputs) for name in PDFS}
        return {**built, "index.html": page.render(page.Links(results, folder)).encode()}


def require(results: Results) -> None:
    """Raise UserError for the first result that is missing, with the command that makes it."""
    required = {f"{name}/metrics.json": COMMANDS[name] for name in NETWORKS}
    required |= {f"{name}/comparison.csv": COMMANDS[name] for name in SWEEPS}
    for name, command in {**required, **dict.fromkeys(STUDIES, "make visualize")}.items():
        if not results.file(name).exists():
            raise UserError(f"reports/{name} is missing: run {command} first")


def _inputs(results, plots):
    """Return what the templates read: the folder of plots, and what was found in the results, as JSON."""
    root = results.root.parent
    found = {
        "results": {name: f"/{path.relative_to(root).as_posix()}" for name, path in results.files().items()},
        "scores": {name: seeds.in_words(results, name) for name in NETWORKS},
        "inferences": {name: [asdict(one) for one in inferences.of_report(results, name)] for name in PDFS},
        "words": WORDS, "methods": METHOD_WORDS,
    }  # fmt: skip
    return {"plots": f"/{plots.relative_to(root).as_posix()}", "found": json.dumps(found)}


def _typeset(name, results, inputs):
    """Return a PDF, as bytes, from templates/NAME.typ and its inputs."""
    import typst

    from reports.pdf_figures import FONTS

    try:
        return typst.compile(
            str(results.root / f"templates/{name}.typ"), root=str(results.root.parent), format="pdf", sys_inputs=inputs,
            font_paths=[FONTS], ignore_system_fonts=True, pdf_standards="ua-1", timestamp=0,
        )  # fmt: skip
    except typst.TypstError as error:
        raise UserError(f"templates/{name}.typ cannot be set from these results ({error}): run make all first") from error


def print_origins(results: Results) -> None:
    """Require all results, and print which are the user's own, which of those are incomplete, and which are outdated."""
    require(results)
    folders = {name: results.folder(name) for name in (*NETWORKS, *SWEEPS, LOCALIZATION, TUNING)}
    own = [name for name, folder in folders.items() if results.is_own(folder)]
    published = [name for name in folders if name not in own]
    print(f"your own: {', '.join(own) or 'none'}; published: {', '.join(published) or 'none'}")
    for name in (*SWEEPS, LOCALIZATION, TUNING):
        if (results.root / name).exists() and (missing := results.missing_parts(name)):
            print(f"reports/{name}: the published one, since yours lacks {' '.join(missing[0])}: run {COMMANDS[name]}")
    for line in outdated(results):
        print(line, flush=True)


def main() -> None:
    """Build the reports and the page."""
    parser = command_line.Parser(__doc__)
    own = run_folders.REPORTS / "own"
    parser.add_argument("--out", type=command_line.new_path, default=own, metavar="DIR", help="where to (default: reports/own)")
    folder = parser.parse_args().out
    results = Results()
    print_origins(results)
    built = build(results, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in built.items():
        with run_folders.whole_file(folder / name) as file:
            file.write(content)
        print(folder / name)


if __name__ == "__main__":
    command_line.execute(main)

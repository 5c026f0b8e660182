"""Builds the three reports and the web page from your own runs, and where you have none from the published results.

    python reports/build.py               # reports/own/q1.pdf, q2.pdf, q3.pdf and index.html
    python reports/build.py --out DIR

It says which runs are whose, and which results are old: of another recipe than today's code would use. The same results give
the same bytes. Those in reports itself are of the published results; reports/publish.py builds them.
"""

import json
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from common.results import LOCALIZATION, NETWORKS, PARTS, SWEEPS, Results
from data.errors import UserError
from reports.outdated import COMMANDS, STUDIES, outdated

PDFS = ("q1", "q2", "q3")
OWN = "own"  # the folder in reports


def build(results, folder):
    """The reports and the page of some `Results`, as {file name: bytes}. folder: where the page will lie, for its links.

    Raises UserError for a result that is missing or damaged, and says what to do.
    """
    require(results)
    with run_folders.reading():
        return _built(results, folder)


def _built(results, folder):
    from reports import page, pdf_figures

    with tempfile.TemporaryDirectory(prefix=".plots.", dir=results.root) as drawn:  # Typst reads below the root alone
        pdf_figures.draw_all(results, Path(drawn))
        built = {f"{name}.pdf": typeset(name, results, Path(drawn)) for name in PDFS}
        built["index.html"] = page.render(results, folder).encode()
    return built


def require(results):
    """Raises UserError for the first result that is missing, with the command that makes it."""
    for name, mark in (*((name, "metrics.json") for name in NETWORKS), *((name, "comparison.csv") for name in SWEEPS)):
        if not (results.folder(name) / mark).exists():
            raise UserError(f"reports/{name} is missing: run {COMMANDS[name]} first")
    for name in STUDIES:
        if not results.file(name).exists():
            raise UserError(f"reports/{name} is missing: run make visualize first")


def typeset(name, results, plots):
    """A PDF, as bytes, from templates/NAME.typ. plots: the folder of the plots, below the root.

    Raises UserError where the template asks for a result that is not there.
    """
    import typst

    root = results.root.parent
    places = {name: f"/{path.relative_to(root).as_posix()}" for name, path in results.files().items()}
    try:
        return typst.compile(
            str(results.root / f"templates/{name}.typ"), root=str(root), format="pdf", ignore_system_fonts=True,
            sys_inputs={"plots": f"/{plots.relative_to(root).as_posix()}", "results": json.dumps(places)},
            pdf_standards="ua-1", timestamp=0,
        )  # fmt: skip
    except typst.TypstError as error:
        raise UserError(f"templates/{name}.typ cannot be set from these results ({error}): run make all first") from error


def say_whose(results):
    """Prints which results are the user's own, which of those are not whole, and which of all are old."""
    folders = {name: results.folder(name) for name in (*NETWORKS, *SWEEPS, LOCALIZATION)}
    own = [name for name, folder in folders.items() if results.is_own(folder)]
    print(
        f"your own: {', '.join(own) or 'none'}; published: {', '.join(name for name in folders if name not in own) or 'none'}"
    )
    for name in PARTS:
        if (results.root / name).exists() and (missing := results.missing_parts(name)):
            print(
                f"reports/{name}: the published one, since yours lacks {' '.join(missing[0])}: {COMMANDS[name]} makes it whole"
            )
    for line in outdated(results):
        print(line)
    sys.stdout.flush()


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--out", type=command_line.new_path, metavar="DIR", help="where to (default: reports/own)")
    arguments = parser.parse_args()
    folder = Path(arguments.out or run_folders.REPORTS / OWN).absolute()
    results = Results()
    require(results)
    say_whose(results)
    built = build(results, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in built.items():
        with run_folders.whole_file(folder / name) as file:
            file.write(content)
        print(arguments.out / name if arguments.out else f"reports/{OWN}/{name}")


if __name__ == "__main__":
    command_line.execute(main)

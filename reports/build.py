"""Builds the three reports and the web page from what the runs wrote.

    python reports/build.py            # reports/q1.pdf, q2.pdf, q3.pdf and index.html
    python reports/build.py --check    # writes nothing; exit status 1 if one of them is not current

The same results give the same bytes.
"""

import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from reports import runs

ROOT = runs.ROOT
PDFS = ("q1", "q2", "q3")
OFFICIAL = ("q1_cnn/mnist_official/part1", "q1_cnn/mnist_official/part2")
NEEDED = {
    "q1_cnn/lines/part1/architecture.json": "python q1_cnn/train.py",
    "q1_cnn/lines/part2/architecture.json": "python q1_cnn/train.py",
    "q1_cnn/mnist/part1/architecture.json": "python q1_cnn/train.py",
    "q1_cnn/mnist/part2/architecture.json": "python q1_cnn/train.py",
    "q1_cnn/mnist_official/part2/metrics.json": "python q1_cnn/train.py --dataset mnist --split official",
    "q1_cnn/sweep/comparison.csv": "python q1_cnn/sweep.py",
    "q2_multihead/lines/architecture.json": "python q2_multihead/train.py --noise",
    "q2_multihead/lines/noise.csv": "python q2_multihead/train.py --noise",
    "q2_multihead/sweep/comparison.csv": "python q2_multihead/sweep.py",
    "q3_visualize/localization/scores.json": "python q3_visualize/localization.py",
    "q3_visualize/q1_cnn/mnist/part2/gallery.json": "make visualize",
}


def build():
    """Everything, as {file name: bytes}. Raises RunError for a result that is missing or damaged, and says what to do."""
    require_results()
    try:
        return _built()
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise runs.RunError(
            f"a result is damaged ({type(error).__name__} {error}): git checkout reports brings ours back, make all makes yours"
        ) from error


def _built():
    from reports import page, plots

    with tempfile.TemporaryDirectory(prefix=".plots.", dir=runs.REPORTS) as folder:  # Typst reads below the root alone
        folder = Path(folder)
        plots.draw_all(folder)
        built = {f"{name}.pdf": typeset(name, folder) for name in PDFS}
        built["index.html"] = page.render().encode()
    return built


def require_results():
    """Raises RunError for the first result that is missing."""
    for name, command in NEEDED.items():
        if not (runs.REPORTS / name).exists():
            raise runs.RunError(f"reports/{name} is missing: run {command} first")


def typeset(name, plots):
    """A PDF, as bytes, from templates/NAME.typ. plots: the folder of the plots, below the root.

    Raises RunError where the template asks for a result that is not there.
    """
    import typst

    try:
        return typst.compile(
            str(runs.REPORTS / f"templates/{name}.typ"), root=str(ROOT), format="pdf", ignore_system_fonts=True,
            sys_inputs={"plots": f"/{plots.relative_to(ROOT).as_posix()}"}, pdf_standards="ua-1", timestamp=0,
        )  # fmt: skip
    except typst.TypstError as error:
        raise runs.RunError(f"templates/{name}.typ cannot be set from these results ({error}): run make all first") from error


def stale(built):
    """The paths of files that are missing or other than what was built, {file name: bytes}."""
    paths = {runs.REPORTS / name: content for name, content in built.items()}
    return [path for path, content in paths.items() if not path.exists() or path.read_bytes() != content]


def main():
    parser = command_line.Parser(__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a file is not current")
    arguments = parser.parse_args()
    built = build()
    paths = stale(built)
    for path in paths:
        if not arguments.check:
            with runs.whole_file(path) as file:
                file.write(built[path.name])
        print(f"{'not current' if arguments.check else 'written'}: {path.relative_to(ROOT)}")
    if not paths:
        print("every report is current")
    raise SystemExit(1 if paths and arguments.check else 0)


if __name__ == "__main__":
    command_line.run(main)

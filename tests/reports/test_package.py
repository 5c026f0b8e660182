"""What is handed in, packed from small runs, unpacked into empty folders and run there."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from common import run_folders
from q1_cnn import recipes
from reports import build, package
from tests.conftest import assert_one_error_line
from tests.test_house import modules_imported

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
RUNS = {
    "1": (
        "q1_cnn/train.py --dataset lines --part 2 --quick", "q1_cnn/evaluate.py q1_cnn/lines/part2 --out reports/quick",
        "q1_cnn/sweep.py --dataset lines --question depth --workers 1 --quick",
    ),
    "2": (
        "q2_multihead/train.py --quick", "q2_multihead/evaluate.py --out reports/quick",
        "q2_multihead/sweep.py --question pooling-head --workers 1 --quick",
    ),
    "3": (
        "q3_visualize/activations.py --layer conv1 fc1 --network q1_cnn/lines/part1 --quick",
        "q3_visualize/filters.py --layer conv1 --quick", "q3_visualize/gradcam.py --layer relu1 --quick",
        "q3_visualize/gallery.py --network q1_cnn/lines/part2 --quick",
        "q3_visualize/live.py --no-browser --quick",
        "q3_visualize/localization.py --network q1_cnn/lines/part2 --layer conv1 --method hirescam --quick",
        "q3_visualize/tuning.py --layer conv1 --quick",
    ),
}  # fmt: skip

# Runs commands in one process, so that TensorFlow starts once for each section. -P: only the scripts' line finds our modules.
ONE_AFTER_THE_OTHER = """
import runpy, sys
for command in sys.argv[1:]:
    print(command, file=sys.stderr)
    sys.argv = command.split()
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def pack(own_house, call):
    """Packs the house into OUT/13.zip."""

    def run(out="dist", *flags):
        return call("reports/package.py", "--group", "13", "--out", out, *flags, reports=own_house / "reports")

    return run


def test_each_section_runs_by_itself_and_the_same_inputs_give_the_same_bytes(pack, tmp_path, monkeypatch):
    result = pack("one")
    assert result.returncode == 0 and "another recipe" not in result.stdout, result.stderr
    # What is outdated is named, and packed all the same.
    monkeypatch.setitem(recipes.RECIPES, ("lines", 2), recipes.RECIPES["lines", 2].adapted(loss="mse"))
    result = pack("two")
    assert "q1_cnn/lines/part2) has another recipe than today's" in result.stdout, result.stderr
    assert "run python q1_cnn/train.py --dataset lines --part 2 again" in result.stdout
    contents = [(tmp_path / out / "13.zip").read_bytes() for out in ("one", "two")]
    assert contents[0] == contents[1]
    with zipfile.ZipFile(io.BytesIO(contents[0])) as outer:
        assert outer.namelist() == ["1.zip", "2.zip", "3.zip"]
        for name, commands in RUNS.items():
            folder = tmp_path / f"section{name}"
            with zipfile.ZipFile(io.BytesIO(outer.read(f"{name}.zip"))) as inner:
                names = inner.namelist()
                inner.extractall(folder)
            pdfs = {f"reports/{pdf}.pdf" for pdf in build.PDFS if pdf.startswith(f"q{name}")}
            assert pdfs and {"README.md", "requirements.txt", *pdfs} <= set(names)
            assert any(file.endswith("model.keras") for file in names) and not any(file.endswith(".npz") for file in names)
            scripts = scripts_of(folder)
            assert scripts - {"data/lines.py"} == {command.split()[0] for command in commands}
            packed = {file for file in names if file.startswith("reports/") and file.endswith(".py")}
            assert packed == {file for file in imported_files(CHECKOUT, scripts) if file.startswith("reports/")}
            for run in (*([script, "--help"] for script in scripts), ["-P", "-c", ONE_AFTER_THE_OTHER, *commands]):
                result = subprocess.run([sys.executable, *run], cwd=folder, capture_output=True, text=True, timeout=600)
                assert result.returncode == 0, result.stderr
            assert list((folder / "reports/quick").rglob("*.png"))


def scripts_of(folder):
    """The scripts below a folder, as their paths from there."""
    paths = (path for path in folder.rglob("*.py") if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8"))
    return {path.relative_to(folder).as_posix() for path in paths}


def imported_files(folder, scripts):
    """The files below a folder that scripts import, anywhere and one through the other, with themselves."""
    found, waiting = set(), {folder / script for script in scripts}
    while waiting:
        path = waiting.pop()
        found.add(path)
        for module in modules_imported(path):
            place = folder.joinpath(*module.split("."))
            files = place.with_suffix(".py"), place / "__init__.py", place.parent / "__init__.py"
            waiting |= {file for file in files if file.is_file()} - found
    return {path.relative_to(folder).as_posix() for path in found}


def test_what_is_missing_or_damaged_is_refused_with_the_command_to_run(pack, own_house, tmp_path):
    for name, parts in (
        ("q1_cnn/lines/part1/model.keras", ("part1/model.keras is missing", "q1_cnn/train.py --dataset lines --part 1")),
        ("q1_cnn/sweep/comparison.csv", ("q1_cnn/sweep/comparison.csv is missing", "python q1_cnn/sweep.py")),
        ("q3_visualize/q1_cnn/mnist/part2/gallery.json", ("gallery.json is missing", "make visualize")),
    ):
        path = own_house / "reports" / name
        content = path.read_bytes()
        path.unlink()
        assert_one_error_line(pack(), *parts)
        path.write_bytes(content)
    path = own_house / "reports/q1_cnn/mnist/part1/model.keras"
    path.write_bytes(path.read_bytes()[:9000])
    assert_one_error_line(pack(), "part1/model.keras is missing or damaged")
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("name", ["../13", "", "a b"])
def test_a_group_is_a_plain_name(call, name):
    assert_one_error_line(call("reports/package.py", "--group", name), "--group")


def test_a_zip_depends_on_nothing_but_its_files():
    files = {"b": b"2", "a": b"1"}
    assert package.zipped(files) == package.zipped(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(package.zipped(files))) as archive:
        assert archive.namelist() == ["a", "b"] and archive.getinfo("a").date_time == package.EPOCH


def test_these_tests_do_not_pack_the_checkout(own_house):
    assert own_house.samefile(run_folders.ROOT)

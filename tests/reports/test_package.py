"""What is handed in, packed from small runs, unpacked into empty folders and run there."""

import io
import subprocess
import sys
import zipfile

import pytest

from common import run_folders
from q1_cnn import recipes
from reports import package
from tests.conftest import assert_one_error_line

pytestmark = pytest.mark.slow
COMMANDS = {
    "1": ["q1_cnn/train.py", "--dataset", "lines"], "2": ["q2_multihead/train.py"], "3": ["q3_visualize/gradcam.py"],
}  # fmt: skip


@pytest.fixture
def pack(own_house, call):
    """Packs the house into OUT/13.zip."""

    def run(out="dist", *flags):
        return call("reports/package.py", "--group", "13", "--out", out, *flags, reports=own_house / "reports")

    return run


def test_each_section_runs_by_itself_and_the_same_inputs_give_the_same_bytes(pack, tmp_path):
    contents = []
    for out in ("one", "two"):
        result = pack(out)
        assert result.returncode == 0, result.stderr
        contents.append((tmp_path / out / "13.zip").read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(io.BytesIO(contents[0])) as outer:
        assert outer.namelist() == ["1.zip", "2.zip", "3.zip"]
        for name, command in COMMANDS.items():
            folder = tmp_path / f"section{name}"
            with zipfile.ZipFile(io.BytesIO(outer.read(f"{name}.zip"))) as inner:
                names = inner.namelist()
                inner.extractall(folder)
            assert {"README.md", "requirements.txt", f"reports/q{name}.pdf"} <= set(names)
            assert any(one.endswith("model.keras") for one in names) and not any(one.endswith(".npz") for one in names)
            run = [sys.executable, *command, "--quick"]
            result = subprocess.run(run, cwd=folder, capture_output=True, text=True, timeout=300)
            assert result.returncode == 0, result.stderr
            assert list((folder / "reports/quick").rglob("*.png"))


def test_what_is_missing_or_damaged_is_refused_with_the_command_to_run(pack, own_house, tmp_path):
    for name, parts in (
        ("q1_cnn/lines/part1/model.keras", ("part1/model.keras is missing", "q1_cnn/train.py --dataset lines --part 1")),
        ("q1_cnn/sweep/comparison.csv", ("q1_cnn/sweep is missing", "python q1_cnn/sweep.py")),
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


def test_what_is_old_is_named_and_packed(pack, monkeypatch, tmp_path):
    monkeypatch.setitem(recipes.RECIPES, ("lines", 2), recipes.RECIPES["lines", 2].adapted(loss="mse"))
    result = pack()
    assert result.returncode == 0 and (tmp_path / "dist/13.zip").exists(), result.stderr
    assert "q1_cnn/lines/part2) has another recipe than today's" in result.stdout
    assert "python q1_cnn/train.py --dataset lines --part 2 makes it anew" in result.stdout


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

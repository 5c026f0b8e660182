"""What is handed in, packed from a copy of the repository, unpacked into empty folders and run there."""

import io
import json
import shutil
import subprocess
import sys
import zipfile

import pytest

from reports import package, provenance, runs, trials
from tests.conftest import assert_one_error_line
from tests.reports.test_build import copy  # noqa: F401, a fixture

pytestmark = pytest.mark.slow


def run(folder, *arguments, timeout=300):
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=timeout)


@pytest.fixture
def ready(copy):  # noqa: F811
    """The copy, with networks of part 1, which are not in git, and with results of the code as it is."""
    for network in ("lines", "mnist"):
        shutil.copy(copy / f"reports/q1_cnn/{network}/part2/model.keras", copy / f"reports/q1_cnn/{network}/part1/model.keras")
    for path in copy.glob("reports/**/*.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        if "code" in told:
            told["code"] = {name: provenance.digest_of(name) for name in told["code"]}
            path.write_text(json.dumps(told), encoding="utf-8")
    for section in ("q1_cnn", "q2_multihead"):
        path = copy / f"reports/{section}/sweep/trials.csv"
        runs.write_rows(path, [{**row, "code": trials.code(section)} for row in trials.read(path)])
    built = run(copy, "reports/build.py")
    assert built.returncode == 0, built.stderr
    return copy


def test_each_section_runs_by_itself_and_the_same_inputs_give_the_same_bytes(ready, tmp_path_factory):
    contents = []
    for out in ("one", "two"):
        result = run(ready, "reports/package.py", "--group", "13", "--out", out)
        assert result.returncode == 0, result.stderr
        contents.append((ready / out / "13.zip").read_bytes())
    assert contents[0] == contents[1]
    lines = ["--dataset", "lines"]
    commands = {"1": ["q1_cnn/train.py", *lines], "2": ["q2_multihead/train.py"], "3": ["q3_visualize/gradcam.py"]}
    with zipfile.ZipFile(io.BytesIO(contents[0])) as outer:
        assert outer.namelist() == ["1.zip", "2.zip", "3.zip"]
        for name, command in commands.items():
            folder = tmp_path_factory.mktemp(f"section{name}")
            with zipfile.ZipFile(io.BytesIO(outer.read(f"{name}.zip"))) as inner:
                names = inner.namelist()
                inner.extractall(folder)
            assert {"README.md", "requirements.txt", f"reports/q{name}.pdf"} <= set(names)
            assert any(one.endswith("model.keras") for one in names)
            result = run(folder, *command, "--quick")
            assert result.returncode == 0, result.stderr
            assert list((folder / "reports/quick").rglob("*.png"))


def test_what_is_missing_or_stale_is_refused_with_the_command_to_run(ready):
    def refused(*parts):
        assert_one_error_line(run(ready, "reports/package.py", "--group", "13"), *parts)
        assert not (ready / "dist").exists()

    for broken, parts in (
        (
            ready / "reports/q1_cnn/lines/part1/model.keras",
            ("part1/model.keras is missing", "q1_cnn/train.py"),
        ),
        (ready / "q1_cnn/models.py", ("older than q1_cnn/models.py", "python q1_cnn/train.py")),
        (ready / "reports/q1_cnn/sweep/depth.png", ("sweep/depth.png", "is missing")),
        (ready / "reports/q2.pdf", ("q2.pdf is older than what it reports", "python reports/build.py")),
        (ready / "reports/q3_visualize/q1_cnn/mnist/part2/gallery.json", ("make visualize",)),
    ):
        content = broken.read_bytes()
        if broken.suffix == ".py":
            broken.write_bytes(content + b"# changed\n")
        else:
            broken.unlink()
        refused(*parts)
        broken.write_bytes(content)


def test_a_group_is_a_plain_name(ready):
    for name in ("../13", "", "a b"):
        assert_one_error_line(run(ready, "reports/package.py", "--group", name), "--group")


def test_a_zip_hangs_on_nothing_but_its_files():
    files = {"b": b"2", "a": b"1"}
    assert package.zipped(files) == package.zipped(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(package.zipped(files))) as archive:
        assert archive.namelist() == ["a", "b"] and archive.getinfo("a").date_time == package.EPOCH

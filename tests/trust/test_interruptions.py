"""A full disk, a folder that cannot be written, Ctrl-C, two runs at once: one line, and earlier results as they were."""

import shutil
import signal
import subprocess
import time

import pytest

from tests.conftest import ROOT, assert_one_error_line

TRAIN = ("q1_cnn/train.py", "--dataset", "lines", "--part", 2, "--quick", "--out", "disk")
# Mounts a small file system of its own, runs a command, and saves what is on it then: sh -c DISK sh OPTIONS COMMAND...
DISK = """
mkdir disk && mount -t tmpfs -o "$1" tmpfs disk && shift || exit 99
cp -a earlier/. disk && "$@"
status=$?
cp -a disk/. later
exit $status
"""


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def disk(script, tmp_path):
    """Runs a script with `disk` a file system of a few kilobytes: its result, and whether it left what was there."""
    if subprocess.run(["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).returncode:
        pytest.skip("this user may not mount a file system")
    (tmp_path / "later").mkdir()

    def run(kilobytes, *arguments):
        under = ("unshare", "--mount", "--map-root-user", "sh", "-c", DISK, "sh", f"size={kilobytes}k")
        result = script(*arguments, under=under)
        return result, content(tmp_path / "later")

    return run


@pytest.fixture
def earlier(tmp_path):
    """A run folder of an earlier run, under earlier/."""
    folder = tmp_path / "earlier/q1_cnn/lines/part2"
    shutil.copytree(ROOT / "reports/q1_cnn/lines/part2", folder)
    return tmp_path / "earlier"


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [80, 500, 800])  # full with the checkpoint, the network, a figure
def test_training_on_a_full_disk(kilobytes, disk, earlier, record_property):
    before = content(earlier)
    there = sum(-(-len(bytes_) // 4096) * 4 for bytes_ in before.values())
    result, later = disk(there + kilobytes, *TRAIN)
    assert_one_error_line(result, "no space left")
    assert {path: later[path] for path in before} == before
    assert {path.name for path in later.keys() - before.keys()} <= {"part2.checkpoint.npz"}
    record_property("full disks", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kilobytes", "arguments"),
    [
        (2000, ("data/lines.py", "--out", "disk/lines", "--per-class", 10)),
        (4350, ("data/lines.py", "--out", "disk/lines", "--per-class", 10, "--video")),
        (20, ("q3_visualize/gradcam.py", "--image", ROOT / "data/contact_sheet.png", "--layer", "conv1", "--out", "disk")),
    ],
)
def test_other_scripts_on_a_full_disk(kilobytes, arguments, disk, tmp_path, record_property):
    (tmp_path / "earlier").mkdir()
    result, later = disk(kilobytes, *arguments)
    assert_one_error_line(result, "no space left")
    assert later == {}
    record_property("full disks", 1)


@pytest.mark.slow
def test_files_that_must_not_grow(script, earlier, tmp_path):
    before = content(earlier)
    arguments = [*TRAIN[:-1], "earlier"]
    assert_one_error_line(script(*arguments, under=("prlimit", "--fsize=100000")), "no space left")
    assert content(earlier) == before


def test_a_folder_that_cannot_be_written(script, earlier, tmp_path):
    command = 'mount --bind earlier earlier && mount -o remount,ro,bind earlier && exec "$@"'
    under = ("unshare", "--mount", "--map-root-user", "sh", "-c", command, "sh")
    if subprocess.run([*under, "true"], cwd=tmp_path).returncode:
        pytest.skip("this user may not mount a file system")
    before = content(earlier)
    assert_one_error_line(script(*TRAIN[:-1], "earlier", under=under), "Read-only file system")
    assert_one_error_line(script("q1_cnn/evaluate.py", "--out", "earlier", under=under), "Read-only file system")
    assert content(earlier) == before


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.5, 2, 4, 5, 6])
def test_ctrl_c(seconds, script, earlier, tmp_path, record_property):
    before = content(earlier)
    process = script(*TRAIN[:-1], "earlier", "--epochs", 1000, "--per-class", 20, start=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.startswith("error: stopped by Ctrl-C") and len(errors.splitlines()) == 1
    later = content(earlier)
    assert {path: later[path] for path in before} == before
    assert {path.name for path in later.keys() - before.keys()} <= {"part2.checkpoint.npz"}
    record_property("Ctrl-C", 1)


@pytest.mark.slow
def test_the_second_of_two_runs_into_one_folder_stops(script, earlier):
    flags = (*TRAIN[:-1], "earlier")
    first = script(*flags, "--epochs", 1000, start=True)
    assert "parameters" in first.stdout.readline()
    for second in (flags, ("q1_cnn/evaluate.py", "--out", "earlier")):
        assert_one_error_line(script(*second), "another process writes to", "wait for it")
    assert first.poll() is None
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert script(*flags).returncode == 0

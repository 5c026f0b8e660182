"""A full disk, a read-only folder, Ctrl-C, two runs at once: one line of error, and earlier results are unchanged."""

import os
import resource
import shutil
import signal
import subprocess
import time

import pytest

from tests.conftest import ROOT, assert_one_error_line

TRAIN = ("q1_cnn/train.py", "--dataset", "lines", "--part", 2, "--quick", "--out")
MOUNTING = ("unshare", "--mount", "--map-root-user")  # a process and its children have mounts of their own
# Kilobytes that a disk has free for a training: it fills up with the checkpoint, the network, a figure.
FREE = (80, 500, 800)
# Other scripts, and the size of the disk that they write to.
OTHERS = (
    (2000, ("data/lines.py", "--out", "disk/lines", "--per-class", 10)),
    (4350, ("data/lines.py", "--out", "disk/lines", "--per-class", 10, "--video")),
    (20, ("q3_visualize/gradcam.py", "--image", ROOT / "data/contact_sheet.png", "--layer", "conv1", "--out", "disk")),
)
READ_ONLY = ("q1_cnn/train.py", "q1_cnn/evaluate.py")


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def size_on_disk(files):
    """Return how many kilobytes of a disk files take, given as {path: bytes}."""
    return sum(-(-len(content) // 4096) * 4 for content in files.values())


def copy_of_a_run(trained, folder):
    """Make a folder with an earlier run in it."""
    shutil.copytree(trained / "q1_cnn/lines/part2", folder / "q1_cnn/lines/part2")


@pytest.fixture
def earlier(trained, tmp_path):
    """Return earlier/, with the folder of a run in it."""
    copy_of_a_run(trained, tmp_path / "earlier")
    return tmp_path / "earlier"


@pytest.fixture(scope="module")
def disks(one_after_the_other, trained, tmp_path_factory):
    """Run scripts, in one process, that write to small disks and to one that is read-only.

    Return {kilobytes, or for the read-only one the script: (CompletedProcess, files before, files after)}.
    """
    if subprocess.run([*MOUNTING, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).returncode:
        pytest.skip("this user may not mount a file system")
    folder = tmp_path_factory.mktemp("disks")
    copy_of_a_run(trained, folder / "earlier")
    (folder / "empty").mkdir()
    (folder / "disk").mkdir()
    earlier = content(folder / "earlier")

    cases = {
        free: ("earlier", f"-t tmpfs -o size={size_on_disk(earlier) + free}k tmpfs disk", (*TRAIN, "disk")) for free in FREE
    }
    cases |= {size: ("empty", f"-t tmpfs -o size={size}k tmpfs disk", arguments) for size, arguments in OTHERS}
    read_only = "--bind earlier disk && mount -o remount,ro,bind disk"
    cases["q1_cnn/train.py"] = (None, read_only, (*TRAIN, "disk"))
    cases["q1_cnn/evaluate.py"] = (None, read_only, ("q1_cnn/evaluate.py", "--out", "disk"))
    steps = [
        {
            "arguments": arguments,
            "before": f"mount {mount}" + (f" && cp -a {initial}/. disk" if initial else ""),
            "after": f"cp -a disk after{number} && umount --lazy disk",
        }
        for number, (initial, mount, arguments) in enumerate(cases.values())
    ]
    results = one_after_the_other(steps, folder, reports=trained, under=MOUNTING)
    before = [{} if initial == "empty" else earlier for initial, *_ in cases.values()]
    after = [content(folder / f"after{number}") for number in range(len(cases))]
    return dict(zip(cases, zip(results, before, after, strict=True), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", FREE)
def test_training_on_a_full_disk(kilobytes, disks):
    result, before, after = disks[kilobytes]
    assert_one_error_line(result, "no space left")
    assert before and {path: after[path] for path in before} == before
    assert {path.name for path in after.keys() - before.keys()} <= {"part2.checkpoint.npz"}


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [kilobytes for kilobytes, _ in OTHERS])
def test_other_scripts_on_a_full_disk(kilobytes, disks):
    result, _, after = disks[kilobytes]
    assert_one_error_line(result, "no space left")
    assert after == {}


@pytest.mark.slow
def test_files_that_must_not_grow(call, earlier):
    before = content(earlier)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        result = call(*TRAIN, earlier)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert_one_error_line(result, "no space left")
    assert content(earlier) == before


@pytest.mark.slow
@pytest.mark.parametrize("script", READ_ONLY)
def test_a_folder_that_cannot_be_written(script, disks):
    result, before, after = disks[script]
    assert_one_error_line(result, "Read-only file system")
    assert before and after == before


# Seconds after the start of a process that imports TensorFlow first, and of one that need not.
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seconds"), [("script", 1), ("script", 2), ("script", 4), ("forked", 1), ("forked", 2.5)])
def test_ctrl_c(kind, seconds, script, forked, earlier):
    before = content(earlier)
    arguments = (*TRAIN, earlier, "--epochs", 1000, "--per-class", 20)
    process = forked(*arguments) if kind == "forked" else script(*arguments, start=True)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and errors.startswith("error: stopped by Ctrl-C") and len(errors.splitlines()) == 1
    after = content(earlier)
    assert {path: after[path] for path in before} == before
    assert {path.name for path in after.keys() - before.keys()} <= {"part2.checkpoint.npz"}


@pytest.mark.slow
def test_the_second_of_two_runs_into_one_folder_stops(forked, call, earlier):
    flags = (*TRAIN, earlier)
    first = forked(*flags, "--epochs", 1000)
    assert "parameters" in first.stdout.readline()
    for second in (flags, ("q1_cnn/evaluate.py", "--out", earlier)):
        assert_one_error_line(call(*second), "another process writes to", "wait for it")
    assert first.poll() is None
    os.kill(first.pid, signal.SIGINT)
    first.communicate(timeout=60)
    assert call(*flags).returncode == 0

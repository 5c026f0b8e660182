"""The README's commands in a clone: train, look into the network. That the tests pass after a training, .ci/run sees."""

import os
import subprocess
import sys

import pytest

from tests.conftest import OFFLINE, ROOT, caches
from tests.test_readmes import FRONT

pytestmark = pytest.mark.slow


def test_a_training_in_a_clone_can_be_looked_into_and_git_sees_nothing(tmp_path):
    clone = tmp_path / "clone"

    def git(*arguments, cwd=clone):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout

    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    git("clone", "--quiet", str(ROOT), str(clone), cwd=tmp_path)
    for name in filter(None, git("ls-files", "-z", "--modified", "--others", "--exclude-standard", cwd=ROOT).split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
        else:
            (clone / name).unlink(missing_ok=True)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "as the files are now")

    outer = {name: value for name, value in os.environ.items() if name != "MNIST_PATH" and not name.startswith("PYTEST_")}
    environment = {**outer, **OFFLINE, **caches(tmp_path)}

    def run(*command, timeout):
        command = [sys.executable, *command]
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, timeout=timeout)

    trained = run("q1_cnn/train.py", "--dataset", "lines", "--part", "2", "--per-class", "10", "--epochs", "1", timeout=120)
    assert trained.returncode == 0 and (clone / "reports/q1_cnn/lines/part2/metrics.json").exists(), trained.stderr
    looked = run(*FRONT[2].split()[1:], timeout=120)
    assert looked.returncode == 0 and "example.png: " in looked.stdout, looked.stderr
    assert git("status", "--porcelain") == ""

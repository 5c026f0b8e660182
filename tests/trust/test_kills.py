"""Real training runs that are killed with SIGKILL, at random moments and while they write, and started again with --resume."""

import json
import random
import re
import time

import pytest

from common import run_folders
from common.quiet import keras

EPOCHS = 24
# A network with random augmentation and a learning rate that changes; and one with four heads.
RUNS = {
    "q1_cnn/mnist/part2": ("q1_cnn/train.py", "--dataset", "mnist", "--part", 2, "--per-class", 30),
    "q2_multihead/lines": ("q2_multihead/train.py", "--per-class", 5),
}
# When each of the runs is killed, after it has printed a complete epoch of its own.
MOMENTS = ("random", "writing", "random", "writing", "random", "random", "at the end")


class Run:
    """A training script in its own process. first, last: the first and the last epoch that it has printed as complete."""

    def __init__(self, forked, network, out):
        self.folder, self.first, self.last = out / network, None, 0
        name, *flags = RUNS[network]
        self.process = forked(name, *flags, "--epochs", EPOCHS, "--resume", "--out", out)

    def follow(self, epoch):
        """Read what the script prints until an epoch is complete, or until it ends."""
        for line in self.process.stdout:
            if match := re.match(r"  epoch (\d+)/", line):
                self.last = int(match[1])
                self.first = self.first or self.last
                if self.last >= epoch:
                    return
        _, errors = self.process.communicate()
        assert self.process.returncode in (0, -9), errors

    def kill(self):
        self.process.kill()
        self.follow(EPOCHS + 1)  # what it had printed before

    def is_writing(self):
        """Return whether a file of the run is half written at this moment."""
        return any(self.folder.parent.glob(f".{self.folder.name}.*{run_folders.UNFINISHED}"))


def content(folder):
    """Return what a run folder holds, without its seconds: the bytes of its files, and of its network those of the weights."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files["history.csv"] = [{**row, "seconds": 0} for row in run_folders.read_rows(folder / "history.csv")]
    metrics = json.loads(files["metrics.json"])
    del metrics["git"]  # the code may be edited while the tests run
    files["metrics.json"] = {**metrics, "training": {**metrics["training"], "seconds": 0, "command": ""}}
    weights = keras.models.load_model(folder / "model.keras", compile=False).get_weights()
    files["model.keras"] = [array.tobytes() for array in weights]
    return files


@pytest.mark.slow
@pytest.mark.parametrize("network", RUNS)
def test_a_run_killed_again_and_again_ends_as_one_that_was_not(network, forked, tmp_path):
    whole = Run(forked, network, tmp_path / "whole")
    whole.follow(EPOCHS + 1)

    generator, completed, while_writing = random.Random(network), 0, 0
    for moment in MOMENTS:
        run = Run(forked, network, tmp_path / "killed")
        run.follow(EPOCHS if moment == "at the end" else completed + 1)
        assert completed < run.first <= completed + 2  # nothing printed is trained again; one more epoch may have been saved
        if moment == "random":
            time.sleep(generator.uniform(0, 0.3))
        else:
            while not run.is_writing():
                assert run.process.poll() is None
            time.sleep(generator.uniform(0, 0.3) if moment == "at the end" else 0)
        run.kill()
        while_writing += run.is_writing()
        completed = run.last

    run = Run(forked, network, tmp_path / "killed")
    run.follow(EPOCHS + 1)
    assert content(run.folder) == content(whole.folder)
    assert [path.name for path in run.folder.parent.iterdir()] == [run.folder.name]
    assert while_writing >= 2

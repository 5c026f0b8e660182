import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common import provenance, run_folders
from data.errors import UserError

SCORES = {"loss": 0.1, "accuracy": 0.9, "errors": 1, "macro_f1": 0.8, "weighted_f1": 0.7}
METRICS = {
    "network": "q1_cnn/lines/part2",
    "data": {
        "name": "lines", "source": "drawn", "per_class": None, "train": 8, "validation": 1, "test": 6, "classes": 96,
        "fingerprint": "0a",
    },
    "training": {
        "epochs": 3, "batch_size": 128, "seed": 0, "recipe": {"layers": []}, "parameters": 5, "seconds": 1.5,
        "command": "python",
    },
    "test": SCORES, "machine": "2 cores", "versions": {"python": "3"},
}  # fmt: skip
HEADS = dict.fromkeys(("length", "width", "color"), SCORES) | {"angle": {**SCORES, "mean_absolute_error_degrees": 2.0}}
TOGETHER = dict.fromkeys(("all_heads_accuracy", "mean_head_accuracy", "independent_heads_accuracy"), 0.5)
MULTIHEAD = {**METRICS, "test": {"heads": HEADS, **TOGETHER, "all_heads_errors": 2, "classes": SCORES}}


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_run_takes_its_place_whole(tmp_path):
    folder = tmp_path / "lines" / "part1"
    for text in ("first", "second"):
        with run_folders.locked(folder), run_folders.new_run(folder) as filled:
            (filled / "metrics.json").write_text(text)
            assert not folder.exists() or contents(folder) == {"metrics.json": "first"}
    assert contents(folder) == {"metrics.json": "second"}
    assert [path.name for path in folder.parent.iterdir()] == ["part1"]


@pytest.mark.parametrize("reason", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_fails_leaves_what_was_there(tmp_path, reason):
    folder = tmp_path / "part1"
    with run_folders.new_run(folder) as filled:
        (filled / "metrics.json").write_text("earlier")
    with pytest.raises(reason), run_folders.new_run(folder) as filled:
        (filled / "metrics.json").write_text("half")
        raise reason
    assert contents(folder) == {"metrics.json": "earlier"}
    assert [path.name for path in tmp_path.iterdir()] == ["part1"]


def test_keep_begins_with_what_is_there(tmp_path):
    folder = tmp_path / "part1"
    with run_folders.new_run(folder) as filled:
        (filled / "a").write_text("1")
        (filled / "b").write_text("2")
    with run_folders.new_run(folder, keep=True) as filled:
        (filled / "b").write_text("3")
    assert contents(folder) == {"a": "1", "b": "3"}


def test_killed_between_the_renames(tmp_path):
    folder = tmp_path / "part1"
    with run_folders.new_run(folder) as filled:
        run_folders.write_json(filled / "metrics.json", METRICS)
    folder.rename(run_folders.previous(folder))
    assert run_folders.read_metrics(folder) == METRICS
    (tmp_path / f".part1.1234{run_folders.UNFINISHED}").mkdir()
    (tmp_path / f".part1.checkpoint.npz.1234{run_folders.UNFINISHED}").touch()
    with pytest.raises(RuntimeError), run_folders.locked(folder), run_folders.new_run(folder):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["part1"]
    assert run_folders.read_metrics(folder) == METRICS


def test_missing_and_damaged_runs_say_what_to_do(tmp_path):
    with pytest.raises(UserError, match="train the network first"):
        run_folders.read_metrics(tmp_path)
    for good in (METRICS, MULTIHEAD):
        (tmp_path / "metrics.json").write_text(json.dumps(good))
        assert run_folders.read_metrics(tmp_path) == good
    bad = [
        {**METRICS, "training": {}}, {**METRICS, "machine": 2}, {**METRICS, "data": {**METRICS["data"], "per_class": -1}},
        {**METRICS, "test": {**METRICS["test"], "errors": True}}, {**MULTIHEAD, "test": {**MULTIHEAD["test"], "heads": {}}},
        {**METRICS, "training": {**METRICS["training"], "recipe": "0a1b2c3d"}},
    ]  # fmt: skip
    for text in ('{"network": ', "[]", "{}", "[" * 100_000, *map(json.dumps, bad)):
        (tmp_path / "metrics.json").write_text(text)
        with pytest.raises(UserError, match="damaged"):
            run_folders.read_metrics(tmp_path)


def test_rows_and_matrices_come_back(tmp_path):
    run_folders.write_rows(tmp_path / "history.csv", [{"epoch": 1, "loss": 0.1}, {"epoch": 2, "loss": 1e-9}])
    assert run_folders.read_rows(tmp_path / "history.csv") == [{"epoch": "1", "loss": "0.1"}, {"epoch": "2", "loss": "1e-09"}]
    run_folders.write_matrix(tmp_path / "matrix.csv", np.array([[3, 1], [0, 2]]), ("short 0°", "long"))
    assert (tmp_path / "matrix.csv").read_text(encoding="utf-8") == "true \\ predicted,short 0°,long\nshort 0°,3,1\nlong,0,2\n"


def test_a_folder_that_cannot_be_written():
    with pytest.raises(OSError), run_folders.new_run("/proc/part1"):
        pass


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    folder = tmp_path / "new/sweep"
    start = "from pathlib import Path; from common import run_folders"
    program = f"{start}\nwith run_folders.locked(Path({str(folder)!r})): print('held')"
    other = [sys.executable, "-c", program]
    with run_folders.locked(folder):
        refused = subprocess.run(other, cwd=run_folders.ROOT, capture_output=True, text=True)
    assert "another process writes to" in refused.stderr and not refused.stdout
    assert subprocess.run(other, cwd=run_folders.ROOT, capture_output=True, text=True).stdout == "held\n"
    assert not any(folder.parent.iterdir())


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "result"
    path.write_bytes(b"earlier")
    with pytest.raises(KeyboardInterrupt), run_folders.whole_file(path) as file:
        file.write(b"half of it")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"earlier" and list(tmp_path.iterdir()) == [path]
    with run_folders.whole_file(path) as file:
        file.write(b"all of it")
    assert path.read_bytes() == b"all of it" and list(tmp_path.iterdir()) == [path]


def test_an_origin_names_command_machine_threads_versions_and_commit(monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(run_folders.ROOT / "q1_cnn/train.py"), "--part", "2"])
    origin = provenance.origin()
    assert list(origin) == ["command", "machine", "threads", "versions", "git"]
    assert origin["command"] == "python q1_cnn/train.py --part 2" and origin["threads"] == len(os.sched_getaffinity(0))
    assert f"{os.cpu_count()} cores" in origin["machine"] and origin["versions"]["numpy"] == np.__version__


def test_the_commit_and_whether_the_code_differs_from_it(tmp_path, monkeypatch):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    git_state = provenance.git.__wrapped__
    assert git_state() is None  # no checkout
    git("init")
    (tmp_path / "a.py").write_text("a = 1\n")
    git("add", "a.py")
    git("commit", "--message", "first")
    (tmp_path / "result.png").touch()
    assert git_state() == {"commit": git("rev-parse", "HEAD").strip(), "changed": False}
    (tmp_path / "a.py").write_text("a = 2\n")
    assert git_state()["changed"]
    monkeypatch.setattr(provenance, "ROOT", tmp_path / "inner")  # unpacked below somebody's own checkout
    (tmp_path / "inner").mkdir()
    assert git_state() is None


def test_a_study_is_of_the_run_it_looked_into_and_not_of_one_with_another_recipe_data_or_seed():
    training = {"recipe": {"layers": [{"name": "conv1"}]}, "epochs": 1, "batch_size": 2, "seed": 0, "seconds": 3.0}
    metrics = {"data": {"fingerprint": "a"}, "training": training}
    same = provenance.of_run({**metrics, "training": {**training, "seconds": 4.0}})
    assert provenance.of_run(metrics) == same and len(same) == 8
    for change in ({"seed": 1}, {"epochs": 2}, {"recipe": {"layers": [{"name": "conv2"}]}}):
        assert provenance.of_run({**metrics, "training": {**training, **change}}) != same
    assert provenance.of_run({**metrics, "data": {"fingerprint": "b"}}) != same


def test_a_matrix_is_read_as_it_was_written(tmp_path):
    matrix = np.array([[3, 0], [1, 2]])
    run_folders.write_matrix(tmp_path / "matrix.csv", matrix, ("long, thin", 'a "b"'))
    read, names = run_folders.read_matrix(tmp_path / "matrix.csv")
    assert (read == matrix).all() and names == ["long, thin", 'a "b"']


def test_an_error_that_says_what_to_do_is_passed_on_as_it_is(tmp_path):
    with pytest.raises(UserError, match=r"a\.json is missing: run make all first$") as caught, run_folders.reading():
        run_folders.read_study(tmp_path / "a.json", "make all")
    assert "damaged" not in str(caught.value)
    with pytest.raises(UserError, match="a result is damaged, or of an earlier version"), run_folders.reading():
        {}["accuracy"]


def test_the_current_folder_has_no_name_and_stands_where_it_is():
    assert run_folders.standing(Path(".")) == Path(".")

import json
import subprocess
import sys

import numpy as np
import pytest

from reports import provenance, runs

METRICS = runs.read_json(runs.REPORTS / "q1_cnn/lines/part2/metrics.json")


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_run_takes_its_place_whole(tmp_path):
    folder = tmp_path / "lines" / "part1"
    for text in ("first", "second"):
        with runs.alone(folder), runs.new_run(folder) as filled:
            (filled / "metrics.json").write_text(text)
            assert not folder.exists() or contents(folder) == {"metrics.json": "first"}
    assert contents(folder) == {"metrics.json": "second"}
    assert [path.name for path in folder.parent.iterdir()] == ["part1"]


@pytest.mark.parametrize("reason", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_fails_leaves_what_was_there(tmp_path, reason):
    folder = tmp_path / "part1"
    with runs.new_run(folder) as filled:
        (filled / "metrics.json").write_text("earlier")
    with pytest.raises(reason), runs.new_run(folder) as filled:
        (filled / "metrics.json").write_text("half")
        raise reason
    assert contents(folder) == {"metrics.json": "earlier"}
    assert [path.name for path in tmp_path.iterdir()] == ["part1"]


def test_keep_begins_with_what_is_there(tmp_path):
    folder = tmp_path / "part1"
    with runs.new_run(folder) as filled:
        (filled / "a").write_text("1")
        (filled / "b").write_text("2")
    with runs.new_run(folder, keep=True) as filled:
        (filled / "b").write_text("3")
    assert contents(folder) == {"a": "1", "b": "3"}


def test_killed_between_the_renames(tmp_path):
    folder = tmp_path / "part1"
    with runs.new_run(folder) as filled:
        runs.write_json(filled / "metrics.json", METRICS)
    folder.rename(runs._previous(folder))
    assert runs.read_metrics(folder) == METRICS
    (tmp_path / f".part1.1234{runs.UNFINISHED}").mkdir()
    (tmp_path / f".part1.checkpoint.npz.1234{runs.UNFINISHED}").touch()
    with pytest.raises(RuntimeError), runs.alone(folder), runs.new_run(folder):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["part1"]
    assert runs.read_metrics(folder) == METRICS


def test_missing_and_damaged_runs_say_what_to_do(tmp_path):
    with pytest.raises(runs.RunError, match="train the network first"):
        runs.read_metrics(tmp_path)
    multihead = runs.read_json(runs.REPORTS / "q2_multihead/lines/metrics.json")
    for good in (METRICS, multihead):
        (tmp_path / "metrics.json").write_text(json.dumps(good))
        assert runs.read_metrics(tmp_path) == good
    bad = [
        {**METRICS, "training": {}}, {**METRICS, "machine": 2}, {**METRICS, "data": {**METRICS["data"], "per_class": -1}},
        {**METRICS, "test": {**METRICS["test"], "errors": True}}, {**multihead, "test": {**multihead["test"], "heads": {}}},
    ]  # fmt: skip
    for text in ('{"network": ', "[]", "{}", "[" * 100_000, *map(json.dumps, bad)):
        (tmp_path / "metrics.json").write_text(text)
        with pytest.raises(runs.RunError, match="damaged"):
            runs.read_metrics(tmp_path)


def test_rows_and_matrices_come_back(tmp_path):
    runs.write_rows(tmp_path / "history.csv", [{"epoch": 1, "loss": 0.1}, {"epoch": 2, "loss": 1e-9}])
    assert runs.read_rows(tmp_path / "history.csv") == [{"epoch": "1", "loss": "0.1"}, {"epoch": "2", "loss": "1e-09"}]
    runs.write_matrix(tmp_path / "matrix.csv", np.array([[3, 1], [0, 2]]), ("short 0°", "long"))
    assert (tmp_path / "matrix.csv").read_text(encoding="utf-8") == "true \\ predicted,short 0°,long\nshort 0°,3,1\nlong,0,2\n"


def test_a_folder_that_cannot_be_written():
    with pytest.raises(OSError), runs.new_run("/proc/part1"):
        pass


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    folder = tmp_path / "new/sweep"
    program = f"from pathlib import Path; from reports import runs\nwith runs.alone(Path({str(folder)!r})): print('held')"
    other = [sys.executable, "-c", program]
    with runs.alone(folder):
        refused = subprocess.run(other, cwd=runs.ROOT, capture_output=True, text=True)
    assert "another process writes to" in refused.stderr and not refused.stdout
    assert subprocess.run(other, cwd=runs.ROOT, capture_output=True, text=True).stdout == "held\n"
    assert not any(folder.parent.iterdir())


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "result"
    path.write_bytes(b"earlier")
    with pytest.raises(KeyboardInterrupt), runs.whole_file(path) as file:
        file.write(b"half of it")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"earlier" and list(tmp_path.iterdir()) == [path]
    with runs.whole_file(path) as file:
        file.write(b"all of it")
    assert path.read_bytes() == b"all of it" and list(tmp_path.iterdir()) == [path]


def test_a_change_of_the_code_behind_a_result_is_seen():
    code = provenance.code("q1_cnn/designs.py")
    assert "q1_cnn/designs.py" in code and "data/command_line.py" in code and "reports/figures.py" not in code
    assert provenance.changed(code) == []
    other = dict.fromkeys(["q1_cnn/designs.py", "gone.py"], "00000000")
    assert provenance.changed({**code, **other}) == list(other)


def test_a_matrix_is_read_as_it_was_written(tmp_path):
    matrix = np.array([[3, 0], [1, 2]])
    runs.write_matrix(tmp_path / "matrix.csv", matrix, ("long, thin", 'a "b"'))
    read, names = runs.read_matrix(tmp_path / "matrix.csv")
    assert (read == matrix).all() and names == ["long, thin", 'a "b"']

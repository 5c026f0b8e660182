"""Repeats of a training with other seeds."""

import shutil

import pytest
from distributed import LocalCluster

from common import run_folders
from sweeps import repeats

LINES = "q1_cnn/lines/part2"
QUICK = ("q1_cnn/train.py", "--dataset", "lines", "--part", 2, "--quick", "--out", "out")


def test_mean_and_deviation_are_those_of_the_sample():
    rows = {2: {"accuracy": 0.75, "errors": 25}, 0: {"accuracy": 0.5, "errors": 50}, 1: {"accuracy": 1.0, "errors": 0}}
    assert repeats.summary("q1_cnn/lines/part1", rows) == {
        "network": "q1_cnn/lines/part1", "seeds": [0, 1, 2], "accuracy": [0.5, 1.0, 0.75], "errors": [50, 0, 25],
        "mean": 0.75, "sd": 0.25,
    }  # fmt: skip
    assert repeats.summary("x", {3: {"accuracy": 0.5}})["sd"] is None


@pytest.mark.slow
def test_repeats_are_whole_runs_and_none_is_done_twice(call, tmp_path):
    def trained(seeds, *flags):
        result = call(*QUICK, "--seeds", seeds, *flags)
        assert result.returncode == 0, result.stderr
        return result.stdout, run_folders.read_json(tmp_path / "out" / LINES / "seeds.json")

    printed, found = trained(3)
    assert "3 trainings, 0 of them done before" in printed and printed.count("minutes left") == 3
    assert found["seeds"] == [0, 1, 2] and found["mean"] == pytest.approx(sum(found["accuracy"]) / 3)
    folders = [tmp_path / "out" / LINES, *(tmp_path / "out/seeds" / str(seed) / LINES for seed in (1, 2))]
    for seed, folder in enumerate(folders):
        metrics = run_folders.read_metrics(folder)
        assert (metrics["test"]["accuracy"], metrics["test"]["errors"]) == (found["accuracy"][seed], found["errors"][seed])
        assert metrics["training"]["seed"] == seed and f"seed {seed}" in metrics["data"]["source"]
        assert metrics["threads"] == 1 and metrics["training"]["command"].startswith("python q1_cnn/train.py --dataset lines")
        assert {"model.keras", "steps.csv", "learning_curves.png"} <= {path.name for path in folder.iterdir()}
    assert len({run_folders.read_metrics(folder)["data"]["fingerprint"] for folder in folders}) == 3  # other lines each

    printed, more = trained(4)
    assert "4 trainings, 3 of them done before" in printed and more["accuracy"][:3] == found["accuracy"]
    shutil.rmtree(tmp_path / "out/seeds")  # seeds.json alone says what is done
    (folders[0] / "model.keras").unlink()  # which published run folders may lack
    printed, same = trained(4)
    assert "4 trainings, 4 of them done before" in printed
    assert {**same, "command": ""} == {**more, "command": ""}
    printed, other = trained(2, "--epochs", 2)  # another training
    assert "2 trainings, 0 of them done before" in printed and (other["epochs"], other["seeds"]) == ([2, 2], [0, 1])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--workers", "2"), "add it"), (("--scheduler", "tcp://x:1"), "add it"), (("--seeds", "0"), "not between"),
        (("--seeds", "2", "--seed", str(2**32 - 1)), "seeds end at"), (("--seeds", "x"), "invalid"),
        (("--seeds", "2", "--workers", "2", "--scheduler", "tcp://x:1"), "not allowed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("section", ["q1_cnn", "q2_multihead"])
def test_wrong_flags_are_one_line(call, section, flags, message):
    result = call(f"{section}/train.py", *flags)
    assert result.returncode == 2 and message in result.stderr and len(result.stderr.splitlines()) == 1


@pytest.mark.slow
def test_what_a_killed_command_has_done_stays(script, tmp_path):
    flags = (*QUICK, "--seeds", 4, "--workers", 1)
    with script(*flags, start=True) as process:
        while "seed 1" not in process.stdout.readline():
            assert process.poll() is None
        process.kill()
    before = run_folders.read_json(tmp_path / "out" / LINES / "seeds.json")["accuracy"]
    result = script(*flags)
    done = len(before)
    assert result.returncode == 0 and done >= 2 and f"4 trainings, {done} of them done before" in result.stdout, result.stderr
    assert run_folders.read_json(tmp_path / "out" / LINES / "seeds.json")["accuracy"][:done] == before


@pytest.mark.slow
def test_a_cluster_gives_the_same_numbers(call, tmp_path):
    heads = ("q2_multihead/train.py", "--quick", "--seeds", 2)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL") as cluster:
        result = call(*heads, "--out", "cluster", "--scheduler", cluster.scheduler_address)
    assert result.returncode == 0, result.stderr
    assert call(*heads, "--out", "here").returncode == 0
    one, other = (run_folders.read_json(tmp_path / place / "q2_multihead/lines/seeds.json") for place in ("cluster", "here"))
    measured = ("seeds", "accuracy", "errors", "angle_accuracy", "run", "mean", "sd")
    assert [one[name] for name in measured] == [other[name] for name in measured]

"""The sweeps of both sections: what they vary, and their commands. Their workers are processes of their own."""

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import q1_cnn.sweep
from common import run_folders
from common.provenance import fingerprint
from data.errors import UserError
from q1_cnn import experiments as q1_experiments
from q2_multihead import experiments as q2_experiments
from q2_multihead import models as q2_models
from sweeps import comparison
from sweeps.execution import run_sweep
from sweeps.plan import plan
from sweeps.processes import over_processes
from sweeps.trials import Source
from tests.conftest import ROOT, assert_one_error_line, described

SHAPE = (28, 28, 3)
RESULT = ("question", "variation", "seed", "parameters", "train_accuracy", "accuracy", "loss", "status", "recipe")


def results(path):
    return sorted(tuple(row[name] for name in RESULT) for row in comparison.read(path))


FLAGS = ("--quick", "--question", "depth", "loss", "--out", "out")
LINES = ("q1_cnn/sweep.py", "--dataset", "lines", *FLAGS)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The folder of a small sweep of Section 1 on lines, with two workers, and what it printed. Not to be written to."""
    folder = tmp_path_factory.mktemp("swept")
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(io.StringIO()) as output,
        redirect_stderr(io.StringIO()) as errors,
    ):
        patch.chdir(folder)
        patch.setattr(sys, "argv", [str(ROOT / LINES[0]), *LINES[1:], "--workers", "2"])
        q1_cnn.sweep.main()
    assert not errors.getvalue()
    return folder / "out/q1_cnn/sweep", output.getvalue()


@pytest.mark.slow
def test_a_sweep_writes_trials_figures_and_a_comparison(swept):
    folder, output = swept
    names = {"trials.csv", "comparison.csv", "sweep.json", "recipes.json", "depth.png", "loss.png"}
    assert {path.name for path in folder.iterdir()} == names
    rows = comparison.read(folder / "trials.csv")
    assert len(rows) == 2 * 3 and {row["status"] for row in rows} == {"finished"}
    columns = list(rows[0])
    first = columns.index("parameters")
    assert columns[first : first + 5] == ["parameters", "train_accuracy", "accuracy", "loss", "seconds"]
    assert all(0 < float(row["train_accuracy"]) < 1 for row in rows)
    assert "6 trials, 0 of them done before" in output and "1 convolution" in output


@pytest.mark.slow
def test_the_recipe_of_a_trial_is_in_recipes_json_under_its_hash(swept):
    folder, _ = swept
    recipes, data = run_folders.read_json(folder / "recipes.json")["lines"], comparison.sweep_data(folder)["lines"]
    rows = comparison.read(folder / "trials.csv")
    assert {row["recipe"] for row in rows} == set(recipes) and len(recipes) == 3
    designs = {comparison.full_name(question, name): design for question, name, design in q1_experiments.SWEEP.designs()}
    for row in rows:
        name = comparison.full_name(row["question"], row["variation"])
        budget = {"epochs": int(row["epochs"]), "batch_size": int(row["batch_size"])}
        recipe = described(q1_experiments.recipe_of(designs[name], 96, **budget), SHAPE, int(row["images"]))
        assert recipes[row["recipe"]] == recipe and fingerprint(recipe) == row["recipe"] == data["recipes"][name]
    [recipe] = {row["recipe"] for row in rows if row["variation"] == "1 convolution"}
    assert [layer["filters"] for layer in recipes[recipe]["layers"] if layer["class"] == "Conv2D"] == [64]


def changed_recipe(design, classes, **training):
    """The recipe of a design in code that trains a network of one convolution at another learning rate."""
    design = replace(design, learning_rate=1e-4) if len(design.filters) == 1 else design
    return q1_experiments.recipe_of(design, classes, **training)


CHANGED = replace(q1_experiments.SWEEP, recipe_of=changed_recipe)


@pytest.mark.slow
def test_trials_of_a_recipe_that_has_changed_run_again_and_only_the_new_ones_count(swept, tmp_path, capsys):
    folder = tmp_path / "q1_cnn/sweep"
    shutil.copytree(swept[0], folder)
    before = comparison.read(folder / "trials.csv")

    def sweep(which):
        """What trials of the variation whose recipe has changed come to, and the number of all trials done before."""
        compared = run_sweep(
            which, [Source("lines", per_class=10)], out=tmp_path, questions=["depth", "loss"], quick=True, workers=2
        )["lines"]
        assert [row["trials"] for row in compared] == [2, 2, 2]
        [depth] = [row for row in compared if row["question"] == "depth"]
        return depth["loss"], int(capsys.readouterr().out.partition(" of them done before")[0].split()[-1])

    def mean_loss(rows):
        return pytest.approx(np.mean([float(row["loss"]) for row in rows if row["question"] == "depth"]))

    loss, done = sweep(CHANGED)
    after = comparison.read(folder / "trials.csv")
    assert done == 4 and after[:6] == before and [row["variation"] for row in after[6:]] == ["1 convolution"] * 2
    assert loss == mean_loss(after[6:]) != mean_loss(before)
    recipes = run_folders.read_json(folder / "recipes.json")["lines"]
    assert set(recipes) == {row["recipe"] for row in after} and len(recipes) == 4
    assert sweep(q1_experiments.SWEEP) == (mean_loss(before), 6)
    assert comparison.read(folder / "trials.csv") == after


@pytest.mark.slow
def test_one_worker_comes_to_the_same_and_a_killed_sweep_goes_on(swept, call, tmp_path):
    folder, _ = swept
    command = [sys.executable, str(ROOT / LINES[0]), *LINES[1:], "--workers", "1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
    path = tmp_path / "out/q1_cnn/sweep/trials.csv"
    while not path.exists() or len(comparison.read(path)) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = path.read_bytes()
    with open(path, "ab") as file:
        file.write(b"lines,depth,1 conv")  # as if the kill had hit a write
    result = call(*LINES, "--workers", "1")
    assert result.returncode == 0, result.stderr
    assert f"6 trials, {len(before.splitlines()) - 1} of them done before" in result.stdout
    assert path.read_bytes().startswith(before) and results(path) == results(folder / "trials.csv")


@pytest.mark.slow
def test_a_dask_cluster_comes_to_the_same_with_a_worker_killed_in_the_middle(swept, call, tmp_path):
    from distributed import LocalCluster

    folder, _ = swept
    path = tmp_path / "out/q1_cnn/sweep/trials.csv"
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0", silence_logs="CRITICAL") as cluster:
        killed, over = [], threading.Event()

        def kill_a_worker():
            while not path.exists() and not over.wait(0.05):
                pass
            if not over.is_set():
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        killer = threading.Thread(target=kill_a_worker)
        killer.start()
        try:
            result = call(*LINES, "--scheduler", cluster.scheduler_address)
        finally:
            over.set()
            killer.join()
    assert result.returncode == 0 and killed, result.stderr
    assert results(path) == results(folder / "trials.csv")


def first_trial(sweep=q1_experiments.SWEEP, question="baseline", **changes):
    planned = plan(sweep, [Source("lines", per_class=10)], ["depth"], seeds=1, quick=True).trials
    [trial] = [trial for trial in planned if trial.question == question]
    return replace(trial, **changes)


def in_a_process(trial):
    [row] = over_processes(q1_experiments.SWEEP.worker, [trial], None, 1)
    return row


@pytest.mark.slow
def test_a_trial_that_diverges_or_cannot_be_built_is_a_row_that_says_so():
    diverging = replace(q1_experiments.SWEEP, baseline=q1_experiments.Design(optimizer="SGD", learning_rate=1e30))
    row = in_a_process(first_trial(diverging))
    assert row["status"] == "failed: training diverged (the loss is nan)" and row["accuracy"] == row["train_accuracy"] == ""
    assert list(row) == list(in_a_process(first_trial()))
    row = in_a_process(first_trial(design=q1_experiments.Design(filters=("none",))))
    assert row["status"].startswith("failed: TypeError") and list(row) == list(in_a_process(first_trial()))


@pytest.mark.slow
def test_a_machine_with_other_code_or_images_is_refused():
    assert in_a_process(first_trial(CHANGED))["status"] == "finished"  # of which the same recipe comes in both
    with pytest.raises(UserError, match="has other code"):
        in_a_process(first_trial(CHANGED, "depth"))
    with pytest.raises(UserError, match="has other images"):
        in_a_process(first_trial(fingerprint="other"))


@pytest.mark.slow
def test_quick_sweep_of_the_heads(call, tmp_path):
    result = call("q2_multihead/sweep.py", *FLAGS[:1], "--question", "branch", "--out", "out")
    assert result.returncode == 0 and not result.stderr, result.stderr
    rows = comparison.read(tmp_path / "out/q2_multihead/sweep/trials.csv")
    tried = ("baseline", next(iter(q2_experiments.QUESTIONS["branch"])))  # a quick sweep tries one variation of a question
    seeds = {row["seed"] for row in rows}
    found = [(row["dataset"], row["variation"], row["seed"]) for row in rows]
    assert sorted(found) == sorted(product(("lines", "lines_noisy"), tried, seeds)) and len(seeds) == 2
    assert {row["status"] for row in rows} == {"finished"}
    assert all(0 <= float(row[f"{head}_accuracy"]) <= 1 for row in rows for head in q2_models.NEURONS)


@pytest.mark.parametrize(("sweep", "flags"), [(q1_experiments.SWEEP, ["--dataset", "lines"]), (q2_experiments.SWEEP, [])])
def test_wrong_usage_is_one_line(call, sweep, flags, tmp_path):
    name = f"{sweep.section}/sweep.py"
    assert_one_error_line(call(name, "--question", "nonsense"), "nonsense")
    assert_one_error_line(call(name, "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"), "--scheduler", "--workers")
    assert_one_error_line(call(name, "--full", "--quick"), "--quick")
    folder = tmp_path / f"out/{sweep.section}/sweep"
    folder.mkdir(parents=True)
    (folder / "trials.csv").write_text("a,b\n1,2\n")
    flags = [*flags, "--quick", "--question", "filters", "--out", "out"]
    assert_one_error_line(call(name, *flags), "trials.csv is damaged")
    with run_folders.locked(folder):
        assert_one_error_line(call(name, *flags), "another process writes to")
    (folder / "trials.csv").unlink()
    for damaged, content in (("recipes.json", "[]"), ("sweep.json", '{"data": {"lines": 5}}')):
        (folder / damaged).write_text(content)
        assert_one_error_line(call(name, *flags), "a result is damaged")
        (folder / damaged).unlink()

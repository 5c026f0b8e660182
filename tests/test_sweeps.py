"""The sweeps of both sections: what they vary, and their commands, run as a user runs them."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import numpy as np
import pytest

from data.command_line import UserError
from q1_cnn import designs as q1_designs
from q1_cnn import models, variations
from q2_multihead import designs as q2_designs
from q2_multihead import models as q2_models
from q2_multihead import variations as q2_variations
from reports import runs, trials
from tests.conftest import ROOT, assert_one_error_line
from training.spread import over_processes
from training.sweep import plan
from training.trials import Source

SWEEPS = [(q1_designs.SWEEP, variations), (q2_designs.SWEEP, q2_variations)]
RESULT = ("question", "variation", "seed", "parameters", "accuracy", "loss", "status")


def layers_of(model):
    return [(layer.__class__.__name__, layer.output.shape[1:], layer.count_params()) for layer in model.layers]


def results(path):
    return sorted(tuple(row[name] for name in RESULT) for row in trials.read(path))


def test_the_published_networks_are_among_those_that_were_tried():
    taken = replace(q1_designs.Design(), **q1_designs.QUESTIONS["filter-size"]["7, 3, 3"])
    assert layers_of(variations.build((28, 28, 3), taken, 96)) == layers_of(models.own_lines((28, 28, 3), 96))
    own, baseline = q2_models.multihead((28, 28, 3)), q2_variations.build((28, 28, 3), q2_designs.Design())
    assert own.count_params() - baseline.count_params() == 24 * 3 * (7**2 - 5**2) and baseline.output_names == own.output_names


@pytest.mark.parametrize(("sweep", "module"), SWEEPS)
def test_every_design_differs_from_all_others_and_gives_a_recipe(sweep, module, few_lines):
    designs = [design for _, _, design in sweep.designs()]
    assert len(set(designs)) == len(designs)
    for design in designs:
        model = module.recipe(design, few_lines, epochs=1, batch_size=128).compiled(few_lines)
        assert model.count_params() > 0


def test_a_variation_changes_what_its_question_names():
    changed = {question: set() for question in q1_designs.QUESTIONS}
    for question, _, design in q1_designs.SWEEP.designs():
        fields = {name for name, value in asdict(design).items() if value != asdict(q1_designs.Design())[name]}
        changed.setdefault(question, set()).update(fields)
    assert changed == {
        "baseline": set(), "filter-size": {"sizes"}, "filters": {"filters"}, "depth": {"filters", "sizes"},
        "downsampling": {"downsampling"}, "pooling-head": {"pooling_head"}, "normalization": {"batch_normalization"},
        "learning-rate": {"learning_rate"},
        "decay": {"decay", "learning_rate"}, "regularization": {"dropout", "l2"}, "loss": {"loss_function"},
        "optimizer": {"optimizer", "learning_rate"},
    }  # fmt: skip


def test_scores_are_those_of_the_validation_pictures(few_lines):
    model = variations.recipe(q1_designs.Design(), few_lines, epochs=1, batch_size=128).compiled(few_lines)
    chosen = few_lines.split.validation
    probabilities = model.predict(few_lines.images[chosen], verbose=0)
    scores = variations.validation_scores(model, few_lines)
    right = probabilities[np.arange(len(chosen)), few_lines.labels[chosen]]
    assert scores["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == few_lines.labels[chosen]).mean())
    assert scores["loss"] == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_the_budget_is_the_same_number_of_steps_for_more_or_less_data():
    _, data = plan(q1_designs.SWEEP, [Source("lines", per_class=10)], seeds=1)
    assert data["lines"]["images"] == 518 and data["lines"]["steps"] == 300
    planned, data = plan(q1_designs.SWEEP, [Source("lines", per_class=300)], ["depth"], seeds=3)
    assert data["lines"]["images"] == 9600 and data["lines"]["steps"] == 300
    assert len(planned) == 3 * 5 and [trial.seed for trial in planned] == sorted(trial.seed for trial in planned)
    _, data = plan(q1_designs.SWEEP, [Source("lines", per_class=10)], full=True)
    assert data["lines"]["steps"] == 3 * 5


FLAGS = ("--quick", "--question", "depth", "loss", "--out", "out")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The folder of a small sweep of Section 1 on lines, with two workers, and what it printed."""
    folder = tmp_path_factory.mktemp("swept")
    command = [sys.executable, str(ROOT / "q1_cnn/sweep.py"), "--dataset", "lines", *FLAGS, "--workers", "2"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0 and not result.stderr, result.stderr
    return folder / "out/q1_cnn/sweep", result.stdout


@pytest.mark.slow
def test_a_sweep_writes_trials_figures_and_a_comparison(swept):
    folder, output = swept
    assert {path.name for path in folder.iterdir()} == {"trials.csv", "comparison.csv", "sweep.json", "depth.png", "loss.png"}
    rows = trials.read(folder / "trials.csv")
    assert len(rows) == 2 * 3 and {row["status"] for row in rows} == {"finished"}
    assert "6 trials, 0 of them done before" in output and "1 convolution" in output


@pytest.mark.slow
def test_one_worker_comes_to_the_same_and_a_killed_sweep_goes_on(swept, script, tmp_path):
    folder, _ = swept
    command = [sys.executable, str(ROOT / "q1_cnn/sweep.py"), "--dataset", "lines", *FLAGS, "--workers", "1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
    path = tmp_path / "out/q1_cnn/sweep/trials.csv"
    while not path.exists() or len(trials.read(path)) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = path.read_bytes()
    with open(path, "ab") as file:
        file.write(b"lines,depth,1 conv")  # as if the kill had hit a write
    result = script("q1_cnn/sweep.py", "--dataset", "lines", *FLAGS, "--workers", "1")
    assert result.returncode == 0, result.stderr
    assert f"6 trials, {len(before.splitlines()) - 1} of them done before" in result.stdout
    assert path.read_bytes().startswith(before) and results(path) == results(folder / "trials.csv")


@pytest.mark.slow
def test_a_dask_cluster_comes_to_the_same_with_a_worker_killed_in_the_middle(swept, tmp_path):
    from distributed import LocalCluster

    folder, _ = swept
    path = tmp_path / "out/q1_cnn/sweep/trials.csv"
    with LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0", silence_logs="CRITICAL") as cluster:
        command = [sys.executable, str(ROOT / "q1_cnn/sweep.py"), "--dataset", "lines", *FLAGS]
        process = subprocess.Popen(
            [*command, "--scheduler", cluster.scheduler_address], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        while not path.exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert results(path) == results(folder / "trials.csv")


def first_trial(**changes):
    [trial, *_], _ = plan(q1_designs.SWEEP, [Source("lines", per_class=10)], ["depth"], seeds=1, quick=True)
    return replace(trial, **changes)


def in_a_process(trial):
    [row] = over_processes(q1_designs.SWEEP.run, [trial], None, 1)
    return row


@pytest.mark.slow
def test_a_trial_that_diverges_is_a_row_that_says_so():
    row = in_a_process(first_trial(design=q1_designs.Design(optimizer="SGD", learning_rate=1e30)))
    assert row["status"] == "failed: training diverged (the loss is nan)" and row["accuracy"] == ""
    assert list(row) == list(in_a_process(first_trial()))


@pytest.mark.slow
def test_a_machine_with_other_code_or_pictures_is_refused():
    with pytest.raises(UserError, match="has other code"):
        in_a_process(first_trial(code="other"))
    with pytest.raises(UserError, match="has other pictures"):
        in_a_process(first_trial(fingerprint="other"))


@pytest.mark.slow
def test_quick_sweep_of_the_heads(script, tmp_path):
    result = script("q2_multihead/sweep.py", *FLAGS[:1], "--question", "branch", "--out", "out")
    assert result.returncode == 0 and not result.stderr, result.stderr
    rows = trials.read(tmp_path / "out/q2_multihead/sweep/trials.csv")
    assert len(rows) == 4 and {row["status"] for row in rows} == {"finished"}
    assert all(0 <= float(row[f"{head}_accuracy"]) <= 1 for row in rows for head in q2_models.NEURONS)


@pytest.mark.parametrize("name", ["q1_cnn/sweep.py", "q2_multihead/sweep.py"])
def test_wrong_usage_is_one_line(script, name, tmp_path):
    assert_one_error_line(script(name, "--question", "nonsense"), "nonsense")
    assert_one_error_line(script(name, "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"), "--scheduler", "--workers")
    assert_one_error_line(script(name, "--full", "--quick"), "--quick")
    folder = tmp_path / f"out/{name.split('/')[0]}/sweep"
    folder.mkdir(parents=True)
    (folder / "trials.csv").write_text("a,b\n1,2\n")
    assert_one_error_line(script(name, "--quick", "--out", "out"), "trials.csv is damaged")
    with runs.alone(folder):
        assert_one_error_line(script(name, "--quick", "--out", "out"), "another process writes to")

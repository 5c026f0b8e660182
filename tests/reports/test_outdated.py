"""What is outdated: results of another recipe or network, but never because of an edited comment."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from common import run_folders
from common.results import Results
from data.errors import UserError
from q1_cnn import experiments, recipes
from q1_cnn.augmentation import Deformation
from reports import outdated
from sweeps import comparison

pytestmark = pytest.mark.slow


def lines_of(house):
    return list(outdated.outdated(Results(root=house / "reports")))


def test_new_results_are_not_outdated_and_other_epochs_are_a_users_own_choice(own_house):
    path = own_house / "reports/q1_cnn/lines/part2/metrics.json"
    assert run_folders.read_json(path)["training"]["epochs"] == 1 != recipes.RECIPES["lines", 2].epochs
    assert lines_of(own_house) == []


def test_a_changed_augmentation_makes_its_networks_outdated(own_house, monkeypatch):
    other = recipes.RECIPES["mnist", 2].adapted(augment=Deformation(rotation=60.0))
    monkeypatch.setitem(recipes.RECIPES, ("mnist", 2), other)
    assert lines_of(own_house) == [
        "your own run (reports/q1_cnn/mnist/part2) has another recipe than today's (augmentation.Deformation.rotation: 12.0, "
        "now 60.0): run python q1_cnn/train.py --dataset mnist --part 2 again"
    ]


def test_a_design_that_changed_makes_the_sweep_outdated(own_house, monkeypatch):
    monkeypatch.setattr(outdated, "_hashes", outdated._hashes.__wrapped__)  # what is kept is of the design before
    filters = {**experiments.QUESTIONS["filters"], "half": {"filters": (8, 16, 31)}}
    monkeypatch.setattr(
        experiments, "SWEEP", replace(experiments.SWEEP, questions={**experiments.QUESTIONS, "filters": filters})
    )
    assert lines_of(own_house) == [
        f"your own run (reports/q1_cnn/sweep) has another recipe than today's (on {dataset} filters: half): "
        "run python q1_cnn/sweep.py again"
        for dataset in ("lines", "mnist")
    ]


def test_what_a_stopped_sweep_lacks_is_named(own_house):
    path = own_house / "reports/q2_multihead/sweep/trials.csv"
    rows = comparison.read(path)
    path.unlink()
    for row in rows:
        if row["variation"] != "angle 4":
            comparison.append(path, row)
    assert lines_of(own_house) == [
        f"your own run (reports/q2_multihead/sweep) lacks loss-weights: angle 4 on {dataset}: "
        "run python q2_multihead/sweep.py, which continues it"
        for dataset in ("lines", "lines_noisy")
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q1_cnn/sweep/sweep.json", b'{"data": {"lines": {}}}'),
        ("q1_cnn/sweep/recipes.json", b"{}"),
        ("q3_visualize/localization/scores.json", b"[]"),
    ],
)
def test_a_damaged_result_is_an_error_that_says_what_to_do(own_house, name, content):
    (own_house / "reports" / name).write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        lines_of(own_house)


def test_a_network_trained_again_on_other_data_makes_its_studies_outdated(own_house):
    path = own_house / "reports/q1_cnn/lines/part2/metrics.json"
    metrics = run_folders.read_json(path)
    metrics["data"]["fingerprint"] = "other"
    run_folders.write_json(path, metrics)
    found = lines_of(own_house)
    assert all("is of another q1_cnn/lines/part2 than your own run" in line for line in found)
    looks = {f"q3_visualize/q1_cnn/lines/part2/{kind}" for kind in ("activations", "filters", "live.json", "heatmaps")}
    named = re.findall(r"your own run \(reports/(q3[^)]*)", "\n".join(found))
    assert {*looks, "q3_visualize/localization/scores.json"} <= set(named) and len(set(named)) == len(named)


def test_an_edit_of_comments_and_docstrings_makes_nothing_outdated(house, tmp_path):
    copy = tmp_path / "house"
    shutil.copytree(house, copy)
    for path in (*copy.glob("training/*.py"), copy / "q1_cnn/augmentation.py", copy / "data/lines.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"""', '"""Edited. ', 1) + "\n# edited\n", encoding="utf-8")
    moved = copy / "q1_cnn/augmentation.py"
    moved.rename(moved.with_name("deformation.py"))
    for path in copy.glob("q1_cnn/*.py"):
        path.write_text(path.read_text(encoding="utf-8").replace("q1_cnn.augmentation", "q1_cnn.deformation"), encoding="utf-8")
    program = "from reports.outdated import outdated; from common.results import Results; print(list(outdated(Results())))"
    result = subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stderr
    moved = moved.with_name("deformation.py")
    text = moved.read_text(encoding="utf-8")
    moved.write_text(text.replace("rotation: float = 12.0", "rotation: float = 60.0"), encoding="utf-8")
    program = program.replace("outdated(", "_of_other_recipes(").replace("import outdated", "import _of_other_recipes")
    result = subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True)
    assert "rotation: 12.0, now 60.0" in result.stdout, result.stderr

"""The noisy task, from the command line."""

import pytest

from common import run_folders
from data import noise
from tests.conftest import assert_one_error_line


@pytest.mark.slow
def test_the_noisy_task_has_a_run_folder_of_its_own(call, tmp_path):
    for level, name in ((5, "lines_noisy"), (6, "lines_noisy_6")):
        result = call("q2_multihead/train.py", "--quick", "--noise-level", level, "--out", "out")
        assert result.returncode == 0, result.stderr
        metrics = run_folders.read_metrics(tmp_path / "out/q2_multihead" / name)
        assert (metrics["data"]["name"], metrics["data"]["noise_level"]) == (name, level)
        noise_of_recipe = metrics["training"]["recipe"]["augmentation"]["FreshNoise"]
        assert noise_of_recipe == noise.strengths(level) and metrics["training"]["parameters"] <= 150_000
    result = call("q2_multihead/evaluate.py", "--out", "out")
    assert result.returncode == 0 and result.stdout.count("the same numbers as the training run") == 2, result.stderr
    result = call("q2_multihead/evaluate.py", "q2_multihead/lines_noisy_6", "--out", "out")
    assert result.stdout.count("the same numbers as the training run") == 1
    assert_one_error_line(
        call("q2_multihead/evaluate.py", "q2_multihead/lines", "--out", "out"), "name one of", "lines_noisy_6"
    )

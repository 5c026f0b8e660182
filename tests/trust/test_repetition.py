"""The same command twice, in fresh processes: the same bytes."""

import pytest

from tests.trust.test_kills import content

TRAIN = ("q1_cnn/train.py", "--quick", "--epochs", 2)
MULTIHEAD = ("q2_multihead/train.py", "--quick", "--epochs", 2)


def files(folder):
    """The bytes of all files of a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_training_twice_gives_the_same_weights_metrics_and_figures(script, tmp_path):
    for out in ("one", "two"):
        for command in (TRAIN, MULTIHEAD):
            result = script(*command, "--out", out)
            assert result.returncode == 0, result.stderr
    folders = [path.parent.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("model.keras")]
    assert len(folders) == 5
    for folder in folders:
        assert content(tmp_path / "one" / folder) == content(tmp_path / "two" / folder)


@pytest.mark.slow
def test_looking_twice_gives_the_same_figures_and_numbers(script, tmp_path):
    for out in ("one", "two"):
        for name in ("activations", "filters", "gradcam"):
            result = script(f"q3_visualize/{name}.py", "--quick", "--layer", "conv2", "--out", out)
            assert result.returncode == 0, result.stderr
    assert len(files(tmp_path / "one")) >= 6 and files(tmp_path / "one") == files(tmp_path / "two")

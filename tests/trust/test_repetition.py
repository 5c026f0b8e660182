"""The same commands twice, in two fresh processes: the same bytes."""

import pytest

from tests.trust.test_kills import content

TRAINED = (
    ("q1_cnn/train.py", "--dataset", "lines", "--per-class", 5, "--epochs", 2, "--out", "reports"),
    ("q1_cnn/train.py", "--dataset", "mnist", "--per-class", 30, "--epochs", 2, "--out", "reports"),
    ("q2_multihead/train.py", "--per-class", 5, "--epochs", 2, "--out", "reports"),
)
LOOKED = tuple(
    (f"q3_visualize/{name}.py", "--quick", "--layer", "conv2", "--out", "looked")
    for name in ("activations", "filters", "gradcam")
)


def files(folder):
    """The bytes of all files of a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rounds(one_after_the_other, tmp_path_factory):
    """Two folders in which the same commands ran, each in a process of its own."""
    folders = [tmp_path_factory.mktemp("round") for _ in range(2)]
    for folder in folders:
        steps = [{"arguments": arguments} for arguments in (*TRAINED, *LOOKED)]
        for result in one_after_the_other(steps, folder, reports=folder / "reports"):
            assert result.returncode == 0, result.stderr
    return folders


@pytest.mark.slow
def test_training_twice_gives_the_same_weights_metrics_and_figures(rounds):
    one, two = (folder / "reports" for folder in rounds)
    trained = [path.parent.relative_to(one) for path in one.rglob("model.keras")]
    assert len(trained) == 5
    for run in trained:
        assert content(one / run) == content(two / run)


@pytest.mark.slow
def test_looking_twice_gives_the_same_figures_and_numbers(rounds):
    one, two = (files(folder / "looked") for folder in rounds)
    assert len(one) >= 6 and one == two

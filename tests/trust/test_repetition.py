"""The same commands in two fresh processes write the same bytes."""

import pytest

from tests.trust.test_kills import content

# The others are trained in several processes, and to the same, in test_kills.py.
TRAINED = (("q1_cnn/train.py", "--dataset", "lines", "--per-class", 5, "--epochs", 2, "--out", "reports"),)
VISUALIZED = tuple(
    (f"q3_visualize/{name}.py", "--quick", "--layer", "conv2", "--out", "visualized")
    for name in ("activations", "filters", "gradcam")
)


def files(folder):
    """Return the bytes of all files of a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def repeated(one_after_the_other, tmp_path_factory):
    """Return two folders in which the same commands ran, each in its own process."""
    folders = [tmp_path_factory.mktemp("repeated") for _ in range(2)]
    for folder in folders:
        steps = [{"arguments": arguments} for arguments in (*TRAINED, *VISUALIZED)]
        for result in one_after_the_other(steps, folder, reports=folder / "reports"):
            assert result.returncode == 0, result.stderr
    return folders


@pytest.mark.slow
def test_training_twice_gives_the_same_weights_metrics_and_figures(repeated):
    first, second = (folder / "reports" for folder in repeated)
    trained = [path.parent.relative_to(first) for path in first.rglob("model.keras")]
    assert len(trained) == 2
    for run in trained:
        assert content(first / run) == content(second / run)


@pytest.mark.slow
def test_visualizing_twice_gives_the_same_figures_and_numbers(repeated):
    first, second = (files(folder / "visualized") for folder in repeated)
    assert len(first) >= 6 and first == second

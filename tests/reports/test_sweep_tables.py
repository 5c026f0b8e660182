"""The tables of variations in the READMEs, of a small sweep that is written out."""

import pytest

from common import run_folders
from data.errors import UserError
from reports.sweep_tables import table_of_variations
from sweeps import comparison

BUDGET = {"fingerprint": "abc", "images": 100, "epochs": 2, "batch_size": 4}
FACTS = {"source": "drawn", "train": 200, "validation": 50, "steps": 50, "commands": ["python q1_cnn/sweep.py"]}
NAMES = ("baseline: baseline", "depth: deep", "depth: flat", "loss: dead")


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """Returns a function that writes the published sweep from accuracies by variation, None where a trial failed."""
    monkeypatch.setattr(run_folders, "REPORTS", tmp_path)
    folder = tmp_path / "published/q1_cnn/sweep"

    def write(**accuracies):
        for name, of_seeds in accuracies.items():
            for seed, accuracy in enumerate(of_seeds):
                append(name, seed, accuracy)
        data = {"lines": {**BUDGET, **FACTS, "recipes": dict.fromkeys(NAMES, "r")}}
        run_folders.write_json(folder / "sweep.json", {"data": data})

    def append(name, seed, accuracy):
        question = next(known.partition(":")[0] for known in NAMES if known.endswith(f" {name}"))
        measured = {"parameters": 1234, "train_accuracy": 0.875, "accuracy": accuracy, "seconds": 2.0}
        comparison.append(folder / "trials.csv", {
            "question": question, "variation": name, "dataset": "lines", "seed": seed, "recipe": "r", **BUDGET,
            **(measured if accuracy else dict.fromkeys(measured, "")), "status": "finished" if accuracy else "failed: x",
            "machine": "one core", "versions": "python 3",
        })  # fmt: skip

    return write


def test_a_table_has_paired_differences_adjusted_p_and_the_verdict(sweep):
    sweep(baseline=[0.90, 0.93, 0.94, 0.91], deep=[0.95, 0.97, 0.96], flat=[0.5, 0.53, 0.541], dead=[None])
    lines = table_of_variations("q1_cnn", "lines").splitlines()
    tested = "difference, points | p (Holm) | verdict |"
    assert lines[0] == f"| question | variation | parameters | seconds | training accuracy | accuracy | {tested}"
    assert lines[2] == "| baseline | baseline | 1,234 | 2.0 | 87.50% | 92.00% |  |  |  |"
    assert lines[3] == "| depth | deep | 1,234 | 2.0 | 87.50% | 96.00% | +3.67 ± 3.79 | 0.0533 | not clear |"
    assert lines[4] == "| depth | flat | 1,234 | 2.0 | 87.50% | 52.37% | -39.97 ± 0.14 | < 0.0001 | worse |"
    assert lines[5] == "| loss | dead |  |  |  | failed: x |  |  |  |"


def test_the_notes_say_how_it_was_compared(sweep):
    sweep(baseline=[0.90, 0.93, 0.94, 0.91], deep=[0.95, 0.97, 0.96], flat=[0.5, 0.53], dead=[None])
    notes = table_of_variations("q1_cnn", "lines").partition("\n\n")[2]
    assert "with the same seed, on average over 2 to 3 seeds" in notes and "that of all its 4 seeds" in notes
    assert "paired by seed" in notes and "adjusted for all 2 comparisons in this table (Holm)" in notes
    assert "better and worse: below 0.05" in notes and "- one core; python 3" in notes


def test_a_single_seed_is_not_tested(sweep):
    sweep(baseline=[0.90], deep=[0.95])
    text = table_of_variations("q1_cnn", "lines")
    assert "| +5.00 |  | not clear |" in text
    assert "the baseline has 1 seed; no variation has two seeds in common with it: none is tested" in text


def test_a_sweep_that_lacks_the_data_set_says_what_to_run(sweep):
    sweep(baseline=[0.90])
    with pytest.raises(UserError, match=r"no trials on mnist: run python q1_cnn/sweep\.py first"):
        table_of_variations("q1_cnn", "mnist")

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import UserError
from sweeps import comparison
from sweeps.question_figures import question_figure


def row(question="baseline", variation="baseline", seed=0, accuracy=0.9, status="finished", **changes):
    names = {"dataset": "lines", "question": question, "variation": variation, "seed": seed, "images": 100, "epochs": 2}
    measured = {"parameters": 10, "accuracy": accuracy, "loss": 0.5, "seconds": 2.0}
    return {**names, "batch_size": 4, "fingerprint": "abc", "recipe": "r1", **measured, "status": status, **changes}


DEAD = row("depth", "dead", status="failed: x", accuracy="")


def tried(variation, accuracies, question="depth"):
    return [row(question, variation, seed, accuracy) for seed, accuracy in enumerate(accuracies)]


def test_a_row_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "sweep/trials.csv"
    assert comparison.read(path) == []
    for seed in (0, 1):
        comparison.append(path, row(variation='a "quoted", 5-3-3', seed=seed))
    assert [row["seed"] for row in comparison.read(path)] == ["0", "1"]
    assert comparison.read(path)[0]["variation"] == 'a "quoted", 5-3-3'


def test_a_file_of_an_earlier_version_is_named_as_such(tmp_path):
    path = tmp_path / "trials.csv"
    without = row()
    del without["recipe"]
    comparison.append(path, without)
    with pytest.raises(UserError, match="damaged, or of another version of this project"):
        comparison.read(path)


@given(cut=st.integers(min_value=0))
def test_a_file_cut_anywhere_loses_at_most_its_last_row(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "trials.csv"
    for seed in range(3):
        comparison.append(path, row(seed=seed))
    content = path.read_bytes()
    cut %= len(content) + 1
    whole = max(content[:cut].count(b"\n") - 1, 0)  # lines below the head
    path.write_bytes(content[:cut])
    assert [row["seed"] for row in comparison.read(path)] == [str(seed) for seed in range(whole)]
    comparison.append(path, row(seed=7))
    assert [row["seed"] for row in comparison.read(path)] == [*(str(seed) for seed in range(whole)), "7"]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\n\xff\n", b"dataset,question\nlines\n", b'"\n\n'])
def test_a_damaged_file_is_one_clear_error(tmp_path, content):
    path = tmp_path / "trials.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"trials\.csv is damaged"):
        comparison.read(path)


def test_a_word_in_the_place_of_a_number_is_damage_and_so_is_another_sweep_json(tmp_path):
    comparison.append(tmp_path / "trials.csv", row())
    comparison.append(tmp_path / "trials.csv", row(seed=1, accuracy="abc"))
    with pytest.raises(UserError, match="line 3"):
        comparison.read(tmp_path / "trials.csv")
    for content in ("", "[]", "{}", '{"data": []}'):
        (tmp_path / "sweep.json").write_text(content)
        with pytest.raises(UserError, match="move it away and run the sweep again"):
            comparison.sweep_data(tmp_path)


def test_gain_and_uncertainty_by_hand():
    compared = comparison.compare([*tried("deep", [0.95, 0.97]), *tried("baseline", [0.90, 0.92], "baseline")])
    baseline, deep = compared
    assert baseline["question"] == "baseline" and baseline["gain"] == 0
    assert deep["accuracy"] == pytest.approx(0.96) and deep["gain"] == pytest.approx(0.05)
    assert deep["spread"] == pytest.approx(0.02 / math.sqrt(2))
    # Both variances are 0.0002, of two seeds each: standard error sqrt(0.0001 + 0.0001), 2 degrees of freedom, t = 4.3027.
    assert deep["uncertainty"] == pytest.approx(4.3027 * math.sqrt(0.0002), rel=1e-4)
    assert not deep["clear"]


def test_a_clear_gain_comes_first_and_noise_is_not_clear():
    rows = [
        *tried("baseline", [0.90, 0.91, 0.92], "baseline"), *tried("noise", [0.89, 0.92, 0.93]),
        *tried("worse", [0.50, 0.51, 0.52]), *tried("better", [0.98, 0.98, 0.98]), DEAD,
    ]  # fmt: skip
    compared = comparison.compare(rows)
    assert [row["variation"] for row in compared] == ["baseline", "better", "noise", "worse", "dead"]
    assert [row["clear"] for row in compared] == [False, True, False, True, False]
    assert compared[-1]["trials"] == 0 and compared[-1]["failed"] == "failed: x" and compared[-1]["gain"] is None
    text = comparison.as_text(compared)
    assert [line[-1] for line in text[1:]] == ["", "better", "no", "worse", ""]
    assert text[2][5].startswith("+7.00 ± ") and text[-1][4] == "failed: x"


def test_seeds_that_all_agree_are_certain_and_a_single_seed_never_is():
    same = comparison.compare(
        [*tried("baseline", [0.9] * 3, "baseline"), *tried("same", [0.9] * 3), *tried("other", [0.8] * 3)]
    )
    assert [row["uncertainty"] for row in same] == pytest.approx([0, 0, 0])
    assert [row["clear"] for row in same] == [False, False, True]
    single = comparison.compare([*tried("baseline", [0.9], "baseline"), *tried("one", [0.8])])
    assert single[1]["uncertainty"] is None and not single[1]["clear"]
    assert comparison.compare(tried("one", [0.8])) == []


BUDGET = {"images": 100, "epochs": 2, "batch_size": 4, "fingerprint": "abc"}


def as_read(*rows):
    return [{key: str(value) for key, value in row.items()} for row in rows]


def test_only_trials_of_the_images_and_the_budget_asked_for_are_compared():
    rows = as_read(row(images=5), row(seed=1), row(fingerprint="old"), row(epochs=3), row(batch_size=5))
    data = {**BUDGET, "recipes": {"baseline: baseline": "r1"}}
    assert comparison.of_budget(rows, {"lines": data, "mnist": data}) == {"lines": [rows[1]], "mnist": []}
    assert comparison.compare([]) == []


def test_only_trials_of_todays_recipe_are_compared():
    rows = as_read(row(recipe="old"), row(), row("depth", "deep", recipe="r2"), row("depth", "deep"), row("depth", "gone"))
    data = {**BUDGET, "recipes": {"baseline: baseline": "r1", "depth: deep": "r2"}}
    assert comparison.of_budget(rows, {"lines": data}) == {"lines": [rows[1], rows[2]]}


def test_a_seed_counts_once():
    rows = [*tried("baseline", [0.9, 0.92], "baseline"), *tried("deep", [0.95, 0.97])]
    assert comparison.compare([*rows, *rows]) == comparison.compare(rows)


def test_the_figure_shows_every_seed_and_says_what_failed():
    rows = [
        *tried("baseline", [0.90, 0.92], "baseline"),
        *tried("deep", [0.95, 0.97]),
        DEAD,
    ]
    figure = question_figure("depth", {"lines": (comparison.compare(rows), rows)}, "q1_cnn")
    left, right = figure.axes
    shown = sorted(x for line in left.lines if line.get_marker() == "o" for x in line.get_xdata())
    assert shown == pytest.approx([3, 5, 8, 10])  # errors in percent
    assert [text.get_text() for text in left.texts] == ["failed: x"]
    assert {text.get_text() for text in right.texts} == {"baseline", "deep"}

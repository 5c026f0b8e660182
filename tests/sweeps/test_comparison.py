import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import run_folders
from data.errors import UserError
from sweeps import comparison
from sweeps.question_figures import question_figure


def row(question="baseline", variation="baseline", seed=0, accuracy=0.9, status="finished", **changes):
    names = {"dataset": "lines", "question": question, "variation": variation, "seed": seed, "images": 100, "epochs": 2}
    measured = {"parameters": 10, "train_accuracy": accuracy, "accuracy": accuracy, "loss": 0.5, "seconds": 2.0}
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
    for column in ("recipe", "train_accuracy"):
        comparison.append(path, {name: value for name, value in row().items() if name != column})
        with pytest.raises(UserError, match=f"damaged, or of another version of this project .*{column}.*run the sweep again"):
            comparison.read(path)
        path.unlink()


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
    rows = [*tried("deep", [0.95, 0.97, 0.96]), *tried("baseline", [0.90, 0.93, 0.94, 0.99], "baseline")]
    baseline, deep = comparison.compare(rows)
    assert baseline["question"] == "baseline" and baseline["gain"] == 0 and baseline["p"] is None and not baseline["clear"]
    assert baseline["accuracy"] == pytest.approx(0.94) and baseline["trials"] == 4
    # Of the three seeds in common, whose differences are 0.05, 0.04 and 0.02: see test_significance.py.
    assert deep["pairs"] == 3 and deep["gain"] == pytest.approx(0.11 / 3)
    assert deep["uncertainty"] == pytest.approx(0.037946, abs=1e-6) and deep["p"] == pytest.approx(0.05327, abs=1e-5)
    assert deep["accuracy"] == pytest.approx(0.96) and deep["train_accuracy"] == pytest.approx(0.96)
    assert deep["spread"] == pytest.approx(0.01) and deep["p_holm"] == deep["p"] and not deep["clear"]


def test_a_clear_gain_comes_first_and_noise_is_not_clear():
    rows = [
        *tried("baseline", [0.90, 0.91, 0.92], "baseline"), *tried("noise", [0.89, 0.92, 0.93]),
        *tried("worse", [0.50, 0.512, 0.52]), *tried("better", [0.98, 0.99, 0.999]), DEAD,
    ]  # fmt: skip
    compared = comparison.compare(rows)
    assert [row["variation"] for row in compared] == ["baseline", "better", "noise", "worse", "dead"]
    assert [row["clear"] for row in compared] == [False, True, False, True, False]
    assert compared[-1]["trials"] == 0 and compared[-1]["failed"] == "failed: x" and compared[-1]["gain"] is None
    by_name = {row["variation"]: row for row in compared}
    smallest = min(("better", "worse"), key=lambda name: by_name[name]["p"])
    assert by_name[smallest]["p_holm"] == pytest.approx(3 * by_name[smallest]["p"])  # of three tests: the failed one has none
    assert by_name["noise"]["p_holm"] == by_name["noise"]["p"]
    text = comparison.as_text(compared)
    assert [line[-1] for line in text[1:]] == ["", "better", "not clear", "worse", ""]
    assert text[0][4:7] == ("training accuracy", "accuracy", "difference, points")
    assert text[2][6].startswith("+7.97 ± ") and text[2][4] == text[2][5] == "98.97%" and text[-1][5] == "failed: x"
    assert {len(line) for line in text} == {9}


def test_what_is_clear_alone_may_not_be_among_many():
    baseline = tried("baseline", [0.90, 0.91, 0.92, 0.93], "baseline")
    deep = tried("deep", [0.91, 0.925, 0.93, 0.947])
    assert comparison.compare([*baseline, *deep])[1]["clear"]
    others = [one for number in range(30) for one in tried(f"noise {number}", [0.90, 0.92, 0.90, 0.94])]
    [among_many] = [row for row in comparison.compare([*baseline, *deep, *others]) if row["variation"] == "deep"]
    assert among_many["p"] < 0.05 < among_many["p_holm"] and not among_many["clear"]


def test_only_seeds_that_both_finished_are_compared():
    baseline = tried("baseline", [0.90, 0.91, 0.92], "baseline")
    without = [*tried("deep", [0.95, 0.97]), row("depth", "deep", 2, "", "failed: x"), row("depth", "deep", 9, 0.1)]
    [_, deep] = comparison.compare([*baseline, *without])
    assert deep["pairs"] == 2 and deep["trials"] == 3 and deep["gain"] == pytest.approx(0.055)
    [_, apart] = comparison.compare([*baseline, row("depth", "deep", 9, 0.1)])
    assert apart["pairs"] == 0 and apart["gain"] is None and apart["p_holm"] is None and not apart["clear"]
    assert comparison.as_text([apart])[1][6:] == ("", "", "")


def test_seeds_that_all_agree_are_certain_and_a_single_seed_never_is():
    same = comparison.compare(
        [*tried("baseline", [0.9] * 3, "baseline"), *tried("same", [0.9] * 3), *tried("other", [0.8] * 3)]
    )
    assert [row["uncertainty"] for row in same] == [None, 0, 0]
    assert [row["p_holm"] for row in same] == [None, 1, 0] and [row["clear"] for row in same] == [False, False, True]
    assert comparison.as_text(same)[-1][-2:] == ("< 0.0001", "worse")
    single = comparison.compare([*tried("baseline", [0.9], "baseline"), *tried("one", [0.8])])
    assert single[1]["gain"] == pytest.approx(-0.1) and single[1]["uncertainty"] is None and not single[1]["clear"]
    assert comparison.as_text(single)[-1][-3:] == ("-10.00", "", "not clear")
    assert comparison.compare(tried("one", [0.8])) == []


def test_comparison_csv_is_read_as_it_was_written(tmp_path):
    compared = comparison.compare(
        [*tried("baseline", [0.90, 0.91, 0.92], "baseline"), *tried("better", [0.98, 0.99, 0.999]), DEAD]
    )
    path = tmp_path / "comparison.csv"
    run_folders.write_rows(path, [{"dataset": "lines", **row} for row in compared])
    assert b"nan" not in path.read_bytes()
    [(name, again)] = comparison.read_compared(path).items()
    assert name == "lines" and again == [{key: row[key] for key in again[0]} for row in compared]
    run_folders.write_rows(path, [{"dataset": "lines", "question": "depth", "gain": 0.1, "clear": True}])
    with pytest.raises(UserError, match="no column 'train_accuracy'"):
        comparison.read_compared(path)


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

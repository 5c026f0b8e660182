"""What inferences read: scores with their seeds, variations with their verdict, and both in words."""

from random import Random

import pytest

from reports.inferences.evidence import Evidence, NotMeasuredError, is_better, is_unclear, is_worse, matching, points
from tests.reports.inferences.made_variations import COMPARED, baseline, compared
from tests.reports.inferences.putting import network, written

NAME, HEADS = "q1_cnn/lines/part2", "q2_multihead/lines"


def _of(put, root):
    return Evidence(written(put, root))


def test_scores_are_those_of_all_seeds(tmp_path):
    of = _of(network(NAME, Random(0), 1000, [10, 20, 30], parameters=7), tmp_path)
    assert of.shares(NAME) == [0.99, 0.98, 0.97]
    assert of.mean_accuracy(NAME) == pytest.approx(0.98)
    assert of.accuracy(NAME) == "98.00 ± 1.00%"
    assert of.errors(NAME) == "20.0 of 1,000"
    assert of.parameters(NAME) == 7
    assert of.scores(NAME) == (f"{NAME}/metrics.json", f"{NAME}/seeds.json")


def test_scores_of_one_seed_have_no_spread(tmp_path):
    of = _of(network(NAME, Random(0), 1000, [10]), tmp_path)
    assert of.shares(NAME) == [0.99]
    assert of.accuracy(NAME) == "99.00%"
    assert of.errors(NAME) == "10 of 1,000"
    assert of.scores(NAME) == (f"{NAME}/metrics.json",)


def test_scores_of_heads(tmp_path):
    heads = {"length": 0.9, "width": 0.8, "angle": 0.7, "color": 0.6}
    once = _of(network(HEADS, Random(0), 1000, [100], heads=heads), tmp_path / "once")
    assert once.shares(HEADS) == [0.9]
    assert once.accuracy(HEADS, "angle") == "70.00%"
    assert once.errors(HEADS) == "100 of 1,000"

    put = network(HEADS, Random(0), 1000, [100, 200], heads=heads)
    put[f"{HEADS}/seeds.json"]["angle_accuracy"] = [0.7, 0.72]
    assert _of(put, tmp_path / "twice").accuracy(HEADS, "angle") == "71.00 ± 1.41%"


def test_a_variation_is_found_by_its_question_and_name(tmp_path):
    random = Random(0)
    rows = [baseline(random, "lines", 0.9), compared(random, "lines", "depth", "one", 1, True)]
    untested = {**compared(random, "lines", "depth", "two", 1, False), "gain": "", "uncertainty": "", "p": "", "p_holm": ""}
    of = _of({COMPARED: [*rows, untested]}, tmp_path)
    assert of.variation("q1_cnn", "lines", "depth", "one")["gain"] == rows[1]["gain"]
    for dataset, name in (("mnist", "one"), ("lines", "three"), ("lines", "two")):
        with pytest.raises(NotMeasuredError):
            of.variation("q1_cnn", dataset, "depth", name)


@pytest.mark.parametrize(
    "gain, uncertainty, words",
    [(0.0034, 0.0012, "+0.34 ± 0.12"), (-0.2524, 0.0206, "−25.24 ± 2.06"), (0.0, 0.001, "+0.00 ± 0.10"), (0.01, None, "+1.00")],
)
def test_points_have_a_sign(gain, uncertainty, words):
    assert points({"gain": gain, "uncertainty": uncertainty}) == words


def test_verdicts_are_of_all_rows():
    better, worse, unclear = (
        {"question": "depth", "clear": clear, "gain": gain} for clear, gain in ((True, 0.1), (True, -0.1), (False, 0.1))
    )
    for verdict, row in ((is_better, better), (is_worse, worse), (is_unclear, unclear)):
        assert verdict(row, row)
        assert not any(verdict(row, other) for other in (better, worse, unclear) if other is not row)


def test_rows_that_match_have_every_value():
    rows = [{"a": 1, "b": 1}, {"a": 1, "b": 2}]
    assert matching(rows, a=1) == rows
    assert matching(rows, a=1, b=2) == rows[1:]
    with pytest.raises(NotMeasuredError, match="'b': 3"):
        matching(rows, b=3)

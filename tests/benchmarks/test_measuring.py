import json

import pytest

from benchmarks.measuring import Row, in_turn, lazily, rates


def test_contenders_take_turns_and_one_that_fails_says_how():
    calls = []

    def fail():
        calls.append("broken")
        raise KeyError("no such layer")

    contenders = {"ours": lambda: calls.append("ours") or 1, "broken": fail, "b": lambda: calls.append("b") or 2}
    seconds, results = in_turn(contenders, 2)
    assert calls == ["ours", "broken", "b", "ours", "b", "ours", "b"]
    assert results == {"ours": 1, "b": 2} and len(seconds["ours"]) == len(seconds["b"]) == 2
    assert seconds["broken"] == "KeyError: 'no such layer'"
    assert rates({"a": [0.5, 0.25], "broken": "KeyError"}, {"a": 10, "broken": 10}) == {"a": [20, 40], "broken": "KeyError"}


def test_a_failure_of_ours_is_no_result():
    with pytest.raises(ZeroDivisionError):
        in_turn({"ours": lambda: 1 / 0}, 1)


def test_a_peer_is_made_once_and_may_fail_at_that():
    made = []
    built = lazily(lambda: made.append(1) or (lambda: len(made)))
    assert not made
    assert [built(), built()] == [1, 1]
    seconds, _ = in_turn({"ours": int, "missing": lazily(lambda: __import__("no_such_peer"))}, 1)
    assert seconds["missing"] == "ModuleNotFoundError: No module named 'no_such_peer'"


def test_a_ratio_may_be_to_one_of_the_others():
    contenders = {"ours": [10], "best": [8], "usual": [2]}
    assert Row("", "", contenders).ratio == 10 / 8
    assert Row("", "", contenders, against="usual", least=5).ratio == 5
    assert Row("", "", {**contenders, "usual": "KeyError"}, against="usual").ratio is None


def test_a_ratio_is_to_the_best_of_the_others():
    contenders = {"ours": [10, 12, 90], "slow": [1, 1, 1], "fast": [4, 2, 3], "broken": "KeyError"}
    assert Row("", "maps a second", contenders, "ours", least=4).ratio == 4  # of medians 12 and 3
    assert Row("", "maps a second", contenders, "ours", least=4).reached
    assert not Row("", "maps a second", contenders, "ours", least=5).reached
    assert Row("", "seconds", contenders, "slow", most=0.5).ratio == 1 / 3  # the least of the others is 3
    assert Row("", "seconds", contenders, "slow", most=0.5).reached
    assert Row("", "seconds", contenders, "slow").reached is None


@pytest.mark.parametrize("contenders", [{"ours": "KeyError", "other": [1]}, {"ours": [1], "other": "KeyError"}])
def test_without_ours_or_all_others_there_is_no_ratio(contenders):
    row = Row("", "", contenders, "ours", least=2)
    assert row.ratio is None and row.reached is None
    assert json.loads(json.dumps(row.as_dict(), allow_nan=False))["ratio"] is None


def test_a_row_tells_medians_and_spread():
    told = Row("row", "seconds", {"ours": [3.00001, 1, 2], "other": [8]}, most=0.5, notes={"n": 1234567}).as_dict()
    assert told["contenders"]["ours"] == {"median": 2, "lowest": 1, "highest": 3, "rounds": 3}
    assert told["ratio"] == 0.25 and told["reached"] is True and told["notes"] == {"n": 1234570}

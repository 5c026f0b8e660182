import json

import pytest

from benchmarks.measuring import Row, lazily, rates


def test_contenders_take_turns_and_one_that_fails_has_its_error():
    calls = []

    def fail():
        calls.append("broken")
        raise KeyError("no such layer")

    contenders = {"ours": (10, lambda: calls.append("ours")), "broken": (10, fail), "b": (10**9, lambda: calls.append("b"))}
    values = rates(contenders, 2)
    assert calls == ["ours", "broken", "b", "ours", "b", "ours", "b"]
    assert len(values["ours"]) == len(values["b"]) == 2 and min(values["b"]) > max(values["ours"]) > 0
    assert values["broken"] == "KeyError: 'no such layer'"


def test_an_error_of_ours_is_raised():
    with pytest.raises(ZeroDivisionError):
        rates({"ours": (1, lambda: 1 / 0)}, 1)


def test_a_peer_is_built_once_and_may_fail_at_that():
    built = []
    contender = lazily(lambda: built.append(1) or (lambda: len(built)))
    assert not built
    assert [contender(), contender()] == [1, 1]
    values = rates({"ours": (1, int), "missing": (1, lazily(lambda: __import__("no_such_peer")))}, 1)
    assert values["missing"] == "ModuleNotFoundError: No module named 'no_such_peer'"


def test_a_ratio_may_be_to_one_of_the_others():
    contenders = {"ours": [10], "best": [8], "usual": [2]}
    assert Row("", "", contenders).as_dict()["ratio"] == 10 / 8
    assert Row("", "", contenders, against="usual", least=5).as_dict()["ratio"] == 5
    failed = Row("", "", {**contenders, "usual": "KeyError"}, against="usual").as_dict()
    assert failed["ratio"] is failed["against"] is None


def test_a_ratio_is_to_the_best_of_the_others():
    contenders = {"ours": [10, 12, 90], "slow": [1, 1, 1], "fast": [4, 2, 3], "broken": "KeyError"}
    row = Row("", "maps a second", contenders, least=4).as_dict()
    assert (row["ours"], row["against"], row["ratio"], row["reached"]) == ("ours", "fast", 4, True)  # of medians 12 and 3
    assert not Row("", "maps a second", contenders, least=5).as_dict()["reached"]
    seconds = {"mine": [1, 1, 1], "first": [4, 2, 3], "second": [10, 12, 90]}
    row = Row("", "seconds", seconds, most=0.5).as_dict()
    assert (row["ours"], row["against"], row["ratio"], row["reached"]) == ("mine", "first", 0.3333, True)
    assert Row("", "seconds", seconds).as_dict()["reached"] is None


@pytest.mark.parametrize("contenders", [{"ours": "KeyError", "other": [1]}, {"ours": [1], "other": "KeyError"}])
def test_without_ours_or_all_others_there_is_no_ratio(contenders):
    row = json.loads(json.dumps(Row("", "", contenders, least=2).as_dict(), allow_nan=False))
    assert row["ratio"] is None and row["reached"] is None
    assert {"error": "KeyError"} in row["contenders"].values()


def test_a_row_has_medians_and_spread():
    row = Row("row", "seconds", {"ours": [3.00001, 1, 2], "other": [8]}, most=0.5, notes={"n": 1234567}).as_dict()
    assert row["contenders"]["ours"] == {"median": 2, "lowest": 1, "highest": 3, "rounds": 3}
    assert row["ratio"] == 0.25 and row["reached"] is True and row["notes"] == {"n": 1235000}

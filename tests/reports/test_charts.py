"""What the page's figures show, as numbers."""

from itertools import pairwise

import numpy as np
import pytest

from reports import story
from reports.charts import confusions, training, variations
from sweeps import comparison


def test_code_stands_between_backticks_and_nothing_else_is_markup():
    assert story.with_code("at `conv1` < `a<b>`") == "at <code>conv1</code> &lt; <code>a&lt;b&gt;</code>"


def test_many_points_are_thinned_evenly_and_the_last_stays():
    points = [[number, number] for number in range(1000)]
    thinned = training.thinned(points)
    assert len(thinned) <= training.MOST_POINTS and thinned[-1] == [999, 999]
    assert {later[0] - earlier[0] for earlier, later in pairwise(thinned)} == {7}
    assert training.thinned(points[:150]) == points[:150] and training.thinned([]) == []


def test_cells_of_a_matrix_are_those_that_have_images():
    assert confusions._cells(np.array([[5, 0], [2, 7]])) == [[0, 0, 5], [1, 0, 2], [1, 1, 7]]


@pytest.mark.parametrize(("clear", "gain", "mark"), [(True, 0.01, "better"), (True, -0.01, "worse"), (False, 0.5, "")])
def test_a_variation_is_a_row_in_percentage_points(clear, gain, mark):
    row = {"question": "depth", "variation": "4", "gain": gain, "uncertainty": 0.002, "clear": clear}
    found = variations._row(row)
    assert (found["value"], found["mark"]) == (100 * gain, mark)
    assert (found["low"], found["high"]) == pytest.approx((100 * gain - 0.2, 100 * gain + 0.2))
    assert comparison.verdict(row) == (mark or comparison.UNCLEAR)


def test_f_scores_are_a_row_for_each_length_width_and_color():
    rows = [
        {"class": str(number), "name": name, "f1": score}
        for number, (name, score) in enumerate([("short thin 0° red", "0.5"), ("short thin 0° blue", "0.25"),
                                                ("short thin 15° red", "1.0"), ("short thin 15° blue", "0.75")])
    ]  # fmt: skip
    part = training._strip([*rows, {"class": "", "name": "macro", "f1": "0.6"}], "a network")
    assert part["rows"] == ["short thin red", "short thin blue"] and part["columns"] == ["0°", "15°"]
    assert part["values"] == [[0.5, 1.0], [0.25, 0.75]]

"""Paired t-tests and Holm's correction, against examples worked by hand and against SciPy's own test of two lists."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from sweeps.significance import holm, paired

P_VALUES = st.lists(st.floats(min_value=0, max_value=1), max_size=50)
ACCURACIES = st.lists(
    st.tuples(*[st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)] * 2), min_size=2, max_size=8
)


def test_holm_by_hand():
    # Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which is raised to the 0.06 before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.6]) == [1, 1]
    assert holm([0.02]) == [0.02] and holm([]) == []


def test_of_two_equal_p_values_none_is_favored():
    assert holm([0.01, 0.01, 0.5]) == pytest.approx([0.03, 0.03, 0.5])


@given(P_VALUES)
def test_holm_only_raises_p_values_and_keeps_their_order(p_values):
    adjusted = holm(p_values)
    assert all(p <= raised <= 1 for p, raised in zip(p_values, adjusted))
    by_p = [raised for _, raised in sorted(zip(p_values, adjusted))]
    assert by_p == sorted(by_p)
    if p_values:  # the smallest is adjusted as by Bonferroni, the largest left as it is unless a smaller one exceeds it
        assert min(adjusted) == min(1, len(p_values) * min(p_values))


@given(P_VALUES, st.randoms())
def test_holm_does_not_depend_on_the_order_of_the_tests(p_values, random):
    places = list(range(len(p_values)))
    random.shuffle(places)
    adjusted = holm(p_values)
    assert holm([p_values[place] for place in places]) == [adjusted[place] for place in places]


def test_a_paired_test_by_hand():
    # Differences 0.05, 0.04, 0.02: mean 0.11 / 3, variance 0.0007 / 3, so t squared is 121 / 7. With two degrees of freedom
    # p is 1 - t / sqrt(t squared + 2), and 95 % lie within 4.302653 standard errors.
    tested = paired([0.95, 0.97, 0.96], [0.90, 0.93, 0.94])
    t = math.sqrt(121 / 7)
    assert tested["gain"] == pytest.approx(0.11 / 3)
    assert tested["uncertainty"] == pytest.approx(4.302653 * math.sqrt(0.0007) / 3, rel=1e-6)
    assert tested["p"] == pytest.approx(1 - t / math.sqrt(t**2 + 2)) == pytest.approx(0.0533, abs=1e-4)


def test_pairing_sees_a_difference_that_is_small_beside_that_of_the_seeds():
    baseline = [0.90, 0.95, 0.80, 0.99, 0.85]
    small = [0.011, 0.009, 0.010, 0.012, 0.008]
    assert paired([one + more for one, more in zip(baseline, small)], baseline)["p"] < 0.001


def test_a_list_of_differences_that_are_all_the_same_has_a_limit_and_no_nan():
    assert paired([0.95, 0.97], [0.90, 0.92]) == {"gain": 0.05, "uncertainty": 0, "p": 0}  # but for rounding
    assert paired([0.90, 0.92], [0.95, 0.97]) == {"gain": -0.05, "uncertainty": 0, "p": 0}
    assert paired([1.0] * 5, [1.0] * 5) == {"gain": 0, "uncertainty": 0, "p": 1}


def test_a_single_seed_has_a_gain_and_no_test():
    assert paired([0.95], [0.90]) == {"gain": 0.05, "uncertainty": None, "p": None}
    assert paired([], []) == {"gain": None, "uncertainty": None, "p": None}
    with pytest.raises(ValueError, match="zip"):
        paired([0.9, 0.8], [0.9])


@given(ACCURACIES)
def test_a_paired_test_is_that_of_scipy_and_does_not_care_which_of_the_two_comes_first(pairs):
    one, other = np.array(pairs).T
    tested, turned = paired(one, other), paired(other, one)
    assert turned == {**tested, "gain": -tested["gain"]}
    assert 0 <= tested["p"] <= 1 and math.isfinite(tested["uncertainty"])
    if len(set(np.round(one - other, 6))) > 1:
        expected = ttest_rel(one, other)
        interval = expected.confidence_interval()
        assert tested["p"] == pytest.approx(expected.pvalue, rel=1e-4, abs=1e-12)
        assert tested["uncertainty"] == pytest.approx((interval.high - interval.low) / 2, rel=1e-4)
        assert tested["gain"] == pytest.approx((one - other).mean(), abs=1e-9)

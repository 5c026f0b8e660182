"""Tuning and psychometric curves whose answers are known, and the stimuli behind them. No network."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import line_classes, lines
from q3_visualize import digit_tuning, psychometrics, stimuli
from q3_visualize.tuning_curves import angle_tuning, at_the_best, modulation

DEGREES = np.arange(0, 180, 3.0)


@given(st.floats(0, 179.99))
@settings(max_examples=30, deadline=None)
def test_a_cosine_prefers_its_angle_with_a_selectivity_of_a_half(angle):
    """1 + cos 2(x - angle): its second harmonic is half of its mean, and it falls to half 45 degrees away."""
    tuning = angle_tuning(1 + np.cos(2 * np.deg2rad(DEGREES - angle))[None], DEGREES)
    off = abs(tuning.preferred[0] - angle) % 180
    assert min(off, 180 - off) < 1e-6
    assert tuning.selectivity[0] == pytest.approx(0.5)
    assert tuning.bandwidth[0] == pytest.approx(45, abs=0.2)  # straight lines between angles


def test_one_angle_alone_is_fully_selective_and_all_alike_not_at_all():
    one, alike, none = np.eye(60)[59], np.full(60, 2.0), np.full(60, -1.0)
    tuning = angle_tuning(np.stack([one, alike, none]), DEGREES)
    assert tuning.preferred[0] == pytest.approx(177) and tuning.selectivity[0] == pytest.approx(1)
    assert tuning.bandwidth[0] == pytest.approx(1.5)  # half of 3 degrees, the step
    assert tuning.selectivity[1] == pytest.approx(0, abs=1e-12) and tuning.bandwidth[1] == 90
    assert np.isnan([part[2] for part in tuning]).all()


def test_what_is_below_zero_counts_as_no_response():
    curve = np.where(DEGREES == 30, 1.0, -5.0)
    assert angle_tuning(curve[None], DEGREES).selectivity[0] == pytest.approx(1)
    np.testing.assert_allclose(modulation([[1, 3], [-2, 2], [-1, -2]]), [0.5, 1, np.nan])


def test_the_curve_is_that_of_the_other_factors_where_the_filter_responds_most():
    curves = np.zeros((3, 2, 2))  # values, combinations, filters
    curves[:, 0, 0], curves[:, 1, 0] = [1, 2, 3], [0, 9, 0]
    curves[:, 0, 1], curves[:, 1, 1] = [5, 4, 4], [4, 4, 4]
    np.testing.assert_array_equal(at_the_best(curves), [[0, 9, 0], [5, 4, 4]])


@pytest.mark.parametrize(("threshold", "steepness"), [(9.8, 2.0), (12.0, -1.5), (5.25, 0.4)])
def test_the_fit_of_a_logistic_function_is_that_function(threshold, steepness):
    values = np.arange(3, 21.1, 0.5)
    fit = psychometrics.logistic_fit(values, 1 / (1 + np.exp(-steepness * (values - threshold))))
    assert fit.threshold == pytest.approx(threshold, abs=0.01)
    assert fit.slope == pytest.approx(steepness / 4, rel=0.01)


def test_what_never_crosses_a_half_has_no_threshold():
    assert psychometrics.logistic_fit(np.arange(4.0), np.array([0.1, 0.2, 0.3, 0.4])) is None
    steps = psychometrics.logistic_fit(np.arange(10.0), np.repeat([0.0, 1.0], 5))
    assert steps.threshold == pytest.approx(4.5, abs=0.01) and np.isfinite(steps.slope)


def test_factors_are_summed_from_classes_and_taken_from_heads():
    mixed = np.zeros((1, 96))
    mixed[0, line_classes.class_index(1, 0, 3, 0)], mixed[0, line_classes.class_index(1, 1, 4, 0)] = 0.75, 0.25
    found = psychometrics.of_factors({"predictions": mixed})
    assert list(found) == list(line_classes.FACTORS)
    np.testing.assert_allclose(found["length"], [[0, 1]])
    np.testing.assert_allclose(found["width"], [[0.75, 0.25]])
    np.testing.assert_allclose(found["angle"][0, [3, 4]], [0.75, 0.25])
    angle = np.full((2, 12), 1 / 12)
    assert psychometrics.of_factors({"angle": angle, "color": np.ones((2, 5)), "digit": np.ones((2, 10))}).keys() == {"angle"}


def test_an_axis_changes_one_factor_and_the_places_are_always_the_same():
    axis = stimuli.axis("length", [7, 15])
    assert len(axis.shapes) == 2 and len(axis.shapes[0]) == 2 * 12 * 2
    known = {lines.class_shape(index) for index in range(96)}
    assert {shape for shapes in axis.shapes for shape in shapes} == known
    centers = stimuli.places()
    assert len(centers) == 64 and np.allclose(centers.mean(axis=0), 14)
    largest = next(stimuli.images_of(stimuli.Axis("angle", np.zeros(1), [[stimuli.LARGEST._replace(degrees=74.0)]]), centers))
    assert largest.shape == (64, 28, 28, 3)  # none of them lies partly outside
    phases = np.unique((centers[:, 0] % 1).round(6))
    assert len(phases) == 8 and np.diff(phases).max() < 0.4


def test_what_is_outside_the_data_is_what_it_is_called():
    center = np.array([[14.0, 14.5]])
    images = {name: found[0] for name, found in stimuli.outside(center).items()}
    line, gap = images["a long thin red line at 0°, as in the data"], images["with a gap of 3 pixels"]
    assert line[14, 7:21, 0].all() and not line[..., 1:].any()
    np.testing.assert_array_equal(np.flatnonzero(line[14, :, 0] != gap[14, :, 0]), [12, 13, 14, 15])
    assert gap[14, 12, 0] == 128 and not gap[14, 13:15].any()  # from 12.5 to 15.5 there is nothing
    two = images["two lines: that one, and a blue one across it"]
    assert (two[..., 0] == line[..., 0]).all() and (two[..., 2] > 0).sum(axis=0).max() == 15
    arc = images["bent into a quarter of a circle"]
    assert arc[..., 0].sum() / 255 == pytest.approx(15, abs=0.6) and not arc[..., 1:].any()  # as long as the line
    assert np.ptp(np.flatnonzero(arc[..., 0].any(axis=1))) >= 3
    assert (images["green"][..., 1] == line[..., 0]).all() and not images["green"][..., ::2].any()
    assert (images["white"] == line[..., :1]).all() and not images["nothing"].any()
    cut = images["cut in half by the border"]
    assert cut[14, 0, 0] == 255 and cut[14, :, 0].sum() == line[14, 14:, 0].sum()


def test_digits_are_turned_scaled_and_shifted_as_the_numbers_say():
    image = np.zeros((28, 28), np.uint8)
    image[10:18, 12:14] = 200
    for axis, same in (("rotation", 0), ("scale", 1), ("shift", 0), ("stroke", 0)):
        np.testing.assert_array_equal(digit_tuning.changed(image, axis, same), image)
    np.testing.assert_array_equal(digit_tuning.changed(image, "shift", 3, (0, -1)), np.roll(image, -3, axis=0))
    np.testing.assert_allclose(digit_tuning.changed(image, "rotation", 90), np.rot90(image), atol=1)
    doubled = digit_tuning.changed(image, "scale", 2) > 100
    assert doubled.sum() == pytest.approx(4 * (image > 0).sum(), rel=0.1)


@pytest.mark.parametrize("wider", [-1.5, -1.0, 0.5, 1.0, 2.0, 3.0])
def test_strokes_become_as_much_wider_as_the_number_says(wider):
    bar = np.zeros((28, 28), np.uint8)
    bar[2:26, 12:16] = 255  # 4 pixels wide
    across = digit_tuning.changed(bar, "stroke", wider)[14].astype(float) / 255
    assert across.sum() == pytest.approx(4 + wider, abs=0.25)

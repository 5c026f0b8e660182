from hashlib import sha256

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data import line_classes, lines

# Exact areas against samples: the sides of what lies in a pixel, at most 1, are each counted wrong by at most a sample's width.
SAMPLES = 32  # along each side of a pixel
SAMPLING_BOUND = (1 + 1 / SAMPLES) ** 2 - 1


@pytest.fixture(scope="module")
def everything():
    """The data set as it is drawn by default."""
    return lines.draw()


@given(st.integers(0, 95))
def test_class_index_factors_and_name_are_one_to_one(index):
    factors = line_classes.class_factors(index)
    assert line_classes.class_index(**factors) == index
    assert list(factors) == ["length", "width", "angle", "color"]


def test_class_index_follows_its_formula():
    assert line_classes.class_index(1, 1, 9, 0) == ((1 * 2 + 1) * 12 + 9) * 2 + 0
    assert line_classes.class_name(line_classes.class_index(1, 1, 9, 0)) == "long thick 135° red"
    assert len({line_classes.class_name(index) for index in range(line_classes.CLASSES)}) == 96
    with pytest.raises(ValueError):
        line_classes.class_index(0, 0, 12, 0)


def test_all_images_of_the_default_are_distinct(everything):
    images, labels, _ = everything
    assert images.shape == (96_000, 28, 28, 3) and images.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == 96_000
    assert (np.bincount(labels) == 1000).all()


def test_drawing_is_the_same_on_every_machine(everything):
    """One hash for all; and no value so near to the middle between two levels that the last bits of a sum could turn it."""
    images, labels, centers = everything
    assert sha256(images).hexdigest() == "72a6429a0bb801e47203447642a386f163a5c412174e4d570123f4f32ae18f49"
    for part in np.array_split(np.arange(len(labels)), 10):
        levels = 255 * lines.coverage(labels[part], centers[part])
        assert np.abs(levels % 1 - 0.5).min() > 1e-7


def test_the_first_images_of_a_class_are_the_same_for_any_count():
    few, many = lines.draw(per_class=2), lines.draw(per_class=5)
    kept = np.arange(96 * 5) % 5 < 2
    assert (few.images == many.images[kept]).all()
    assert (lines.draw(per_class=2, seed=1).images != few.images).any()


def test_a_horizontal_line_by_hand():
    index = line_classes.class_index(0, 0, 0, 0)
    covered = lines.coverage(np.array([index]), np.array([[10.25, 5.75]]))[0]
    # From x = 6.75 to 13.75 and y = 5.25 to 6.25.
    across = [0.25, 1, 1, 1, 1, 1, 1, 0.75]
    expected = np.zeros((28, 28))
    expected[5, 6:14], expected[6, 6:14] = np.multiply(across, 0.75), np.multiply(across, 0.25)
    np.testing.assert_allclose(covered, expected, atol=1e-12)


def test_angles_count_counter_clockwise_as_in_mathematics():
    index = line_classes.class_index(1, 0, 3, 0)  # 45 degrees
    mask = lines.masks(np.array([index]), np.array([[14.0, 14.0]]))[0]
    assert mask[10, 17] and not mask[10, 10]  # up goes with right


def test_colors_are_rgb():
    images, labels, _ = lines.draw(per_class=1)
    red = line_classes.class_factors(labels)["color"] == 0
    assert images[red][..., 0].any(axis=(1, 2)).all() and not images[red][..., 1:].any()
    assert images[~red][..., 2].any(axis=(1, 2)).all() and not images[~red][..., :2].any()


def test_images_are_the_rounded_coverage_and_masks_where_it_is_not_zero():
    images, labels, centers = lines.draw(per_class=3)
    covered = lines.coverage(labels, centers)
    assert (images.max(axis=3) == np.rint(255 * covered)).all()
    assert (lines.masks(labels, centers) == (covered > 1e-9)).all()


def test_whole_lines_lie_inside_the_image():
    _, labels, centers = lines.draw(per_class=50)
    factors = line_classes.class_factors(labels)
    areas = np.array(line_classes.LENGTHS)[factors["length"]] * np.array(line_classes.WIDTHS)[factors["width"]]
    np.testing.assert_allclose(lines.coverage(labels, centers).sum(axis=(1, 2)), areas, atol=1e-9)


def test_centers_reach_every_position(everything):
    _, labels, centers = everything
    upright = centers[labels == line_classes.class_index(0, 0, 6, 0)]  # 1 x 7 pixels
    np.testing.assert_allclose(upright.min(axis=0), [0.5, 3.5], atol=0.2)
    np.testing.assert_allclose(upright.max(axis=0), [27.5, 24.5], atol=0.2)
    counts, _ = np.histogram(upright[:, 0], bins=10, range=(0.5, 27.5))
    assert counts.min() > 60  # uniform: 100 expected in each bin


def sampled_coverage(shape, center):
    """The share of the samples in each pixel that lie inside the rectangle, float64 (28, 28)."""
    angle = np.deg2rad(shape.degrees)
    samples = (np.arange(28 * SAMPLES) + 0.5) / SAMPLES
    x, y = samples[None, :] - center[0], samples[:, None] - center[1]
    along, across = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    inside = (abs(along) <= shape.length / 2) & (abs(across) <= shape.width / 2)
    return inside.reshape(28, SAMPLES, 28, SAMPLES).mean(axis=(1, 3))


def assert_covers(shape, center):
    covered = lines.shape_coverage(shape, np.array([center]))[0]
    assert abs(covered - sampled_coverage(shape, center)).max() <= SAMPLING_BOUND
    assert covered.min() >= -1e-9 and covered.max() <= 1 + 1e-9
    assert covered.sum() == pytest.approx(shape.length * shape.width, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 95), st.tuples(st.floats(8.5, 19.5), st.floats(8.5, 19.5)))
def test_coverage_against_a_supersampled_rectangle(index, center):
    assert_covers(lines.class_shape(index), center)
    covered = lines.shape_coverage(lines.class_shape(index), np.array([center]))
    assert (lines.coverage(np.array([index]), np.array([center])) == covered).all()


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.25, 21), st.floats(0.25, 8), st.one_of(st.floats(0, 180), st.integers(-24, 24).map(lambda step: 15.0 * step)),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
@example(1.0, 1.0, 1.192092896e-07, 0.0, 0.0)  # an edge that nearly follows an axis
@example(21.0, 8.0, 1e-9, 0.0, 1.0)
@example(21.0, 0.25, 90 + 1e-13, 1.0, 0.3)
@example(0.703125, 0.6953125, 0.0, 0.69921875, 0.69921875)  # within one pixel nearly: both sides are counted wrong
def test_any_line_against_a_supersampled_rectangle(length, width, degrees, right, down):
    """At any place inside, the very border too."""
    shape = lines.Shape(length, width, degrees)
    margin = lines.reach(shape)
    assert_covers(shape, margin + [right, down] * (28 - 2 * margin))


def test_a_line_from_border_to_border():
    covered = lines.shape_coverage(lines.Shape(28, 28, 0), np.array([[14.0, 14.0]]))
    np.testing.assert_allclose(covered, 1)
    diamond = lines.shape_coverage(lines.Shape(28 / 2**0.5, 28 / 2**0.5, 45), np.array([[14.0, 14.0]]))[0]
    np.testing.assert_allclose(np.diag(diamond[:14, 13::-1]), 0.5, atol=1e-12)


def test_any_line_is_the_class_at_its_levels_and_turns_as_it_should():
    for index in range(96):
        images, _, centers = (part[index : index + 1] for part in lines.draw(per_class=1))
        assert (lines.draw_shape(lines.class_shape(index), centers) == images).all()
    center, shape = np.array([[13.3, 14.9]]), lines.Shape(12.5, 2.25, 37.0)
    covered = lines.shape_coverage(shape, center)
    np.testing.assert_allclose(lines.shape_coverage(shape._replace(degrees=217.0), center), covered, atol=1e-12)
    turned = lines.shape_coverage(shape._replace(degrees=127.0), np.array([[14.9, 28 - 13.3]]))
    np.testing.assert_allclose(turned, np.rot90(covered, axes=(1, 2)), atol=1e-12)
    near = lines.shape_coverage(shape._replace(degrees=45 + 1e-9), center)
    np.testing.assert_allclose(near, lines.shape_coverage(shape._replace(degrees=45.0), center), atol=1e-6)


def test_a_mix_of_red_and_blue_by_hand():
    image = lines.draw_shape(lines.Shape(2, 1, 0, 0.25), np.array([[14.0, 14.5]]))[0]  # x from 13 to 15, y from 14 to 15
    assert image[14, 13].tolist() == [191, 0, 64] and image.any(axis=2).sum() == 2  # 255 * 0.75 = 191.25, 255 * 0.25 = 63.75


@pytest.mark.parametrize("wrong", [(0, 1, 0, 0), (5, -1, 0, 0), (5, 1, 0, 1.1), (5, 1, float("nan"), 0), (29, 1, 0, 0)])
def test_lines_that_cannot_be_drawn_are_refused(wrong):
    with pytest.raises(ValueError):
        lines.draw_shape(lines.Shape(*wrong), np.array([[14.0, 14.0]]))


def test_a_line_that_is_partly_outside_is_refused():
    with pytest.raises(ValueError, match="lies partly outside"):
        lines.draw_shape(lines.Shape(7, 1, 0), np.array([[14.0, 14.0], [3.4, 14.0]]))

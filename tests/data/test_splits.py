import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data import splits


def test_the_line_data_set_splits_exactly():
    labels = np.repeat(np.arange(96), 1000)
    parts = splits.split(labels, np.arange(96_000))
    assert [len(part) for part in parts] == [51_840, 5_760, 38_400]
    assert (np.bincount(labels[parts.test]) == 400).all()
    assert (np.sort(np.concatenate(parts)) == np.arange(96_000)).all()


def test_mnist_splits_into_42000_and_28000():
    labels = np.random.default_rng(0).integers(0, 10, 70_000)
    train, validation, test = splits.split(labels, np.arange(70_000))
    assert (len(train) + len(validation), len(test)) == (42_000, 28_000)
    np.testing.assert_allclose(np.bincount(labels[test]) / np.bincount(labels), 0.4, atol=1e-3)


def test_the_official_split_tests_on_the_last():
    labels = np.arange(700) % 10
    train, validation, test = splits.split_official(labels, np.arange(700), 600)
    assert (test == np.arange(600, 700)).all()
    assert (len(train), len(validation)) == (540, 60)


def test_seeds():
    labels, groups = np.repeat(np.arange(4), 50), np.arange(200)
    first, again, other = (splits.split(labels, groups, seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again))
    assert (first.test != other.test).any()


def test_identical_groups_by_hand():
    images = np.array([[1, 2], [3, 4], [1, 2], [2, 1]], np.uint8)
    groups = splits.identical_groups(images)
    assert groups[0] == groups[2] and len(set(groups)) == 3


@settings(deadline=None)
@given(st.integers(20, 60), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_groups_stay_on_one_side(distinct, classes, seed):
    generator = np.random.default_rng(seed)
    groups = generator.integers(0, distinct * classes, 40 * distinct)
    labels = groups % classes
    parts = splits.split(labels, groups, seed)
    assert (np.sort(np.concatenate(parts)) == np.arange(len(labels))).all()
    sides = [set(groups[part]) for part in parts]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert abs(len(parts.test) / len(labels) - 0.4) < 0.1


def test_five_distinct_images_of_a_class_are_enough_with_any_copies():
    groups = np.repeat(np.arange(96 * 5), 2)
    parts = splits.split(groups // 5, groups)
    assert all((np.bincount((groups // 5)[part], minlength=96) > 0).all() for part in parts)

"""The augmentation of noisy lines: each is moved, whole, and gets noise that is drawn anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import datasets, lines, noise


def one_pixel(row, column):
    image = np.zeros((28, 28, 3), np.uint8)
    image[row, column, 2] = 200
    return image


def test_a_point_is_moved_to_every_place_as_often():
    images = np.stack([one_pixel(3, 20)] * 78_400)
    moved = noise.shifted(images, np.random.default_rng(0))
    assert (moved.reshape(len(images), -1).astype(int).sum(axis=1) == 200).all()
    counts = (moved[..., 2] > 0).sum(axis=0)  # 100 each on average
    assert counts.sum() == len(images) and counts.min() > 50 and counts.max() < 150


@given(st.integers(0, 95), st.integers(0, 2**32 - 1))
def test_a_line_stays_whole_and_reaches_the_borders(index, seed):
    shape = lines.class_shape(index)
    line = lines.draw_shape(shape, np.array([[14.3, 13.8]]))
    moved = noise.shifted(np.repeat(line, 60, axis=0), np.random.default_rng(seed))
    rows, columns = line[0].any(axis=(1, 2)).nonzero()[0], line[0].any(axis=(0, 2)).nonzero()[0]
    whole = line[0, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for image in moved:
        row, column = image.any(axis=(1, 2)).argmax(), image.any(axis=(0, 2)).argmax()
        assert (image[row : row + len(whole), column : column + whole.shape[1]] == whole).all()
        assert image.astype(int).sum() == whole.astype(int).sum()


def test_a_line_that_fills_the_image_and_a_black_image_stay():
    images = np.zeros((2, 28, 28, 3), np.uint8)
    images[0, range(28), range(28), 0] = 255
    assert (noise.shifted(images, np.random.default_rng(0)) == images).all()


def test_without_strength_only_the_place_changes():
    images = lines.draw(per_class=2)[0]
    one, other = (np.random.default_rng(1) for _ in range(2))
    assert (noise.FreshNoise(blur=0, dimmest=1, noise=0)(images, one) == noise.shifted(images, other)).all()


def test_the_noise_is_that_of_the_level():
    gray = np.full((300, 28, 28, 3), 128, np.uint8)  # no shift moves what fills the image
    fresh = noise.FreshNoise(**noise.strengths(2))(gray, np.random.default_rng(0)).astype(float)
    fixed = noise.corrupted(gray, 2).astype(float)
    inside = np.s_[:, 6:22, 6:22]  # away from the borders, which the blur darkens
    for measure in (np.mean, np.std):
        per_image = [measure(images[inside], axis=(1, 2, 3)).mean() for images in (fresh, fixed)]
        assert per_image[0] == pytest.approx(per_image[1], rel=0.02)
    factors = fresh[inside].mean(axis=(1, 2, 3)) / 128  # one factor for an image, from 0.8 to 1
    assert factors.min() == pytest.approx(0.8, abs=0.02) and factors.max() == pytest.approx(1, abs=0.02)


def test_noise_is_drawn_anew_each_time_and_again_with_the_same_generator():
    images = lines.draw(per_class=1)[0]
    augment, generator = noise.FreshNoise(**noise.strengths(5)), np.random.default_rng(3)
    first, second = augment(images, generator), augment(images, generator)
    assert first.shape == images.shape and first.dtype == np.uint8 and (first != second).any(axis=(1, 2, 3)).all()
    assert (augment(images, np.random.default_rng(3)) == first).all()


def test_names_of_levels():
    assert datasets.LINES == {
        "lines": 0, "lines_noisy_1": 1, "lines_noisy_2": 2, "lines_noisy_3": 3, "lines_noisy_4": 4, "lines_noisy": 5,
        "lines_noisy_6": 6,
    }  # fmt: skip
    assert [datasets.at_level(level) for level in noise.LEVELS] == list(datasets.LINES)


def test_a_noisy_data_set_is_loaded_again_by_its_name():
    dataset = datasets.load("lines_noisy", per_class=5, seed=2)
    assert (dataset.name, dataset.noise_level) == ("lines_noisy", 5)
    assert (dataset.images == noise.corrupted(dataset.clean, 5, 2)).all()
    described = dataset.describe()
    assert described["noise_level"] == 5 and described["source"].endswith("noise level 5")
    again = datasets.load_again({"data": described, "training": {"seed": 2}})
    assert again.fingerprint == dataset.fingerprint
    assert "noise_level" not in datasets.load("lines", per_class=5).describe()

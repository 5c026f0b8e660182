import numpy as np
import pytest

from data import datasets, lines, noise

GRAY = np.full((200, 28, 28, 3), 128, np.uint8)


@pytest.fixture
def only(monkeypatch):
    """A function that turns off all of BLUR, DIMMING and NOISE but one."""

    def leave(name):
        for other in {"BLUR", "DIMMING", "NOISE"} - {name}:
            monkeypatch.setattr(noise, other, 0)

    return leave


def test_level_0_changes_nothing():
    images, _, _ = lines.draw(per_class=1)
    assert (noise.corrupted(images, 0) == images).all()


def test_the_same_seed_gives_the_same_images_and_leaves_the_originals_unchanged():
    images, _, _ = lines.draw(per_class=1)
    before = images.copy()
    first, again, other = (noise.corrupted(images, 4, seed) for seed in (0, 0, 1))
    assert first.shape == images.shape and first.dtype == np.uint8
    assert (first == again).all() and (first != other).any() and (images == before).all()


def test_pixel_noise_is_independent_in_every_channel(only):
    only("NOISE")
    noisy = noise.corrupted(GRAY, 2).astype(float) - 128
    assert noisy.mean() == pytest.approx(0, abs=0.2) and noisy.std() == pytest.approx(2 * 12, rel=0.01)
    channels = noisy.reshape(-1, 3).T
    assert np.abs(np.corrcoef(channels) - np.eye(3)).max() < 0.02
    # The same random numbers at every level, so that levels differ in strength alone.
    weaker = noise.corrupted(GRAY, 1).astype(float) - 128
    assert np.abs(noisy - 2 * weaker).max() <= 2


def test_brightness_is_one_factor_for_an_image(only):
    only("DIMMING")
    dimmed = noise.corrupted(GRAY, 4).reshape(len(GRAY), -1)
    assert (dimmed == dimmed[:, :1]).all()
    assert round(0.6 * 128) <= dimmed.min() < 80 and 125 < dimmed.max() <= 128


def test_blur_spreads_a_point_as_a_gaussian(only):
    only("BLUR")
    point = np.zeros((1, 28, 28, 3), np.uint8)
    point[0, 14, 14, 0] = 255
    blurred = noise.corrupted(point, 6)[0, :, :, 0].astype(float)
    y, x = np.mgrid[:28, :28] - 14
    gaussian = np.exp(-(x**2 + y**2) / (2 * 0.9**2))
    np.testing.assert_allclose(blurred, 255 * gaussian / gaussian.sum(), atol=1.5)


def test_a_whole_data_set_at_a_level_keeps_labels_and_split():
    dataset = datasets.load_lines(per_class=5)
    noisy = dataset.at_noise_level(3, seed=7)
    assert (noisy.images == noise.corrupted(dataset.images, 3, 7)).all() and noisy.source.endswith("noise level 3")
    assert noisy.labels is dataset.labels and noisy.split is dataset.split
    for side in dataset.split:
        assert (noisy.images[side] != dataset.images[side]).any(axis=(1, 2, 3)).all()


def test_a_level_out_of_range():
    with pytest.raises(ValueError, match="level 7"):
        noise.corrupted(GRAY, 7)


def test_a_gray_image_stays_gray():
    assert noise.corrupted(np.zeros((2, 28, 28, 1), np.uint8), 2).shape == (2, 28, 28, 1)

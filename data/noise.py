"""A hard mode: images blurred, dimmed and covered with noise, as by a worse and worse camera.

- Blur: a Gaussian of BLUR pixels a level, so less than one pixel even at the last.
- Brightness: multiplied by a random factor between 1 - DIMMING * level and 1, one for the whole image.
- Pixel noise: a Gaussian of NOISE gray levels a level, independent in each channel of each pixel.
"""

from dataclasses import dataclass

import numpy as np

BLUR = 0.15
DIMMING = 0.1
NOISE = 12
LEVELS = tuple(range(7))
TASK_LEVEL = 5  # of the noisy task, at which networks differ: without noise they classify every line correctly
STREAM = 1 << 20  # keeps these random numbers apart from those of the lines' centers, whose streams are the 96 classes


def strengths(level: int) -> dict[str, float]:
    """Return a level's blur in pixels, dimmest factor and noise in gray levels; raise ValueError for one not in LEVELS."""
    if level not in LEVELS:
        raise ValueError(f"level {level} is not in {LEVELS}")
    return {"blur": round(BLUR * level, 9), "dimmest": round(1 - DIMMING * level, 9), "noise": NOISE * level}


def corrupted(images: np.ndarray, level: int, seed: int = 0) -> np.ndarray:
    """Return the images at a level of noise, in the shape and type of `images`.

    Parameters
    ----------
    images
        uint8 (n, height, width, channels); after the noise they are rounded and clipped to 0..255.
    level
        One of LEVELS, 0..6; 0 changes nothing.
    seed
        With the same seed every level draws the same random numbers, so that levels differ in strength alone.
    """
    blur, dimmest, noise = strengths(level).values()
    generator = np.random.default_rng([seed, STREAM])
    result = np.empty_like(images)
    for position, image in enumerate(images):
        factor = 1 - (1 - dimmest) * generator.random()
        result[position] = _rounded(factor * _blurred(image, blur) + noise * generator.standard_normal(image.shape, np.float32))
    return result


@dataclass(frozen=True)
class FreshNoise:
    """An augmentation of lines: each is shifted by whole pixels, anywhere in the image, and gets noise that is drawn anew.

    Attributes
    ----------
    blur, dimmest, noise
        See `strengths`.
    """

    blur: float
    dimmest: float
    noise: float

    def __call__(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return images without noise, uint8 (n, height, width, channels), each shifted and with noise of its own."""
        signals = np.stack([_blurred(image, self.blur) for image in shifted(images, generator)])
        factors = 1 - (1 - self.dimmest) * generator.random((len(images), 1, 1, 1), np.float32)
        return _rounded(factors * signals + np.float32(self.noise) * generator.standard_normal(images.shape, np.float32))


def shifted(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Shift each image by whole pixels, to any place at which all that is not black stays inside, each as likely.

    `images` is (n, height, width, channels); so is the result.
    """
    bright = images.any(axis=3)
    rows, columns = (_shifts(bright.any(axis=axis), generator) for axis in (2, 1))
    return images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def _shifts(bright, generator):
    """Return which row (or column) comes to each place, int64 (n, size), from which of them are not black, bool (n, size)."""
    size = bright.shape[1]
    first, last = bright.argmax(axis=1), size - 1 - bright[:, ::-1].argmax(axis=1)
    shift = generator.integers(-first, size - last)
    return (np.arange(size) - shift[:, None]) % size


def _blurred(image, blur):
    signal = image.astype(np.float32)
    if not blur:
        return signal
    import cv2  # slow to import: usage errors do not wait for it

    return cv2.GaussianBlur(signal, (0, 0), blur, borderType=cv2.BORDER_CONSTANT).reshape(image.shape)


def _rounded(signal):
    return np.clip(np.rint(signal), 0, 255).astype(np.uint8)

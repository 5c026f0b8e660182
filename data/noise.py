"""A hard mode: images blurred, dimmed and covered with noise, as by a worse and worse camera.

- Blur: a Gaussian of BLUR pixels a level, so less than one pixel even at the last.
- Brightness: multiplied by a random factor between 1 - DIMMING * level and 1, one for the whole image.
- Pixel noise: a Gaussian of NOISE gray levels a level, independent in each channel of each pixel.
"""

import cv2
import numpy as np

BLUR = 0.15
DIMMING = 0.1
NOISE = 12
LEVELS = tuple(range(7))
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
        signal = image.astype(np.float32)
        if blur:
            signal = cv2.GaussianBlur(signal, (0, 0), blur, borderType=cv2.BORDER_CONSTANT).reshape(image.shape)
        signal = factor * signal + noise * generator.standard_normal(image.shape, np.float32)
        result[position] = np.clip(np.rint(signal), 0, 255)
    return result

"""A hard mode: pictures blurred, dimmed and covered with noise, in steps, to see what of them is lost first.

At level n a picture goes the way of a worse and worse camera:
- blur: a Gaussian of BLUR * n pixels, less than one pixel even at the last level;
- brightness: multiplied by a random factor between 1 - DIMMING * n and 1, one for the whole picture;
- pixel noise: a Gaussian of NOISE * n gray levels added to each channel of each pixel, on its own;
and is then rounded and cut to 0..255. Level 0 leaves it as it is.
"""

import cv2
import numpy as np

BLUR = 0.15
DIMMING = 0.1
NOISE = 12
LEVELS = tuple(range(7))
STREAM = 1 << 20  # keeps these random numbers apart from those of the lines' centres, whose streams are the 96 classes


def strengths(level):
    """What a level does: a dict with blur in pixels, dimmest as a factor and noise in gray levels. Raises ValueError."""
    if level not in LEVELS:
        raise ValueError(f"level {level} is not in {LEVELS}")
    return {"blur": round(BLUR * level, 9), "dimmest": round(1 - DIMMING * level, 9), "noise": NOISE * level}


def corrupted(images, level, seed=0):
    """The pictures at a level, uint8 like `images` (n, height, width, channels).

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

"""The range of pixels that a network takes, made from 0..255 of an image file.

A network that scales its input itself, by layers or by operations, shows which range it takes: gray images are sent through all
that stands before its first layer with weights, and what comes out gives the scale s and the shift b of x -> s * x + b. 1 /
|s| is the width of the range, or the standard deviation, that somebody had in mind: above 5 for pixels up to 255, below for
pixels up to 1. The gray -b / s that becomes 0 tells the range as well, where only a mean is taken away.

Where nothing stands there, a network does not say what range it was trained on.
"""

from typing import NamedTuple

import numpy as np

from common.quiet import keras, tensorflow
from data.errors import UserError
from q3_visualize.choices import RANGES

SCALINGS = (keras.layers.Rescaling, keras.layers.Normalization)
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of red, green and blue from 0 to 1
CAFFE_MEAN = (103.939, 116.779, 123.68)  # of blue, green and red from 0 to 255
# How networks of keras.applications that have no scaling layer take pixels, by how the model's name begins.
_APPLICATIONS = {
    "vgg16": "caffe", "vgg19": "caffe", "densenet": "imagenet", "mobilenet_": "-1..1", "mobilenetv2": "-1..1",
    "xception": "-1..1", "inception": "-1..1", "nasnet": "-1..1", "resnet50v2": "-1..1", "resnet101v2": "-1..1",
    "resnet152v2": "-1..1", "resnet50": "caffe", "resnet101": "caffe", "resnet152": "caffe",
}  # fmt: skip


_ASSUMED = "an assumption: nothing at its input scales them, and --pixels gives another range ({})"


class Pixels(NamedTuple):
    """A range of pixels: its name, the scale and the shift of each channel of 0..255, and why it was taken."""

    name: str
    scale: np.ndarray  # float32 (channels,)
    shift: np.ndarray
    why: str

    def apply(self, values: np.ndarray | tensorflow.Tensor) -> np.ndarray | tensorflow.Tensor:
        """Return pixels from 0 to 255, float32 (n, height, width, channels), in this range; NumPy and TensorFlow alike."""
        if self.name == "caffe":  # blue, green, red
            values = values[..., ::-1]
        return values * self.scale + self.shift


def named(name: str, channels: int, why: str = "as --pixels asks") -> Pixels:
    """Return one of RANGES for images of so many channels.

    "imagenet" takes 0..1 to mean 0 and deviation 1 of the images of ImageNet, "caffe" takes from 0..255 the mean of blue,
    green and red, in this order: what VGG16 and ResNet50 of keras.applications were trained on. Both are for 3 channels; else
    UserError.
    """
    if name in ("imagenet", "caffe") and channels != 3:
        raise UserError(f"--pixels {name} is for images of 3 channels, and the network takes {channels}: give another range")
    mean, deviation = (np.asarray(numbers, np.float32) for numbers in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    scale, shift = {
        "0..1": (1 / 255, 0),
        "0..255": (1, 0),
        "-1..1": (1 / 127.5, -1),
        "imagenet": (1 / (255 * deviation), -mean / deviation),
        "caffe": (1, -np.asarray(CAFFE_MEAN)),
    }[name]
    return Pixels(name, *(np.broadcast_to(np.asarray(part, np.float32), (channels,)) for part in (scale, shift)), why)


def of_scaling(black: np.ndarray, gray: np.ndarray, white: np.ndarray, channels: int, scalings: list[str]) -> Pixels | None:
    """Return the range that a network takes by what its first layer with weights is given.

    None if that is the image itself, or no scaling: a threshold, for example.

    Parameters
    ----------
    black, gray, white
        What the layer is given for images of 0, of 127.5 and of 255, float, of any shape.
    channels, scalings
        Of the image, and the paths of what stands before the layer.
    """
    slope = (white - black) / 255
    changed = slope != 0  # not padding
    bent = np.abs(gray - (black + white) / 2) > 0.01 * np.abs(white - black) + 1e-6
    slope, shift = slope[changed], black[changed]
    unscaled = (np.abs(slope - 1) <= 0.01).all() and (np.abs(shift) <= 0.01).all()
    if bent.any() or unscaled:
        return None
    zero = -shift / slope
    wide = (1 / np.abs(slope)).max() > 5 or np.abs(zero).max() > 2
    name = "0..255" if wide else "-1..1" if zero.mean() < -0.05 else "0..1"
    return named(name, channels, f"which the network scales itself: {', '.join(scalings)}")


def assumed(channels: int, integers: bool, model_name: str) -> Pixels:
    """Return the range for a network that does not scale its input.

    0..255 if it takes integers, else what a network of keras.applications with this name was trained on, else 0..1.
    """
    if integers:
        return named("0..255", channels, "since its input has integers")
    known = next((name for start, name in _APPLICATIONS.items() if model_name.startswith(start)), None)
    if known and channels == 3:
        others = ", ".join(name for name in RANGES if name != known)
        return named(known, channels, f"as {model_name} of keras.applications was trained; {_ASSUMED.format(others)}")
    return named("0..1", channels, _ASSUMED.format(", ".join(RANGES[1:])))


def has_weights(layer: object) -> bool:
    """Whether a layer has weights and is more than a scaling of its input."""
    return bool(getattr(layer, "weights", ())) and not isinstance(layer, (*SCALINGS, keras.layers.BatchNormalization))

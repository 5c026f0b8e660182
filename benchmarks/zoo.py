"""Kinds of network that people have, each with what a user of it knows: its range of pixels, its inputs, what to explain."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks import zoo_networks as networks
from benchmarks import zoo_unusual as unusual
from benchmarks.zoo_networks import Built, small
from common.quiet import keras, tensorflow

layers, applications = keras.layers, keras.applications
RESNET, CONVNEXT = "conv5_block3_3_conv", "convnext_tiny_stage_3_block_2_depthwise_conv"  # the last layers with maps
NUMBERS = (0.2, 0.7, 0.1)  # of the network that takes some beside an image


def unit(image: np.ndarray) -> list[np.ndarray]:
    """Return pixels from 0 to 1."""
    return [np.float32(image) / 255]


def raw(image: np.ndarray) -> list[np.ndarray]:
    """Return pixels from 0 to 255."""
    return [np.float32(image)]


def caffe(image: np.ndarray) -> list[np.ndarray]:
    """Return blue, green and red less their means in ImageNet, as ResNet50 of keras.applications was trained."""
    return [np.float32(image)[..., ::-1] - np.float32([103.939, 116.779, 123.68])]


def the_class(logits: np.ndarray) -> np.ndarray:
    """Return weights that pick the largest of the logits of classes."""
    return np.eye(len(logits), dtype=np.float32)[logits.argmax()]


def the_value(logits: np.ndarray) -> np.ndarray:
    """Return the weight of one number."""
    return np.ones_like(logits)


def the_side(logits: np.ndarray) -> np.ndarray:
    """Return the weight of a sigmoid neuron's logit: 1 where it says class 1, else -1."""
    return np.where(logits > 0, 1, -1).astype(np.float32)


def nothing(logits: np.ndarray) -> np.ndarray:
    """Return weights for an output that is not explained."""
    return np.zeros_like(logits)


def region(logits: np.ndarray, label: int = 1) -> np.ndarray:
    """Return weights (h, w, classes) that make the mean logit of a class over the pixels that are classified as it."""
    inside = logits.argmax(axis=-1) == label
    return (inside[..., None] * np.eye(logits.shape[-1])[label] / max(inside.sum(), 1)).astype(np.float32)


def letter(logits: np.ndarray, position: int = 1) -> np.ndarray:
    """Return weights (positions, classes) that pick the largest logit of a position."""
    return np.eye(len(logits))[position][:, None] * the_class(logits[position])


class Kind(NamedTuple):
    """A kind of network, and how it is used."""

    name: str
    build: Callable[[], Built]
    layer: str = "conv2"  # whose maps are explained; its path in gradcam.py
    flags: tuple[str, ...] = ()  # of gradcam.py
    values: Callable[[np.ndarray], list[np.ndarray]] = unit  # an image, uint8 (h, w, c) -> the inputs, without a batch axis
    explained: tuple[Callable, ...] = (the_class,)  # of each output: its logits -> weights, which make the score
    logits: str | None = None  # the layer that has them, where a peer cannot get them by taking the last activation away
    shape: tuple[int, int, int] = (28, 28, 3)  # of the image file
    second: bool = False  # whether it takes a second image
    channels: int = -1  # the axis of channels in the maps of an image
    safe: bool = True  # whether it can be loaded without running code from its file; its author would allow that
    seed: int = 0  # of the weights; one with which the map has a positive part, which is all that others return

    @property
    def slug(self) -> str:
        """The name as a part of a file's name."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")


KINDS = (
    Kind("Sequential", networks.sequential, values=raw),
    Kind("functional", small),
    Kind("scaled by an operation, x / 255.0", partial(small, lambda x: x / 255.0), values=raw),
    Kind("no channel axis, (28, 28)", partial(small, layers.Reshape((28, 28, 1)), (28, 28)), shape=(28, 28, 1),
         values=lambda image: [np.float32(image[..., 0]) / 255]),
    Kind("model in a model (transfer learning)", networks.nested, "base/conv2"),
    Kind("two outputs", networks.heads, flags=("--head", "shape"), explained=(nothing, the_class)),
    Kind("softmax as a layer", networks.softmax_layer, logits="logits"),
    Kind("logits, no softmax", partial(small, activation=None)),
    Kind("softmax(y / temperature)", partial(networks.softmax_layer, 2.0), logits="logits"),
    Kind("mean of an ensemble's softmaxes", networks.ensemble),
    Kind("one sigmoid neuron", partial(small, units=1, activation="sigmoid"), explained=(the_side,)),
    Kind("regression, one linear neuron", partial(small, units=1, activation=None), explained=(the_value,), seed=2),
    Kind("preprocess_input, caffe", partial(small, applications.resnet50.preprocess_input, span=80), values=raw),
    Kind("preprocess_input, tf", partial(small, applications.mobilenet_v2.preprocess_input), values=raw),
    Kind("trained on 0 to 255, not scaled", partial(small, span=255), flags=("--pixels", "0..255"), values=raw),
    Kind("trained on -1 to 1, not scaled", small, flags=("--pixels=-1..1",),
         values=lambda image: [np.float32(image) / 127.5 - 1]),
    Kind("Normalization adapted on 0 to 1", networks.normalized),
    Kind("RGBA", partial(small, shape=(28, 28, 4)), shape=(28, 28, 4)),
    Kind("channels first", networks.channels_first, channels=0,
         values=lambda image: [np.float32(image.transpose(2, 0, 1)) / 255]),
    Kind("free size", partial(small, shape=(None, None, 3), pooling=layers.GlobalAveragePooling2D()), shape=(224, 224, 3)),
    Kind("MobileNetV3Small, free size", networks.mobilenet, "conv_1", values=raw, logits="flatten", shape=(224, 224, 3)),
    Kind("ResNet50", partial(networks.application, applications.ResNet50, 224, RESNET), RESNET, values=caffe, seed=2,
         shape=(224, 224, 3)),
    Kind("ConvNeXtTiny", partial(networks.application, applications.ConvNeXtTiny, 128, CONVNEXT), CONVNEXT,
         values=raw, shape=(128, 128, 3)),
    Kind("mixed_float16", lambda: networks.of_type("mixed_float16", keras.Input((28, 28, 3)))),
    Kind("float64", lambda: networks.of_type("float64", keras.Input((28, 28, 3), dtype="float64")),
         values=lambda image: [image / 255]),
    Kind("input of uint8", networks.whole_numbers, values=lambda image: [image]),
    Kind("a layer called three times", networks.shared, "conv2:3"),
    Kind("image and numbers", unusual.with_numbers, flags=("--input", "metadata=" + ",".join(map(str, NUMBERS))),
         values=lambda image: [np.float32(image) / 255, np.float32(NUMBERS)]),
    Kind("two images (siamese)", unusual.siamese, second=True, explained=(the_side,), seed=2,
         values=lambda image: [np.float32(image) / 255, np.float32(second_image(image)) / 255]),
    Kind("U-Net, a class of its pixels", unusual.u_net, "middle", ("--class", "1"), explained=(region,), logits="logits",
         shape=(32, 32, 3), seed=2),
    Kind("letters in a row (captcha)", unusual.captcha, flags=("--position", "1"), explained=(letter,), shape=(20, 48, 1)),
    Kind("vision transformer", unusual.transformer, "patches"),
    Kind("sequence of images, TimeDistributed", unusual.frames,
         values=lambda image: [np.stack([np.roll(np.float32(image) / 255, step, axis=1) for step in range(4)])]),
    Kind("volume, Conv3D", unusual.volume, shape=(28, 28, 1),
         values=lambda image: [np.stack([np.roll(np.float32(image) / 255, step, axis=1) for step in range(8)])]),
    Kind("Lambda", unusual.own_code, values=raw, safe=False),
)  # fmt: skip


def drawn(shape: tuple[int, int, int]) -> np.ndarray:
    """Draw a disk and a bar on a slope with noise, uint8 (height, width, channels); a fourth channel is opacity."""
    height, width, channels = shape
    y, x = np.mgrid[:height, :width] / max(height, width)
    color = np.stack([60 + 100 * x, 40 + 120 * y, 160 - 100 * x], axis=-1)
    color[np.hypot(y - 0.3, x - 0.35) < 0.2] = 230, 60, 40
    color[np.abs(y + 0.5 * x - 0.8) < 0.06] = 30, 220, 240
    color += np.random.default_rng(0).normal(0, 12, color.shape)
    if channels == 1:
        color = color[..., :1]
    if channels == 4:
        color = np.concatenate([color, (255 - 120 * x)[..., None]], axis=-1)
    return color.clip(0, 255).astype(np.uint8)


def second_image(image: np.ndarray) -> np.ndarray:
    """Return another image: the first on its head."""
    return np.ascontiguousarray(image[::-1])


def save_image(image: np.ndarray, path: Path) -> None:
    """Write an image, uint8 (height, width, 1, 3 or 4), as a PNG file."""
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(path)


def batch(inputs: list[np.ndarray]) -> np.ndarray | list[np.ndarray]:
    """Return inputs with a batch axis, as a Keras model takes them: one, or a list."""
    batched = [values[None] for values in inputs]
    return batched if len(batched) > 1 else batched[0]


def weights_of(kind: Kind, built: Built, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Return for each output the weights of its logits, or without a probe of itself: the score is their sum."""
    outputs = built.probe(batch(inputs))[1:] if built.probe else [built.model(batch(inputs))]
    return [weigh(np.float32(values[0])) for weigh, values in zip(kind.explained, outputs)]


def references(kind: Kind, built: Built, inputs: list[np.ndarray], weights: list[np.ndarray]) -> list[np.ndarray]:
    """Return Grad-CAM (Selvaraju et al., arXiv 1610.02391) by a plain tape on the probes, before its ReLU.

    Returns
    -------
    maps
        float64 (h, w), or (d, h, w) of a volume: that of the call that is explained, and those of other calls of the layer.
        None of them where Grad-CAM is not defined.
    """
    return [_grad_cam(probe, kind, inputs, weights) for probe in (built.probe, *built.others) if probe]


def _grad_cam(probe, kind, inputs, weights):
    with tensorflow.GradientTape() as tape:
        maps, *logits = probe(batch(inputs))
        score = sum(
            tensorflow.reduce_sum(tensorflow.cast(values[0], "float32") * weigh) for values, weigh in zip(logits, weights)
        )
    both = (np.float64(values)[0] for values in (maps, tape.gradient(score, maps)))
    features, gradients = (np.moveaxis(values, kind.channels, -1) for values in both)
    return features @ gradients.mean(axis=tuple(range(gradients.ndim - 1)))

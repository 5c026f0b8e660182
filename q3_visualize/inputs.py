"""What a network takes: an image in one of several layouts, and perhaps more."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from common.model_files import ANY_SIZE, size_where_free
from common.quiet import keras, tensorflow
from data.errors import UserError

IMAGE_CHANNELS = (1, 3, 4)
FEW = 4  # the last axis of a signal with several channels, and not the width of an image
CHANNELS_LAST, CHANNELS_FIRST, NO_CHANNELS = "channels last", "channels first", "no channels"
_FRAMES = "save the part that sees one frame, inside TimeDistributed for example, by itself, and look at its feature maps"
_SIGNAL = "Section 3 shows images only; keras.Model(model.inputs, layer.output) computes what a layer makes of a signal"


class Input(NamedTuple):
    """An input of a model: its name, shape without a batch axis, dtype, how an image lies in it or "", and a size that fits."""

    name: str
    shape: tuple[int | None, ...]
    dtype: tensorflow.DType
    layout: str
    any_size: int = ANY_SIZE

    @property
    def image_shape(self) -> tuple[int, int, int] | None:
        """(height, width, channels) of an image, `any_size` where any is taken; None for an input that takes no image."""
        if not self.layout:
            return None
        shape = {CHANNELS_LAST: self.shape, CHANNELS_FIRST: (*self.shape[1:], self.shape[0])}.get(self.layout, (*self.shape, 1))
        return (shape[0] or self.any_size, shape[1] or self.any_size, shape[2])

    def laid_out(self, values: tensorflow.Tensor) -> tensorflow.Tensor:
        """Return images (n, height, width, channels), or values of another kind, as the model takes them.

        Integers stay floats: a network that takes them casts them itself, and a gradient would not pass a cast.
        Channels stay last; Walk puts them first.
        """
        if self.dtype.is_floating:
            values = tensorflow.cast(values, self.dtype)
        return values[..., 0] if self.layout == NO_CHANNELS else values


def inputs_of(model: keras.Model) -> list[Input]:
    """Return a model's inputs in their order. Raises UserError for a model that has none yet, or that takes no image."""
    if isinstance(model, keras.Sequential) and not model.built:
        raise UserError("the network has no input yet: give it a keras.Input, or call it once, and save it again")
    if not getattr(model, "inputs", None):
        raise UserError("the network is neither Sequential nor functional: its layers cannot be called one by one")
    found = []
    for tensor in model.inputs:
        shape = tuple(tensor.shape[1:])
        layout = _layout(shape)
        any_size = size_where_free(model) if layout and None in shape else ANY_SIZE
        found.append(Input(tensor.name, shape, tensorflow.as_dtype(tensor.dtype), layout, any_size))
    if not any(each.layout for each in found):
        raise UserError(_why_not(found))
    return found


def image_of(inputs: list[Input], name: str | None) -> Input:
    """Return the input with this name, or the first that takes an image. Raises UserError if there is none."""
    images = [each for each in inputs if each.layout]
    if name is None:
        return images[0]
    for each in images:
        if each.name == name:
            return each
    raise UserError(f"no input {name!r} that takes an image: give one of {', '.join(each.name for each in images)}")


def fitting(inputs: list[Input], image: Input, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the values of the inputs beside the image, by name. Raises UserError for one that is missing or does not fit."""
    others = {each.name: each for each in inputs if each is not image}
    for name in given:
        if name not in others:
            names = ", ".join(others) or "it has no other"
            raise UserError(f"the network has no input {name!r} beside the image {image.name!r}: {names}")
    values = {}
    for name, each in others.items():
        if name not in given:
            raise UserError(f"the network takes {_described(each)} as input {name!r} too: give {_flag(each)}")
        value = np.asarray(given[name])
        wanted = each.image_shape if each.image_shape and value.dtype == np.uint8 else each.shape
        value = value.reshape(wanted) if wanted == () and value.size == 1 else value
        if value.ndim != len(wanted) or any(size not in (None, got) for size, got in zip(wanted, value.shape)):
            raise UserError(
                f"input {name!r} takes {_described(each)}, and was given {' x '.join(map(str, value.shape)) or 'one'}"
            )
        if each.dtype.is_integer and value.dtype.kind == "f" and (value % 1).any():
            raise UserError(f"input {name!r} takes whole numbers: give some without a fraction")
        values[name] = value
    return values


def _layout(shape):
    """Say how an image would lie in a shape without a batch axis; "" if it is none."""
    if len(shape) == 3:
        return CHANNELS_LAST if shape[2] in IMAGE_CHANNELS else CHANNELS_FIRST if shape[0] in IMAGE_CHANNELS else ""
    return NO_CHANNELS if len(shape) == 2 and None not in shape and min(shape) > FEW else ""


def _described(each):
    size = " x ".join("any" if size is None else f"{size:,}" for size in each.shape)
    if each.layout:
        return f"an image of {size}"
    return f"values of shape {size}" if len(each.shape) > 1 else "one number" if size in ("", "1") else f"{size} numbers"


def _flag(each):
    if each.layout:
        return f"--image {each.name}=FILE"
    return f"--input {each.name}=1,2,... or {each.name}=FILE.npy"


def _why_not(inputs):
    each = max(inputs, key=lambda each: len(each.shape))
    taken = " and ".join(map(_described, inputs))
    if len(each.shape) == 4:
        return f"the network takes {taken}, frames or a volume: {_FRAMES}"
    if len(each.shape) == 2:
        return f"the network takes {taken}, a signal or a sequence and no image of 1, 3 or 4 channels: {_SIGNAL}"
    return f"the network takes {taken}, not one image of 1, 3 or 4 channels"

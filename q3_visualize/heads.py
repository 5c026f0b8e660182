"""The outputs of a network: what they are, and the score of one that a heatmap explains.

What is printed is the network's own output. A softmax or a sigmoid is put on it only where the loss that the file records
says that it is logits. What is explained is a logit where the output ends in a softmax or sigmoid, or the output itself.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from common.quiet import keras, tensorflow
from data import line_classes
from q3_visualize.walk import LayerCall, activation_name, before_activation, loses_last_axis, producer

PREDICTED = -1  # in place of a class index
NOTHING = -1  # in place of a class that another is held against
PROBABILITIES, LOGITS, LOG_PROBABILITIES, VALUES = "probabilities", "logits", "log-probabilities", "values"
_ENDS = {"softmax": PROBABILITIES, "sigmoid": PROBABILITIES, "log_softmax": LOG_PROBABILITIES}
# What makes probabilities of probabilities.
_MIXING = ("average", "mean", "multiply", "globalaveragepooling1d", "globalaveragepooling2d", "averagepooling2d",
           "globalmaxpooling1d", "globalmaxpooling2d", "maxpooling2d", "flatten", "reshape", "dropout", "identity", "permute",
           "cast", "squeeze", "getitem")  # fmt: skip


class Head(NamedTuple):
    """An output of a network: its name, the path of the layer that computes it, and what it is.

    `kind` is one of the four words above; `binary` means one neuron that stands for two classes; `activation` is removed for
    a score; `places` is () for one vector an image, (length,) for a sequence and (height, width) for a map of vectors.
    """

    name: str
    path: str
    kind: str
    activation: str
    binary: bool
    places: tuple[int, ...]
    class_names: tuple[str, ...]

    @property
    def neurons(self) -> int:
        """How many numbers the output has at each place."""
        return 1 if self.binary else len(self.class_names)


def find(
    steps: dict[str, LayerCall],
    outputs: dict[str, tensorflow.Tensor],
    others: Callable[[], dict[str, tensorflow.Tensor]],
    losses: object,
    data: str | None,
) -> dict[str, Head]:
    """Return the heads of a network by name.

    Parameters
    ----------
    steps, outputs, others
        What was computed for an image, and a function that computes the outputs for another one.
    losses, data
        As for networks.Network, and the name of the data set of its training, if that is known.
    """
    heads = {}
    for place, (name, output) in enumerate(outputs.items()):
        step = next((step for step in reversed(steps.values()) if step.output is output), None)
        if step is None or not tensorflow.as_dtype(output.dtype).is_floating:
            continue  # an input, or numbers of boxes that were kept, for example
        places, neurons = tuple(output.shape[1:-1]), output.shape[-1] if len(output.shape) > 1 else 1
        if len(output.shape) == 3 and loses_last_axis(step):
            places, neurons = tuple(output.shape[1:]), 1  # a mask without an axis for its channel
        step = producer(steps, output)
        ends = activation_name(step.layer) if _along_last_axis(step) else ""
        kind = _ENDS.get(ends) or (PROBABILITIES if _of_probabilities(steps, step) else VALUES)
        if kind == VALUES and neurons > 1 and all(map(_sums_to_1, (output, others()[name]))):
            kind = PROBABILITIES
        if kind == VALUES and not ends and _has_logits(_loss_of(losses, name, place)):
            kind = LOGITS
        binary = neurons == 1 and kind in (PROBABILITIES, LOGITS) and ends != "softmax"
        names = _class_names(name, 2 if binary else neurons, data, "output" if kind == VALUES else "class")
        heads[name] = Head(name, step.path, kind, ends if ends in _ENDS else "", binary, places, names)
    return heads


def named(model: keras.Model, outputs: object) -> dict[str, tensorflow.Tensor]:
    """Return the outputs of a model by name, "outer/inner" for one in a dict or a list inside."""
    if isinstance(outputs, dict):
        return _flat(outputs)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    if any(isinstance(output, dict | list | tuple) for output in outputs):
        return _flat(dict(enumerate(outputs)))
    names = getattr(model, "output_names", [model.layers[-1].name])  # a Sequential has none
    return {
        name if name not in names[:place] else f"{name}:{names[:place].count(name) + 1}": output
        for place, (name, output) in enumerate(zip(names, outputs))
    }


def _flat(outputs, prefix=""):
    flat = {}
    for name, output in outputs.items():
        inner = dict(enumerate(output)) if isinstance(output, list | tuple) else output
        flat |= _flat(inner, f"{prefix}{name}/") if isinstance(inner, dict) else {f"{prefix}{name}": inner}
    return flat


def losses_of(model: keras.Model) -> object:
    """Return the losses that a model in memory was compiled with, as JSON, or None."""
    return (model.get_compile_config() or {}).get("loss") if getattr(model, "compiled", False) else None


def source(head: Head, steps: dict[str, LayerCall], output: tensorflow.Tensor) -> tensorflow.Tensor:
    """Return a tensor of which the scores of a head are a function: what its last layer is given."""
    step = producer(steps, output)
    return step.input if step.input is not None else step.output


def logits(head: Head, steps: dict[str, LayerCall], output: tensorflow.Tensor) -> tensorflow.Tensor:
    """Return the scores of all classes at all places, float32 (n, places, classes); one neuron's two signs are two classes."""
    values = before_activation(producer(steps, output)) if head.activation else output
    values = tensorflow.cast(values, "float32")
    if head.binary and head.kind == PROBABILITIES and not head.activation:
        values -= 0.5  # above 0 where class 1 is predicted, as a logit is
    values = tensorflow.reshape(values, (tensorflow.shape(output)[0], int(np.prod(head.places)), head.neurons))
    return tensorflow.concat([-values, values], axis=2) if head.binary else values


def chosen(head: Head, scores: tensorflow.Tensor, classes: tensorflow.Tensor, region: tensorflow.Tensor) -> tensorflow.Tensor:
    """Return the classes, int64 (n,), with the predicted ones in place of PREDICTED.

    Of several places these are the class of most places of the region, or of values the one with the greatest mean. Of a map of
    one neuron it is class 1, what the network looks for.
    """
    if head.binary and head.places:
        return tensorflow.where(classes == PREDICTED, tensorflow.ones_like(classes), classes)
    votes = scores if head.kind == VALUES else tensorflow.one_hot(tensorflow.argmax(scores, axis=2), scores.shape[2])
    predicted = tensorflow.argmax(tensorflow.einsum("npc,np->nc", votes, region), axis=1)
    return tensorflow.where(classes == PREDICTED, predicted, classes)


def target(
    head: Head, scores: tensorflow.Tensor, classes: tensorflow.Tensor, region: tensorflow.Tensor, against: tensorflow.Tensor
) -> tensorflow.Tensor:
    """Return what a heatmap explains, float32 (n,): a class's mean score over the places of a region where it is predicted.

    If it is predicted nowhere there, or for values, that is the mean over the whole region, float32 (n, places) of 0 and 1.
    The score of the class `against`, int64 (n,), is subtracted, if that is not NOTHING.
    """
    of_class = tensorflow.gather(scores, classes, axis=2, batch_dims=1)
    of_other = tensorflow.gather(scores, tensorflow.maximum(against, 0), axis=2, batch_dims=1)
    of_class -= tensorflow.where(against[:, None] == NOTHING, tensorflow.zeros_like(of_other), of_other)
    if head.places and head.kind != VALUES:
        there = region * tensorflow.cast(tensorflow.argmax(scores, axis=2) == classes[:, None], "float32")
        region = tensorflow.where(tensorflow.reduce_any(there > 0, axis=1, keepdims=True), there, region)
    return tensorflow.reduce_sum(of_class * region, axis=1) / tensorflow.reduce_sum(region, axis=1)


def probabilities(head: Head, output: tensorflow.Tensor) -> np.ndarray:
    """Return an output as Network.predict does: float32 (n, ..., classes)."""
    values = tensorflow.cast(output, "float32")
    if head.kind == LOGITS:
        values = tensorflow.sigmoid(values) if head.binary else tensorflow.nn.softmax(values)
    values = values.numpy().reshape(len(values), *head.places, head.neurons)
    return np.concatenate([1 - values, values], axis=-1) if head.binary else values


def _along_last_axis(step):
    """Whether a softmax goes along the last axis: over another one it is no choice between the classes."""
    axis = getattr(step.layer, "axis", -1) if activation_name(step.layer) in ("softmax", "log_softmax") else -1
    return axis in (-1, len(step.output.shape) - 1)


def _of_probabilities(steps, step):
    """Whether a step only mixes or moves probabilities: the mean of an ensemble's, or a pooling of those at many places."""
    if _ENDS.get(activation_name(step.layer)) == PROBABILITIES:
        return True
    if type(step.layer).__name__.lower() not in _MIXING:
        return False
    if step.output.shape[-1] not in [tensor.shape[-1] for tensor in step.inputs] and not loses_last_axis(step):
        return False  # its last axis is none of classes
    by_output = {id(each.output): each for each in steps.values()}
    sources = [by_output.get(id(tensor)) for tensor in step.inputs]
    return all(source and _of_probabilities(steps, source) for source in sources)


def _sums_to_1(output):
    """Whether an output that was computed looks like probabilities of several classes."""
    values = tensorflow.cast(output, "float32").numpy()
    return bool((values >= 0).all() and (np.abs(values.sum(axis=-1) - 1) < 1e-3).all())


def _loss_of(losses, name, place):
    """Return the loss of one output from those of all, JSON: one for all, or a list or a dict of them."""
    if isinstance(losses, dict) and "class_name" not in losses:
        return losses.get(name)
    if isinstance(losses, list):
        return losses[place] if place < len(losses) else None
    return losses


def _has_logits(loss):
    """Whether a loss, JSON as Keras writes it, is a cross-entropy of logits."""
    config = loss.get("config") if isinstance(loss, dict) else None
    return isinstance(config, dict) and config.get("from_logits") is True


def _class_names(head, classes, data, word):
    if data == "lines" and classes == line_classes.CLASSES:
        return tuple(map(line_classes.class_name, range(classes)))
    if data == "lines" and classes == len(line_classes.FACTORS.get(head, ())):
        return line_classes.FACTORS[head]
    prefix = "" if data in ("mnist", "mnist_official") else f"{word} "
    return tuple(f"{prefix}{index}" for index in range(classes))

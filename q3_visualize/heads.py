"""The outputs of a network: what they are, in words and numbers, and the score of one that a heatmap explains.

What is printed is the network's own output. A softmax or a sigmoid is put on it only where the loss that the file records
says that it is logits. What is explained is a logit where the output ends in a softmax or sigmoid, or the output itself.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

from common.quiet import keras, tensorflow
from data import line_classes
from q3_visualize.walk import LayerCall, activation_name, before_activation, producer

PREDICTED = -1  # in place of a class index
PROBABILITIES, LOGITS, LOG_PROBABILITIES, VALUES = "probabilities", "logits", "log-probabilities", "values"
_ENDS = {"softmax": PROBABILITIES, "sigmoid": PROBABILITIES, "log_softmax": LOG_PROBABILITIES}
# What makes probabilities of probabilities.
_MIXING = ("average", "mean", "multiply", "globalaveragepooling1d", "globalaveragepooling2d", "averagepooling2d",
           "globalmaxpooling1d", "globalmaxpooling2d", "maxpooling2d", "flatten", "reshape", "dropout", "identity", "permute",
           "cast", "squeeze", "getitem")  # fmt: skip
LISTED = 6  # values of an output that are all printed


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


def find(
    steps: dict[str, LayerCall], outputs: dict[str, tensorflow.Tensor], losses: object, data: str | None
) -> dict[str, Head]:
    """Return the heads by name; `losses` as for networks.Network, `data` the name of the data set of its training, if known."""
    heads = {}
    for place, (name, output) in enumerate(outputs.items()):
        if len(getattr(output, "shape", ())) < 2 or not tensorflow.as_dtype(output.dtype).is_floating:
            continue  # numbers of boxes that were kept, for example
        step = producer(steps, output)
        ends = activation_name(step.layer) if _along_last_axis(step.layer) else ""
        kind = _ENDS.get(ends) or (PROBABILITIES if _of_probabilities(steps, step) or _sums_to_1(output) else VALUES)
        if kind == VALUES and not ends and _has_logits(_loss_of(losses, name, place)):
            kind = LOGITS
        neurons = output.shape[-1]
        binary = neurons == 1 and kind in (PROBABILITIES, LOGITS)
        names = _class_names(name, 2 if binary else neurons, data, "output" if kind == VALUES else "class")
        heads[name] = Head(name, step.path, kind, ends if ends in _ENDS else "", binary, tuple(output.shape[1:-1]), names)
    return heads


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
    values = tensorflow.reshape(values, (tensorflow.shape(values)[0], int(np.prod(head.places)), output.shape[-1]))
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


def target(head: Head, scores: tensorflow.Tensor, classes: tensorflow.Tensor, region: tensorflow.Tensor) -> tensorflow.Tensor:
    """Return what a heatmap explains, float32 (n,): a class's mean score over the places of a region where it is predicted.

    If it is predicted nowhere there, or for values, that is the mean over the whole region, float32 (n, places) of 0 and 1.
    """
    of_class = tensorflow.gather(scores, classes, axis=2, batch_dims=1)
    if head.places and head.kind != VALUES:
        there = region * tensorflow.cast(tensorflow.argmax(scores, axis=2) == classes[:, None], "float32")
        region = tensorflow.where(tensorflow.reduce_any(there > 0, axis=1, keepdims=True), there, region)
    return tensorflow.reduce_sum(of_class * region, axis=1) / tensorflow.reduce_sum(region, axis=1)


def probabilities(head: Head, output: tensorflow.Tensor) -> np.ndarray:
    """Return an output as Network.predict does: float32 (n, ..., classes)."""
    values = tensorflow.cast(output, "float32")
    if head.kind == LOGITS:
        values = tensorflow.sigmoid(values) if head.binary else tensorflow.nn.softmax(values)
    values = values.numpy()
    return np.concatenate([1 - values, values], axis=-1) if head.binary else values


def in_words(heads: list[Head], values: dict[str, np.ndarray]) -> list[str]:
    """Return for each image what `Network.predict` says: all heads together if all have classes, else one after another."""
    if heads and all(head.kind in (PROBABILITIES, LOGITS) and not head.places for head in heads):
        classes = zip(*(values[head.name].argmax(axis=1) for head in heads))
        names = [" ".join(head.class_names[index] for head, index in zip(heads, row)) for row in classes]
        joint = np.prod([values[head.name].max(axis=1) for head in heads], axis=0)
        return [f"{name}, {probability:.1%}" for name, probability in zip(names, joint)]
    of_heads = [list(map(_Words(head), values[head.name])) for head in heads]
    several = len(heads) > 1
    rows = zip(*of_heads) if heads else ()
    return ["; ".join(f"{head.name}: {words}" if several else words for head, words in zip(heads, row)) for row in rows]


class _Words:
    """Says what a head's output for one image, float32 (*places, classes), is."""

    def __init__(self, head):
        self.head = head

    def __call__(self, values):
        if len(self.head.places) > 1:
            return self._map(values)
        if self.head.places:
            return self._sequence(values)
        return self._vector(values)

    def _vector(self, values):
        index = values.argmax()
        if self.head.kind == VALUES:
            words = (
                f"{values[index]:.5g}"
                if len(values) == 1
                else f"{self.head.class_names[index]} is the greatest, {values[index]:.4g}"
            )
            return f"{words} of ({', '.join(f'{value:.4g}' for value in values)})" if 1 < len(values) <= LISTED else words
        if self.head.kind == LOG_PROBABILITIES:
            return f"{self.head.class_names[index]}, log-probability {values[index]:.4g}"
        return f"{self.head.class_names[index]}, {values[index]:.1%}"

    def _sequence(self, values):
        if self.head.kind == VALUES:
            return self._map(values)
        names = " ".join(self.head.class_names[index].removeprefix("class ") for index in values.argmax(axis=-1))
        least = values.max(axis=-1)
        return (
            f"classes {names}, each with {least.min():.1%} or more"
            if self.head.kind != LOG_PROBABILITIES
            else f"classes {names}"
        )

    def _map(self, values):
        places = values.reshape(-1, values.shape[-1])
        if self.head.kind == VALUES:
            size = " x ".join(map(str, self.head.places))
            strongest = self.head.class_names[places.mean(axis=0).argmax()]
            return f"a map of {size}, {values.min():.4g} to {values.max():.4g}, on average greatest for {strongest}"
        counts = Counter(places.argmax(axis=1).tolist()).most_common(3)
        return ", ".join(
            f"{self.head.class_names[index]} at {count / len(places):.1%} of the places" for index, count in counts
        )


def _along_last_axis(layer):
    """Whether a softmax goes along the last axis: over another one it is no choice between the classes."""
    axis = getattr(layer, "axis", -1) if activation_name(layer) in ("softmax", "log_softmax") else -1
    return axis in (-1, getattr(getattr(layer, "output", None), "ndim", 0) - 1)


def _of_probabilities(steps, step):
    """Whether a step only mixes or moves probabilities: the mean of an ensemble's, or a pooling of those at many places."""
    if _ENDS.get(activation_name(step.layer)) == PROBABILITIES:
        return True
    if type(step.layer).__name__.lower() not in _MIXING:
        return False
    by_output = {id(each.output): each for each in steps.values()}
    sources = [by_output.get(id(tensor)) for tensor in step.inputs]
    return bool(sources) and all(source and _of_probabilities(steps, source) for source in sources)


def _sums_to_1(output):
    """Whether an output that was computed looks like probabilities of several classes: nothing else sums to 1 by chance."""
    values = tensorflow.cast(output, "float32").numpy()
    sums = values.sum(axis=-1)
    return values.shape[-1] > 1 and bool((values >= 0).all() and (np.abs(sums - 1) < 1e-3).all())


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

"""What a network says of an image, in words and numbers: its own outputs."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from q3_visualize.heads import LOG_PROBABILITIES, LOGITS, PROBABILITIES, VALUES, Head

LISTED = 6  # values of an output that are all printed


def in_words(heads: Sequence[Head], values: dict[str, np.ndarray]) -> list[str]:
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

"""A network as live/engine.js takes it: operations and their weights."""

from __future__ import annotations

import base64

import numpy as np


class Program:
    """Operations in their order, and their weights, as engine.js takes them.

    Attributes
    ----------
    operations
        Each has kind, from (numbers of values), shape (without a batch axis), and what the kind needs.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.operations = [{"kind": "image", "from": [], "shape": list(shape)}]
        self._arrays, self._places, self._length = [], {}, 0

    def add(self, kind: str, sources: list[int], shape: tuple[int, ...], weights: dict | None = None, **what: object) -> int:
        """Add an operation and return the number of its value. weights: arrays by name, None for those that it does without."""
        places = {name: self._place(array) for name, array in (weights or {}).items() if array is not None}
        operation = {"kind": kind, "from": sources, "shape": [int(side) for side in shape], **what}
        self.operations.append(operation | ({"weights": places} if places else {}))
        return len(self.operations) - 1

    def weights(self) -> str:
        """Return all weights, float32 in the order of small-endian machines, in base64."""
        joined = np.concatenate(self._arrays) if self._arrays else np.zeros(0)
        return base64.b64encode(joined.astype("<f4").tobytes()).decode()

    def _place(self, array):
        """Return [start, length] of an array among all weights; a layer that is called twice has its weights there once."""
        array = np.asarray(array, np.float32).ravel()
        key = array.tobytes()
        if key not in self._places:
            self._places[key] = [self._length, array.size]
            self._arrays.append(array)
            self._length += array.size
        return self._places[key]

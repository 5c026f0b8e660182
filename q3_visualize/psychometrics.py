"""What a network says of lines between its classes: the probability of each level of a factor, and where it changes.

A psychometric curve is the share of an answer against the strength of a stimulus, with a logistic function fitted to it: its
threshold is where the answer has a probability of one half (Wichmann and Hill, "The psychometric function", Perception &
Psychophysics 63, 2001).
"""

from typing import NamedTuple

import numpy as np

from data.line_classes import CLASSES, FACTORS


class Fit(NamedTuple):
    """A logistic function: where it is one half, and how much it rises there per unit of the stimulus."""

    threshold: float
    slope: float


def of_factors(outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the probabilities of the levels of each factor, (n, levels), from a network's outputs by head.

    A head that is called as a factor is that of the factor; of a head with the 96 classes, the probabilities of all classes
    with a level are added up. Without either there are none.
    """
    found = {}
    for name, values in outputs.items():
        if values.ndim == 2 and name in FACTORS and values.shape[1] == len(FACTORS[name]):
            found[name] = values
        elif values.ndim == 2 and values.shape[1] == CLASSES:
            joint = values.reshape(-1, *map(len, FACTORS.values()))
            axes = range(1, joint.ndim)
            found |= {name: joint.sum(axis=tuple(set(axes) - {axis})) for axis, name in zip(axes, FACTORS)}
    return {name: found[name] for name in FACTORS if name in found}


def logistic_fit(values: np.ndarray, probabilities: np.ndarray) -> Fit | None:
    """Fit a logistic function of stimulus values (n,) to probabilities (n,), by maximum likelihood.

    None where the probabilities do not cross one half.
    """
    from sklearn.linear_model import LogisticRegression

    if not probabilities.min() < 0.5 < probabilities.max():
        return None
    center, scale = values.mean(), values.std()
    stimulus = ((np.concatenate([values, values]) - center) / scale)[:, None]
    answers = np.repeat([1, 0], len(values))
    weights = np.concatenate([probabilities, 1 - probabilities])
    # Next to no penalty: without any, answers that are nearly 0 and 1 would have no finite slope.
    fitted = LogisticRegression(C=1e4, tol=1e-8, max_iter=1000).fit(stimulus, answers, sample_weight=weights)
    steepness = fitted.coef_[0, 0] / scale
    return Fit(float(center - fitted.intercept_[0] / steepness), float(steepness / 4))

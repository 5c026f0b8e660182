"""What a tuning curve says: which value a filter prefers, and how selective it is. Plain arrays; no network."""

from typing import NamedTuple

import numpy as np


class Tuning(NamedTuple):
    """The tuning of k filters to the angle of a line, each float64 (k,); NaN where a filter does not respond at all.

    `preferred`, 0 to 180 degrees; `selectivity`, 1 - circular variance, from 0, the same at every angle, to 1, one angle alone;
    `bandwidth`, half the width of the peak at half its height, degrees, 90 for one that never falls to half.
    """

    preferred: np.ndarray
    selectivity: np.ndarray
    bandwidth: np.ndarray


def angle_tuning(curves: np.ndarray, degrees: np.ndarray) -> Tuning:
    """Return the tuning of responses, float (k, n), at n evenly spaced angles from 0 on to below 180 degrees.

    Responses below 0 count as 0: what an activation function lets pass. An angle counts twice around the circle, since a line
    at 180 degrees is one at 0: Ringach, Shapley and Hawken, J. Neurosci. 22(13), 2002.
    """
    curves = np.maximum(np.asarray(curves, float), 0)
    total = curves.sum(axis=1)
    responds = total > 0
    vector = np.divide(curves @ np.exp(2j * np.deg2rad(degrees)), total, where=responds, out=np.full(len(curves), np.nan + 0j))
    preferred = np.where(responds, np.rad2deg(np.angle(vector)) / 2 % 180, np.nan)
    bandwidth = np.where(responds, [_half_width(curve, degrees) for curve in curves], np.nan)
    return Tuning(preferred, np.where(responds, np.abs(vector), np.nan), bandwidth)


def _half_width(curve, degrees):
    """Half of the width of the highest peak at half its height, from straight lines between the angles."""
    step, peak = degrees[1] - degrees[0], int(np.argmax(curve))
    half = curve[peak] / 2
    sides = [_falls_to(half, np.roll(curve[::direction], -place)) for direction, place in
             ((1, peak), (-1, len(curve) - 1 - peak))]  # fmt: skip
    return min(step * sum(sides) / 2, 90.0) if None not in sides else 90.0


def _falls_to(level, curve):
    """After how many steps a curve, from its peak on, first falls to a level; None if never."""
    below = np.flatnonzero(curve <= level)
    if not len(below):
        return None
    after = below[0]
    if after == 0:
        return None  # a peak of 0
    return after - 1 + (curve[after - 1] - level) / (curve[after - 1] - curve[after])


def modulation(curves: np.ndarray) -> np.ndarray:
    """Return how much responses, float (k, n), change with a factor, (max - min) / (max + min): float64 (k,) from 0 to 1.

    Michelson's contrast, of responses above 0; NaN where there are none.
    """
    curves = np.maximum(np.asarray(curves, float), 0)
    high, low = curves.max(axis=1), curves.min(axis=1)
    return np.divide(high - low, high + low, where=high > 0, out=np.full(len(curves), np.nan))


def at_the_best(curves: np.ndarray) -> np.ndarray:
    """Return the curve of each filter at the other factors' combination where it responds most.

    From responses, float (values, combinations, k), to curves (k, values).
    """
    best = curves.max(axis=0).argmax(axis=0)
    return np.take_along_axis(curves, best[None, None], axis=1)[:, 0].T

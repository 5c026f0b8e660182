"""Splits that keep the shares of the classes, and all copies of an image on one side."""

from hashlib import blake2b
from typing import NamedTuple

import numpy as np

TEST_SHARE = 0.4
VALIDATION_SHARE = 0.1  # of what is not test


class Split(NamedTuple):
    """Sorted indices of the images on each side, int64."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def identical_groups(images: np.ndarray) -> np.ndarray:
    """Return a number for each image, the same for images that are equal in every byte: int64 (n,), from 0."""
    digests = np.array([blake2b(np.ascontiguousarray(image), digest_size=16).digest() for image in images], "V16")
    return np.unique(digests, return_inverse=True)[1]


def split(labels: np.ndarray, groups: np.ndarray, seed: int = 0) -> Split:
    """Split 60 % for training, a tenth of them for validation, and 40 % for the test; stratified by label.

    Parameters
    ----------
    labels, groups
        int64 (n,). Images of one group (see `identical_groups`) stay on one side; without copies the shares are exact.
    """
    rest, test = _part(np.arange(len(labels)), TEST_SHARE, labels, groups, seed)
    train, validation = _part(rest, VALIDATION_SHARE, labels, groups, seed)
    return Split(train, validation, test)


def split_official(labels: np.ndarray, groups: np.ndarray, train_size: int, seed: int = 0) -> Split:
    """Split the first `train_size` images for training, a tenth of them for validation, and all others for the test."""
    train, validation = _part(np.arange(train_size), VALIDATION_SHARE, labels, groups, seed)
    return Split(train, validation, np.arange(train_size, len(labels)))


def subset(indices: np.ndarray, labels: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Return `count` of the sorted indices, stratified by label; all of them if there are no more."""
    return indices if count >= len(indices) else _random_part(indices, count, labels[indices], seed)[1]


def _part(indices, share, labels, groups, seed):
    """Part sorted indices into two sorted arrays, the second with about `share` of each class."""
    labels, groups = labels[indices], groups[indices]
    if len(np.unique(groups)) < len(groups):
        chosen = _whole_groups(share, labels, groups, seed)
        return indices[~chosen], indices[chosen]
    return _random_part(indices, int(np.ceil(share * len(labels))), labels, seed)


def _random_part(indices, count, labels, seed):
    """Part indices into two sorted arrays, the second with `count` of them, stratified by their labels (n,)."""
    from sklearn.model_selection import train_test_split  # slow to import: usage errors do not wait for it

    # A part with fewer images than classes, as in small trials, cannot be stratified.
    strata = labels if min(count, len(labels) - count) >= len(np.unique(labels)) else None
    rest, part = train_test_split(indices, test_size=count, stratify=strata, random_state=seed)
    return np.sort(rest), np.sort(part)


def _whole_groups(share, labels, groups, seed):
    """Fill up to `share` of each class with whole groups in random order: bool (n,), true for the chosen images.

    At least one group is taken of each class that has several. A group counts to the class of its first image.
    (scikit-learn's StratifiedGroupKFold is similar, but takes half a minute for 60,000 groups.)
    """
    _, first, groups, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    group_labels = labels[first]
    order = np.random.default_rng(seed).permutation(len(sizes))
    chosen = np.zeros(len(sizes), bool)
    for label in np.unique(group_labels):
        candidates = order[group_labels[order] == label]
        middle = np.cumsum(sizes[candidates]) - sizes[candidates] / 2
        wanted = (middle <= share * sizes[candidates].sum()).sum()
        chosen[candidates[: max(wanted, min(1, len(candidates) - 1))]] = True
    return chosen[groups]

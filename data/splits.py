"""Splits that keep the classes' shares, and a picture's copies together."""

from hashlib import blake2b
from typing import NamedTuple

import numpy as np

TEST_SHARE = 0.4
VALIDATION_SHARE = 0.1  # of what is not test


class Split(NamedTuple):
    """Sorted indices of the pictures on each side, int64."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def identical_groups(images):
    """A number for each picture, the same for pictures that are equal in every byte: int64 (n,)."""
    digests = np.array([blake2b(np.ascontiguousarray(image), digest_size=16).digest() for image in images], "V16")
    return np.unique(digests, return_inverse=True)[1]


def split(labels, groups, seed=0):
    """60 % to train, of which a tenth validates, and 40 % to test; stratified by label.

    labels, groups: int64 (n,). Pictures of one group (see `identical_groups`) stay on one side; where each
    group is a single picture, the shares are exact.
    """
    rest, test = _part(np.arange(len(labels)), TEST_SHARE, labels, groups, seed)
    train, validation = _part(rest, VALIDATION_SHARE, labels, groups, seed)
    return Split(train, validation, test)


def split_official(labels, groups, train_size, seed=0):
    """The first `train_size` pictures train, of which a tenth validates; the others test, copies of the first or not."""
    train, validation = _part(np.arange(train_size), VALIDATION_SHARE, labels, groups, seed)
    return Split(train, validation, np.arange(train_size, len(labels)))


def some_of(indices, labels, count, seed=0):
    """`count` of the indices, sorted, of each label its share; all of them if there are no more."""
    if count >= len(indices):
        return indices
    return _random_part(indices, count, labels[indices], seed)[1]


def _part(indices, share, labels, groups, seed):
    """Parts sorted `indices` into two sorted arrays, the second with about `share` of each class."""
    labels, groups = labels[indices], groups[indices]
    if len(np.unique(groups)) < len(groups):
        chosen = _whole_groups(share, labels, groups, seed)
        return indices[~chosen], indices[chosen]
    return _random_part(indices, int(np.ceil(share * len(labels))), labels, seed)


def _random_part(indices, count, labels, seed):
    """Two sorted arrays, the second with `count` of the indices; of each of their labels (n,) its share."""
    # Imported here, since it takes most of a second that --help and usage errors need not wait for.
    from sklearn.model_selection import train_test_split

    # A part with less than a picture of each class, as small trials have it, cannot be stratified.
    strata = labels if min(count, len(labels) - count) >= len(np.unique(labels)) else None
    rest, part = train_test_split(indices, test_size=count, stratify=strata, random_state=seed)
    return np.sort(rest), np.sort(part)


def _whole_groups(share, labels, groups, seed):
    """Fills up to `share` of each class with whole groups in random order: bool (n,), true for the chosen pictures.

    At least one group is taken of each class that has several. A group counts to the class of its first picture.
    (scikit-learn's StratifiedGroupKFold does the like, in half a minute for 60,000 groups.)
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

"""Data sets with their split, ready to train on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from data import line_classes, line_folder, lines, mnist, noise, splits
from data.errors import UserError

# {name of a data set of lines: its level of noise}; "lines_noisy" is the task that is published.
LINES = {{0: "lines", noise.TASK_LEVEL: "lines_noisy"}.get(level, f"lines_noisy_{level}"): level for level in noise.LEVELS}
QUICK = {**dict.fromkeys(LINES, 10), "mnist": 60}  # images of each class in a smoke run
MIN_DISTINCT = 5  # images of each class, so that it is on all sides of a split


@dataclass(frozen=True)
class Dataset:
    """Images, their labels and their split."""

    name: str  # of LINES, "mnist" or "mnist_official"
    source: str  # where the images come from, in words
    per_class: int | None  # how many images of each class were asked for; None for all
    images: np.ndarray  # uint8 (n, height, width, channels), RGB or gray
    labels: np.ndarray  # int64 (n,), class indices
    class_names: tuple[str, ...]
    factors: dict[str, tuple[str, ...]] | None  # of lines: the levels of each factor, whose product is the classes
    distinct: int  # how many images there are if copies count once
    split: splits.Split
    noise_level: int = 0  # of all images, see `data.noise`
    clean: np.ndarray | None = None  # the same images before the noise, for an augmentation that draws it anew; None without

    def notes(self) -> list[str]:
        """Return what a user should know of the data before training: sentences, mostly none."""
        count, classes = len(self.labels), len(self.class_names)
        notes = []
        if self.distinct < count:
            notes.append(f"{count - self.distinct:,} of {count:,} images are copies; copies stay on one side of the split")
        if (missing := classes - len(np.unique(self.labels))) > 0:
            notes.append(f"{missing} of the {classes} classes have no image")
        return notes

    def at_noise_level(self, level: int, seed: int = 0) -> Dataset:
        """Return this data set with all images, of training and test alike, at a level of `data.noise`."""
        if level == 0:
            return self
        source, images = f"{self.source}, noise level {level}", noise.corrupted(self.images, level, seed)
        return replace(self, name=at_level(level), source=source, images=images, noise_level=level, clean=self.images)

    def learning_from(self, count: int, seed: int = 0) -> Dataset:
        """Return this data set with only `count` training images, stratified by class; all if there are no more."""
        train = splits.subset(self.split.train, self.labels, count, seed)
        return replace(self, split=self.split._replace(train=train))

    @cached_property  # hashes every byte of the images, and is read several times
    def fingerprint(self) -> str:
        """A hash of all images and labels, 16 hexadecimal digits."""
        digest = sha256(np.ascontiguousarray(self.images))
        digest.update(self.labels)
        return digest.hexdigest()[:16]

    def describe(self) -> dict[str, str | int | None]:
        """Return what metrics.json records of the data."""
        return {
            "name": self.name,
            "source": self.source,
            "per_class": self.per_class,
            **({"noise_level": self.noise_level} if self.noise_level else {}),
            **{side: len(indices) for side, indices in self.split._asdict().items()},
            "classes": len(self.class_names),
            "different": self.distinct,
            "fingerprint": self.fingerprint,
        }


def at_level(level: int) -> str:
    """Return the name of the data set of lines at a level of `data.noise`."""
    return next(name for name, known in LINES.items() if known == level)


@lru_cache(maxsize=1)  # networks that are trained or tested one after the other mostly share it
def load(
    name: str, lines_dir: Path | None = None, mnist_path: Path | None = None, per_class: int | None = None, seed: int = 0
) -> Dataset:
    """Load a data set and split it. The last one is kept: the same call returns it again, so its arrays are not to be changed.

    Parameters
    ----------
    name
        Of LINES, "mnist", or "mnist_official", which is MNIST with its own split of 60,000 and 10,000.
    lines_dir
        A folder of line images, see `line_folder.read`; None draws them.
    mnist_path
        See `mnist.load`.
    per_class
        How many images of each class; None for all that there are, or 1,000 drawn ones.
    seed
        Seeds the drawing, the split and the noise.

    Raises
    ------
    UserError
        For files that cannot be used, or too few images.
    """
    if name in LINES:
        return load_lines(lines_dir, per_class, seed).at_noise_level(LINES[name], seed)
    return load_mnist(mnist_path, per_class, seed, official=name == "mnist_official")


def load_again(metrics: dict, lines_dir: Path | None = None, mnist_path: Path | None = None) -> Dataset:
    """Load the data set of a trained network by its metrics.json, whose fingerprint is for the caller to compare."""
    data = metrics["data"]
    return load(data["name"], lines_dir, mnist_path, data["per_class"], metrics["training"]["seed"])


def load_lines(folder: Path | None = None, per_class: int | None = None, seed: int = 0) -> Dataset:
    """Load the line data set, see `load`."""
    if folder:
        images, labels = line_folder.read(folder)
        source = f"files in {folder.resolve().name.encode(errors='replace').decode()}"  # a name on a disk need not be text
    else:
        per_class = per_class or lines.PER_CLASS
        images, labels, _ = lines.draw(per_class, seed)
        source = f"drawn, {per_class} a class, seed {seed}"
    names = tuple(map(line_classes.class_name, range(line_classes.CLASSES)))
    return _with_split("lines", source, per_class, images, labels, names, line_classes.FACTORS, seed)


def load_mnist(path: Path | None = None, per_class: int | None = None, seed: int = 0, official: bool = False) -> Dataset:
    """Load MNIST, with its official split or with ours, see `load`."""
    images, labels, source = mnist.load(path)
    if official and (per_class or len(labels) < mnist.TRAIN_SIZE):
        raise UserError("--split official needs all of MNIST: give --mnist-path FILE or set MNIST_PATH, without --per-class")
    name, source = ("mnist_official", f"{source}, official split") if official else ("mnist", source)
    return _with_split(name, source, per_class, images, labels, mnist.CLASS_NAMES, None, seed)


def _with_split(name, source, per_class, images, labels, class_names, factors, seed):
    """Split the first `per_class` images of each class, class after class; all images where no class has more."""
    if per_class and per_class < np.bincount(labels).max():
        chosen = np.concatenate([np.flatnonzero(labels == label)[:per_class] for label in np.unique(labels)])
        images, labels, source = images[chosen], labels[chosen], f"{source}, first {per_class} a class"
    groups = splits.identical_groups(images)
    present, counts = np.unique(labels[np.unique(groups, return_index=True)[1]], return_counts=True)
    if counts.min() < MIN_DISTINCT:
        scarce = class_names[present[counts.argmin()]]
        raise UserError(f"class {scarce!r} has {counts.min()} distinct images: a split needs at least {MIN_DISTINCT}")
    if name == "mnist_official":
        split = splits.split_official(labels, groups, mnist.TRAIN_SIZE, seed)
    else:
        split = splits.split(labels, groups, seed)
    return Dataset(name, source, per_class, images, labels, class_names, factors, int(groups.max()) + 1, split)

"""A data set with its split, ready to train on: what the sections take from this folder."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from data import line_classes, line_folder, lines, mnist, noise, splits
from data.errors import UserError

QUICK = {"lines": 10, "mnist": 60}  # pictures a class of a smoke run


@dataclass(frozen=True)
class Dataset:
    """Pictures, labels and who learns from which.

    name: "lines", "mnist" or "mnist_official". source: where the pictures come from, in words.
    per_class: how many of each class were asked for; None for all.
    images: uint8 (n, height, width, channels), RGB or gray. labels: int64 (n,).
    factors: for lines the levels of each factor, whose product is the classes; None for MNIST.
    distinct: how many pictures there are if copies count once. split: indices (see `splits.Split`).
    """

    name: str
    source: str
    per_class: int | None
    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    factors: dict | None
    distinct: int
    split: splits.Split

    def notes(self):
        """What a person should know before training: a list of sentences, mostly empty."""
        count, classes = len(self.labels), len(self.class_names)
        notes = []
        if self.distinct < count:
            notes.append(f"{count - self.distinct:,} of {count:,} pictures are copies; copies stay on one side of the split")
        if (missing := classes - len(np.unique(self.labels))) > 0:
            notes.append(f"{missing} of the {classes} classes have no picture")
        return notes

    def at_noise_level(self, level, seed=0):
        """This data set with every picture, on all sides of the split, at a level of `data.noise`."""
        images = noise.corrupted(self.images, level, seed)
        return replace(self, images=images, source=f"{self.source}, noise level {level}")

    def learning_from(self, count, seed=0):
        """This data set with only `count` of the pictures that train, of each class its share; all if there are no more."""
        train = splits.some_of(self.split.train, self.labels, count, seed)
        return replace(self, split=self.split._replace(train=train))

    @cached_property  # every byte of the pictures goes into it, and it is asked for several times
    def fingerprint(self):
        """A few letters that change when a picture or a label does."""
        digest = sha256(np.ascontiguousarray(self.images))
        digest.update(self.labels)
        return digest.hexdigest()[:16]

    def describe(self):
        """What metrics.json says of the data. Its fingerprint tells whether a later run meets the same pictures."""
        return {
            "name": self.name,
            "source": self.source,
            "per_class": self.per_class,
            "train": len(self.split.train),
            "validation": len(self.split.validation),
            "test": len(self.split.test),
            "classes": len(self.class_names),
            "different": self.distinct,
            "fingerprint": self.fingerprint,
        }


@lru_cache(maxsize=1)  # networks that are trained or tested one after the other mostly share it
def load(name, lines_dir=None, mnist_path=None, per_class=None, seed=0):
    """The data set of a name: "lines", "mnist" or "mnist_official". Raises UserError for files that cannot be used."""
    if name == "lines":
        return load_lines(lines_dir, per_class, seed)
    return load_mnist(mnist_path, per_class, seed, official=name == "mnist_official")


def load_again(metrics: dict, lines_dir: Path | None = None, mnist_path: Path | None = None) -> Dataset:
    """Load the data set of a trained network as for its training.

    Parameters
    ----------
    metrics
        Its metrics.json. That the images are the same is for the caller to see, by metrics["data"]["fingerprint"].
    lines_dir, mnist_path
        See `load`.
    """
    data = metrics["data"]
    return load(data["name"], lines_dir, mnist_path, data["per_class"], metrics["training"]["seed"])


def load_lines(folder=None, per_class=None, seed=0):
    """The line data set: drawn (1,000 pictures a class unless `per_class` says otherwise), or read from a folder.

    Raises UserError for a folder that cannot be used.
    """
    if folder:
        images, labels = line_folder.read(folder)
        name = folder.resolve().name.encode(errors="replace").decode()  # a name on a disk need not be text
        images, labels, cut = _first_of_each_class(images, labels, per_class)
        source = f"files in {name}{cut}"
    else:
        per_class = per_class or lines.PER_CLASS
        images, labels, _ = lines.draw(per_class, seed)
        source = f"drawn, {per_class} a class, seed {seed}"
    class_names = tuple(map(line_classes.class_name, range(line_classes.CLASSES)))
    groups = splits.identical_groups(images)
    _require_enough(labels, groups, class_names)
    split = splits.split(labels, groups, seed)
    return Dataset("lines", source, per_class, images, labels, class_names, line_classes.FACTORS, int(groups.max()) + 1, split)


def load_mnist(path=None, per_class=None, seed=0, official=False):
    """MNIST from the first place that has it (see `mnist.load`); with `official` its own 60,000 / 10,000 split.

    Raises UserError for a file that cannot be used.
    """
    images, labels, source = mnist.load(path)
    if official and len(labels) < mnist.TRAIN_SIZE:
        raise UserError("--split official needs all of MNIST: give --mnist-path FILE or set MNIST_PATH")
    if official and per_class:
        raise UserError("--split official takes all of MNIST: leave out --per-class and --quick")
    images, labels, cut = _first_of_each_class(images, labels, per_class)
    source += cut
    groups = splits.identical_groups(images)
    _require_enough(labels, groups, mnist.CLASS_NAMES)
    if official:
        source += ", official split"
        split = splits.split_official(labels, groups, mnist.TRAIN_SIZE, seed)
    else:
        split = splits.split(labels, groups, seed)
    return Dataset(
        "mnist_official" if official else "mnist",
        source,
        per_class,
        images,
        labels,
        mnist.CLASS_NAMES,
        None,
        int(groups.max()) + 1,
        split,
    )


def _first_of_each_class(images, labels, per_class):
    """The first `per_class` pictures of each class, class after class, and words for it; everything where none has more."""
    if not per_class or per_class >= np.bincount(labels).max():
        return images, labels, ""
    chosen = np.concatenate([np.flatnonzero(labels == label)[:per_class] for label in np.unique(labels)])
    return images[chosen], labels[chosen], f", first {per_class} a class"


def _require_enough(labels, groups, class_names, least=5):
    """Raises UserError for a class with too few different pictures to stand on all sides of a split."""
    present, counts = np.unique(labels[np.unique(groups, return_index=True)[1]], return_counts=True)
    if len(present) and counts.min() >= least:
        return
    name = class_names[present[counts.argmin()]]
    raise UserError(f"class {name!r} has {counts.min()} different pictures: a split needs at least {least} of each class")

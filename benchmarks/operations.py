"""Where the time of a training step goes, as TensorFlow's profiler sees it.

    python benchmarks/operations.py      # a minute, on an otherwise idle machine; writes benchmarks/operations.json

operations_before.json is what it wrote on the code before the work on speed.

Milliseconds of all operations of a kind together. Operations run side by side on several cores, so the kinds may add up to
more than the step takes.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from reports import provenance, runs

STEPS = 30
PER_CLASS = 60
RESULT = Path(__file__).with_suffix(".json")
KINDS = {  # the first that is found in the name of an operation, "gradient_tape/sequential/bn1/Sum:Sum" for example
    "optimizer": "adam",
    "batch normalization": r"/bn\d",
    "convolutions": "Conv2D",
    "matrix products": "MatMul",
    "pooling": "pool",
    "activations": "relu|softmax|sigmoid",
    "everything else": "",
}


def profile(recipe, dataset):
    """Milliseconds of a step, and of each kind of operation in it."""
    import numpy as np

    from training.quiet import tensorflow
    from training.run import prepare

    model, _ = prepare(recipe, dataset, seed=0)
    chosen = np.resize(dataset.split.train, recipe.batch_size)
    images, targets = tensorflow.constant(dataset.images[chosen]), recipe.targets(tensorflow.constant(dataset.labels[chosen]))
    for _ in range(5):
        model.train_on_batch(images, targets)
    start = time.perf_counter()
    for _ in range(STEPS):
        model.train_on_batch(images, targets)
    step = (time.perf_counter() - start) / STEPS
    with tempfile.TemporaryDirectory() as folder:
        tensorflow.profiler.experimental.start(folder)
        for _ in range(STEPS):
            model.train_on_batch(images, targets)
        tensorflow.profiler.experimental.stop()
        [path] = Path(folder).rglob("*.xplane.pb")
        spent = by_kind(path)
    return {"step": round(1000 * step, 2), **{kind: round(spent[kind] / STEPS, 2) for kind in KINDS}}


def by_kind(path):
    """Milliseconds of each kind of operation in a profile, a Counter."""
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    spent = Counter()
    for plane in XSpace.FromString(path.read_bytes()).planes:
        for event in (event for line in plane.lines for event in line.events):
            if kind := kind_of(plane.event_metadata[event.metadata_id].name):
                spent[kind] += event.duration_ps / 1e9
    return spent


def kind_of(name):
    """The kind of an operation, by its name and type, "name:Type"; None for other things that a profile tells."""
    if re.fullmatch(r"[\w./-]+:_?[A-Z]\w+", name):
        return next(kind for kind, pattern in KINDS.items() if re.search(pattern, name))


def commit():
    """The state of the code, a few letters, with "-dirty" where it was changed since; raises UserError where git knows none."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=runs.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise command_line.UserError("the figures need the commit that they belong to: run it in a clone of the repository")
    return done.stdout.strip()


def main():
    command_line.Parser(__doc__).parse_args()

    from benchmarks.networks import line_recipes
    from data import datasets

    code = commit()
    dataset = datasets.load_lines(per_class=PER_CLASS)
    networks = {}
    for name, recipe in line_recipes().items():
        networks[name] = {"pictures": recipe.batch_size, "milliseconds": profile(recipe, dataset)}
        print(name, networks[name], flush=True)
    runs.write_json(RESULT, {
        "command": provenance.command_line(), "commit": code, "machine": provenance.machine(),
        "versions": provenance.versions(), "networks": networks,
    })  # fmt: skip


if __name__ == "__main__":
    command_line.run(main)

"""Opens the run folder of a trained network to test it again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import model_files, run_folders
from common.quiet import keras
from common.results import PUBLISHED, Results
from data import datasets
from data.errors import UserError
from training.loop import predict


@dataclass(frozen=True)
class Trained:
    """A trained network to test again: its name, metrics.json, model, data and file, and the folder for the results."""

    network: str
    metrics: dict
    model: keras.Model
    dataset: datasets.Dataset
    path: Path
    folder: Path

    @property
    def title(self) -> str:
        """Return the title of its figures, that of the training run."""
        return f"{self.network}\n{self.metrics['data']['source']}"

    def require_output(self, shape: tuple | dict) -> None:
        """Raise UserError unless it computes probabilities of a shape for an image; for several heads a dict of shapes."""
        output = self.model.output if len(self.model.outputs) > 1 else self.model.outputs[0]
        shapes = self.model.input_shape[1:], keras.tree.map_structure(lambda tensor: tensor.shape[1:], output)
        if shapes != (self.dataset.images.shape[1:], shape):
            raise UserError(f"{self.path} is a network for other images or classes (shapes {shapes}): train it again")
        outputs = predict(self.model, self.dataset.images, self.dataset.split.test[:100])
        if not all(map(_are_probabilities, keras.tree.flatten(outputs))):
            raise UserError(f"{self.path} computes no probabilities: train it again")

    def write(self, test: dict) -> dict:
        """Write metrics.json with the results of the new test, say whether they are the same, and return it."""
        tested, recorded = {**self.metrics, "test": test}, self.metrics["test"]
        run_folders.write_json(self.folder / "metrics.json", tested)
        same = "the same numbers as" if test == recorded else f"other numbers than {recorded}, those of"
        print(f"{self.network}: {same} the training run")
        return tested


def networks_to_test(pattern: str, chosen: list[str], out: Path | None = None) -> list[str]:
    """Return the names of the trained networks to test: the chosen ones, or all that have a model.keras.

    Raises UserError when there are none, or one that is chosen does not exist.

    Parameters
    ----------
    pattern
        Of the section's run folders: "q1_cnn/*/part?".
    chosen
        Names or paths: "q1_cnn/lines/part2".
    out
        The folder of run folders; by default that of own runs and of published ones.
    """
    root, train = out or Results().root, f"python {pattern.partition('/')[0]}/train.py"
    places = [root] if out else [root / PUBLISHED, root]
    paths = [(place, path) for place in places for path in place.glob(f"{pattern}/metrics.json")]
    found = {path.parent.relative_to(place).as_posix(): path for place, path in paths}
    if not found:
        raise UserError(f"{root} has no trained network: run {train} first")
    names = [Path(name).as_posix() for name in chosen]
    if unknown := [name for name in names if name not in found]:
        raise UserError(f"no network {unknown[0]} in {root}: name one of {', '.join(sorted(found))}")
    with_model = sorted(name for name, path in found.items() if path.with_name("model.keras").exists())
    if not names and not with_model:
        raise UserError(f"no network in {root} has its model.keras: run {train} first")
    return names or with_model


@contextmanager
def trained_network(
    network: str, *, out: Path | None = None, lines_dir: Path | None = None, mnist_path: Path | None = None
) -> Iterator[Trained]:
    """Open a run folder to test its network again, and print whose run it is.

    Raises UserError when the network cannot be loaded or the data differs from that of its training, OSError for other files.

    Parameters
    ----------
    network
        The name of the run folder.
    out
        The folder of run folders; by default that of own runs, else that of published ones, which stay unchanged.
    lines_dir, mnist_path
        Where the data is.

    Yields
    ------
    Trained
        Its folder takes the place of the run folder when the block ends without an error.
    """
    results = Results()
    folder = Path(out, network) if out else results.folder(network)
    run_folders.read_metrics(folder)  # before a lock is made beside a folder that is no run folder
    published = not out and not results.is_own(folder)
    if not out:
        print(f"{network}: {results.whose(folder)}")
    with nullcontext() if published else run_folders.locked(folder):
        metrics = run_folders.read_metrics(folder)
        if not (folder / "model.keras").is_file():
            raise UserError(f"{folder / 'model.keras'} is missing: run python {Path(network).parts[0]}/train.py first")
        dataset = datasets.load_again(metrics, lines_dir, mnist_path)
        if dataset.fingerprint != metrics["data"]["fingerprint"]:
            raise UserError(
                f"{network} was trained on other images ({metrics['data']['source']}) than these ({dataset.source}): "
                "give the same --lines-dir or --mnist-path as then"
            )
        model = model_files.load(folder / "model.keras")
        with tempfile.TemporaryDirectory() if published else run_folders.new_run(folder, keep=True) as filled:
            yield Trained(network, metrics, model, dataset, folder / "model.keras", Path(filled))


def _are_probabilities(output):
    """Whether an output (n, classes) comes from a softmax, or from one sigmoid neuron."""
    inside = ((output >= 0) & (output <= 1)).all()  # False for NaN
    return inside and (output.shape[1] == 1 or np.allclose(output.sum(axis=1), 1, atol=1e-3))

"""The test of a trained network again, from the files on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import model_files, run_folders
from common.quiet import keras
from common.results import Results
from data import datasets
from data.errors import UserError
from training.loop import predict


@dataclass(frozen=True)
class Trained:
    """A trained network, to be tested again: its name, its metrics.json, the data, and the folder that takes the results."""

    network: str
    metrics: dict
    model: keras.Model
    dataset: datasets.Dataset
    folder: Path

    @property
    def title(self) -> str:
        """The title of its figures, that of the training run."""
        return f"{self.network}\n{self.metrics['data']['source']}"

    def require_output(self, shape: tuple | dict) -> None:
        """Raise UserError unless it gives probabilities of this shape for one image; for several heads a dict of shapes."""
        output = self.model.output if len(self.model.outputs) > 1 else self.model.outputs[0]
        shapes = self.model.input_shape[1:], keras.tree.map_structure(lambda one: one.shape[1:], output)
        if shapes != (self.dataset.images.shape[1:], shape):
            raise UserError(f"{self.network} is a network for other images or classes (shapes {shapes}): train it again")
        some = predict(self.model, self.dataset.images, self.dataset.split.test[:100])
        if not all(_are_probabilities(one) for one in keras.tree.flatten(some)):
            raise UserError(f"{self.network} gives no probabilities: train it again")

    def write(self, test: dict) -> dict:
        """Write metrics.json with the results of the new test, say whether they are the same, and return it."""
        tested, recorded = {**self.metrics, "test": test}, self.metrics["test"]
        run_folders.write_json(self.folder / "metrics.json", tested)
        same = "the same numbers as" if test == recorded else f"other numbers than {recorded}, those of"
        print(f"{self.network}: {same} the training run")
        return tested


@contextmanager
def trained_network(
    network: str, *, out: Path | None = None, lines_dir: Path | None = None, mnist_path: Path | None = None
) -> Iterator[Trained]:
    """Open a run folder to test its network again; print whose run it is.

    Parameters
    ----------
    network
        The name of its run folder.
    out
        The folder of run folders, where the results are written again; by default reports, or the published run, which is
        left unchanged.
    lines_dir, mnist_path
        Where the data is.

    Yields
    ------
    Trained
        Its folder takes the place of the run folder when the block ends without an error.

    Raises
    ------
    UserError
        When the network cannot be loaded, or the data differs from that of the training.
    OSError
        When the run folder cannot be read or written.
    """
    results = Results()
    folder = Path(out, network) if out else results.folder(network)
    run_folders.read_metrics(folder)  # before anything is made beside a folder that is none
    published = not out and not results.is_own(folder)
    if not out:
        print(f"{network}: {results.origin(folder)}")
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
            yield Trained(network, metrics, model, dataset, Path(filled))


def _are_probabilities(output: np.ndarray) -> bool:
    """Whether an output (n, classes) is that of a softmax, or of one sigmoid neuron."""
    inside = ((output >= 0) & (output <= 1)).all()  # False for NaN
    return inside and (output.shape[1] == 1 or np.allclose(output.sum(axis=1), 1, atol=1e-3))

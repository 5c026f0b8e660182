"""From a recipe and a data set to a run folder, and from a run folder to its test again: what every section shares.

A section says how its networks are tested with a function `write_results(folder, model, dataset, title)`. It tests a
model on the test pictures, once, writes what came out into `folder`, and returns what metrics.json has under "test".
"""

import tempfile
import zipfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from data.command_line import UserError
from reports import provenance, runs
from reports.results import Results
from training.description import differences


def train_network(network, recipe, dataset, write_results, *, out, seed=0, resume=False):
    """Trains a network on a `data.datasets.Dataset`, tests it and writes its run folder.

    network: its name, which is the run folder's path below `out`. recipe: a `training.recipe.Recipe`.
    resume: go on from the last complete epoch of a stopped run, and leave a complete run as it is.
    Returns its metrics.json as a dict. Raises UserError when training fails, OSError when `out` cannot be written.
    """
    folder = Path(out, network)
    provenance.git()  # as the code is now: it may be edited before the training ends
    with runs.alone(folder):
        model, settings = prepare(recipe, dataset, seed)
        checkpoint = checkpoint_of(folder, settings, dataset)
        complete = _complete_run(folder, dataset, settings)
        if resume and complete:
            checkpoint.remove()
            print(f"{network}: complete, left as it is", flush=True)
            return complete
        if resume and not checkpoint.path.exists():
            _say_what_changed(network, folder, settings)

        train = f"{len(dataset.split.train):,} pictures ({dataset.source})"
        print(f"{network}: {model.count_params():,} parameters, {train}", flush=True)
        history = fit(model, recipe, dataset, settings, checkpoint, resume)
        # The same run once more keeps what was added to it, as Section 2's noise curve.
        with runs.new_run(folder, keep=bool(complete)) as filled:
            written = _write_run(filled, network, model, settings, history, dataset, write_results)
            metrics = {**(complete or {}), **written}
            runs.write_json(filled / "metrics.json", metrics)
        checkpoint.remove()
    return metrics


def _write_run(folder, network, model, settings, history, dataset, write_results):
    """Tests a trained network and writes all of its run folder but metrics.json, which is returned as a dict."""
    from reports import figures
    from training.architecture import stages
    from training.loop import save

    save(model, folder / "model.keras")
    runs.write_rows(folder / "history.csv", history)
    title = f"{network}\n{dataset.source}"
    shared, heads = stages(model)
    runs.write_json(folder / "architecture.json", {"shared": shared, "heads": heads})
    figures.save(figures.architecture(shared, heads, network), folder / "architecture.png")
    figures.save(figures.learning_curves(history, title), folder / "learning_curves.png")
    return {
        "network": network,
        "data": dataset.describe(),
        "training": {
            **settings,
            "parameters": model.count_params(),
            "seconds": round(sum(row["seconds"] for row in history), 1),
            "command": provenance.command_line(),
        },
        "test": write_results(folder, model, dataset, title),
        **provenance.computed_on(),
    }


def described(recipe, input_shape, pictures):
    """The `training.description.description` of a recipe for so many pictures of a shape to train on."""
    from training.description import description
    from training.quiet import keras
    from training.randomness import drawn_from

    keras.backend.clear_session(free_memory=False)  # which would take longer than all the rest
    with drawn_from(0) as drawn:
        return description(recipe, recipe.compiled(input_shape, pictures), drawn)


def prepare(recipe, dataset, seed):
    """The untrained network (compiled), the same for the same seed, and the settings of its run as a dict."""
    from training.description import description
    from training.quiet import keras, tensorflow
    from training.randomness import drawn_from

    keras.backend.clear_session()
    # The same numbers from the same seed, and an error where an operation cannot promise them. What it costs is measured in
    # benchmarks/determinism.py.
    tensorflow.config.experimental.enable_op_determinism()
    tensorflow.random.set_seed(seed)  # which random operations of others ask for from now on
    with drawn_from(seed) as drawn:
        model = recipe.compiled(dataset.images.shape[1:], len(dataset.split.train))
    settings = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "seed": seed}
    settings["recipe"] = description(recipe, model, drawn)
    if recipe.loss_weights:
        settings["loss_weights"] = recipe.loss_weights
    return model, settings


def fit(model, recipe, dataset, settings, checkpoint, resume):
    """Trains a prepared network with a `training.checkpoint.Checkpoint` and returns its history."""
    from training.loop import train

    return train(
        model, dataset, targets=recipe.targets, epochs=recipe.epochs, batch_size=recipe.batch_size,
        seed=settings["seed"], augment=recipe.augment, checkpoint=checkpoint, resume=resume,
    )  # fmt: skip


def checkpoint_of(run, settings, dataset):
    """The checkpoint of a run with these settings, beside its folder. run: the folder, or for a part of it "folder.part"."""
    from training.checkpoint import Checkpoint

    return Checkpoint(f"{run}.checkpoint.npz", {**settings, "fingerprint": dataset.fingerprint})


def _complete_run(folder, dataset, settings):
    """metrics.json of a run that ended with these data and settings, as a dict; None if there is none."""
    if not zipfile.is_zipfile(folder / "model.keras"):  # neither for one that is missing nor for one cut short
        return None
    try:
        metrics = runs.read_metrics(folder)
    except runs.RunError:
        return None
    same_data = metrics["data"]["fingerprint"] == dataset.fingerprint
    return metrics if same_data and not _changes(metrics, settings) else None


def _changes(metrics, settings):
    """Where the settings of a run, told in its metrics.json, differ from others, as text."""
    now = {key: settings[key] for key in ("epochs", "batch_size", "seed", "recipe")}
    return differences({key: metrics["training"][key] for key in now}, now)


def _say_what_changed(network, folder, settings):
    """Prints why a complete run is not left as it is, where its settings are the reason."""
    try:
        changes = _changes(runs.read_metrics(folder), settings)
    except runs.RunError:
        return
    if changes:
        print(f"{network}: trained with other settings then ({'; '.join(changes[:3])}): trained again", flush=True)


def evaluate_network(network, write_results, output_shape, *, out=None, lines_dir=None, mnist_path=None):
    """Repeats the test of a trained network. Returns its metrics.json with what came out, as a dict.

    output_shape: function of a data set to the shape of the output for one picture, or for several heads a dict of
    such shapes; a network of another is refused. out: the folder of run folders, to which the results are written again; by
    default reports, or the published run, which is left as it is. lines_dir, mnist_path: where the data is.
    Prints whose run it is, and whether the numbers are those of the run. Raises UserError when the network cannot be loaded or
    the data is not that of the training, OSError when the run folder cannot be read or written.
    """
    results = Results()
    folder = Path(out, network) if out else results.folder(network)
    runs.read_metrics(folder)  # before anything is made beside a folder that is none
    published = not out and not results.is_own(folder)
    if not out:
        print(f"{network}: {results.origin(folder)}")
    with nullcontext() if published else runs.alone(folder):
        recorded = runs.read_metrics(folder)
        if not (folder / "model.keras").is_file():
            raise UserError(f"{folder / 'model.keras'} is missing: run python {Path(network).parts[0]}/train.py first")
        dataset = _same_pictures(network, recorded, lines_dir, mnist_path)
        model = _load(folder / "model.keras", dataset, output_shape(dataset))
        with tempfile.TemporaryDirectory() if published else runs.new_run(folder, keep=True) as filled:
            test = write_results(Path(filled), model, dataset, f"{network}\n{recorded['data']['source']}")
            tested = {**recorded, "test": test}
            runs.write_json(Path(filled, "metrics.json"), tested)
    same = "the same numbers as" if test == recorded["test"] else f"other numbers than {recorded['test']}, those of"
    print(f"{network}: {same} the training run")
    return tested


def _same_pictures(network, recorded, lines_dir, mnist_path):
    """The data set that a network was trained on. Raises UserError when it cannot be had."""
    from data import datasets

    data, seed = recorded["data"], recorded["training"]["seed"]
    dataset = datasets.load(data["name"], lines_dir, mnist_path, data["per_class"], seed)
    if dataset.fingerprint != data["fingerprint"]:
        raise UserError(
            f"{network} was trained on other pictures ({data['source']}) than these ({dataset.source}): "
            "give the same --lines-dir or --mnist-path as then"
        )
    return dataset


def _load(path, dataset, output_shape):
    """The network in a file, if it takes the pictures of a data set and gives probabilities of `output_shape` for them."""
    from training.loop import predict
    from training.model_files import load
    from training.quiet import keras

    model = load(path)
    output = model.output if len(model.outputs) > 1 else model.outputs[0]
    shapes = model.input_shape[1:], keras.tree.map_structure(lambda one: one.shape[1:], output)
    if shapes != (dataset.images.shape[1:], output_shape):
        raise UserError(f"{path} is a network for other pictures or classes (shapes {shapes}): train it again")
    some = predict(model, dataset.images, dataset.split.test[:100])
    if not all(_are_probabilities(one) for one in keras.tree.flatten(some)):
        raise UserError(f"{path} gives no probabilities: train it again")
    return model


def _are_probabilities(output):
    """Whether an output (n, classes) is that of a softmax, or of a sigmoid of one neuron."""
    inside = ((output >= 0) & (output <= 1)).all()  # not for what is no number
    return inside and (output.shape[1] == 1 or np.allclose(output.sum(axis=1), 1, atol=1e-3))

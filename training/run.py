"""From a recipe and a data set to a run folder, and from a run folder to its test again: what every section shares.

A section says how its networks are tested with a function `write_results(folder, model, dataset, title)`. It tests a
model on the test pictures, once, writes what came out into `folder`, and returns what metrics.json has under "test".
"""

import zipfile
from pathlib import Path

from data.command_line import UserError
from reports import runs


def train_network(network, recipe, dataset, write_results, *, out, seed=0, resume=False):
    """Trains a network on a `data.datasets.Dataset`, tests it and writes its run folder.

    network: its name, which is the run folder's path below `out`. recipe: a `training.recipe.Recipe`.
    resume: go on from the last complete epoch of a stopped run, and leave a complete run as it is.
    Returns its metrics.json as a dict. Raises UserError when training fails, OSError when `out` cannot be written.
    """
    from reports import figures
    from training.architecture import stages
    from training.loop import save

    folder = Path(out, network)
    model, settings = prepare(recipe, dataset, seed)
    data = dataset.describe()
    complete = _complete_run(folder, data, settings)
    if resume and complete:
        print(f"{network}: complete, left as it is", flush=True)
        return complete

    print(f"{network}: {model.count_params():,} parameters, {data['train']:,} pictures ({dataset.source})", flush=True)
    checkpoint, history = fit(model, recipe, dataset, settings, folder, resume)
    # The same run once more keeps what was added to it, as Section 2's noise curve.
    with runs.new_run(folder, keep=bool(complete)) as filled:
        save(model, filled / "model.keras")
        runs.write_rows(filled / "history.csv", history)
        title = f"{network}\n{dataset.source}"
        shared, heads = stages(model)
        runs.write_json(filled / "architecture.json", {"shared": shared, "heads": heads})
        figures.save(figures.architecture(shared, heads, network), filled / "architecture.png")
        figures.save(figures.learning_curves(history, title), filled / "learning_curves.png")
        metrics = {
            **(complete or {}),
            "network": network,
            "data": data,
            "training": {
                **settings,
                "parameters": model.count_params(),
                "seconds": round(sum(row["seconds"] for row in history), 1),
                "command": runs.command_line(),
            },
            "test": write_results(filled, model, dataset, title),
            "machine": runs.machine(),
            "versions": runs.versions(),
            "code": runs.code(),
        }
        runs.write_json(filled / "metrics.json", metrics)
    checkpoint.remove()
    return metrics


def prepare(recipe, dataset, seed):
    """The untrained network (compiled), the same for the same seed, and the settings of its run as a dict."""
    from training.quiet import keras
    from training.randomness import seed_layers

    keras.backend.clear_session()
    model = recipe.compiled(dataset)
    seed_layers(model, seed)
    settings = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "seed": seed, "recipe": recipe.digest(model)}
    if recipe.loss_weights:
        settings["loss_weights"] = recipe.loss_weights
    return model, settings


def fit(model, recipe, dataset, settings, folder, resume):
    """Trains a prepared network, with a checkpoint beside `folder`: that `Checkpoint`, and the history."""
    from training.checkpoint import Checkpoint
    from training.loop import train

    folder.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(folder.with_suffix(".checkpoint.npz"), {**settings, "fingerprint": dataset.fingerprint})
    history = train(
        model, dataset, targets=recipe.targets, epochs=recipe.epochs, batch_size=recipe.batch_size,
        seed=settings["seed"], augment=recipe.augment, checkpoint=checkpoint, resume=resume,
    )  # fmt: skip
    return checkpoint, history


def _complete_run(folder, data, settings):
    """metrics.json of a run that ended with these data and settings, as a dict; None if there is none."""
    if not zipfile.is_zipfile(folder / "model.keras"):  # neither for one that is missing nor for one cut short
        return None
    metrics = runs.read_metrics(folder)
    same_data = metrics["data"].get("fingerprint") == data["fingerprint"]
    return metrics if same_data and settings.items() <= metrics["training"].items() else None


def evaluate_network(network, write_results, output_shape, *, out=runs.REPORTS, lines_dir=None, mnist_path=None):
    """Repeats the test of a trained network and writes its results again. Returns its metrics.json as a dict.

    output_shape: function of a data set to the shape of the output for one picture, or for several heads a dict of
    such shapes; a network of another is refused. out, lines_dir, mnist_path: where the run folder and the data are.
    Prints whether the numbers are those of the run. Raises UserError when the network cannot be loaded or the data is
    not that of the training, OSError when the run folder cannot be read or written.
    """
    from data import datasets

    folder = Path(out, network)
    recorded = runs.read_metrics(folder)
    path = folder / "model.keras"
    if not path.is_file():
        section = Path(network).parts[0]
        raise UserError(f"{path} is missing: run python {section}/train.py first")
    data, seed = recorded["data"], recorded["training"]["seed"]
    dataset = datasets.load(data["name"], lines_dir, mnist_path, data["per_class"], seed)
    if dataset.fingerprint != data["fingerprint"]:
        raise UserError(
            f"{network} was trained on other pictures ({data['source']}) than these ({dataset.source}): "
            "give the same --lines-dir or --mnist-path as then"
        )
    model = _load(path, dataset.images.shape[1:], output_shape(dataset))
    with runs.new_run(folder, keep=True) as filled:
        test = write_results(filled, model, dataset, f"{network}\n{data['source']}")
        evaluated = {**recorded, "test": test, "machine": runs.machine(), "versions": runs.versions()}
        runs.write_json(filled / "metrics.json", evaluated)
    same = "the same numbers as" if test == recorded["test"] else f"other numbers than {recorded['test']}, those of"
    print(f"{network}: {same} the training run")
    return evaluated


def _load(path, input_shape, output_shape):
    from training.quiet import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a damaged archive makes Keras raise nearly everything
        raise UserError(f"{path} is no network that Keras can load ({error}): train it again") from error
    output = model.output if len(model.outputs) > 1 else model.outputs[0]
    shapes = model.input_shape[1:], keras.tree.map_structure(lambda one: one.shape[1:], output)
    if shapes != (input_shape, output_shape):
        raise UserError(f"{path} is a network for other pictures or classes (shapes {shapes}): train it again")
    return model

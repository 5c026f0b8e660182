"""Which results are outdated: of another recipe, or of another network, than today's code and runs would give.

This file alone in reports imports the sections, for their recipes of today.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from common import provenance, run_folders
from common.results import Results
from data.noise import TASK_LEVEL
from reports.names import (
    CLASSIFIERS,
    INSPECTED,
    LIKENESS,
    LIVE,
    LOCALIZATION,
    MULTIHEAD,
    MULTIHEAD_NOISY,
    NETWORKS,
    NOISY,
    OFFICIAL,
    SWEEPS,
    TUNING,
)  # fmt: skip
from sweeps import comparison

COMMANDS = {
    **{name: f"python q1_cnn/train.py --dataset {name.split('/')[1]} --part {name[-1]}" for name in CLASSIFIERS},
    **{name: f"python q1_cnn/train.py --dataset mnist --part {name[-1]} --split official" for name in OFFICIAL},
    **{name: f"python q1_cnn/train.py --dataset lines --part {name[-1]} --noise-level {TASK_LEVEL}" for name in NOISY},
    MULTIHEAD: "python q2_multihead/train.py --noise",
    MULTIHEAD_NOISY: f"python q2_multihead/train.py --noise-level {TASK_LEVEL}",
    **{name: f"python {name}.py" for name in SWEEPS},
    LOCALIZATION: "python q3_visualize/localization.py",
    TUNING: "python q3_visualize/tuning.py --network all",
}
STUDIES = (
    f"{LOCALIZATION}/scores.json", f"{TUNING}/tuning.json", LIKENESS,
    *(f"q3_visualize/{name}/gallery.json" for name in INSPECTED), *(f"q3_visualize/{name}/live.json" for name in LIVE),
)  # fmt: skip


def outdated(results: Results) -> list[str]:
    """Return a line for each outdated result: what changed, and the command to run. Raises UserError for a damaged result."""
    with run_folders.reading():
        lines = (*of_other_networks(results, figures=True), *_of_other_recipes(results), *_of_other_designs(results))
        return list(dict.fromkeys(lines))  # the figures of a folder have the same line


def of_other_networks(results: Results, figures: bool = False) -> Iterator[str]:
    """Yield a line for each study, or figure of Section 3, of a network that has since been trained differently."""
    sources = [(name, path := results.file(name), run_folders.read_study(path, "make visualize")) for name in STUDIES]
    if figures:
        from reports.figures import about

        drawn = {name: path for name, path in results.files().items() if name.startswith("q3_visualize/")}
        sources += [(name, path.parent, about(path)) for name, path in drawn.items() if path.suffix == ".png"]
    for name, path, source in sources:
        for network, trained in source.get("networks", {}).items():
            if network in NETWORKS and provenance.of_run(results.metrics(network)) != trained:
                now = results.whose(results.folder(network))
                command = COMMANDS.get(name.rpartition("/")[0], "make visualize")
                yield f"{results.whose(path)} is of another {network} than {now}: run {command} again"


def _of_other_recipes(results):
    """Yield a line for each network whose recipe has changed; epochs, batch size and loss weights are a user's to choose."""
    from q1_cnn.recipes import RECIPES
    from q2_multihead.recipes import recipe_at
    from training.description import differences
    from training.run import most_epochs, untrained

    recipes = {f"q1_cnn/{dataset}/part{part}": recipe for (dataset, part), recipe in RECIPES.items()}
    recipes |= {MULTIHEAD: recipe_at(0), MULTIHEAD_NOISY: recipe_at(TASK_LEVEL)}
    for network, recipe in ((network, recipes[network]) for network in NETWORKS):
        metrics = results.metrics(network)
        training = metrics["training"]
        chosen = {"epochs": most_epochs(training), "batch_size": training["batch_size"]}
        recipe = recipe.adapted(**chosen, loss_weights=training.get("loss_weights"))
        _, now = untrained(recipe, _image_shape(training["recipe"]), metrics["data"]["train"])
        if changes := differences(training["recipe"], now):
            yield _changed(results, network, changes)


def _of_other_designs(results):
    """Yield a line for each sweep with a recipe that has changed, or without trials of a variation."""
    for number, name in enumerate(SWEEPS):
        folder = results.folder(name)
        recipes = run_folders.read_study(folder / "recipes.json", COMMANDS[name])
        data = comparison.sweep_data(folder)
        rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data)
        for dataset, planned in data.items():
            shape = _image_shape(next(iter(recipes[dataset].values())))
            hashes = _hashes(number, tuple(shape), *(planned[key] for key in ("classes", "images", "epochs", "batch_size")))
            if changed := [variation for variation, hash in planned["recipes"].items() if hashes.get(variation) != hash]:
                yield _changed(results, name, [f"on {dataset} {', '.join(changed[:3])}"])
            tried = {comparison.full_name(row["question"], row["variation"]) for row in rows[dataset]}
            if missing := [variation for variation in planned["recipes"] if variation not in tried]:
                yield f"{results.whose(folder)} lacks {missing[0]} on {dataset}: run {COMMANDS[name]}, which continues it"


@cache  # for data sets of the same sizes, since a hundred networks are built
def _hashes(number, input_shape, classes, images, epochs, batch_size):
    """Return the fingerprint of each recipe of a sweep as it is today, {"depth: 1 convolution": "0a1b..."}, for example."""
    from q1_cnn import experiments as classifiers
    from q2_multihead import experiments as heads
    from sweeps.plan import described_recipes

    sweep = (classifiers, heads)[number].SWEEP
    data = {"classes": classes, "images": images, "epochs": epochs, "batch_size": batch_size}
    recipes = described_recipes(sweep, input_shape, data)
    return {variation: provenance.fingerprint(recipe) for variation, recipe in recipes.items()}


def _changed(results, name, changes):
    changes = "; ".join(changes[:3])
    return f"{results.whose(results.folder(name))} has another recipe than today's ({changes}): run {COMMANDS[name]} again"


def _image_shape(recipe):
    """Return (height, width, channels) of the images that a described recipe takes."""
    return tuple(recipe["layers"][0]["batch_shape"][1:])

"""Which results are old: of another recipe, or of another network, than today's code and runs would give.

The one place in reports that asks the sections, for their recipes of today. A section that is not there, as in the zip of
another one, is passed over.
"""

from importlib.util import find_spec

from common import provenance, run_folders
from common.results import CLASSIFIERS, LOCALIZATION, MULTIHEAD, NETWORKS, OFFICIAL, SWEEPS
from sweeps import comparison

COMMANDS = {
    **{name: f"python q1_cnn/train.py --dataset {name.split('/')[1]} --part {name[-1]}" for name in CLASSIFIERS},
    **{name: f"python q1_cnn/train.py --dataset mnist --part {name[-1]} --split official" for name in OFFICIAL},
    MULTIHEAD: "python q2_multihead/train.py --noise",
    **{name: f"python {name}.py" for name in SWEEPS},
    LOCALIZATION: "python q3_visualize/localization.py",
}
STUDIES = (f"{LOCALIZATION}/scores.json", *(f"q3_visualize/{name}/gallery.json" for name in (*CLASSIFIERS, MULTIHEAD)))


def outdated(results):
    """A line for each of some `common.results.Results` that is old: what has changed, and the command that makes it anew.

    Raises UserError for a result that is missing or damaged.
    """
    with run_folders.reading():
        lines = (*_of_other_networks(results), *_of_other_recipes(results), *_of_other_designs(results))
        return list(dict.fromkeys(lines))  # a folder of figures says the same once for each


def _of_other_networks(results):
    """Studies and figures of networks which since were trained with another recipe or on other data."""
    for name, path, networks in (*_studies(results), *_figures(results)):
        for network, then in networks.items():
            if network in NETWORKS and provenance.of_run(results.metrics(network)) != then:
                now = results.origin(results.folder(network))
                command = COMMANDS.get(name.rpartition("/")[0], "make visualize")
                yield f"{results.origin(path)} looks into another {network} than {now}: {command} makes it anew"


def _studies(results):
    for name in STUDIES:
        path = results.file(name)
        yield name, path, run_folders.read_study(path, "make visualize").get("networks", {})


def _figures(results):
    """Of each figure of Section 3: its name, the path of its folder, and the networks that it says it is of."""
    from reports import figures

    for name, path in results.files().items():
        if name.startswith("q3_visualize/") and path.suffix == ".png":
            yield name, path.parent, figures.about(path).get("networks", {})


def _of_other_recipes(results):
    """Networks whose recipe has changed since; another number of epochs or other loss weights are a user's to choose."""
    from training.description import differences
    from training.run import untrained

    for network in filter(_has_section, NETWORKS):
        metrics = results.metrics(network)
        training = metrics["training"]
        recipe = _recipe(network).adapted(
            epochs=training["epochs"], batch_size=training["batch_size"], loss_weights=training.get("loss_weights")
        )
        _, now = untrained(recipe, _shape(training["recipe"]), metrics["data"]["train"])
        if changes := differences(training["recipe"], now):
            yield _changed(results, network, changes)


def _of_other_designs(results):
    """Sweeps with trials of a recipe that their design no longer has."""
    from sweeps.plan import described_recipes

    for name in filter(_has_section, SWEEPS):
        folder = results.folder(name)
        known = run_folders.read_study(folder / "recipes.json", COMMANDS[name])
        data = comparison.sweep_data(folder)
        rows = comparison.of_budget(comparison.read(folder / "trials.csv"), data)
        for dataset, told in data.items():
            now = described_recipes(_sweep(name), _shape(next(iter(known[dataset].values()))), told)
            then = told["recipes"]
            if changed := [one for one in then if one not in now or provenance.fingerprint(now[one]) != then[one]]:
                yield _changed(results, name, [f"on {dataset} {', '.join(changed[:3])}"])
            tried = {comparison.full_name(row["question"], row["variation"]) for row in rows[dataset]}
            if missing := [one for one in then if one not in tried]:
                where = results.origin(folder)
                yield f"{where} was stopped, and lacks {missing[0]} on {dataset}: {COMMANDS[name]} goes on with it"


def _changed(results, name, changes):
    changes = "; ".join(changes[:3])
    return f"{results.origin(results.folder(name))} has another recipe than today's ({changes}): {COMMANDS[name]} makes it anew"


def _shape(recipe):
    """The shape of an image, (height, width, channels), from a description of a recipe."""
    return tuple(recipe["layers"][0]["batch_shape"][1:])


def _has_section(name):
    return find_spec(name.split("/")[0]) is not None


def _recipe(network):
    if network == MULTIHEAD:
        from q2_multihead.recipes import RECIPE

        return RECIPE
    from q1_cnn.recipes import RECIPES

    _, dataset, part = network.split("/")
    return RECIPES[dataset, int(part[-1])]


def _sweep(name):
    if name.startswith("q1_cnn"):
        from q1_cnn.experiments import SWEEP
    else:
        from q2_multihead.experiments import SWEEP
    return SWEEP

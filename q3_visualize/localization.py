"""How right are the heatmaps? The lines are drawn, so the true pixels of each are known.

    python q3_visualize/localization.py                                      # every method and layer of the three line networks
    python q3_visualize/localization.py --network q1_cnn/lines/part2 --layer conv1 relu1

scores.csv, for every head, layer and method, of 1,000 test lines: how much of the heat lies on the line, and how far it is from
it, beside baselines that know nothing of the network; and the controls: whether maps change when the weights are shuffled,
whether they stay when the line moves by a quarter of a pixel, whether there is heat on a mark that the network has learned to
ignore, and whether maps of wrong answers, at noise level 4, differ from those of right ones.

factors.csv: whether the heat of each factor lies on what decides it: on what changes in the image when that factor alone
changes. For each network's best method and layer, by the share of heat within one pixel of the line: what becomes of its
answer when the hottest pixels are blackened or inserted into a black image, or when the line is drawn shorter at its hotter
end, and of the map when the weights are shuffled layer by layer. For a network with several heads: where along and across the
line each one looks. Layers before the first weights are left out: they hold the image itself.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from data import line_classes
from q3_visualize import commands, known_lines
from q3_visualize.choices import METHODS
from q3_visualize.known_lines import LINE_NETWORKS, KnownLines
from reports.names import flat
from reports.printing import print_table

if TYPE_CHECKING:
    from q3_visualize.networks import Network


class Counts(NamedTuple):
    """How many lines each part takes, and the last of each class: from these a copy of a network learns what is new to it."""

    scores: int = 1000
    controls: int = 100
    noisy: int = 400
    factors: int = 200
    shortened: int = 200
    learned: int = known_lines.LEARNED


QUICK = Counts(50, 10, 20, 10, 10, 2)


class Study(NamedTuple):
    """What was measured of a network: rows of scores.csv and factors.csv, the best, baselines, and what they rest on."""

    rows: list[dict]
    factors: list[dict]
    best: list[dict]
    baselines: dict[str, dict]
    controls: dict


def study(network: Network, arguments: Namespace, folder: Path) -> Study:
    """Score a network's heatmaps, and write figures and tables of its own into `folder`."""
    from common.progress import ProgressBar
    from q3_visualize import controls, factor_truth, scoring
    from reports import factor_figures

    count = QUICK if arguments.quick else Counts()
    test = known_lines.tested_of(network, arguments)
    tested = test.spread(count.scores)
    layers = commands.map_layers(network, arguments.layer, network.learned_maps())
    print(f"{network.name}: {len(tested.labels):,} test images, {', '.join(layers)}", flush=True)
    new = known_lines.to_learn_from(count.learned)
    control = controls.prepare(network, test.spread(count.controls), test.spread(count.noisy), new)
    places, rows, masks = list(product(layers, network.heads, arguments.method)), [], tested.masks
    with ProgressBar(network.name, len(places)) as progress:
        for place in places:
            rows.append(_scored(network, tested.images, masks, control, *place))
            progress.advance()
    few = factor_truth.with_room(test).spread(count.factors)
    factors = list(factor_truth.rows(network, few, layers, arguments.method))
    best = list(_best(rows))
    without_network = scoring.baselines(tested.images)
    write_one(network, tested, best, factors, without_network, folder, arguments.method)
    long_lines = test.of(line_classes.class_factors(test.labels)["length"] == 1).spread(count.shortened)
    shorter = list(_shortened(network, long_lines, best))
    commands.save(_base(folder, network, "shortened"), factor_figures.shortened(shorter, network.name), rows=shorter)
    baselines = {name: scoring.mean_scores(maps, masks) for name, maps in without_network.items()}
    about = {"scored": len(tested.labels), "factors": len(few.labels), **controls.what_was_tested(network, control)}
    return Study(rows, factors, best, baselines, about)


def _scored(network, images, masks, control, layer, head, method):
    from q3_visualize import controls, scoring
    from q3_visualize.heatmaps import placed_heatmaps

    height, width, _ = network.shapes[layer]
    maps = placed_heatmaps(network, images, layer, head=head, method=method)
    scores = scoring.mean_scores(maps, masks) | controls.control_scores(network, control, layer, head, method)
    return {"network": network.name, "head": head, "layer": layer, "height": height, "width": width, "method": method, **scores}


def _best(rows):
    """Yield the row with the most heat near the line, of each head, among fine maps and among coarse ones."""
    from reports.localization_figures import COARSE

    for head, coarse in product(dict.fromkeys(row["head"] for row in rows), (False, True)):
        group = [row for row in rows if row["head"] == head and (row["height"] <= COARSE) == coarse]
        if group:
            yield max(group, key=lambda row: row["share_grown"])


def write_one(
    network: Network, tested: KnownLines, best: list[dict], factors: list[dict], baselines: dict[str, np.ndarray], folder: Path,
    methods: list[str],
) -> None:  # fmt: skip
    """Write the figures and tables of one network: factors, shuffled weights, deletion, heads."""
    from q3_visualize import controls, line_profiles
    from reports import factor_figures, localization_figures

    top = max(best, key=lambda row: row["share_grown"])
    title = f"{network.name}: does the heat of each factor lie on what decides it?"
    commands.save(_base(folder, network, "factors"), factor_figures.matrices(factors, title), opened=[network])
    shuffled = list(controls.shuffled_scores(network, tested, top, methods))
    commands.save(_base(folder, network, "shuffled"), localization_figures.shuffled(shuffled, network.name), rows=shuffled)
    curves = list(_deleted(network, tested.images, top, baselines))
    commands.save(_base(folder, network, "deletion"), localization_figures.curves(curves, network.name), rows=curves)
    if len(network.heads) > 1:
        looks = list(line_profiles.where_heads_look(network, tested, top["layer"]))
        title = f"{network.name}: hirescam at {top['layer']}, long thick lines"
        commands.save(_base(folder, network, "heads"), localization_figures.profiles(looks, title), rows=looks)


def _base(folder, network, what):
    return folder / f"{flat(network.name)}_{what}"


def _deleted(network, images, top, baselines):
    """Yield rows of the best map's order of pixels and of two that use no network: the probability without the hottest ones."""
    from q3_visualize import deletion
    from q3_visualize.heatmaps import placed_heatmaps

    layer, head, method = (top[key] for key in ("layer", "head", "method"))
    orders = {f"{method} at {layer}": placed_heatmaps(network, images, layer, head=head, method=method)}
    orders |= {order: baselines[order] for order in ("brightness", "random")}
    for order, maps in orders.items():
        for kind, values in zip(("deletion", "insertion"), deletion.deletion_and_insertion(network, images, maps, head)):
            for pixels, value in zip(deletion.PIXELS, values.tolist()):
                yield {"order": order, "kind": kind, "pixels": pixels, "probability": value}


def _shortened(network, long_lines, best):
    """Yield rows of lines that are drawn shorter by the best map of each head."""
    from q3_visualize import deletion
    from q3_visualize.heatmaps import placed_heatmaps

    for head in network.heads:
        top = max((row for row in best if row["head"] == head), key=lambda row: row["share_grown"])
        place = {key: top[key] for key in ("head", "layer", "method")}
        maps = placed_heatmaps(network, long_lines.images, top["layer"], head=head, method=top["method"])
        for row in deletion.shortened(network, long_lines, maps, head):
            yield {**place, **row}


def mean_baselines(studies: dict[str, Study]) -> dict[str, dict[str, float]]:
    """Return the baselines over the images of all networks."""
    counts = [each.controls["scored"] for each in studies.values()]
    first = next(iter(studies.values())).baselines
    return {
        name: {
            score: float(np.average([each.baselines[name][score] for each in studies.values()], weights=counts))
            for score in scores
        }
        for name, scores in first.items()
    }


def main() -> None:
    """Parse the flags, and write and print the scores."""
    parser = commands.parser(__doc__)
    parser.add_argument("--method", nargs="+", choices=METHODS, default=METHODS, metavar="NAME", help="default: all")
    parser.set_defaults(network="all")
    arguments = commands.parse(parser)
    if arguments.image:
        parser.error("--image: the true pixels are known only for drawn lines; leave it out")

    from reports import localization_figures

    folder, opened, studies = arguments.out / "localization", [], {}
    for network in commands.networks(arguments, LINE_NETWORKS):
        opened.append(network)
        studies[network.name] = study(network, arguments, folder)
    rows, factors, best = (
        [row for each in studies.values() for row in getattr(each, part)] for part in ("rows", "factors", "best")
    )
    baselines = mean_baselines(studies)
    for score, words in localization_figures.SCORES.items():
        commands.save(folder / score, localization_figures.table(rows, baselines, score, words))
    commands.save(folder / "scores", rows=rows)
    commands.save(folder / "factors", rows=factors)
    scores = {
        "images": max(each.controls["scored"] for each in studies.values()), "best": best, "baselines": baselines,
        "controls": {name: each.controls for name, each in studies.items()}, **commands.provenance_of(opened),
    }  # fmt: skip
    run_folders.write_json(folder / "scores.json", scores)
    print(folder / "scores.json")
    print_best(best, baselines)


def print_best(best: list[dict], baselines: dict[str, dict]) -> None:
    """Print the best maps' scores, and those of the maps that use no network."""
    columns = ("network", "head", "layer", "method", "pointing", "share", "share_grown", "average_precision")
    words = [[row[key] if isinstance(row[key], str) else f"{row[key]:.1%}" for key in columns] for row in best]
    words += [["", "", "", name, *(f"{means[key]:.1%}" for key in columns[4:])] for name, means in baselines.items()]
    print_table([columns, *words])


if __name__ == "__main__":
    command_line.execute(main)

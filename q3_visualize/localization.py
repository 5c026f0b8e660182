"""How right are the heatmaps? The lines are drawn, so the true pixels of each are known.

    python q3_visualize/localization.py                                      # every method and layer of the three line networks
    python q3_visualize/localization.py --network q1_cnn/lines/part2 --layer conv1 relu1

Scores every heatmap of 1,000 test images against the pixels that the line covers, beside baselines that know nothing of
the network. For each network's best method and layer, by the share of heat within one pixel of the line: the sanity check of
Adebayo et al., arXiv 1810.03292 (do the maps change when the weights are shuffled, from the last layer back?), and the
probability of the predicted class while the hottest pixels are deleted, or inserted into a black image (Petsiuk et al.,
arXiv 1806.07421). For a network with several heads: where along and across the line each one looks. Layers before the first
weights are left out: they hold the image itself, and of a black image with a line on it all heat is on the line.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from data import line_classes, lines
from data.errors import UserError
from q3_visualize import commands, scoring, shown
from q3_visualize.choices import METHODS
from reports.names import INSPECTED
from reports.printing import print_table

if TYPE_CHECKING:
    from q3_visualize.networks import Network

COUNT, QUICK_COUNT = 1000, 50
PIXELS = (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 784)  # deleted or inserted
ALONG = np.arange(-14, 14.1, 1.0)  # borders of the bins along the line, pixels from its center
ACROSS = np.arange(-8, 8.1, 1.0)
LINE_NETWORKS = tuple(name for name in INSPECTED if "/lines" in name)


def true_pixels(network: Network, arguments: Namespace) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return up to 1,000 test images, their class indices, the lines' centers and masks of the pixels that they cover.

    Raises UserError for a network that was not trained on drawn lines.
    """
    only = "the true pixels are known only for drawn lines"
    if not network.metrics or network.metrics["data"]["name"] != "lines":
        raise UserError(f"{network.name}: {only}: give one of {', '.join(LINE_NETWORKS)}")
    known = shown.dataset(network, arguments)
    drawn = lines.draw(known.per_class or lines.PER_CLASS, network.metrics["training"]["seed"])
    if not np.array_equal(drawn.images, known.images):
        raise UserError(f"{network.name} was trained on {known.source}: {only}")
    chosen = shown.spread_test(known, QUICK_COUNT if arguments.quick else COUNT)
    labels, centers = drawn.labels[chosen], drawn.centers[chosen]
    return known.images[chosen], labels, centers, lines.masks(labels, centers)


def mean_scores(maps: np.ndarray, masks: np.ndarray) -> dict[str, float]:
    """Return the means of `scoring.scores`, and the share of maps without any heat."""
    means = {name: float(values.mean()) for name, values in scoring.scores(maps, masks).items()}
    return {**means, "without_heat": float((maps.max(axis=(1, 2)) <= 0).mean())}


def shuffled_scores(network: Network, images: np.ndarray, masks: np.ndarray, best: dict, methods: list[str]) -> list[dict]:
    """Score maps while weights of a copy are shuffled, from the last layer on; "correlation" is with the unshuffled maps."""
    from q3_visualize.heatmaps import placed_heatmaps
    from q3_visualize.networks import open_network

    copy = open_network(network.path, network.name)
    layer, head = best["layer"], best["head"]
    classes = network.predict(images)[head].argmax(axis=1)
    generator = np.random.default_rng(0)
    rows, trained = [], {}
    stages = [path for path, each in copy.layers.items() if each.weights and (path == head or path not in copy.heads)]
    for stage in (None, *reversed(stages)):
        if stage:
            shuffled = [generator.permutation(part.ravel()).reshape(part.shape) for part in copy.layers[stage].get_weights()]
            copy.layers[stage].set_weights(shuffled)
        for method in methods:
            maps = placed_heatmaps(copy, images, layer, head=head, classes=classes, method=method)
            same = float(np.mean(list(map(_correlation, maps, trained.setdefault(method, maps)))))
            place = {"network": network.name, "head": head, "layer": layer, "shuffled": stage or "nothing", "method": method}
            rows.append({**place, **mean_scores(maps, masks), "correlation": same})
    return rows


def _correlation(first, second):
    first, second = first - first.mean(), second - second.mean()
    size = np.sqrt((first**2).sum() * (second**2).sum())
    return (first * second).sum() / size if size > 0 else 0.0


def deletion_and_insertion(network: Network, images: np.ndarray, maps: np.ndarray, head: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean probability of the predicted class without the hottest PIXELS of maps (n, h, w), and with them alone."""
    classes = network.predict(images)[head].argmax(axis=1)
    order = np.argsort(-maps.reshape(len(maps), -1), axis=1, kind="stable")
    rank = np.argsort(order, axis=1).reshape(maps.shape)[..., None]

    def mean(kept):
        return network.predict(images * kept)[head][np.arange(len(images)), classes].mean()

    return np.array([mean(rank >= count) for count in PIXELS]), np.array([mean(rank < count) for count in PIXELS])


def where_heads_look(network: Network, images: np.ndarray, labels: np.ndarray, centers: np.ndarray, layer: str) -> list[dict]:
    """Return the mean heat of each head by HiResCAM along and across long thick lines: rows of head, axis, position, heat."""
    from q3_visualize.heatmaps import placed_heatmaps

    factors = line_classes.class_factors(labels)
    chosen = (factors["length"] == 1) & (factors["width"] == 1)
    radians = np.deg2rad(np.take(line_classes.ANGLES, factors["angle"][chosen]))
    directions = np.stack([np.cos(radians), -np.sin(radians)], axis=1)  # y goes down
    rows = []
    for head in network.heads:
        maps = placed_heatmaps(network, images[chosen], layer, head=head, method="hirescam")
        profiles = scoring.along_and_across(maps, centers[chosen], directions, ALONG, ACROSS)
        for axis, edges, heat in zip(("along", "across"), (ALONG, ACROSS), profiles):
            bins = zip(((edges[:-1] + edges[1:]) / 2).tolist(), heat.tolist())
            rows += [{"head": head, "axis": axis, "position": position, "heat": value} for position, value in bins]
    return rows


def study(network: Network, arguments: Namespace, folder: Path) -> tuple[list[dict], list[dict], dict, int]:
    """Score a network into `folder`: return rows, those of the best fine and coarse map, baselines, and how many images."""
    from q3_visualize.heatmaps import placed_heatmaps
    from reports import localization_figures

    images, labels, centers, masks = true_pixels(network, arguments)
    layers = commands.map_layers(network, arguments.layer, network.learned_maps())
    print(f"{network.name}: {len(images):,} test images, {', '.join(layers)}", flush=True)
    rows = []
    for layer, head, method in product(layers, network.heads, arguments.method):
        height, width, _ = network.shapes[layer]
        place = {"network": network.name, "head": head, "layer": layer, "height": height, "width": width, "method": method}
        rows.append({**place, **mean_scores(placed_heatmaps(network, images, layer, head=head, method=method), masks)})
    groups = ([row for row in rows if (row["height"] <= localization_figures.COARSE) == coarse] for coarse in (False, True))
    best = [max(group, key=lambda row: row["share_grown"]) for group in groups if group]

    base = folder / network.name.replace("/", "_")
    shuffled = shuffled_scores(network, images, masks, best[0], arguments.method)
    commands.save(Path(f"{base}_shuffled"), localization_figures.shuffled(shuffled, network.name), rows=shuffled)
    layer, head, method = (best[0][key] for key in ("layer", "head", "method"))
    baselines = scoring.baselines(images)
    orders = {f"{method} at {layer}": placed_heatmaps(network, images, layer, head=head, method=method)}
    orders |= {order: baselines[order] for order in ("brightness", "random")}
    curves = []
    for order, maps in orders.items():
        for kind, values in zip(("deletion", "insertion"), deletion_and_insertion(network, images, maps, head)):
            points = zip(PIXELS, values.tolist())
            curves += [{"order": order, "kind": kind, "pixels": count, "probability": value} for count, value in points]
    commands.save(Path(f"{base}_deletion"), localization_figures.curves(curves, network.name), rows=curves)
    if len(network.heads) > 1:
        looks = where_heads_look(network, images, labels, centers, layer)
        title = f"{network.name}: hirescam at {layer}, long thick lines"
        commands.save(Path(f"{base}_heads"), localization_figures.profiles(looks, title), rows=looks)
    return rows, best, {name: mean_scores(maps, masks) for name, maps in baselines.items()}, len(images)


def mean_baselines(baselines_of: dict[str, dict], images_of: dict[str, int]) -> dict[str, dict[str, float]]:
    """Return the baselines over the images of all networks, from those by network and how many images each has."""
    counts = list(images_of.values())
    first = next(iter(baselines_of.values()))
    return {
        name: {
            score: float(np.average([each[name][score] for each in baselines_of.values()], weights=counts))
            for score in first[name]
        }
        for name in first
    }


def main() -> None:
    """Parse the flags, and write and print the scores."""
    parser = commands.parser(__doc__)
    methods = METHODS
    parser.add_argument("--method", nargs="+", choices=methods, default=methods, metavar="NAME", help="default: all")
    parser.set_defaults(network="all")
    arguments = commands.parse(parser)
    if arguments.image:
        parser.error("--image: the true pixels are known only for drawn lines; leave it out")

    from reports import localization_figures

    folder = arguments.out / "localization"
    rows, best, opened, baselines_of, images_of = [], [], [], {}, {}
    for network in commands.networks(arguments, LINE_NETWORKS):
        found, strongest, baselines_of[network.name], images_of[network.name] = study(network, arguments, folder)
        rows += found
        best += strongest
        opened.append(network)
    baselines = mean_baselines(baselines_of, images_of)
    for score, words in localization_figures.SCORES.items():
        commands.save(folder / score, localization_figures.table(rows, baselines, score, words))
    commands.save(folder / "scores", rows=rows)
    scores = {
        "images": max(images_of.values()), "images_of": images_of, "best": best, "baselines": baselines, "baselines_of":
        baselines_of, **commands.provenance_of(opened),
    }  # fmt: skip
    run_folders.write_json(folder / "scores.json", scores)
    print(folder / "scores.json")
    columns = ("network", "head", "layer", "method", "pointing", "share", "share_grown", "iou")
    words = [[row[key] if isinstance(row[key], str) else f"{row[key]:.1%}" for key in columns] for row in best]
    words += [["", "", "", name, *(f"{means[key]:.1%}" for key in columns[4:])] for name, means in baselines.items()]
    print_table([columns, *words])


if __name__ == "__main__":
    command_line.execute(main)

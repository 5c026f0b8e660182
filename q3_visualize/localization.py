"""How right are the heatmaps? The lines are drawn, so the true pixels of each are known.

    python q3_visualize/localization.py                                      # every method and layer of the three line networks
    python q3_visualize/localization.py --network q1_cnn/lines/part2 --layer conv1 relu1

Scores every heatmap of 1,000 test pictures against the pixels that the line covers, beside baselines that know nothing of
the network. For each network's best method and layer, by the share of heat within one pixel of the line: the sanity check of
Adebayo et al., arXiv 1810.03292 (do the maps change when the weights are shuffled, from the last layer back?), and what the
network still sees when the hottest pixels are deleted, or inserted alone, first (Petsiuk et al., arXiv 1806.07421). For
the heads of a network with several: where along and across the line each one looks. Layers before the first weights are left
out: they hold the picture itself, and of a black picture with a line on it all heat is on the line.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line
from data import line_classes, lines
from data.errors import UserError
from q3_visualize import commands, scoring

COUNT, QUICK_COUNT = 1000, 50
PIXELS = (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 784)  # deleted or inserted
ALONG = np.arange(-14, 14.1, 1.0)  # borders of the bins along the line, pixels from its centre
ACROSS = np.arange(-8, 8.1, 1.0)
LINE_NETWORKS = tuple(name for name in commands.NETWORKS if "/lines" in name)


def true_pixels(network, arguments):
    """Up to 1,000 test pictures with their class indices, the lines' centres and the pixels that they cover.

    Raises UserError for a network that was not trained on drawn lines.
    """
    if not network.metrics or network.metrics["data"]["name"] != "lines":
        raise UserError(
            f"{network.name}: the true pixels are known of drawn lines alone: give one of {', '.join(LINE_NETWORKS)}"
        )
    known = commands.dataset(network, arguments)
    drawn = lines.draw(known.per_class or lines.PER_CLASS, network.metrics["training"]["seed"])
    if drawn.images.shape != known.images.shape or not (drawn.images == known.images).all():
        raise UserError(f"{network.name} was trained on {known.source}: the true pixels are known of drawn lines alone")
    chosen = commands.spread_test(known, QUICK_COUNT if arguments.quick else COUNT)
    labels, centers = drawn.labels[chosen], drawn.centers[chosen]
    return known.images[chosen], labels, centers, lines.masks(labels, centers)


def score_maps(network, images, masks, layers, methods):
    """A row of mean scores for every method, layer and head of a network: a list of dicts."""
    from q3_visualize.heatmaps import placed_heatmaps

    rows = []
    for layer in layers:
        height, width = network.shapes[layer][:2]
        for head in network.heads:
            for method in methods:
                maps = placed_heatmaps(network, images, layer, head=head, method=method)
                place = {"network": network.name, "head": head, "layer": layer, "height": height, "width": width}
                rows.append({**place, "method": method, **mean_scores(maps, masks)})
    return rows


def mean_scores(maps, masks):
    """The means of `scoring.scores`, and the share of the maps that have no heat at all."""
    means = {name: float(values.mean()) for name, values in scoring.scores(maps, masks).items()}
    return {**means, "without_heat": float((maps.max(axis=(1, 2)) <= 0).mean())}


def shuffled_scores(network, images, masks, best, methods):
    """The scores of maps at a layer when weights are shuffled in place, from the last layer back to the first: rows.

    best: a row whose layer and head are taken. correlation: Pearson's, of each map with that of the trained network, in the
    mean. Opens the network anew, so that its own weights stay.
    """
    from q3_visualize.heatmaps import placed_heatmaps

    copy = commands.open_again(network)
    layer, head = best["layer"], best["head"]
    classes = network.predict(images)[head].argmax(axis=1)
    generator = np.random.default_rng(0)
    rows, trained = [], {}
    others = [path for path in copy.heads if path != head]
    stages = [path for path, one in copy.layers.items() if one.weights and path not in others]
    for stage in (None, *reversed(stages)):
        if stage:
            copy.layers[stage].set_weights([_shuffled(weights, generator) for weights in copy.layers[stage].get_weights()])
        for method in methods:
            maps = placed_heatmaps(copy, images, layer, head=head, classes=classes, method=method)
            trained.setdefault(method, maps)
            same = float(np.mean([_correlation(one, other) for one, other in zip(maps, trained[method])]))
            place = {"network": network.name, "head": head, "layer": layer, "shuffled": stage or "nothing", "method": method}
            rows.append({**place, **mean_scores(maps, masks), "correlation": same})
    return rows


def confidence(network, images, best):
    """How sure the network stays of its class when the hottest pixels are deleted, or alone are there: rows.

    best: the row whose heatmaps give the order; beside it the order by brightness and one at random.
    """
    from q3_visualize.heatmaps import placed_heatmaps

    layer, method, head = best["layer"], best["method"], best["head"]
    known_nothing = scoring.baselines(images)
    orders = {f"{method} at {layer}": placed_heatmaps(network, images, layer, head=head, method=method)}
    orders |= {name: known_nothing[name] for name in ("brightness", "random")}
    rows = []
    for name, maps in orders.items():
        for kind, values in zip(("deletion", "insertion"), deletion_and_insertion(network, images, maps, head)):
            points = zip(PIXELS, values.tolist())
            rows += [{"order": name, "kind": kind, "pixels": count, "probability": value} for count, value in points]
    return rows


def deletion_and_insertion(network, images, maps, head):
    """How sure the network stays of its class when the hottest pixels are deleted, or alone are there: two float arrays.

    maps: (n, h, w). One value for each of PIXELS: the mean probability of the class of the whole picture.
    """
    classes = network.predict(images)[head].argmax(axis=1)
    order = np.argsort(-maps.reshape(len(maps), -1), axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[None], axis=1)
    rank = rank.reshape(maps.shape)[..., None]
    curves = []
    for kept in (lambda count: rank >= count, lambda count: rank < count):
        left = [network.predict(images * kept(count))[head][np.arange(len(images)), classes].mean() for count in PIXELS]
        curves.append(np.array(left))
    return tuple(curves)


def where_heads_look(network, images, labels, centers, layer):
    """Mean heat of each head along and across long thick lines: a list of dicts (head, axis, position, heat).

    By HiResCAM, which lights up only places that the network used.
    """
    from q3_visualize.heatmaps import placed_heatmaps

    factors = line_classes.class_factors(labels)
    chosen = (factors["length"] == 1) & (factors["width"] == 1)
    radians = np.deg2rad(np.take(line_classes.ANGLES, factors["angle"][chosen]))
    directions = np.stack([np.cos(radians), -np.sin(radians)], axis=1)  # y goes down
    rows = []
    for head in network.heads:
        maps = placed_heatmaps(network, images[chosen], layer, head=head, method="hirescam")
        along, across = scoring.along_and_across(maps, centers[chosen], directions, ALONG, ACROSS)
        for axis, edges, heat in (("along", ALONG, along), ("across", ACROSS, across)):
            bins = zip(((edges[:-1] + edges[1:]) / 2).tolist(), heat.tolist())
            rows += [{"head": head, "axis": axis, "position": position, "heat": value} for position, value in bins]
    return rows


def study(network, arguments, folder):
    """All scores of one network, written into `folder`: rows, best finer and best coarse map, baselines, number of pictures."""
    from reports import localization_figures

    images, labels, centers, masks = true_pixels(network, arguments)
    layers = commands.map_layers(network, arguments.layer, network.learned_maps())
    print(f"{network.name}: {len(images):,} test pictures, {', '.join(layers)}", flush=True)
    rows = score_maps(network, images, masks, layers, arguments.method)
    groups = ([row for row in rows if (row["height"] <= localization_figures.COARSE) == coarse] for coarse in (False, True))
    best = [max(group, key=lambda row: row["share_grown"]) for group in groups if group]

    name = network.name.replace("/", "_")
    shuffled = shuffled_scores(network, images, masks, best[0], arguments.method)
    commands.save_rows(folder, f"{name}_shuffled", shuffled, localization_figures.shuffled(shuffled, network.name))
    curves = confidence(network, images, best[0])
    commands.save_rows(folder, f"{name}_deletion", curves, localization_figures.curves(curves, network.name))
    if len(network.heads) > 1:
        looks = where_heads_look(network, images, labels, centers, best[0]["layer"])
        title = f"{network.name}: hirescam at {best[0]['layer']}, long thick lines"
        commands.save_rows(folder, f"{name}_heads", looks, localization_figures.profiles(looks, title))
    return rows, best, {name: mean_scores(maps, masks) for name, maps in scoring.baselines(images).items()}, len(images)


def main():
    parser = commands.parser(__doc__)
    parser.add_argument(
        "--method", nargs="+", choices=commands.METHODS, default=commands.METHODS, metavar="NAME", help="default: all"
    )
    parser.set_defaults(network="all")
    arguments = commands.parse(parser)
    if arguments.image:
        parser.error("--image: the true pixels are known of drawn lines alone; leave it out")

    from reports import localization_figures
    from reports.printing import print_table

    folder = arguments.out / "localization"
    rows, best, opened = [], [], []
    for network in commands.networks(arguments, LINE_NETWORKS):
        found, strongest, baselines, pictures = study(network, arguments, folder)
        rows += found
        opened.append(network)
        best += strongest
    for score, words in localization_figures.SCORES.items():
        commands.save(folder, score, localization_figures.table(rows, baselines, score, words))
    commands.save_rows(folder, "scores", rows)
    commands.save_json(folder, "scores", {
        "images": pictures, "best": best, "baselines": baselines, **commands.origin(opened),
    })  # fmt: skip
    columns = ("network", "head", "layer", "method", "pointing", "share", "share_grown", "iou")
    words = [[str(row[key]) if isinstance(row[key], str) else f"{row[key]:.1%}" for key in columns] for row in best]
    words += [["", "", "", name, *(f"{one[key]:.1%}" for key in columns[4:])] for name, one in baselines.items()]
    print_table([columns, *words])


def _shuffled(weights, generator):
    return generator.permutation(weights.reshape(-1)).reshape(weights.shape)


def _correlation(one, other):
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return (one * other).sum() / size if size > 0 else 0.0


if __name__ == "__main__":
    command_line.execute(main)

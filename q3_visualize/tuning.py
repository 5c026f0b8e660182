"""What does every part of a network respond to? Lines of any length, width, angle and color; or digits, turned and scaled.

    python q3_visualize/tuning.py                                   # every filter, neuron and output of q1_cnn/lines/part2
    python q3_visualize/tuning.py --layer conv3 --filters 24        # of a layer the 24 most selective filters are drawn
    python q3_visualize/tuning.py --network all                     # the five networks
    python q3_visualize/tuning.py --network all --repeats reports/seeds     # thresholds also of reports/seeds/*/NETWORK

Of a network that takes 28 x 28 RGB images, into NETWORK/tuning/: for each layer the tuning of its filters to the angle
(LAYER_polar.png), for all filters what they prefer and how selective they are (filters.csv, selectivity.png), and the curves
(curves.npz: LAYER/FACTOR, values x combinations of the other factors x filters). A response is the greatest on the map,
before the activation function, averaged over 64 places.

Of networks whose heads tell the factors of a line, into tuning/: the probability of long against the length, and so on, at
noise levels 0, 2 and 4 (psychometric.csv, thresholds.csv), and what they say of what is no line of the data (outside.csv). For
a level of noise a copy of the network first learns from lines with such noise, for a moment: without, it would know nothing.
Of MNIST networks: accuracy and confidence on test digits that are turned, scaled, shifted, or written with another pen
(digits.csv). tuning.json has all of it in short.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from common import command_line, run_folders
from data.errors import UserError
from q3_visualize import commands, known_lines, shown
from q3_visualize.shown import safe
from reports.printing import print_table

if TYPE_CHECKING:
    from q3_visualize.networks import Network

DRAWN = 18  # filters of a layer in its polar figure
DIGITS, QUICK_DIGITS = 1000, 20
SHORT = {
    "layers": ("network", "layer", "filters", "responding", "selectivity", "bandwidth", "length_modulation",
               "width_modulation", "color_modulation"),
    "thresholds": ("network", "seed", "noise", "factor", "threshold", "slope"),
}  # fmt: skip


def tuned(network: Network, arguments: Namespace) -> dict[str, list[dict]]:
    """Measure and write the tuning of a network's layers. Return a row for each layer, as "layers"."""
    from common.progress import ProgressBar
    from q3_visualize import line_tuning, stimuli

    kernels = [path for path in network.layers if hasattr(network.layers[path], "kernel")]
    layers = commands.layers(network, arguments.layer or kernels)
    axes = [stimuli.axis(factor, values[:: 5 if arguments.quick else 1]) for factor, values in line_tuning.TUNING.items()]
    side = 2 if arguments.quick else line_tuning.PLACES
    with ProgressBar(network.name, sum(len(axis.values) for axis in axes)) as progress:
        curves = line_tuning.curves(network, layers, axes, side, progress.advance)
    heads = {head.path: head.class_names for head in network.heads.values() if not head.binary}
    rows = {
        layer: line_tuning.filter_rows(of_layer, axes, heads.get(layer) or range(of_layer["angle"].shape[-1]))
        for layer, of_layer in curves.items()
    }
    write_tuning(network, curves, rows, axes, commands.folder(network, arguments) / "tuning", arguments.filters)
    return {"layers": [{"network": network.name, "layer": layer, **line_tuning.layer_row(rows[layer])} for layer in layers]}


def write_tuning(network: Network, curves: dict, rows: dict, axes: list, folder: Path, most: int) -> None:
    """Write the figures and tables of a network's tuning curves, and rows of filters, by layer."""
    from q3_visualize.tuning_curves import at_the_best
    from reports import tuning_figures

    for layer, of_layer in curves.items():
        responding = [number for number, row in enumerate(rows[layer]) if row["greatest"] > 0]
        order = sorted(responding, key=lambda number: -rows[layer][number]["selectivity"])[:most]
        if order:
            captions = [f"{rows[layer][number]['filter']}\n{rows[layer][number]['selectivity']:.2f}" for number in order]
            title = f"{network.name}, {layer}: response by the angle of a line, and its selectivity"
            figure = tuning_figures.polar(at_the_best(of_layer["angle"])[order], axes[0].values, captions, title)
            commands.save(folder / f"{safe(layer)}_polar", figure, opened=[network])
    selectivities = {
        layer: [row["selectivity"] for row in of_layer if np.isfinite(row["selectivity"])] for layer, of_layer in rows.items()
    }
    title = f"{network.name}: selectivity for the angle, layer by layer"
    commands.save(folder / "selectivity", tuning_figures.selectivity(selectivities, title), opened=[network])
    arrays = {f"{layer}/{factor}": values for layer, of_layer in curves.items() for factor, values in of_layer.items()}
    commands.save(folder / "curves", arrays={**arrays, **{f"values/{axis.factor}": axis.values for axis in axes}})
    commands.save(folder / "filters", rows=[{"layer": layer, **row} for layer, of_layer in rows.items() for row in of_layer])


def decisions(network: Network, arguments: Namespace) -> dict[str, list[dict]]:
    """Return the psychometric "curves" and "thresholds" of a network and its repeats, and what it says "outside" the data."""
    from common.progress import ProgressBar
    from q3_visualize import line_tuning, stimuli
    from q3_visualize.networks import open_network

    repeats = sorted(arguments.repeats.glob(f"*/{network.name}/model.keras")) if arguments.repeats else ()
    if arguments.repeats and not repeats:
        print(f"{network.name}: no SEED/{network.name}/model.keras in {arguments.repeats}")
    several = [network, *(open_network(path, network.name) for path in repeats)]
    axes = [stimuli.axis(factor, values[:: 4 if arguments.quick else 1]) for factor, values in line_tuning.PSYCHOMETRIC.items()]
    levels = line_tuning.NOISE_LEVELS[: 1 if arguments.quick else None]
    found = {"curves": [], "thresholds": []}
    with ProgressBar(network.name, len(several) * len(levels) * sum(len(axis.values) for axis in axes)) as progress:
        for each, level in product(several, levels):
            place = {"network": each.name, "seed": each.metrics["training"]["seed"] if each.metrics else 0, "noise": level}
            with hardened(each, level):
                for key, rows in zip(found, line_tuning.psychometric_rows(each, axes, level, progress.advance)):
                    found[key] += [{**place, **row} for row in rows]
    return {**found, "outside": [{"network": network.name, **row} for row in line_tuning.outside_rows(network)]}


@contextmanager
def hardened(network: Network, level: int) -> Iterator[None]:
    """Give a network, for the moment, weights that have learned from lines at a level of noise; at level 0 its own."""
    from q3_visualize import other_weights

    if not level:
        yield
        return
    with other_weights.exchanged(network, other_weights.hardened(network, known_lines.to_learn_from(), level)):
        yield


def digits(network: Network, arguments: Namespace) -> dict[str, list[dict]]:
    """Return the accuracy and confidence of an MNIST network on changed test digits, as "digits"."""
    from common.progress import ProgressBar
    from q3_visualize import digit_tuning

    known = shown.dataset(network, arguments)
    chosen = shown.spread_test(known, QUICK_DIGITS if arguments.quick else DIGITS)
    axes = {axis: values[:: 4 if arguments.quick else 1] for axis, values in digit_tuning.AXES.items()}
    with ProgressBar(network.name, sum(map(len, axes.values()))) as progress:
        rows = digit_tuning.rows(network, known.images[chosen], known.labels[chosen], axes, progress.advance)
    return {"digits": [{"network": network.name, **row} for row in rows]}


def write_together(study: dict[str, list[dict]], opened: list[Network], out: Path) -> None:
    """Write what compares networks into the folder `out`, and tuning.json, which the reports read."""
    from reports import tuning_figures

    if curves := study["curves"]:
        figure = tuning_figures.psychometric(curves, "What networks say of lines between their classes")
        commands.save(out / "psychometric", figure, rows=curves, opened=opened)
        commands.save(out / "thresholds", rows=study["thresholds"])
        commands.save(out / "outside", rows=study["outside"])
    if rows := study["digits"]:
        title = "Test digits that are turned, scaled, shifted, or written with another pen"
        commands.save(out / "digits", tuning_figures.digits(rows, title), rows=rows, opened=opened)
    out.mkdir(parents=True, exist_ok=True)
    short = {key: rows for key, rows in study.items() if key != "curves"}
    run_folders.write_json(out / "tuning.json", {**short, **commands.provenance_of(opened)})
    print(out / "tuning.json")


def print_short(study: dict[str, list[dict]]) -> None:
    """Print the medians of layers and the thresholds."""
    for key, columns in SHORT.items():
        if study[key]:
            print_table([columns, *([str(row[column]) for column in columns] for row in study[key])])


def main() -> None:
    """Parse the flags, measure and write."""
    parser = commands.parser(__doc__)
    parser.add_argument(
        "--filters", type=command_line.positive, default=DRAWN, metavar="N", help=f"drawn of each layer (default: {DRAWN})"
    )
    parser.add_argument("--repeats", type=command_line.existing_path, metavar="DIR", help="holds SEED/NETWORK of other seeds")
    arguments = commands.parse(parser)
    if arguments.image:
        parser.error("--image: the stimuli are drawn here; leave it out")

    from q3_visualize import line_tuning

    study, opened = {key: [] for key in ("layers", "curves", "thresholds", "outside", "digits")}, []
    for network in commands.networks(arguments):
        opened.append(network)
        if network.input_shape == line_tuning.IMAGE:
            found = {**tuned(network, arguments), **(decisions(network, arguments) if line_tuning.has_factors(network) else {})}
        elif network.metrics and network.metrics["data"]["name"].startswith("mnist"):
            found = digits(network, arguments)
        else:
            size = " x ".join(map(str, network.input_shape))
            raise UserError(f"{network.name} takes {size} images: give one for 28 x 28 x 3, which lines have, or one of MNIST")
        for key, rows in found.items():
            study[key] += rows
    write_together(study, opened, arguments.out / "tuning")
    print_short(study)


if __name__ == "__main__":
    command_line.execute(main)

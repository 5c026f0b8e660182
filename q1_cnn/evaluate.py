"""Tests trained networks of Section 1 again, from the files on disk.

    python q1_cnn/evaluate.py q1_cnn/lines/part2
    python q1_cnn/evaluate.py                            # every trained network of Section 1

The data set is made or read as it was for the training; pictures that differ from those are refused, since
the network may have learned from what would now be its test.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import command_line, run_folders
from common.results import PUBLISHED, Results
from data.errors import UserError
from reports.printing import print_table

SECTION = "q1_cnn"


def write_results(folder, model, dataset, title):
    """Tests `model` on the test pictures, once, and writes what came out into `folder`.

    dataset: a `data.datasets.Dataset`. Writes f_scores.csv, confusion_matrix.csv and .png, mistakes.csv and .png.
    Returns the scores, a dict (see `reports.metrics.score`).
    """
    from reports import figures, metrics, mistakes
    from training.loop import predict

    labels = dataset.labels[dataset.split.test]
    probabilities = predict(model, dataset.images, dataset.split.test)
    predictions = probabilities.argmax(axis=1)
    matrix = metrics.confusion(labels, predictions, len(dataset.class_names))

    run_folders.write_rows(folder / "f_scores.csv", metrics.f_scores(labels, predictions, dataset.class_names))
    run_folders.write_matrix(folder / "confusion_matrix.csv", matrix, dataset.class_names)
    if dataset.factors:
        sizes = [len(levels) for levels in dataset.factors.values()]
        factor_matrices = metrics.factor_confusions(labels, predictions, sizes)
        figure = figures.factored_confusion_matrix(matrix, factor_matrices, dataset.factors, title)
    else:
        figure = figures.confusion_matrix(matrix, dataset.class_names, title)
    figures.save(figure, folder / "confusion_matrix.png")
    mistakes.write(folder, dataset, predictions)
    return metrics.score(labels, probabilities)


def evaluate(network: str, **sources: Path | None) -> dict:
    """Test a trained network again. Arguments: see `training.evaluation.trained_network`. Returns metrics.json."""
    from training.evaluation import trained_network

    with trained_network(network, **sources) as trained:
        trained.require_output((len(trained.dataset.class_names),))
        return trained.write(write_results(trained.folder, trained.model, trained.dataset, trained.title))


def print_results(all_metrics):
    """Prints what metrics.json says of each network: a table, and under it where the data came from."""
    rows = [("network", "parameters", "test\naccuracy", "errors", "macro\nF1", "training\nseconds")]
    rows += [
        (
            metrics["network"],
            f"{metrics['training']['parameters']:,}",
            f"{metrics['test']['accuracy']:.2%}",
            f"{metrics['test']['errors']:,} of {metrics['data']['test']:,}",
            f"{metrics['test']['macro_f1']:.4f}",
            f"{metrics['training']['seconds']:.1f}",
        )
        for metrics in all_metrics
    ]
    notes = [f"{metrics['network']}: {metrics['data']['source']}" for metrics in all_metrics]
    print_table(rows, notes)


def main() -> None:
    """Run the script."""
    parser = command_line.Parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="q1_cnn/lines/part2, for example (default: all)")
    command_line.add_evaluation_flags(parser, mnist=True)
    arguments = parser.parse_args()

    results = Results()
    where = arguments.out or results.root
    folders = [where] if arguments.out else [results.root / PUBLISHED, results.root]
    trained = {path.parent.relative_to(one): path for one in folders for path in one.glob(f"{SECTION}/*/part?/metrics.json")}
    if not trained:
        raise UserError(f"{where} has no trained network: run python q1_cnn/train.py first")
    networks = [Path(name) for name in arguments.networks] or sorted(
        name for name, path in trained.items() if path.with_name("model.keras").exists()
    )
    for name in networks:
        if name not in trained:
            raise UserError(f"no network {name} in {where}: name one of {', '.join(map(str, sorted(trained)))}")
    sources = {"out": arguments.out, "lines_dir": arguments.lines_dir, "mnist_path": arguments.mnist_path}
    print_results([evaluate(name.as_posix(), **sources) for name in networks])


if __name__ == "__main__":
    command_line.execute(main)

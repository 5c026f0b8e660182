"""A checkout of its own for the tests of reports, page and zips: the code, and small results of everything."""

import contextlib
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from common import run_folders
from common.quiet import keras
from common.results import Results
from data import line_classes
from data.noise import LEVELS
from reports import names, page, publish
from sweeps import repeats
from tests.conftest import OFFLINE, ROOT, caches, made_once, run_main

SMALL = ["--per-class", 5, "--epochs", 1, "--out"]


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    """The house's folder, with own runs of all networks, sweeps and studies. For all processes of the tests: to be copied."""
    with made_once(tmp_path_factory, "house") as (folder, empty):
        if empty:
            copy_code(folder)
            with inside(folder):
                make_results(folder / "reports")
    return folder


@pytest.fixture
def own_house(house, tmp_path, monkeypatch):
    """A copy of the house, to break, in the place of the checkout."""
    shutil.copytree(house, tmp_path / "house", symlinks=True)
    with inside(tmp_path / "house"):
        yield tmp_path / "house"


@pytest.fixture(scope="module")
def results(house):
    """The house's results."""
    return Results(root=house / "reports")


@pytest.fixture(scope="module")
def path(results, tmp_path_factory):
    """The page on the house's results, in a folder of its own."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text(page.render(page.Links(results, folder)), encoding="utf-8")
    return folder / "index.html"


@pytest.fixture
def opened(watched, path):
    """A function that opens the page."""
    return lambda width=1200, scheme="light", **options: watched(path, width, color_scheme=scheme, **options)


@contextlib.contextmanager
def inside(folder):
    """Has our code take a folder for the root of the project, without MNIST and without what scripts print."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_folders, "ROOT", folder)
        patch.setattr(run_folders, "REPORTS", folder / "reports")
        for variable, value in {**OFFLINE, **caches(folder.parent)}.items():
            patch.setenv(variable, value)
        patch.delenv("MNIST_PATH", raising=False)
        yield


def copy_code(folder):
    """Copies what git has or would take, but for results and tests."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if not name.startswith(("tests/", "reports/published/")) and (ROOT / name).is_file() and Path(name).suffix != ".pdf":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "reports/index.html").unlink(missing_ok=True)


def make_results(reports):
    """Own runs of everything that is reported, on little data."""
    run_main("q1_cnn/train", *SMALL, reports)
    for part in ("part1", "part2"):  # MNIST's own split needs all of MNIST, which is not here
        official = reports / f"q1_cnn/mnist_official/{part}"
        shutil.copytree(reports / f"q1_cnn/mnist/{part}", official)
        metrics = run_folders.read_metrics(official)
        metrics["network"], metrics["data"]["name"] = f"q1_cnn/mnist_official/{part}", "mnist_official"
        run_folders.write_json(official / "metrics.json", metrics)
    run_main("q1_cnn/train", "--dataset", "lines", "--noise-level", 5, *SMALL, reports)
    train_with_noise_curve(reports)
    run_main("q2_multihead/train", "--noise-level", 5, *SMALL, reports)
    repeat_with_other_seeds(reports)
    score_the_noisiest(reports)
    make_sweeps(reports)
    make_figures(reports / "q3_visualize")


def train_with_noise_curve(reports):
    """The four heads, and their curve of noise, which is that of the network without noise: six trainings are left out."""
    from q2_multihead import noise_curve

    run_main("q2_multihead/train", *SMALL, reports)
    model = keras.models.load_model(reports / "q2_multihead/lines/model.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noise_curve, "train_network", lambda *_, **__: (model, None))
        run_main("q2_multihead/train", "--noise", "--resume", *SMALL, reports)


def repeat_with_other_seeds(reports):
    """Repeats of two networks that are not run: their scores are made up."""
    for network, heads in (("q1_cnn/lines_noisy/part2", ()), ("q2_multihead/lines_noisy", line_classes.FACTORS)):
        rows = {seed: {"accuracy": 0.5 + seed / 10, "errors": 24 - 4 * seed} for seed in range(3)}
        for seed, row in rows.items():
            row |= {f"{head}_accuracy": 0.9 + seed / 100 for head in heads}
        run_folders.write_json(reports / network / repeats.FILE, repeats.summary(network, rows))


def score_the_noisiest(reports):
    """Scores at the highest level of noise, of which nothing else is published: those of the noisy task stand in for them."""
    metrics, folder = run_folders.read_metrics(reports / names.MULTIHEAD_NOISY), reports / names.NOISIEST
    metrics["network"], metrics["data"]["noise_level"] = names.NOISIEST, LEVELS[-1]
    folder.mkdir()
    run_folders.write_json(folder / "metrics.json", metrics)
    shutil.copy(reports / names.MULTIHEAD_NOISY / repeats.FILE, folder / repeats.FILE)


def make_figures(folder):
    """What is shown of Section 3: the galleries and one figure of each kind, which stands in for the others of its kind."""
    from q3_visualize import climb_plan, deletion, factor_truth, other_weights

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(climb_plan, "STEPS", 2)
        patch.setattr(factor_truth, "STEPS", 2)
        patch.setattr(other_weights, "EPOCHS", 1)
        patch.setattr(deletion, "PIXELS", (0, 16, 784))
        look_inside(folder)
    for name in publish.named_figures():
        path = folder.parent / name
        if path.suffix == ".png" and "q3_visualize" in path.parts and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(next((folder / "q1_cnn/lines/part2").rglob("*.png")), path)


def look_inside(folder):
    """Runs the scripts of Section 3."""
    lines, classes, digits = names.LIVE
    for network in (lines, digits):
        run_main("q3_visualize/live", "--network", network, "--no-browser", "--out", folder)
    for name, layer in (("activations", "relu1"), ("filters", "conv1"), ("gradcam", "relu1")):
        run_main(f"q3_visualize/{name}", "--layer", layer, "--out", folder)
    flags = ("--layer", "conv2", "--steps", 2, "--filters", 2)
    run_main("q3_visualize/filters", "--compare-recipes", *flags, "--out", folder)
    quick = folder.parents[2] / "quick"  # which --quick does not write into the folder reports
    run_main("q3_visualize/live", "--network", classes, "--no-browser", "--quick", "--out", quick)  # without patches
    run_main("q3_visualize/gallery", "--quick", "--out", quick)
    run_main("q3_visualize/localization", "--layer", "conv1", "--method", "hirescam", "scorecam", "--quick", "--out", quick)
    run_main("q3_visualize/tuning", "--network", "all", "--layer", "conv1", "--quick", "--out", quick)
    shutil.copytree(quick, folder, dirs_exist_ok=True)


def make_sweeps(reports):
    """Sweeps whose trials are planned, and not run: accuracies are made up from their names and seeds."""
    from q1_cnn.experiments import SWEEP as CLASSES
    from q2_multihead.experiments import SWEEP as HEADS
    from sweeps import execution
    from sweeps.trials import Source, measured_columns

    def rows(sweep, trials, workers, scheduler):
        for trial in trials:
            accuracy = 0.5 + zlib.crc32(f"{trial.question} {trial.variation} {trial.seed}".encode()) / 2**34
            scores = dict.fromkeys(measured_columns(sweep.scores), f"{accuracy:.6f}")
            yield trial.row("finished", {**scores, "parameters": 1000, "seconds": "1.00"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "_rows", rows)
        for sweep, names in ((CLASSES, ("lines", "mnist")), (HEADS, ("lines", "lines_noisy"))):
            sources = [Source(name, per_class=SMALL[1]) for name in names]
            execution.run_sweep(sweep, sources, out=reports, seeds=2)

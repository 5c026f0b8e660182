"""The images of the front page, from a gallery and a noise curve whose tiles are known."""

import numpy as np
import pytest

from common import run_folders
from common.results import Results
from data.line_classes import FACTORS
from reports import findings, sheets
from reports.names import MULTIHEAD
from tests.conftest import ROOT

ANGLES = [f"{degrees}°" for degrees in range(0, 120, 15)]


def tile(value, channels=3):
    return np.full((28, 28, channels), value, np.uint8)


@pytest.fixture
def results(tmp_path):
    """A gallery of the four heads in which every tile has a gray level of its own, and a noise curve of two levels."""
    outputs = {"conv1": ["0", "1"], "width": ["thin", "thick"], "angle": ANGLES}
    count = 2 * sum(map(len, outputs.values()))
    one = {"times": None, "dead": False, "failed": False}
    folder = tmp_path / "q3_visualize" / MULTIHEAD
    folder.mkdir(parents=True)
    sheets.save(np.array([tile(value) for value in range(2 + count)]), folder / "gallery.png")
    sheets.save(np.array([tile(value, 1) for value in range(2 + 2 * len(FACTORS))]), folder / "maps.png")
    run_folders.write_json(folder / "gallery.json", {
        "tile": [28, 28], "height": 28, "width": 28,
        "images": [{"seen_as": "short thin 0° red, 99.9%"}, {"seen_as": "long thick 15° blue, 99.9%"}],
        "activations": [{"layer": "relu1", "height": 28, "width": 28, "channels": [0], "of": 1, "largest": 1.0}],
        "filters": [
            {"layer": layer, "of": len(names), "height": 28, "width": 28, "filters": [{"name": name, **one} for name in names]}
            for layer, names in outputs.items()
        ],
        "heatmaps": [{"head": head, "layer": "relu1", "method": findings.METHOD} for head in FACTORS],
    })  # fmt: skip
    run = tmp_path / MULTIHEAD
    run.mkdir(parents=True)
    accuracies = {f"{head}_accuracy": 0.5 for head in (*FACTORS, "all_heads", "independent_heads")}
    levels = [{"level": level, "blur": 0, "dimmest": 1, "noise": 0, **accuracies} for level in (0, 1)]
    run_folders.write_rows(run / "noise.csv", levels)
    sheets.save(np.array([tile(value) for value in (10, 20, 30, 40)]), run / "noise_images.png")
    return Results(root=tmp_path)


def shown(figure):
    """The gray level of every image of a figure, 0 to 255, and every text of the figure."""
    images = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    levels = [round(float(image.mean() * (1 if image.dtype == np.uint8 else 255))) for image in images]
    return levels, [text.get_text() for text in figure.texts]


def test_heads_are_shown_with_four_outputs_at_most_drawn_above_real(results):
    levels, texts = shown(findings.heads(results))
    # After 2 images and 2 pairs of conv1: a drawn one and a real one of each output, of the angle every second.
    drawn = [6, 8, *range(10, 26, 4)]
    assert levels == drawn + [level + 1 for level in drawn]
    assert texts == ["thin", "thick", *ANGLES[::2], "drawn", "real"]


def test_heat_of_each_head_is_shown_on_the_long_thick_line(results):
    levels, texts = shown(findings.heat(results))
    assert levels[0] == 1 and len(levels) == 1 + len(FACTORS)
    assert texts[:5] == ["image", *FACTORS]


def test_the_noise_curve_has_the_last_image_of_each_level(results):
    levels, _ = shown(findings.noise(results))
    assert levels == [20, 40]


def test_every_finding_shows_an_inference_that_there_is():
    from reports import inferences

    for finding in findings.FINDINGS:
        sources = [ROOT / f"reports/inferences/{module}.py" for module in inferences.REPORTS[finding.report]]
        assert any(f'"{finding.inference}",' in source.read_text(encoding="utf-8") for source in sources), finding.name
        assert (ROOT / finding.folder / "README.md").exists()

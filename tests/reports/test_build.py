"""The PDFs, of small runs of everything."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from pypdf import PdfReader

from common import run_folders
from common.results import Results
from reports import build, inferences, names
from tests.conftest import assert_one_error_line, run_main
from tests.reports.conftest import inside

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(house, tmp_path_factory):
    """A copy of the house, in which building may leave its traces."""
    return shutil.copytree(house, tmp_path_factory.mktemp("build") / "house")


@pytest.fixture(scope="module")
def built(copy):
    """The folder that build.py wrote, reports/own, and what it printed."""
    command = [sys.executable, "reports/build.py"]
    environment = {**os.environ, "MPLCONFIGDIR": str(copy.parent)}
    result = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=environment)
    assert result.returncode == 0 and not result.stderr, result.stderr
    return copy / "reports/own", result.stdout


def text_of(path):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_it_prints_whose_results_they_are_and_that_none_is_outdated(built):
    _, output = built
    assert "your own: q1_cnn/lines/part1, q1_cnn/lines/part2," in output and "published: none" in output
    assert "another" not in output and "reports/own/q1.pdf" in output


@pytest.mark.parametrize("name", build.PDFS)
def test_a_report_has_pages_tags_and_no_date(built, name):
    reader = PdfReader(built[0] / f"{name}.pdf")
    assert 2 <= len(reader.pages) <= 5  # the fewer, the less there is to show
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en" and "/StructTreeRoot" in root
    assert reader.metadata.title and reader.metadata.subject
    assert reader.metadata.get("/CreationDate", "D:1970").startswith("D:1970")


@pytest.mark.parametrize("name", build.PDFS)
def test_every_figure_has_words_for_those_who_cannot_see_it(built, name):
    figures = [element for element in structure(PdfReader(built[0] / f"{name}.pdf")) if element.get("/S") == "/Figure"]
    assert len(figures) >= 5
    assert all(len(figure["/Alt"]) > 10 for figure in figures)


@pytest.mark.parametrize("name", build.PDFS)
def test_all_text_can_be_read_in_print(built, name):
    sizes = []

    def measured(text, transform, text_transform, font, size):
        if text.strip():
            sizes.append(size * np.hypot(*text_transform[:2]) * np.hypot(*transform[:2]))

    for page in PdfReader(built[0] / f"{name}.pdf").pages:
        page.extract_text(visitor_text=measured)
    assert len(sizes) > 100 and min(sizes) > 6.49  # points


def structure(reader):
    """All elements of a PDF's structure tree."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        yield element
        kids = element.get("/K", [])
        kids = kids.get_object() if hasattr(kids, "get_object") else kids
        waiting += [kid for kid in (kids if isinstance(kids, list) else [kids]) if hasattr(kid.get_object(), "get")]


def test_the_numbers_are_those_of_the_runs(built, copy):
    folder, _ = built
    found = Results(root=copy / "reports")
    texts = {name: text_of(folder / f"{name}.pdf") for name in build.PDFS}
    for network in names.CLASSIFIERS:
        metrics = found.metrics(network)
        row = f"{metrics['training']['parameters']:,} {metrics['training']['epochs']}"
        assert row in texts["q1"] and f"{metrics['test']['errors']:,} of {metrics['data']['test']:,}" in texts["q1"]
    heads = found.metrics(names.MULTIHEAD)
    assert f"all heads right {heads['test']['all_heads_accuracy']:.2%}" in texts["q2"]
    study = json.loads((copy / "reports/q3_visualize/localization/scores.json").read_text(encoding="utf-8"))
    assert f"{study['best'][0]['share_grown']:.1%}" in texts["q3_heatmaps"]


def test_a_missing_result_is_named_with_the_command_that_makes_it(own_house, call):
    shutil.rmtree(own_house / "reports/q2_multihead/sweep")
    missing = "reports/q2_multihead/sweep/comparison.csv is missing: run python q2_multihead/sweep.py first"
    assert_one_error_line(call("reports/build.py", reports=own_house / "reports"), missing)


@pytest.fixture(scope="module")
def altered(house, tmp_path_factory):
    """The text of each report on a house without noise curve, mistakes on digits and some variations, with another score."""
    folder = shutil.copytree(house, tmp_path_factory.mktemp("altered") / "house") / "reports"
    metrics = run_folders.read_metrics(folder / "q2_multihead/lines")
    del metrics["noise"]
    run_folders.write_json(folder / "q2_multihead/lines/metrics.json", metrics)
    (folder / "q2_multihead/lines/noise.csv").unlink()
    (folder / "q1_cnn/mnist/part2/mistakes.png").unlink()
    (folder / "q1_cnn/mnist/part2/mistakes.csv").write_text("number,true,predicted\n")
    metrics = run_folders.read_metrics(folder / "q1_cnn/lines/part1")
    metrics["test"]["errors"] = 12345
    run_folders.write_json(folder / "q1_cnn/lines/part1/metrics.json", metrics)
    path = folder / "q1_cnn/sweep/comparison.csv"
    rows = [row for row in run_folders.read_rows(path) if row["variation"] != "cosine"]
    for row in rows:
        if row["variation"] in ("AdamW", "max pooling"):  # of which the figure, and an inference too, have something to say
            blank = ("parameters", "accuracy", "loss", "seconds", "spread", "gain", "uncertainty", "p", "p_holm")
            row.update(dict.fromkeys(blank, ""), failed="failed: it diverged", trials="0", pairs="0", clear="False")
    run_folders.write_rows(path, rows)
    with inside(folder.parent):
        run_main("reports/build", "--out", folder / "there")
    return {name: text_of(folder / f"there/{name}.pdf") for name in build.PDFS}


def test_other_results_give_another_report(altered):
    assert "12,345" in altered["q1"]


def test_a_network_without_a_noise_curve_is_reported(altered):
    assert "q2_multihead/train.py --noise" in altered["q2"]


def test_a_network_without_mistakes_is_reported(altered):
    assert "misclassified no digit" in altered["q1"]


def test_a_sweep_with_a_failed_and_a_missing_variation_can_be_reported(altered):
    assert "failed" in altered["q1"]


def test_of_a_question_that_was_not_tried_nothing_is_inferred(own_house):
    path = own_house / "reports/q1_cnn/sweep/comparison.csv"
    run_folders.write_rows(path, [row for row in run_folders.read_rows(path) if row["question"] != "depth"])
    found = inferences.measured(Results(root=own_house / "reports"), "q1")
    assert "depth" not in [one.name for one in found] and "hinge" in [one.name for one in found]


def test_inferences_that_hold_are_reported_and_no_others(built, copy):
    found = Results(root=copy / "reports")
    for name in build.PDFS:
        text, measured = text_of(built[0] / f"{name}.pdf"), inferences.measured(found, name)
        assert all((one.claim in text) == one.holds for one in measured)
        template = (copy / f"reports/templates/{name}.typ").read_text(encoding="utf-8")
        assert all(f"<{one.figure}>" in template for one in measured)

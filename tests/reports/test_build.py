"""The PDFs, built as a user builds them."""

import json
import shutil
import subprocess
import sys

import pytest
from pypdf import PdfReader

from reports import build, plots, runs
from tests.conftest import ROOT


def text_of(name):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(runs.REPORTS / f"{name}.pdf").pages).split())


def test_the_reports_and_the_page_are_current(committed_results):
    assert build.stale(build.build()) == [], "run python reports/build.py"


@pytest.mark.parametrize("name", build.PDFS)
def test_a_report_has_three_or_four_pages_tags_and_no_date(name):
    reader = PdfReader(runs.REPORTS / f"{name}.pdf")
    assert 3 <= len(reader.pages) <= 4
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en" and "/StructTreeRoot" in root
    assert reader.metadata.title and reader.metadata.subject
    assert reader.metadata.get("/CreationDate", "D:1970").startswith("D:1970")


@pytest.mark.parametrize("name", build.PDFS)
def test_every_figure_has_words_for_those_who_cannot_see_it(name):
    figures = [element for element in structure(PdfReader(runs.REPORTS / f"{name}.pdf")) if element.get("/S") == "/Figure"]
    assert len(figures) >= 5
    assert all(len(figure["/Alt"]) > 10 for figure in figures)


def structure(reader):
    """All elements of a PDF's structure tree."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        yield element
        kids = element.get("/K", [])
        kids = kids.get_object() if hasattr(kids, "get_object") else kids
        waiting += [kid for kid in (kids if isinstance(kids, list) else [kids]) if hasattr(kid.get_object(), "get")]


def test_the_numbers_are_those_of_the_runs(committed_results):
    for network in plots.CLASSIFIERS:
        metrics = runs.read_metrics(runs.REPORTS / network)
        row = f"{metrics['training']['parameters']:,} {metrics['training']['epochs']}"
        assert row in text_of("q1") and f"{metrics['test']['errors']:,} of {metrics['data']['test']:,}" in text_of("q1")
    heads = runs.read_metrics(runs.REPORTS / plots.MULTIHEAD)
    assert f"all heads right {heads['test']['all_heads_accuracy']:.2%}".replace("%", " %") in text_of("q2")
    study = json.loads((runs.REPORTS / "q3_visualize/localization/scores.json").read_text(encoding="utf-8"))
    assert f"{study['best'][0]['share_grown']:.1%}".replace("%", " %") in text_of("q3")


@pytest.fixture
def copy(tmp_path):
    """A copy of what is in git, to break."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.slow
def test_a_missing_result_is_named_with_the_command_that_makes_it(copy):
    shutil.rmtree(copy / "reports/q2_multihead/sweep")
    result = subprocess.run([sys.executable, "reports/build.py"], cwd=copy, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr == (
        "error: reports/q2_multihead/sweep/comparison.csv is missing: run python q2_multihead/sweep.py first\n"
    )


@pytest.mark.slow
def test_a_sweep_with_a_failed_and_a_missing_variation_can_be_reported(copy):
    path = copy / "reports/q1_cnn/sweep/comparison.csv"
    rows = [row for row in runs.read_rows(path) if row["variation"] != "cosine"]
    for row in rows:
        if row["variation"] == "AdamW":
            blank = ("parameters", "accuracy", "loss", "seconds", "spread", "gain", "uncertainty")
            row.update(dict.fromkeys(blank, ""), failed="failed: it diverged", trials="0", clear="False")
    runs.write_rows(path, rows)
    assert subprocess.run([sys.executable, "reports/build.py"], cwd=copy, capture_output=True).returncode == 0
    runs.write_rows(path, [row for row in rows if row["question"] != "depth"])  # which an inference is about
    result = subprocess.run([sys.executable, "reports/build.py"], cwd=copy, capture_output=True, text=True)
    assert result.returncode == 2 and "q1.typ cannot be set from these results" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.slow
def test_other_results_give_another_report_and_the_check_sees_it(copy):
    path = copy / "reports/q1_cnn/lines/part1/metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    metrics["test"]["errors"] = 12345
    path.write_text(json.dumps(metrics), encoding="utf-8")
    command = [sys.executable, "reports/build.py"]
    check = subprocess.run([*command, "--check"], cwd=copy, capture_output=True, text=True)
    assert check.returncode == 1 and "not current: reports/q1.pdf" in check.stdout
    written = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert written.returncode == 0 and "written: reports/index.html" in written.stdout, written.stderr
    assert "12,345" in "".join(page.extract_text() for page in PdfReader(copy / "reports/q1.pdf").pages)
    assert subprocess.run([*command, "--check"], cwd=copy, capture_output=True, text=True).returncode == 0

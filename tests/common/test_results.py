"""Which of two results a name means, the own one or the published one."""

import pytest

from common.results import Results
from data.errors import UserError


@pytest.fixture
def reports(tmp_path):
    """A folder reports, and a function that puts a file there."""

    def put(name, content="{}"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    put.root = tmp_path
    return put


def test_a_run_is_ones_own_as_soon_as_it_is_complete_and_else_the_published_one(reports):
    published = reports("published/q1_cnn/lines/part2/metrics.json").parent
    results = Results(root=reports.root)
    assert results.folder("q1_cnn/lines/part2") == published and not results.is_own(published)
    own = reports("q1_cnn/lines/part2/history.csv").parent
    assert results.folder("q1_cnn/lines/part2") == published
    reports("q1_cnn/lines/part2/metrics.json")
    assert results.folder("q1_cnn/lines/part2") == own and results.is_own(own)
    assert Results(own=False, root=reports.root).folder("q1_cnn/lines/part2") == published
    assert results.whose(own) == "your own run (reports/q1_cnn/lines/part2)"
    assert results.whose(published) == "the published run (reports/published/q1_cnn/lines/part2)"


def test_files_of_a_run_are_never_of_two_runs(reports):
    for name in ("metrics.json", "noise.csv"):
        reports(f"published/q2_multihead/lines/{name}")
    reports("q2_multihead/lines/metrics.json")
    results = Results(root=reports.root)
    assert not results.file("q2_multihead/lines/noise.csv").exists()
    assert list(results.files()) == ["q2_multihead/lines/metrics.json"]


def test_figures_of_section_3_are_each_of_its_own_origin(reports):
    folder = "q3_visualize/q1_cnn/lines/part2/filters"
    first, second = (reports(f"published/{folder}/{name}.png") for name in ("conv1", "conv2"))
    own = reports(f"{folder}/conv1.png")
    results = Results(root=reports.root)
    assert results.file(f"{folder}/conv1.png") == own and results.file(f"{folder}/conv2.png") == second
    assert results.files() == {f"{folder}/conv1.png": own, f"{folder}/conv2.png": second}
    assert Results(own=False, root=reports.root).file(f"{folder}/conv1.png") == first


def test_a_sweep_of_one_question_does_not_take_the_place_of_a_whole_one(reports):
    head = "dataset,question,variation\n"
    whole = "lines,baseline,baseline\nlines,depth,1 convolution\nlines,filters,half\n"
    published = reports("published/q1_cnn/sweep/comparison.csv", head + whole).parent
    own = reports("q1_cnn/sweep/comparison.csv", head + whole[: -len("lines,filters,half\n")]).parent
    results = Results(root=reports.root)
    assert results.folder("q1_cnn/sweep") == published
    assert results.missing_parts("q1_cnn/sweep") == [("lines", "filters", "half")]
    reports("q1_cnn/sweep/comparison.csv", head + whole + "lines,filters,double\n")
    assert Results(root=reports.root).folder("q1_cnn/sweep") == own


def test_a_study_lacks_the_parts_of_all_of_its_tables(reports):
    tables = {"thresholds.csv": "network,noise,factor\na,0,length\n", "digits.csv": "network,axis\nb,shift\n"}
    for name, text in tables.items():
        reports(f"published/q3_visualize/tuning/{name}", text)
    assert Results(root=reports.root).missing_parts("q3_visualize/tuning") == [("a", "0", "length"), ("b", "shift")]
    own = reports("q3_visualize/tuning/thresholds.csv", tables["thresholds.csv"]).parent
    assert Results(root=reports.root).missing_parts("q3_visualize/tuning") == [("b", "shift")]
    for name, text in ({**tables, "tuning.json": "{}"}).items():
        reports(f"q3_visualize/tuning/{name}", text)
    assert Results(root=reports.root).folder("q3_visualize/tuning") == own


def test_a_damaged_table_is_named_as_such(reports):
    for place in ("", "published/"):
        reports(f"{place}q1_cnn/sweep/comparison.csv").write_bytes(b"dataset,question\n\xff,x\n")
    with pytest.raises(UserError, match="damaged"):
        Results(root=reports.root).folder("q1_cnn/sweep")


def test_a_run_that_was_killed_while_it_took_its_place_is_still_ones_own(reports):
    reports("published/q1_cnn/lines/part2/metrics.json")
    earlier = reports("q1_cnn/lines/.part2.previous/metrics.json").parent
    assert Results(root=reports.root).folder("q1_cnn/lines/part2") == earlier


def test_what_is_half_written_is_no_result(reports):
    for name in (".part2.previous/metrics.json", "part2/.x.unfinished", "part2/metrics.json"):
        reports(f"q1_cnn/lines/{name}")
    assert list(Results(root=reports.root).files()) == ["q1_cnn/lines/part2/metrics.json"]


def test_a_missing_run_says_what_to_do(reports):
    with pytest.raises(UserError, match=r"published/q1_cnn/lines/part1 is no run folder .*train the network first"):
        Results(root=reports.root).metrics("q1_cnn/lines/part1")

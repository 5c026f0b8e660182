"""Publishing: own runs become the published results, and all that shows them belongs to them."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from common import results, run_folders
from reports import figures, package, publish
from tests.conftest import assert_one_error_line
from tests.reports.conftest import inside

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def published_house(house, tmp_path_factory):
    """A house whose small runs were published: to be copied."""
    folder = tmp_path_factory.mktemp("published") / "house"
    shutil.copytree(house, folder)
    with inside(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "COUNTS", dict.fromkeys(publish.COUNTS, 0))
        publish.publish()
    return folder


@pytest.fixture
def published(published_house, tmp_path, monkeypatch):
    """A copy of it, to break, in the place of the checkout, and its folder of published results."""
    monkeypatch.setattr(publish, "COUNTS", dict.fromkeys(publish.COUNTS, 0))
    shutil.copytree(published_house, tmp_path / "house")
    with inside(tmp_path / "house"):
        yield tmp_path / "house", tmp_path / "house/reports/published"


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_published_is_shown_and_belongs_together(published):
    house, folder = published
    names = set(files(folder))
    assert {"q1_cnn/lines/part2/model.keras", "q1_cnn/sweep/trials.csv", "q3_visualize/localization/scores.json"} < names
    assert "q1_cnn/lines/part1/metrics.json" in names and "q1_cnn/lines/part1/model.keras" not in names
    assert not [name for name in names if name.endswith(".npz")]
    texts = [readme.read_text(encoding="utf-8") for readme in publish.readmes()]
    shown = "\n".join([*texts, (house / "reports/index.html").read_text(encoding="utf-8")])
    templates = "\n".join(path.read_text(encoding="utf-8") for path in house.glob("reports/templates/*.typ"))
    for name in names:
        if name.endswith(".png") and name not in publish.SHEETS:  # of which the reports show parts
            assert f"published/{name}" in shown or name.removeprefix("q3_visualize/") in templates, name
    assert publish.faults() == []
    assert re.search(r"Lines, own \| 32,080 \| 1 \|", (house / "README.md").read_text(encoding="utf-8"))


def test_published_figures_have_few_colors_and_the_same_pixels_nearly(published):
    house, folder = published
    name = "q3_visualize/q1_cnn/lines/part2/filters/conv1.png"
    with Image.open(folder / name) as few, Image.open(house / "reports" / name) as all_colors:
        assert few.mode == "P" and few.size == all_colors.size
        one, other = (np.asarray(image.convert("RGB"), int) for image in (few, all_colors))
        assert few.info["Comment"] == all_colors.info["Comment"]
    assert np.abs(one - other).mean() < 1


def test_publishing_again_changes_nothing_and_what_has_no_own_run_stays(published):
    house, _ = published
    first, *others = package.SECTIONS
    for section in others:
        (house / "reports" / section).rename(house / f"away-{section}")
    before = files(house)
    publish.publish()
    assert files(house) == before
    (house / "reports" / first).rename(house / f"away-{first}")  # as on a machine that has none
    assert publish.faults() == []


def test_the_check_names_what_does_not_belong(published, call):
    house, folder = published
    metrics = folder / "q1_cnn/lines/part1/metrics.json"
    content = run_folders.read_json(metrics)
    content["test"] |= {"accuracy": 0.125, "errors": 12345}
    run_folders.write_json(metrics, content)
    (folder / "q1_cnn/lines/part2/more.png").write_bytes(b"")
    found = publish.faults()
    for expected in ("README.md", "q1_cnn/README.md", "reports/q1.pdf", "reports/index.html"):
        assert f"not current: {expected}" in found
    assert "published, and not shown: q1_cnn/lines/part2/more.png" in found
    result = call("reports/publish.py", "--check", reports=house / "reports")
    assert result.returncode == 1 and "not current: README.md" in result.stdout


def test_a_study_of_another_network_is_not_published(published, call):
    house, _ = published
    path = house / "reports/q1_cnn/lines/part2/metrics.json"
    content = run_folders.read_json(path)
    content["training"]["seed"] = 1
    run_folders.write_json(path, content)
    before = files(house / "reports/published")
    result = call("reports/publish.py", reports=house / "reports")
    assert_one_error_line(result, "is of another q1_cnn/lines/part2", "q3_visualize/localization.py again")
    assert files(house / "reports/published") == before


def test_runs_on_a_part_of_the_data_or_with_a_path_of_a_machine_are_not_published(own_house, call, monkeypatch):
    result = call("reports/publish.py", reports=own_house / "reports")
    assert_one_error_line(result, "q1_cnn/lines/part1", "is of a part of the data", "python q1_cnn/train.py")
    monkeypatch.setattr(publish, "COUNTS", dict.fromkeys(publish.COUNTS, 0))
    path = own_house / "reports/q2_multihead/lines/metrics.json"
    content = run_folders.read_json(path)
    content["training"]["command"] = "python q2_multihead/train.py --lines-dir /home/ada/lines"
    run_folders.write_json(path, content)
    assert_one_error_line(call("reports/publish.py", reports=own_house / "reports"), "/home/ada", "relative path")
    assert not (own_house / "reports/published").exists()


def test_a_sweep_on_a_part_of_the_data_is_not_published(own_house, monkeypatch):
    found = results.Results(root=own_house / "reports")
    path = own_house / "reports/q1_cnn/sweep/sweep.json"
    content = run_folders.read_json(path)
    whole = sum(content["data"]["lines"][side] for side in ("train", "validation", "test"))
    monkeypatch.setattr(publish, "COUNTS", {**dict.fromkeys(publish.COUNTS, 0), "lines": whole})
    assert list(publish.mismatches(found)) == []
    content["data"]["lines"]["train"] -= 1
    run_folders.write_json(path, content)
    (fault,) = publish.mismatches(found)
    assert re.search(r"q1_cnn/sweep.* is of a part of the data .*run python q1_cnn/sweep.py on all", fault)


def test_what_cannot_be_reported_is_not_published_and_all_is_unchanged(published, call):
    house, folder = published
    path = house / "reports/q1_cnn/lines/part1/metrics.json"
    content = run_folders.read_json(path)
    del content["data"]["different"]
    run_folders.write_json(path, content)
    before = files(folder), (house / "README.md").read_bytes(), (house / "reports/q1.pdf").read_bytes()
    assert_one_error_line(call("reports/publish.py", reports=house / "reports"), "q1.typ cannot be set")
    assert (files(folder), (house / "README.md").read_bytes(), (house / "reports/q1.pdf").read_bytes()) == before


def test_a_figure_that_names_a_path_of_a_machine_is_not_published(tmp_path):
    figures.save(figures.Figure(), tmp_path / "x.png", about={"command": "python x.py --image /home/ada/x.png"})
    (fault,) = publish.unfit({"x.png": (tmp_path / "x.png").read_bytes()})
    assert "/home/ada" in fault


def test_too_much_is_not_published():
    assert ["at most 2,000,000" in fault for fault in publish.unfit({"a.keras": bytes(2_000_001)})] == [True]
    faults = list(publish.unfit({f"{number}.keras": bytes(1_900_000) for number in range(5)}))
    assert ["together: at most 8,000,000" in fault for fault in faults] == [True]


def test_an_image_is_current_if_its_pixels_are_whatever_packed_them(tmp_path):
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    Image.fromarray(pixels).save(tmp_path / "x.png", compress_level=0)
    Image.fromarray(pixels).save(tmp_path / "y.png", compress_level=9)
    same = (tmp_path / "y.png").read_bytes()
    assert (tmp_path / "x.png").read_bytes() != same and not publish._differs(tmp_path / "x.png", same)
    pixels[3, 3, 2] += 1
    Image.fromarray(pixels).save(tmp_path / "y.png")
    assert publish._differs(tmp_path / "x.png", (tmp_path / "y.png").read_bytes())
    (tmp_path / "x.md").write_bytes(b"1")
    assert publish._differs(tmp_path / "x.md", b"2") and not publish._differs(tmp_path / "x.md", b"1")

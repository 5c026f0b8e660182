import pytest

from common import run_folders
from data.errors import UserError
from reports import benchmark_tables, publish, tables
from reports.inferences import Inference

STUDY = {
    "command": "python benchmarks/run.py", "machine": "2 cores", "versions": {"python": "3"},
    "rows": [
        {
            "row": "maps", "unit": "maps a second", "ours": "ours", "against": "theirs",
            "ratio": 5.5, "least": 5, "most": None, "reached": True, "notes": {"correlation": 0.999987},
            "contenders": {
                "ours": {"median": 11000, "lowest": 10500, "highest": 12000, "rounds": 3},
                "theirs": {"median": 2000, "lowest": 1900, "highest": 2100, "rounds": 3},
                "broken": {"error": "KeyError: a|b"},
            },
        },
        {
            "row": "memory", "unit": "MB", "ours": "growth", "against": "bytes",
            "ratio": 1.31, "least": None, "most": 1.2, "reached": False, "notes": {},
            "contenders": {
                "growth": {"median": 1310, "lowest": 1310, "highest": 1310, "rounds": 1},
                "bytes": {"median": 1000, "lowest": 1000, "highest": 1000, "rounds": 1},
            },
        },
    ],
}  # fmt: skip


def test_a_table_is_replaced_between_its_marks():
    text = "before\n<!-- table: dependencies -->\nold\n<!-- end -->\nafter"
    filled = tables.filled(text)
    assert "tensorflow | 2" in filled and "old" not in filled
    assert filled.startswith("before\n") and filled.endswith("\nafter")
    assert tables.filled(filled) == filled


def test_what_is_made_is_no_part_of_what_is_typed():
    assert tables.typed("before\n<!-- table: dependencies -->\nold\n<!-- end -->\nafter") == "before\n\nafter"


def test_every_package_has_one_line_and_one_version():
    lines = tables.dependencies().splitlines()[2:]
    packages = [line.split(" | ")[0].removeprefix("| ") for line in lines]
    assert "playwright" in packages and len(packages) == len(set(packages))
    versions = {}
    for name in tables.REQUIREMENTS:
        for line in (run_folders.ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith(("#", "-r")):
                package, version = line.partition("  # ")[0].split("==")
                assert (
                    versions.setdefault(package, version) == version and f"| {package} | {version} | " in tables.dependencies()
                )


def test_inferences_name_the_results_behind_them():
    one = Inference("depth", "Depth counts.", "It brings 3 points.", "variations", ("q1_cnn/sweep/comparison.csv",), True)
    link = "([sweep/comparison.csv](../reports/published/q1_cnn/sweep/comparison.csv))"
    assert tables.listed([one, one]).splitlines() == [f"- **Depth counts.** It brings 3 points. {link}"] * 2
    assert tables.folded([one]).splitlines() == [
        "<details><summary><b>Depth counts.</b></summary>", "", f"It brings 3 points. {link}", "", "</details>",
    ]  # fmt: skip


def test_every_room_has_a_readme_and_every_table_in_it_is_known():
    rooms = [readme.parent.name for readme in publish.readmes()]
    assert {"data", "q1_cnn", "q2_multihead", "q3_visualize", "benchmarks"} < set(rooms)
    names = {name for readme in publish.readmes() for _, name, _ in tables._TABLE.findall(readme.read_text(encoding="utf-8"))}
    assert names == set(tables.TABLES)


def test_the_long_tables_of_variations_are_folded_away():
    found = [
        text.partition(f"<!-- table: {name} -->")
        for text in (readme.read_text(encoding="utf-8") for readme in publish.readmes())
        for name in tables.TABLES
        if name.startswith(("variations on", "variations of the heads")) and f"<!-- table: {name} -->" in text
    ]
    assert len(found) == 4
    for before, _, after in found:
        assert before.rstrip().endswith("</summary>") and before.endswith("\n\n")  # without a blank line it is no table
        assert after.partition("<!-- end -->")[2].startswith("\n\n</details>")


def test_a_row_of_the_benchmark_in_words(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    monkeypatch.setattr(run_folders, "ROOT", tmp_path)
    with pytest.raises(UserError, match="run make bench first"):
        benchmark_tables.speed()
    path, (maps, memory) = tmp_path / "benchmarks/results.json", STUDY["rows"]
    run_folders.write_json(path, STUDY)
    lines = benchmark_tables.speed().splitlines()
    assert lines[2] == "| maps, maps a second | 11,000 | 2,000, theirs | **5.5** | at least 5 |"
    assert lines[3] == "| memory, MB | 1,310 | 1,000, bytes | 1.31 | at most 1.2 |"
    assert lines[-1] == "- `python benchmarks/run.py`; 2 cores; python 3"
    run_folders.write_json(path, {**STUDY, "rows": [{**maps, "against": None, "ratio": None, "reached": None}, memory]})
    assert benchmark_tables.speed().splitlines()[2] == "| maps, maps a second | 11,000 | none of them can | none | at least 5 |"
    run_folders.write_json(path, {**STUDY, "rows": [{**maps, "against": "broken", "ratio": None, "reached": None}]})
    assert "| KeyError: a\\|b, broken |" in benchmark_tables.speed().splitlines()[2]

import pytest

from reports import runs, speed

STUDY = {
    "command": "python benchmarks/run.py", "machine": "2 cores", "versions": {"python": "3"},
    "rows": [
        {
            "row": "maps", "unit": "maps a second", "ours": "ours", "ratio": 5.5, "least": 5, "most": None, "reached": True,
            "notes": {"correlation": 0.9999},
            "contenders": {
                "ours": {"median": 11000, "lowest": 10500, "highest": 12000, "rounds": 3},
                "theirs": {"median": 2000, "lowest": 1900, "highest": 2100, "rounds": 3},
                "broken": {"error": "KeyError"},
            },
        },
        {
            "row": "memory", "unit": "MB", "ours": "growth", "ratio": 1.31, "least": None, "most": 1.2, "reached": False,
            "notes": {},
            "contenders": {
                "growth": {"median": 1310, "lowest": 1310, "highest": 1310, "rounds": 1},
                "bytes": {"median": 1000, "lowest": 1000, "highest": 1000, "rounds": 1},
            },
        },
    ],
}  # fmt: skip


def test_a_row_of_the_benchmark_in_words(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    monkeypatch.setattr(runs, "ROOT", tmp_path)
    with pytest.raises(runs.RunError, match="run make bench first"):
        speed.speed()
    runs.write_json(tmp_path / "benchmarks/results.json", STUDY)
    lines = speed.speed().splitlines()
    theirs = "theirs: 2,000 (1,900 to 2,100)<br>broken: KeyError"
    assert lines[2] == f"| maps, maps a second | 11,000 (10,500 to 12,000) | {theirs} | **5.5** | at least 5 |"
    assert lines[3] == "| memory, MB | growth: 1,310 | bytes: 1,000 | 1.31 | at most 1.2 |"
    assert "- maps: correlation 0.9999" in lines
    assert lines[-1] == "- `python benchmarks/run.py`; 2 cores; python 3"

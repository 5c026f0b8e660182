import pytest

from common import run_folders
from data.errors import UserError
from reports import speed

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


def test_a_row_of_the_benchmark_in_words(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    monkeypatch.setattr(run_folders, "ROOT", tmp_path)
    with pytest.raises(UserError, match="run make bench first"):
        speed.contenders()
    run_folders.write_json(tmp_path / "benchmarks/results.json", STUDY)
    lines = speed.contenders().splitlines()
    theirs = "theirs: 2,000 (1,900 to 2,100)<br>broken: KeyError: a\\|b"
    assert lines[2] == f"| maps, maps a second | 11,000 (10,500 to 12,000) | {theirs} | **5.5** to theirs | at least 5 |"
    assert lines[3] == "| memory, MB | growth: 1,310 | bytes: 1,000 | 1.31 | at most 1.2 |"
    assert "- maps: correlation: 0.999987" in lines
    assert lines[-1] == "- `python benchmarks/run.py`; 2 cores; python 3"
    lines = speed.speed().splitlines()
    assert lines[2] == "| maps, maps a second | 11,000 | 2,000, theirs | **5.5** | at least 5 |"
    assert lines[3] == "| memory, MB | 1,310 | 1,000, bytes | 1.31 | at most 1.2 |"
    STUDY["rows"][0].update(against=None, ratio=None, reached=None)
    run_folders.write_json(tmp_path / "benchmarks/results.json", STUDY)
    assert speed.speed().splitlines()[2] == "| maps, maps a second | 11,000 | none of them can | none | at least 5 |"

from reports import tables


def test_every_table_in_a_readme_is_current(committed_results):
    for name in tables.READMES:
        text = (tables.ROOT / name).read_text(encoding="utf-8")
        assert tables.filled(text) == text, f"{name}: run python reports/tables.py"


def test_a_stale_table_is_seen():
    text = "before\n<!-- table: dependencies -->\nold\n<!-- end -->\nafter"
    filled = tables.filled(text)
    assert "tensorflow | 2" in filled and "old" not in filled
    assert filled.startswith("before\n") and filled.endswith("\nafter")
    assert tables.filled(filled) == filled

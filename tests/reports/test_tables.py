from reports import publish, tables


def test_a_table_is_written_anew_between_its_marks():
    text = "before\n<!-- table: dependencies -->\nold\n<!-- end -->\nafter"
    filled = tables.filled(text)
    assert "tensorflow | 2" in filled and "old" not in filled
    assert filled.startswith("before\n") and filled.endswith("\nafter")
    assert tables.filled(filled) == filled


def test_every_room_has_a_readme_and_every_table_in_it_is_known():
    rooms = [readme.parent.name for readme in publish.readmes()]
    assert {"data", "q1_cnn", "q2_multihead", "q3_visualize", "benchmarks"} < set(rooms)
    names = {name for readme in publish.readmes() for _, name, _ in tables._PART.findall(readme.read_text(encoding="utf-8"))}
    assert names == set(tables.TABLES)

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from common import run_folders
from data.datasets import Dataset
from data.splits import Split
from reports import mistakes, sheets


def data_set(images, labels, test):
    """A data set of which some images test, and none trains."""
    none = np.array([], np.int64)
    split = Split(none, none, np.array(test))
    return Dataset("lines", "by hand", None, images, labels, ("a", "b", "c"), None, len(labels), split)


def test_the_mistakes_are_on_the_sheet_in_the_order_of_the_list(tmp_path):
    images = np.array([9, 0, 9, 1, 2, 3], np.uint8)[:, None, None, None] * np.ones((6, 2, 3, 1), np.uint8)
    dataset = data_set(images, np.array([0, 1, 0, 0, 2, 0]), [1, 3, 4, 5])
    mistakes.write(tmp_path, dataset, np.array([2, 0, 1, 1]))
    rows = run_folders.read_rows(tmp_path / "mistakes.csv")
    assert [(*row.values(),) for row in rows] == [("0", "a", "b"), ("1", "b", "c"), ("2", "c", "b")]
    sheet = np.array(Image.open(tmp_path / "mistakes.png"))
    assert (sheet == np.repeat([[3, 0, 2]] * 2, 3, axis=1)).all()


def test_a_sheet_has_rows_of_a_fixed_length(tmp_path):
    count = sheets.COLUMNS + 2
    sheets.save(np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 1, 1), np.uint8), tmp_path / "sheet.png")
    first, second = [*range(sheets.COLUMNS)], [sheets.COLUMNS, sheets.COLUMNS + 1, *[0] * (sheets.COLUMNS - 2)]
    assert np.array(Image.open(tmp_path / "sheet.png")).tolist() == [first, first, second, second]


def test_a_network_without_mistakes_has_a_list_with_its_head_alone(tmp_path):
    mistakes.write(tmp_path, data_set(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1]), [0, 1]), np.array([0, 1]))
    assert (tmp_path / "mistakes.csv").read_text() == "number,true,predicted\n" and not (tmp_path / "mistakes.png").exists()


@given(st.lists(st.tuples(st.integers(0, 95), st.integers(0, 95)), max_size=3000))
def test_every_confusion_is_kept_a_few_times_and_nothing_that_is_right(pairs):
    labels, predictions = np.array(pairs, np.int64).reshape(-1, 2).T
    chosen = mistakes.choose(labels, predictions)
    assert len(chosen) <= mistakes.MOST and len(set(chosen)) == len(chosen)
    assert (labels[chosen] != predictions[chosen]).all()
    kept = {pairs[index] for index in chosen}
    all_confusions = {pair for pair in pairs if pair[0] != pair[1]}
    assert kept == all_confusions or len(chosen) == mistakes.MOST

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.quiet import keras
from data.errors import UserError
from q3_visualize import commands, filters
from q3_visualize.networks import Network

layers = keras.layers


@given(st.text())
def test_a_text_becomes_a_files_name_that_stays_in_its_folder(text):
    name = commands.safe(text)
    assert name.isascii() and name not in ("", ".", "..") and not set(name) & set("/\\\0\n ") and not name.startswith(".")


@pytest.mark.parametrize(("one", "other"), [("a b", "a_b"), ("a/b", "a_b"), ("é", "ö"), ("x again", "x_again"), (".a", "a")])
def test_two_texts_do_not_become_one_name(one, other):
    assert commands.safe(one) != commands.safe(other)


def test_classes_by_name_and_number():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(1, activation="sigmoid", name="it")])
    network = Network(model)
    heads = list(network.heads.values())
    assert commands.class_indices(heads, "CLASS 1") == {"it": 1} == commands.class_indices(heads, "1")
    for wanted in ("2", "-1", "9" * 5000):
        with pytest.raises(UserError, match="give one of class 0, class 1, or a number"):
            commands.class_indices(heads, wanted)
    both = filters.neurons(network, "it")
    assert both.names.tolist() == ["class 0", "class 1"] and both.signs.tolist() == [-1, 1] and both.channels.tolist() == [0, 0]
    assert filters.neurons(network, "it", "class 0").signs.tolist() == [-1]

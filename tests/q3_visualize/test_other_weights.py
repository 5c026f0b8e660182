import numpy as np
import pytest

from data import lines
from q3_visualize import marks, other_weights
from q3_visualize.known_lines import KnownLines, answers
from q3_visualize.networks import open_network


def with_marks(some, seed):
    return marks.marked(some, seed)[0]


@pytest.mark.slow
@pytest.mark.parametrize("network", ["q1_cnn/lines/part2", "q2_multihead/lines"])
def test_a_network_learns_to_ignore_marks(trained, network):
    """The classes stay what they were, for all heads, and the network itself is as before."""
    opened = open_network(trained / network / "model.keras", network)
    before = opened.model.get_weights()
    training, test = KnownLines(*lines.draw(100, seed=6)), KnownLines(*lines.draw(2, seed=7))
    weights = other_weights.trained_on(opened, training, with_marks)
    for first, second in zip(before, opened.model.get_weights()):
        np.testing.assert_array_equal(first, second)
    marked, _ = marks.marked(test)

    def right():
        found = opened.predict(marked)
        return np.all([found[head].argmax(axis=1) == answers(head, test.labels) for head in opened.heads], axis=0).mean()

    untaught = right()
    with other_weights.exchanged(opened, weights):
        print(untaught, right(), marks.agreement(opened, test.images, marked))
        assert right() > untaught + 0.3 and marks.agreement(opened, test.images, marked) > 0.5


@pytest.mark.slow
def test_the_same_lines_teach_the_same(trained):
    opened = open_network(trained / "q1_cnn/lines/part2/model.keras", "q1_cnn/lines/part2")
    training = KnownLines(*lines.draw(5, seed=6))
    first, second = (other_weights.trained_on(opened, training, with_marks) for _ in range(2))
    assert max(np.abs(one - other).max() for one, other in zip(first, second)) < 1e-2


def test_own_weights_come_back_after_an_error(trained):
    network = open_network(trained / "q2_multihead/lines/model.keras", "q2_multihead/lines")
    before = network.model.get_weights()
    with pytest.raises(KeyError), other_weights.exchanged(network, [np.zeros_like(each) for each in before]):
        assert not any(each.any() for each in network.model.get_weights())
        raise KeyError
    for first, second in zip(before, network.model.get_weights()):
        np.testing.assert_array_equal(first, second)


def test_weights_are_shuffled_from_the_last_layer_on(trained):
    network = open_network(trained / "q2_multihead/lines/model.keras", "q2_multihead/lines")
    names = [variable.path for variable in network.model.weights]
    before, seen = network.model.get_weights(), []
    for path, weights in other_weights.stages_of_shuffling(network, head="angle"):
        seen.append(path)
        for name, first, second in zip(names, before, weights):
            np.testing.assert_allclose(np.sort(first, axis=None), np.sort(second, axis=None))
            shuffled = name.split("/")[0] in seen
            assert shuffled or (first == second).all(), name
            assert not shuffled or first.size < 10 or (first == first.flat[0]).all() or (first != second).any(), name
    assert seen[0] == "angle" and seen[-1] == "conv1" and not {"length", "width", "color"} & {*seen}
    everything = [path for path, _ in other_weights.stages_of_shuffling(network)]
    assert {"length", "width", "color", "angle"} < {*everything}

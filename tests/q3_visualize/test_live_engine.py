"""live/engine.js and live/heat.js in a real browser, against Keras and heatmaps.py: values, gradients and heatmaps."""

import pytest

from data import lines
from q3_visualize.choices import METHODS
from q3_visualize.lowered_layers import RULES
from q3_visualize.lowering import lower
from q3_visualize.networks import open_network
from tests.q3_visualize import live_reference, live_zoo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tab(browser):
    tab = live_reference.opened(browser)
    yield tab
    tab.close()


def differing(tab, network, lowered, image):
    """What the page and Keras do not agree about, and by how much."""
    found = live_reference.by_page(tab, [(network, lowered, image)])[0]
    return live_reference.too_large(live_reference.differences(found, live_reference.by_keras(network, image)))


@pytest.mark.parametrize("name", live_zoo.ZOO)
def test_a_page_computes_what_keras_does(tab, name):
    assert differing(tab, live_zoo.network(name), live_zoo.lowered(name), live_zoo.image(name)) == {}


@pytest.mark.parametrize("name", ["q1_cnn/lines/part2", "q1_cnn/mnist/part2", "q2_multihead/lines"])
def test_a_page_computes_trained_networks_as_keras_does(tab, trained, name):
    """Of a drawn line: its even background makes equal maxima."""
    network = open_network(trained / name / "model.keras")
    image = lines.draw(per_class=1).images[40:41, ..., : network.input_shape[2]]
    assert differing(tab, network, lower(network), image) == {}


def test_the_methods_are_those_of_python(tab):
    assert tuple(tab.evaluate("Heat.METHODS")) == METHODS


def test_the_networks_here_have_all_that_the_engine_and_the_rules_have(tab):
    """Whoever adds something adds a network to the zoo, and what no network reaches is left out of the engine."""
    operations = [each for name in live_zoo.ZOO for each in live_zoo.lowered(name)["operations"]]
    assert {each["kind"] for each in operations} == {"image", *tab.evaluate("Engine.KINDS")}
    for kind, functions in (("activation", "ACTIVATIONS"), ("pair", "PAIRS")):
        names = tab.evaluate(f"Object.keys(Functions.{functions})")
        assert {each["how"] for each in operations if each["kind"] == kind} == set(names)
    layers = {type(layer).__name__ for name in live_zoo.ZOO for layer in live_zoo.network(name).layers.values()}
    assert set(RULES) <= layers

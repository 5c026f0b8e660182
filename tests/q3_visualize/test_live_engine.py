"""live/engine.js and live/heat.js in a real browser, against Keras and heatmaps.py: values, gradients and heatmaps."""

import numpy as np
import pytest

from data import lines
from q1_cnn.recipes import RECIPES
from q3_visualize.choices import METHODS
from q3_visualize.lowered_layers import RULES
from q3_visualize.lowering import lower
from q3_visualize.networks import Network, open_network
from reports.names import METHOD_WORDS
from tests.q3_visualize import live_reference, live_zoo
from tests.q3_visualize.live_building import randomise

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tab(browser):
    tab = live_reference.opened(browser)
    yield tab
    tab.close()


def differing(tab, network, lowered, image, methods=METHODS):
    """What the page and Keras do not agree about, and by how much."""
    found = live_reference.by_page(tab, [(network, lowered, image)], methods)[0]
    return live_reference.too_large(live_reference.differences(found, live_reference.by_keras(network, image, methods)))


@pytest.mark.parametrize("name", live_zoo.ZOO)
def test_a_page_computes_what_keras_does(tab, name):
    assert differing(tab, live_zoo.network(name), live_zoo.lowered(name), live_zoo.image(name)) == {}


@pytest.mark.parametrize("name", ["q1_cnn/lines/part2", "q1_cnn/mnist/part2", "q2_multihead/lines"])
def test_a_page_computes_trained_networks_as_keras_does(tab, trained, name):
    """Of a drawn line: its even background makes equal maxima."""
    network = open_network(trained / name / "model.keras")
    image = lines.draw(per_class=1).images[40:41, ..., : network.input_shape[2]]
    assert differing(tab, network, lower(network), image) == {}


@pytest.mark.parametrize(("dataset", "channels"), [("lines", 3), ("mnist", 1)])
def test_a_page_computes_the_prescribed_networks_as_keras_does(tab, dataset, channels):
    """Part 1 with random weights, values and gradients: a small one of the zoo has the heatmaps, which take a minute here."""
    model = RECIPES[dataset, 1].build((28, 28, channels))
    randomise(model, np.random.default_rng(0))
    network = Network(model, f"q1_cnn/{dataset}/part1")
    image = lines.draw(per_class=1).images[40:41, ..., :channels]
    assert differing(tab, network, lower(network), image, methods=()) == {}


def test_the_methods_are_those_of_python_and_have_the_names_of_the_reports(tab):
    shown = tab.evaluate("Heat.METHODS")
    assert tuple(shown) == METHODS and shown.items() <= METHOD_WORDS.items()


def test_the_networks_here_have_all_that_the_engine_and_the_rules_have(tab):
    """Whoever adds something adds a network to the zoo, and what no network reaches is left out of the engine."""
    operations = [each for name in live_zoo.ZOO for each in live_zoo.lowered(name)["operations"]]
    assert {each["kind"] for each in operations} == {"image", *tab.evaluate("Engine.KINDS")}
    for kind, functions in (("activation", "ACTIVATIONS"), ("pair", "PAIRS")):
        names = tab.evaluate(f"Object.keys(Functions.{functions})")
        assert {each["how"] for each in operations if each["kind"] == kind} == set(names)
    layers = {type(layer).__name__ for name in live_zoo.ZOO for layer in live_zoo.network(name).layers.values()}
    assert set(RULES) <= layers

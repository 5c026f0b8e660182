"""What is drawn in a page: lines as data/lines.py draws them, with data/noise.py's noise, and digits as those of MNIST."""

import numpy as np
import pytest

from data import lines, noise
from q3_visualize.lowering import lower
from q3_visualize.networks import open_network
from reports import web

pytestmark = pytest.mark.slow
PARTS = {**web.scripts("lines", "digits", start="")["scripts"], "worker": web.text(web.PARTS / "worker.js")}
SIDE = 112  # pixels of the pad


def with_scripts(tab):
    """Puts our scripts into a tab as a page has them: each with its name as the id, and the worker's as a text."""
    for name, text in PARTS.items():
        kind = "text/plain" if name == "worker" else "text/javascript"
        tab.evaluate(
            "([id, type, text]) => document.head.append(Object.assign(document.createElement('script'), { id, type, text }))",
            [name, kind, text],
        )


@pytest.fixture(scope="module")
def scripts(browser):
    """A function of an expression of JavaScript with our scripts, and the value of `given` in it."""
    tab = browser.new_context().new_page()
    with_scripts(tab)
    yield lambda expression, given=None: tab.evaluate(f"given => {expression}", given)
    tab.context.close()


def test_lines_are_those_of_python(scripts):
    generator = np.random.default_rng(0)
    for _ in range(300):
        shape = lines.Shape(generator.uniform(3, 20), generator.uniform(0.5, 5), generator.uniform(0, 180), generator.random())
        margin = lines.reach(shape)
        center = margin + generator.random(2) * (28 - 2 * margin)
        given = {"length": shape.length, "width": shape.width, "degrees": shape.degrees, "blue": shape.blue}
        image = scripts("Array.from(Line.drawn(Line.fitting(given)))", given | {"x": center[0], "y": center[1]})
        difference = np.array(image) - lines.draw_shape(shape, center[None])[0].ravel().astype(int)
        assert np.abs(difference).max() <= 1 and np.mean(difference != 0) < 0.01  # a last bit may turn what lies in between


def test_a_line_stays_inside(scripts):
    line = scripts("Line.fitting(given)", {"length": 15, "width": 3, "degrees": 0, "blue": 0, "x": -5, "y": 30})
    assert (line["x"], line["y"]) == pytest.approx((7.5, 26.5))


@pytest.mark.parametrize("level", [1, 5, 6])
def test_noise_is_that_of_python(scripts, level):
    """With the same random numbers, and Python's average brightness."""
    strengths = noise.strengths(level)
    image = lines.draw(per_class=1).images[40]
    grains = np.random.default_rng(0).standard_normal(image.shape, np.float32)
    given = {"image": image.ravel().tolist(), "strengths": strengths, "grains": grains.ravel().tolist()}
    found = scripts("Array.from(Line.noisy(given.image, given.strengths, given.grains))", given)
    signal = (1 + strengths["dimmest"]) / 2 * noise._blurred(image, strengths["blur"])
    expected = np.clip(np.rint(signal + strengths["noise"] * grains), 0, 255)
    assert np.abs(np.array(found) - expected.ravel()).max() <= 1


def test_a_digit_is_scaled_to_20_pixels_and_its_mass_is_centered(scripts):
    ink = np.zeros((SIDE, SIDE))
    ink[10:90, 60:80] = 1  # four times as high as wide, far from the middle
    image = np.array(scripts(f"Array.from(Digit.centered(given, {SIDE}))", ink.ravel().tolist())).reshape(28, 28)
    expected = np.zeros((28, 28))
    expected[4:24, 12:17] = 255  # 20 high, 5 wide; the middle of five columns is half a pixel off
    assert image.tolist() == expected.tolist()
    assert scripts(f"Array.from(Digit.centered(given, {SIDE}))", [0] * SIDE**2) == [0] * 784


DIGITS = {  # strokes on a pad of side 1
    0: [[(0.5, 0.2), (0.35, 0.3), (0.32, 0.5), (0.35, 0.7), (0.5, 0.8), (0.65, 0.7), (0.68, 0.5), (0.65, 0.3), (0.5, 0.2)]],
    1: [[(0.55, 0.2), (0.48, 0.8)]],
    3: [
        [
            (0.35, 0.25),
            (0.5, 0.2),
            (0.63, 0.3),
            (0.6, 0.42),
            (0.48, 0.48),
            (0.62, 0.55),
            (0.66, 0.68),
            (0.52, 0.8),
            (0.35, 0.74),
        ]
    ],
    4: [[(0.38, 0.2), (0.34, 0.52), (0.66, 0.5)], [(0.62, 0.22), (0.6, 0.82)]],
    7: [[(0.32, 0.24), (0.68, 0.24), (0.47, 0.82)]],
}  # fmt: skip


def test_a_digit_drawn_with_the_mouse_is_classified_as_such(browser, call, tmp_path):
    """By a network that was trained for some seconds, on the 5,000 digits that need no download."""
    flags = ("--dataset", "mnist", "--part", 2, "--epochs", 8, "--out", tmp_path / "reports")
    assert call("q1_cnn/train.py", *flags).returncode == 0
    network = lower(open_network(tmp_path / "reports/q1_cnn/mnist/part2/model.keras", "q1_cnn/mnist/part2"))
    tab = browser.new_context(viewport={"width": 800, "height": 900}).new_page()
    tab.set_content("<div id=pad></div><form></form><div></div><div></div>")
    with_scripts(tab)
    tab.evaluate(
        """(network) => {
            const [pad, controls, root, layers] = [...document.body.children];
            const looking = new Looking(root, layers, network);
            new DigitPad(pad, controls, [], (image) => looking.show(image));
            pad.style.width = "280px";
            pad.querySelector("canvas").style.cssText = "width: 280px; height: 280px";
        }""",
        network,
    )
    box = tab.locator("#pad canvas").bounding_box()
    for digit, strokes in DIGITS.items():
        tab.click("text=Clear")
        for first, *rest in strokes:
            tab.mouse.move(box["x"] + first[0] * box["width"], box["y"] + first[1] * box["height"])
            tab.mouse.down()
            for x, y in rest:
                tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
            tab.mouse.up()
        tab.wait_for_function("digit => document.querySelector('.words').textContent === digit", arg=str(digit), timeout=5000)
    tab.context.close()

"""The page of a network, in a real browser: what live.py writes, and what happens there when somebody draws."""

import json

import numpy as np
import pytest
from PIL import Image

from common import images, run_folders
from common.quiet import keras
from data import datasets, line_classes
from q3_visualize import climb_plan
from tests.conftest import assert_one_error_line, run_main

layers = keras.layers
OWN = "q1_cnn/lines/part2"
SCREEN = ".looking figure:first-child canvas"
HOSTILE = "</script><img src=x onerror=document.title='run'>"


def written(call, folder, *flags, reports):
    result = call("q3_visualize/live.py", "--no-browser", "--out", folder, *flags, reports=reports)
    assert result.returncode == 0 and not result.stderr, result.stderr
    return next(folder.rglob("live.html"))


@pytest.fixture(scope="module")
def own(trained, tmp_path_factory):
    """The page of a network that was trained here, with its best images after two steps."""
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_folders, "REPORTS", trained)
        patch.setattr(climb_plan, "STEPS", 2)
        run_main("q3_visualize/live", "--no-browser", "--network", OWN, "--out", folder)
    return folder / OWN / "live.html"


def until(tab, condition):
    """Waits until a function returns True; a page's policy forbids playwright's own waiting for an expression."""
    for _ in range(200):
        if condition():
            return
        tab.wait_for_timeout(50)
    raise AssertionError("the page never came so far")


def pixels(tab, selector):
    """The pixels of a canvas, (height, width, 3)."""
    read = """canvas => [canvas.height, canvas.width,
        ...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""
    height, width, *values = tab.locator(selector).evaluate(read)
    return np.array(values).reshape(height, width, 4)[..., :3]


@pytest.fixture
def opened(watched):
    """Opens a page, and fails the test at its end if it asked for anything but itself, its icon and the worker."""

    def open_page(path, **options):
        tab = watched(path, 1000, **options)
        until(tab, lambda: tab.inner_text("#check"))
        return tab

    yield open_page
    assert len(watched.requests) <= 3 * len(watched.tabs)


@pytest.fixture
def colored(tmp_path):
    """A network of somebody's, on 24 x 20 pixels in color, whose layer and class names are hostile."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((24, 20, 3)), layers.Conv2D(4, 3, activation="relu", name="a <b> & 'c'"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    model.save(tmp_path / "any.keras")
    (tmp_path / "names.txt").write_text(f"cat\n{HOSTILE}\n犬\n", encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_the_page_computes_what_keras_does_and_shows_every_layer(own, opened):
    tab = opened(own)
    assert "are those of Keras" in tab.inner_text("#check")
    content = json.loads(own.with_suffix(".json").read_text(encoding="utf-8"))
    expected = sorted(content["expected"]["predictions"], reverse=True)[:12]  # of 96 classes
    shown = tab.locator(".answers li span:last-child").all_inner_texts()
    assert [float(text.removesuffix("%")) for text in shown] == pytest.approx([100 * share for share in expected], abs=0.06)
    assert tab.locator("details").count() == len(content["network"]["layers"])
    for layer in content["network"]["layers"]:
        assert pixels(tab, f"canvas[aria-label='feature maps of {layer['path']}']").any()


@pytest.mark.slow
def test_a_pen_changes_image_answers_and_maps(own, opened):
    tab = opened(own)
    tab.select_option("#inputs select >> nth=0", label="an empty image")
    until(tab, lambda: not pixels(tab, SCREEN).any())
    box = tab.locator(".screen svg.drawn-on").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75, steps=4)
    tab.mouse.up()
    until(tab, lambda: pixels(tab, SCREEN)[19, 14, 0] == 255)
    drawn = pixels(tab, SCREEN)[..., 0]
    assert drawn[8:20, 13:15].min() == 255 and drawn[:, :10].max() == 0 == drawn[:, 18:].max()
    assert tab.inner_text(".words") in map(line_classes.class_name, range(line_classes.CLASSES))


@pytest.mark.slow
def test_a_cell_says_what_it_sees_by_mouse_and_by_keyboard(own, opened):
    tab = opened(own)
    canvas = tab.locator("canvas[aria-label='feature maps of conv1']")
    canvas.hover(position={"x": 3, "y": 3})
    until(tab, lambda: "channel 1 of 16, row 1, column 1" in tab.inner_text(".readout"))
    assert "it sees 7 × 7 pixels" in tab.inner_text(".readout")
    until(tab, tab.locator("canvas.kernel").is_visible)
    assert pixels(tab, ".best-of canvas").any()  # what activates the channel most
    canvas.press("ArrowRight")
    until(tab, lambda: "channel 1 of 16, row 1, column 2" in tab.inner_text(".readout"))
    field = {name: float(tab.locator("rect.field").get_attribute(name)) for name in ("x", "y", "width", "height")}
    assert field == {"x": 0, "y": -2, "width": 7, "height": 7}  # by hand: stride 2, and two rows and columns of padding before
    canvas.press("ArrowUp")
    assert "row 1" in tab.inner_text(".readout")  # there is no map above the first


@pytest.mark.slow
def test_any_network_with_names_that_try_to_run_code(call, colored, opened):
    flags = ("--model", colored / "any.keras", "--classes", colored / "names.txt")
    tab = opened(written(call, colored / "out", *flags, reports=colored / "reports"))
    assert "are those of Keras" in tab.inner_text("#check")
    assert tab.locator(".answers li span:first-child").all_inner_texts() == ["cat", HOSTILE, "犬"]
    assert tab.locator("summary").first.inner_text().startswith("a <b> & 'c'")
    tab.select_option(".heat select >> nth=0", label=HOSTILE)
    until(tab, lambda: "onerror" in tab.inner_text(".heat figcaption"))
    assert tab.title() != "run" and tab.locator("img").count() == 0


@pytest.mark.slow
def test_a_file_is_read_as_python_reads_it(call, colored, opened):
    image = np.random.default_rng(0).integers(0, 256, (24, 20, 3)).astype(np.uint8)
    Image.fromarray(image).save(colored / "x.png")
    tab = opened(written(call, colored / "out", "--model", colored / "any.keras", reports=colored / "reports"))
    tab.set_input_files("input[type=file]", colored / "x.png")
    expected = images.read(colored / "x.png", (24, 20, 3))
    until(tab, lambda: (pixels(tab, SCREEN) == expected).all())
    (colored / "no.png").write_text("no image")
    tab.set_input_files("input[type=file]", colored / "no.png")
    until(tab, lambda: tab.inner_text("#inputs [role=status]") == "no.png is no image that this browser reads")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(own, browser, scheme):
    tab = browser.new_context(viewport={"width": 360, "height": 640}, color_scheme=scheme, has_touch=True).new_page()
    tab.goto(own.as_uri())
    until(tab, lambda: tab.inner_text("#check"))
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.context.close()


@pytest.mark.slow
def test_for_an_image_of_ones_own_no_data_set_is_loaded(call, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(climb_plan, "STEPS", 2)
    Image.new("RGB", (28, 28), "red").save(tmp_path / "x.png")
    loaded = []
    for flags in (("--image", "x.png"), ()):
        folder = tmp_path / f"out{len(loaded)}"
        path = written(call, folder, "--network", OWN, *flags, reports=trained)
        content = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        loaded.append((datasets.load.cache_info().misses, len(content["examples"]), "channels" in content["network"]))
    assert loaded == [(0, 1, False), (1, 10, True)]


def test_wrong_use_is_one_line(call, colored):
    model = ("--model", colored / "any.keras", "--no-browser", "--out", "out")
    (colored / "two.txt").write_text("a\nb\n")
    assert_one_error_line(call("q3_visualize/live.py", *model, "--classes", "two.txt"), "2 names", "3 classes")
    (colored / "binary.txt").write_bytes(b"\xff\xfe")
    assert_one_error_line(call("q3_visualize/live.py", *model, "--classes", "binary.txt"), "UTF-8")
    assert_one_error_line(call("q3_visualize/live.py", *model, "--layer", "conv"), "--layer")
    assert not (colored / "out").exists()


def test_layers_that_the_page_cannot_run_are_named_with_those_that_it_can(call, tmp_path):
    image = keras.Input((12, 12, 1))
    sequence = layers.Reshape((12, 12))(image)
    keras.Model(image, layers.Dense(2)(layers.LSTM(4, name="memory")(sequence))).save(tmp_path / "r.keras")
    result = call("q3_visualize/live.py", "--model", "r.keras", "--no-browser", "--out", "out")
    assert_one_error_line(result, "memory (LSTM)", "Conv2D", "DepthwiseConv2D")
    assert not (tmp_path / "out").exists()

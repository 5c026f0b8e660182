"""The web page, in a real browser, from the file system."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from common import run_folders
from common.results import Results
from data import line_classes
from reports import page

pytestmark = pytest.mark.slow
MOST = 6_000_000  # bytes, with all that it loads


@pytest.fixture(scope="module")
def results(house):
    return Results(root=house / "reports")


@pytest.fixture(scope="module")
def path(results, tmp_path_factory):
    """The page on the house's results, in a folder of its own."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text(page.render(page.Links(results, folder)), encoding="utf-8")
    return folder / "index.html"


@pytest.fixture
def opened(watched, path):
    """A function that opens the page."""
    return lambda width=1200, scheme="light", **options: watched(path, width, color_scheme=scheme, **options)


@pytest.mark.parametrize("width", [360, 768, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_and_nothing_is_wider_than_the_window(opened, width, scheme):
    tab = opened(width, scheme)
    tab.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    tab.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) > 384) == (scheme == "light")


def test_every_image_and_control_has_words(opened):
    tab = opened()
    assert tab.evaluate("[...document.images].every(image => image.alt.length > 20)")
    assert tab.evaluate("[...document.querySelectorAll('[role=img]')].every(image => image.ariaLabel.length > 10)")
    assert tab.evaluate("[...document.querySelectorAll('select')].every(element => element.labels.length === 1)")
    assert tab.evaluate("document.documentElement.lang") == "en"
    headings = tab.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(element => element.tagName)")
    assert headings[0] == "H1" and headings.count("H1") == 1


def test_a_cell_of_a_confusion_matrix_is_described_with_examples(opened, results):
    tab = opened()
    tab.select_option("#confusion-network", "q1_cnn/mnist/part1")
    matrix, names = run_folders.read_matrix(results.folder("q1_cnn/mnist/part1") / "confusion_matrix.csv")
    assert tab.locator("#matrix button").count() == (matrix > 0).sum()
    row, column = next((row, column) for row, column in zip(*matrix.nonzero()) if row != column)
    tab.hover(f"#matrix button[aria-label^='true {names[row]}, predicted {names[column]}:']")
    text = tab.inner_text("#cell")
    assert f"True: {names[row]}. Predicted: {names[column]}. {matrix[row, column]} test image" in text
    assert tab.locator("#cell .tile").count() == min(matrix[row, column], 8)


def test_the_matrix_is_walked_with_the_keyboard(opened):
    tab = opened()
    tab.select_option("#confusion-network", "q2_multihead/lines, color")
    tab.focus("#matrix button >> nth=0")
    first = tab.inner_text("#cell")
    tab.keyboard.press("ArrowDown")
    assert tab.inner_text("#cell") != first and "True: blue" in tab.inner_text("#cell")
    assert tab.locator("#matrix button[tabindex='0']").count() == 1


def test_the_largest_confusions_can_be_picked(opened, results):
    tab = opened(360)
    tab.select_option("#confusion-network", "q1_cnn/mnist/part1")
    matrix, _ = run_folders.read_matrix(results.folder("q1_cnn/mnist/part1") / "confusion_matrix.csv")
    np.fill_diagonal(matrix, 0)
    most = matrix.max()
    assert f": {most}" in tab.locator("#confusion-largest option").nth(1).inner_text()
    tab.select_option("#confusion-largest", index=1)
    assert f"{most} test images" in tab.inner_text("#cell") and tab.locator("#cell .tile").count() == min(most, 8)


def middle(tab, selector):
    box = tab.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_line_turns_until_it_is_dragged(opened):
    tab = opened()
    angle = "#lines-controls input >> nth=2"
    tab.wait_for_function("document.querySelector('#lines-classes').textContent.includes('%')")
    first = float(tab.input_value(angle))
    tab.wait_for_timeout(500)
    assert float(tab.input_value(angle)) > first
    tab.mouse.move(*middle(tab, "#lines-network circle >> nth=2"))  # of the line's middle
    tab.mouse.down()
    tab.mouse.up()
    tab.mouse.move(*middle(tab, "#lines-network circle >> nth=0"))  # an end
    tab.mouse.down()
    x, y = middle(tab, "#lines-network circle >> nth=1")  # the other
    tab.mouse.move(x + 80, y, steps=5)
    tab.mouse.up()
    assert float(tab.input_value(angle)) in (0, 1, 179)
    tab.wait_for_timeout(300)
    assert float(tab.input_value(angle)) in (0, 1, 179)
    tab.wait_for_function("[...document.querySelectorAll('#lines-network .words')].every(words => words.textContent)")
    assert len(tab.inner_text("#lines-network .words").split()) == 4


def test_a_line_stands_still_for_who_wants_less_motion(opened):
    tab = opened(reduced_motion="reduce")
    before = tab.input_value("#lines-controls input >> nth=2")
    tab.wait_for_timeout(500)
    assert tab.input_value("#lines-controls input >> nth=2") == before


def test_sliders_and_the_strip_work_by_keyboard(opened):
    tab = opened()
    slider = tab.locator("#lines-controls input >> nth=2")
    slider.focus()
    slider.press("Home")
    assert slider.input_value() == "0"
    tab.wait_for_function("document.querySelector('#sweep-mark').style.left === '0%'")
    drawn = (
        "[...document.querySelector('#sweep').getContext('2d').getImageData(0, 0, 90, 12).data].filter((_, at) => at % 4 === 3)"
    )
    tab.wait_for_function(f"{drawn}.every(opacity => opacity === 255)")


def test_charts_are_read_by_keyboard_and_have_their_numbers(opened, results):
    tab = opened()
    rows = run_folders.read_rows(results.folder("q2_multihead/lines") / "noise.csv")
    chart = tab.locator("#noise-chart svg")
    chart.focus()
    for _ in rows:
        chart.press("ArrowRight")
    said = tab.inner_text("#noise-chart p")
    assert (
        said.startswith("level of noise 6: length ") and f"{100 * float(rows[-1]['angle_accuracy']):.2f}".rstrip("0.") in said
    )
    tab.click("#noise-chart summary")
    tab.wait_for_selector("#noise-chart tbody tr")
    assert tab.locator("#noise-chart tbody tr").count() == len(rows) == 7
    for network in tab.locator("#curves-network option").all_inner_texts():
        tab.select_option("#curves-network", network)
        assert tab.locator("#curves-chart polyline").count() == 4


def test_the_data_set_is_drawn_class_after_class(opened):
    tab = opened(reduced_motion="reduce")
    tab.locator("#nine-controls input").focus()
    tab.keyboard.press("End")
    assert tab.inner_text("#nine-controls output") == line_classes.class_name(95)
    tab.click("text=Play")
    tab.wait_for_function("document.querySelector('#nine-controls output').textContent.startsWith('short thin 0')")
    tab.click("text=Stop")
    pixels = np.array(tab.evaluate("[...document.querySelector('#nine').getContext('2d').getImageData(0, 0, 86, 86).data]"))
    assert pixels.reshape(86, 86, 4)[..., 1].max() == 0 < pixels.reshape(86, 86, 4)[..., 0].max()  # red or blue, without green


def test_on_githubs_pages_code_is_looked_at_on_the_host(browser, path):
    context = browser.new_context(reduced_motion="reduce")
    context.route("**/*", lambda route: route.fulfill(body=path.read_text(encoding="utf-8"), content_type="text/html"))
    tab = context.new_page()
    tab.goto("https://someone.github.io/cnns/reports/")
    assert tab.get_attribute("a[data-source='q1_cnn/models.py']", "href") == (
        "https://github.com/someone/cnns/blob/HEAD/q1_cnn/models.py"
    )
    context.close()


def test_digits_are_a_tab_away(opened):
    tab = opened()
    tab.focus("#lines-tab")
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#digits-panel").is_visible() and not tab.locator("#lines-panel").is_visible()
    tab.select_option("#digits-controls select", index=4)
    tab.wait_for_function("document.querySelector('#digits-network .words').textContent")
    assert tab.locator("#digits-network .answers li").count() == 10


def test_it_is_small_and_all_that_it_links_to_exists(path):
    text = path.read_text(encoding="utf-8")
    loaded = set(re.findall(r'src="([^"]+)"', text)) | set(re.findall(r'"path":"([^"]+\.png)"', text))
    assert len(loaded) > 3
    assert len(text.encode()) + sum((path.parent / link).stat().st_size for link in loaded) < MOST
    beside = {"data:,", "q1.pdf", "q2.pdf", "q3.pdf"}  # the reports are built beside the page
    for link in set(re.findall(r'href="([^"#][^"]*)"', text)) - beside:
        assert not re.match(r"\w+:", link), link
        assert Path(path.parent / link).is_file(), link  # a host shows no folders


def test_a_page_of_published_results_links_to_nothing_else(house, tmp_path):
    (tmp_path / "reports").mkdir()
    shutil.copytree(house / "reports/templates", tmp_path / "reports/templates")
    for section in ("q1_cnn", "q2_multihead", "q3_visualize"):
        shutil.copytree(house / f"reports/{section}", tmp_path / f"reports/published/{section}")
        shutil.copytree(house / f"reports/{section}", tmp_path / f"reports/{section}")
    links = page.Links(Results(own=False, root=tmp_path / "reports"), tmp_path / "reports")
    text = page.render(links)
    assert len(links.names) > 8 and "published/q1_cnn/lines/part2/model.keras" in text
    loaded = re.findall(r'src="([^"]+)"', text) + re.findall(r'"path":"([^"]+\.png)"', text)
    assert len(loaded) > 3 and all(link.startswith("published/") for link in loaded)

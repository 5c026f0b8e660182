"""The web page, in a real browser, from the file system."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from common.results import Results
from data import line_classes
from reports import inferences, page

pytestmark = pytest.mark.slow
MOST = 3_000_000  # bytes, with all that it loads


@pytest.mark.parametrize("width", [360, 768, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_and_nothing_is_wider_than_the_window(opened, width, scheme):
    tab = opened(width, scheme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) > 384) == (scheme == "light")


def test_every_image_and_control_has_words(opened):
    tab = opened()
    assert tab.evaluate("document.images.length") == 0  # all is drawn in the page
    assert tab.evaluate("[...document.querySelectorAll('[role=img]')].every(image => image.ariaLabel.length > 10)")
    assert tab.evaluate("[...document.querySelectorAll('select')].every(element => element.labels.length === 1)")
    assert tab.evaluate("document.documentElement.lang") == "en"
    headings = tab.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(element => element.tagName)")
    assert headings[0] == "H1" and headings.count("H1") == 1


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


def test_it_begins_with_heat_that_says_where_the_line_is(opened):
    selects = opened().locator("#lines-network .heat select")
    assert (selects.nth(0).input_value(), selects.nth(2).input_value()) == ("angle", "relu2")


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


def test_the_data_set_is_drawn_class_after_class(opened):
    tab = opened(reduced_motion="reduce")
    tab.locator("#nine-controls input").focus()
    tab.keyboard.press("End")
    assert tab.inner_text("#nine-controls output") == line_classes.class_name(95)
    tab.click("text=Play")
    tab.wait_for_function("document.querySelector('#nine-controls output').textContent.startsWith('short thin 0')")
    tab.click("text=Stop")
    pixels = np.array(tab.evaluate("[...document.querySelector('#nine').getContext('2d').getImageData(0, 0, 86, 86).data]"))
    red, green, blue, _ = pixels.reshape(86 * 86, 4).max(axis=0)
    assert green == 0 < max(red, blue)


def test_on_githubs_pages_code_is_looked_at_on_the_host(browser, path):
    context = browser.new_context(reduced_motion="reduce")
    context.route("**/*", lambda route: route.fulfill(body=path.read_text(encoding="utf-8"), content_type="text/html"))
    tab = context.new_page()
    tab.goto("https://someone.github.io/cnns/reports/")
    assert tab.get_attribute("a[data-source='q1_cnn/models.py']", "href") == (
        "https://github.com/someone/cnns/blob/HEAD/q1_cnn/models.py"
    )
    evidence = tab.evaluate("[...document.querySelectorAll('article a')].map(link => link.href)")
    assert evidence and all(link.startswith("https://github.com/someone/cnns/blob/HEAD/reports/") for link in evidence)
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
    assert loaded
    assert len(text.encode()) + sum((path.parent / link).stat().st_size for link in loaded) < MOST
    beside = {"data:,", *(f"{name}.pdf" for name in inferences.REPORTS)}  # the reports are built beside the page
    assert all(f'href="{name}"' in text for name in beside)
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

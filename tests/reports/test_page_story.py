"""The story that the page tells, in a real browser: inferences, each by the figure that shows it."""

import dataclasses

import numpy as np
import pytest

from common import run_folders
from data.line_classes import FACTOR_SIZES
from reports import inferences, page, story
from reports.metrics import factor_confusions
from sweeps import comparison

pytestmark = pytest.mark.slow


def held(results):
    """The inferences that hold, [(report, inference), ...]."""
    return [(report, one) for report in inferences.REPORTS for one in inferences.of_report(results, report)]


def test_each_inference_that_holds_stands_once_with_its_numbers_by_its_figure(opened, results):
    tab = opened()
    holding = held(results)
    assert holding and tab.locator("article").count() == len(holding)
    for report, one in holding:
        article = f"#{report}-{one.name}"
        assert tab.locator(article).count() == 1
        assert tab.inner_text(f"{article} h3") == one.claim
        assert tab.inner_text(f"{article} p >> nth=0") == one.evidence.replace("`", "")
        assert tab.locator(f"{article} a").all_inner_texts() == list(one.files)
        assert tab.locator(f".finding:has({article}) #{report}-{one.figure}").count() == 1


def test_every_figure_that_an_inference_names_is_in_its_part(results):
    figures = {part.report: part.figures for part in story.PARTS}
    assert figures.keys() == inferences.REPORTS.keys()
    for report in inferences.REPORTS:
        assert {one.figure for one in inferences.measured(results, report)} <= figures[report].keys()


def test_an_inference_without_its_figure_is_no_page(results, tmp_path):
    report, one = held(results)[0]
    part = next(part for part in story.PARTS if part.report == report)
    links = page.Links(results, tmp_path)
    with pytest.raises(LookupError, match=f"{one.name}: the page has no figure {one.figure}"):
        story.parts_of((dataclasses.replace(part, figures={}),), links)


def test_every_figure_is_drawn_and_says_what_one_sees(opened, results, tmp_path):
    tab = opened()
    wanted = [one["id"] for part in story.told(page.Links(results, tmp_path)) for one in part["figures"]]
    assert tab.evaluate("[...document.querySelectorAll('[data-figure]')].map(figure => figure.id)") == wanted
    for name in wanted:
        assert tab.locator(f"#{name} .drawing :is(svg.chart, .dots, .cells)").count() or name == "q3_activations-tuning"
        assert len(tab.inner_text(f"#{name} figcaption >> nth=0")) > 60
    assert tab.evaluate("[...document.querySelectorAll('.chart')].every(chart => !/NaN|Infinity/.test(chart.outerHTML))")


def views(tab):
    """Chooses every view of every figure, one after the other, and yields after each."""
    for number in range(tab.locator(".drawing > label > select").count()):
        select = tab.locator(".drawing > label > select").nth(number)
        for name in select.locator("option").all_inner_texts():
            select.select_option(name)
            yield name


def test_no_view_is_wider_than_a_telephone(opened):
    tab = opened(360, reduced_motion="reduce")
    tab.evaluate("document.querySelectorAll('details.numbers').forEach(details => { details.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    seen = 0
    for name in views(tab):
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360, name
        seen += 1
    assert seen > 20


def test_every_chart_is_reached_and_read_by_keyboard(opened):
    tab = opened(reduced_motion="reduce")
    reached = "[...document.querySelectorAll('.drawing :is(svg.chart, .dots, .cells)')].filter(chart => chart.tabIndex !== 0"
    assert tab.evaluate(f"{reached} && !chart.querySelector('[tabindex=\"0\"]')).length") == 0
    for number in range(tab.locator("svg.chart").count()):
        chart = tab.locator("svg.chart").nth(number)
        chart.focus()
        tab.keyboard.press("Home")
        said = chart.evaluate("chart => chart.parentElement.querySelector('[aria-live]').textContent")
        assert not said.startswith("Point") and any(map(str.isdigit, said)), said


def test_a_chart_has_its_numbers(opened, results):
    tab = opened()
    rows = run_folders.read_rows(results.folder("q2_multihead/lines") / "noise.csv")
    tab.focus("#q2-noise svg")
    tab.keyboard.press("End")
    said = tab.inner_text("#q2-noise .drawing p")
    assert (
        said.startswith("level of noise 6: length ") and f"{100 * float(rows[-1]['angle_accuracy']):.2f}".rstrip("0.") in said
    )
    tab.click("#q2-noise summary")
    tab.wait_for_selector("#q2-noise tbody tr")
    assert tab.locator("#q2-noise tbody tr").count() == len(rows) == 7
    for network in tab.locator("#q1-curves option").all_inner_texts():
        tab.select_option("#q1-curves select", network)
        assert tab.locator("#q1-curves polyline").count() == 4


def test_every_variation_has_a_dot_and_its_difference(opened, results):
    tab = opened()
    compared = comparison.read_compared(results.file("q1_cnn/sweep/comparison.csv"))["mnist"]
    tab.select_option("#q1-variations select", "MNIST")
    rows = [row for row in compared if row["gain"] is not None and row["question"] != comparison.BASELINE]
    assert tab.locator("#q1-variations li").count() == len(rows) > 20
    shown = dict(zip(*(tab.locator(f"#q1-variations li .{kind}").all_inner_texts() for kind in ("of", "value"))))
    best = max(rows, key=lambda row: row["gain"])
    assert shown[best["variation"]].startswith(f"{100 * best['gain']:+.2f}".replace("-", "−"))
    places = {
        name: tab.locator("#q1-variations li", has_text=name).locator(".dot").first.bounding_box()["x"]
        for name in (best["variation"], min(rows, key=lambda row: row["gain"])["variation"])
    }
    assert sorted(places, key=places.get)[-1] == best["variation"]


def test_confusions_of_lines_stand_factor_by_factor(opened, results):
    tab = opened()
    matrix, _ = run_folders.read_matrix(results.folder("q1_cnn/lines_noisy/part2") / "confusion_matrix.csv")
    angles = factor_confusions(matrix, FACTOR_SIZES)[2]
    row, column = np.unravel_index(np.argmax(angles - np.diag(angles.diagonal())), angles.shape)
    count = angles[row, column]
    tab.hover(f"#q1-lines-confusion button[aria-label='true {15 * row}°, predicted {15 * column}°: {count}']")
    said = tab.inner_text("#q1-lines-confusion .examples")
    assert f"True: {15 * row}°. Predicted: {15 * column}°. {count} test image" in said and "at noise level 5" in said
    assert tab.locator("#q1-lines-confusion .examples canvas").count() == 8
    pixels = "canvas => Math.max(...canvas.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, at) => at % 4 < 3))"
    assert tab.locator("#q1-lines-confusion .examples canvas").first.evaluate(pixels) > 40


def test_mistakes_on_digits_are_shown_and_walked_by_keyboard(opened, results):
    tab = opened()
    matrix, names = run_folders.read_matrix(results.folder("q1_cnn/mnist/part2") / "confusion_matrix.csv")
    off = matrix - np.diag(matrix.diagonal())
    assert tab.locator("#q1-mistakes button").count() == (matrix > 0).sum()
    assert tab.locator("#q1-mistakes .tile").count() == min(off.sum(), 24)
    row, column = next(zip(*off.nonzero()))
    tab.hover(f"#q1-mistakes button[aria-label^='true {names[row]}, predicted {names[column]}:']")
    assert f"{off[row, column]} test image" in tab.inner_text("#q1-mistakes .examples")
    assert tab.locator("#q1-mistakes .tile").count() == min(off[row, column], 8)
    label = tab.get_attribute("#q1-mistakes .tile >> nth=0", "aria-label")
    assert label == f"{names[row]}, classified as {names[column]}"
    tab.focus("#q1-mistakes .cells button >> nth=0")
    first = tab.inner_text("#q1-mistakes .examples")
    tab.keyboard.press("ArrowDown")
    assert tab.inner_text("#q1-mistakes .examples") != first
    assert tab.locator("#q1-mistakes .cells button[tabindex='0']").count() == 1
    largest = tab.locator("#q1-mistakes .confusions option").nth(1).inner_text()
    assert largest.endswith(f": {off.max()}")


def test_a_tuning_curve_is_measured_in_the_page(opened):
    tab = opened(reduced_motion="reduce")
    tab.locator("#q3_activations-tuning").scroll_into_view_if_needed()
    tab.wait_for_selector("#q3_activations-tuning .tuned svg")
    tab.select_option(".tuned select >> nth=1", "predictions")  # 96 outputs: the first is of short thin red lines at 0°
    tab.locator(".tuned input").evaluate("slider => { slider.value = 73; slider.dispatchEvent(new Event('input')); }")
    assert tab.inner_text(".tuned output") == "73 of 96"
    tab.focus(".tuned svg")
    tab.keyboard.press("Home")
    assert tab.inner_text(".tuned .charted p").startswith("angle of the line, degrees 0: long thick red ")
    assert tab.locator(".tuned polyline").count() == 4


def test_galleries_lead_to_the_live_networks(opened):
    tab = opened(reduced_motion="reduce")
    tab.click("text=See the heat over a digit")
    assert tab.locator("#digits-panel").is_visible()
    values = tab.evaluate("[...document.querySelectorAll('#digits-network .heat select')].map(select => select.value)")
    assert values[1:] == ["relu1", "scorecam"]
    tab.wait_for_function("document.querySelector('#digits-network .heat figcaption').textContent.includes('Score-CAM, relu1')")
    tab.click("text=See the maps of a line, layer by layer")
    assert tab.evaluate("document.activeElement.textContent").startswith("relu1") and tab.locator("#lines-panel").is_visible()


def test_networks_have_names_in_words(opened):
    tab = opened()
    parts = "h1, h2, h3, h4, th, option, figcaption, label, legend, .of, .legend-of-lines, nav"
    said = tab.evaluate(f"[...document.querySelectorAll('{parts}')].map(element => element.textContent)")
    assert len(said) > 200
    assert not [text for text in said if "q1_cnn" in text or "q2_multihead" in text or "lines_noisy" in text]


def test_the_outline_of_the_line_lies_over_the_heat(opened):
    tab = opened(reduced_motion="reduce")
    tab.locator("#lines-controls input >> nth=2").focus()
    tab.keyboard.press("Home")  # 0°: 15 pixels wide, 3 high, in the middle of 28
    box = "(({ x, y, width, height }) => [x, y, width, height])(document.querySelector('#lines-network .outline').getBBox())"
    tab.wait_for_function(f"String({box}.map(side => side.toFixed(1))) === '6.5,12.5,15.0,3.0'")


def test_screen_readers_hear_of_the_line_when_it_stands_still(opened):
    tab = opened()
    said = "document.querySelector('#lines-network [role=status]').textContent"
    tab.wait_for_function("document.querySelector('#lines-network .words').textContent")
    tab.wait_for_timeout(1500)
    assert tab.evaluate(said) == ""  # it turns
    tab.keyboard.press("Shift")  # now it does not
    tab.wait_for_function(f"{said} && {said} === document.querySelector('#lines-network .words').textContent", timeout=10_000)
    assert tab.locator("#lines-network [aria-live=polite]").count() == 0


def test_dots_stand_where_the_axis_says(opened):
    tab = opened()
    part = {
        "groups": [{"name": "", "rows": [{"name": "one", "value": value, "text": ""} for value in (1, -10)]}],
        "across": "points", "label": "a known plot", "range": [-10, 10], "linear": 1,
    }  # fmt: skip
    lefts = tab.evaluate("part => [...Dots.dots(part).querySelectorAll('.dot')].map(dot => dot.style.left)", part)
    assert lefts == ["75%", "0%"]  # the five marks of the axis are evenly spaced
    marks = tab.evaluate("part => [...Dots.dots(part).querySelectorAll('b')].map(mark => mark.textContent)", part)
    assert marks == ["−10", "−1", "0", "1", "10"]


def test_lines_stand_where_the_axes_say_and_names_and_powers_too(opened):
    tab = opened()
    part = {"series": [{"name": "a", "points": [[0, 0], [1, 1]]}], "across": "x", "up": "y", "label": "known", "range": [0, 1]}
    drawn = "part => Charts.lines(part).querySelector('polyline').getAttribute('points')"
    assert tab.evaluate(drawn, part) == "58.0,258.0 444.0,28.0"
    powers = {**part, "series": [{"name": "a", "points": [[0, 0.01], [1, 0.1], [2, 1]]}], "range": None, "powers": True}
    assert tab.evaluate(drawn, powers) == "58.0,258.0 251.0,143.0 444.0,28.0"
    texts = "part => [...Charts.lines(part).querySelectorAll('text')].map(text => text.textContent)"
    assert {"first", "last"} <= set(tab.evaluate(texts, {**part, "names": ["first", "last"]}))
    nothing = "part => Charts.lines(part).textContent"
    assert tab.evaluate(nothing, {**part, "series": []}) == "Not measured: known."

"""The dot plot of a sweep, of comparisons that are written out."""

import pytest

from reports import print_size, sweep_figures
from sweeps import comparison


def compared(question, variation, gain, uncertainty=0.01, clear=False, trials=5):
    tested = {"gain": gain, "uncertainty": uncertainty, "clear": clear, "spread": 0.002, "accuracy": 0.95}
    return {"question": question, "variation": variation, "trials": trials, **tested}


BASELINE = compared("baseline", "baseline", 0.0, None, trials=30)
LINES = [
    BASELINE, compared("depth", "5 convolutions", 0.004, 0.001, clear=True), compared("loss", "focal", 0.001),
    compared("depth", "1 convolution", -0.4, 0.02, clear=True), compared("loss", "dead", None, None, trials=0),
]  # fmt: skip
MNIST = [BASELINE, compared("loss", "focal", 0.02, clear=True), compared("depth", "5 convolutions", -0.001, None)]


def drawn(axes):
    """Where a panel has which mark: {row: (points, marker)}."""
    labels = [text.get_text() for text in axes.figure.axes[1].get_yticklabels()]
    places = dict(zip(axes.figure.axes[1].get_yticks(), labels))
    marks = [line for line in axes.lines if line.get_marker() in ("^", "v", "o")]
    return {places[line.get_ydata()[0]]: (pytest.approx(line.get_xdata()[0]), line.get_marker()) for line in marks}


def test_every_variation_has_a_row_by_question_from_the_largest_gain_to_the_smallest():
    _, panel = sweep_figures.differences({"lines": LINES}).axes
    labels = [text.get_text() for text in panel.get_yticklabels()]
    assert labels == ["5 convolutions", "1 convolution", "focal", "dead"]
    assert sorted(panel.get_yticks()) == list(panel.get_yticks()) and panel.yaxis_inverted()
    assert drawn(panel) == {"5 convolutions": (0.4, "^"), "1 convolution": (-40, "v"), "focal": (0.1, "o")}
    assert [text.get_text() for text in panel.texts] == ["failed"]


def test_all_data_sets_share_rows_and_axis():
    questions, lines, mnist = sweep_figures.differences({"lines": LINES, "mnist": MNIST}).axes
    assert [text.get_text() for text in questions.texts] == ["depth", "loss"]
    assert drawn(mnist) == {"focal": (2, "^"), "5 convolutions": (-0.1, "o")}
    assert lines.get_xlim() == mnist.get_xlim() and lines.get_ylim() == mnist.get_ylim()
    assert lines.get_title() == "Lines: baseline 95.00%, 30 seeds"


def test_intervals_and_the_baseline_are_where_they_belong():
    panel = sweep_figures.differences({"lines": LINES}).axes[1]
    intervals = sorted(tuple(path.vertices[:, 0]) for bars in panel.collections for path in bars.get_paths())
    assert intervals == [pytest.approx((-42, -38)), pytest.approx((-0.9, 1.1)), pytest.approx((0.3, 0.5))]
    assert [list(line.get_xdata()) for line in panel.lines if line.get_marker() == "None"] == [[0, 0]]
    low, high = panel.get_xlim()
    assert -100 <= low < -42 and high > 1.1 and panel.get_xscale() == "symlog"


def test_small_differences_keep_room_beside_large_ones():
    panel = sweep_figures.differences({"lines": LINES}, linear=0.5).axes[1]
    panel.figure.draw_without_rendering()
    inches = panel.transData.transform([(0, 0), (0.4, 0), (-40, 0)])[:, 0] / panel.figure.dpi
    assert inches[1] - inches[0] > 0.1 and inches[2] > panel.bbox.x0 / panel.figure.dpi
    labels = [label.get_text() for label in panel.get_xticklabels()]
    assert "0" in labels and "+0.5" in labels and "\N{MINUS SIGN}5" in labels


def test_letters_are_large_enough_in_print():
    figure = sweep_figures.differences({"lines": LINES, "mnist": MNIST})
    figure.draw_without_rendering()
    texts = [
        text for axes in figure.axes if axes.axison for text in (*axes.get_xticklabels(), *axes.get_yticklabels(), axes.title)
    ]
    texts += [*figure.axes[0].texts, *figure.legends[0].get_texts(), figure._supxlabel]
    assert figure.get_size_inches()[0] == print_size.WIDTH
    page = 17 / 2.54  # inches of text on a page
    assert min(text.get_fontsize() for text in texts) * page / print_size.WIDTH >= 6.5


def test_verdicts_differ_in_shape_and_color():
    marks, colors = zip(*sweep_figures.MARKS.values())
    assert len(set(marks)) == len(set(colors)) == 3
    assert set(sweep_figures.MARKS) == {comparison.BETTER, comparison.WORSE, comparison.UNCLEAR}


def test_a_sweep_without_variations_and_a_variation_that_shares_no_seed_are_drawn():
    assert len(sweep_figures.differences({"lines": [BASELINE]}).axes) == 2
    panel = sweep_figures.differences({"lines": [BASELINE, compared("loss", "focal", None, None)]}).axes[1]
    assert [text.get_text() for text in panel.texts] == ["no seed in common with the baseline"]

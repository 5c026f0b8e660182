"""Every inference says the numbers that were put in, only if they bear it out, and names the files that they are from."""

import re
from copy import deepcopy
from functools import cache
from importlib import import_module
from random import Random

import pytest

from reports import inferences
from reports.inferences import section1
from reports.inferences.evidence import Evidence, NotMeasuredError
from tests.reports.inferences import (
    made_activations,
    made_filters,
    made_heatmaps,
    made_section1,
    made_section2,
    made_variations,
)
from tests.reports.inferences.putting import CASES, numbers_in, written

MADE = (made_section1, made_variations, made_section2, made_activations, made_filters, made_heatmaps)
EVERY = {
    f"{report}-{infer.__name__}": (report, infer)
    for report, modules in inferences.REPORTS.items()
    for module in modules
    for infer in import_module(f"reports.inferences.{module}").ALL
}


@cache
def _made(seed):
    random = Random(seed)
    return {name: content for made in MADE for name, content in made.put(random).items()}


def _put(seed=1):
    """Return what to put in, which a test may change."""
    return deepcopy(_made(seed))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return what follows from results that lack nothing, by its function."""
    evidence = Evidence(written(_put(), tmp_path_factory.mktemp("whole")))
    return {infer: infer(evidence) for _, infer in EVERY.values()}


def _changes(kind):
    """Return a parameter for each change of a kind of each inference."""
    return [
        pytest.param(infer, change, id=f"{name}-{number}")
        for name, (_, infer) in EVERY.items()
        if infer in CASES
        for number, change in enumerate(getattr(CASES[infer], kind))
    ]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("infer", [pytest.param(infer, id=name) for name, (_, infer) in EVERY.items()])
def test_numbers_are_those_of_the_results(tmp_path, infer, seed):
    assert infer in CASES, f"no test recomputes the numbers of {infer.__module__}.{infer.__name__}"
    put = _put(seed)
    results = written(put, tmp_path)

    found = infer(Evidence(results))

    assert numbers_in(found.evidence) == CASES[infer].numbers(put)
    assert found.holds
    assert set(found.files) <= set(results.files())
    assert len(set(found.files)) == len(found.files) > 0


@pytest.mark.parametrize("infer", [pytest.param(infer, id=name) for name, (_, infer) in EVERY.items()])
def test_every_file_is_needed_and_missed_by_its_name(tmp_path, infer):
    results = written(_put(), tmp_path)
    names = infer(Evidence(results)).files
    for name in names:
        path = tmp_path / "published" / name
        if path.name == "seeds.json":  # without it there is one seed, that of metrics.json
            continue
        missing = {each: each.read_bytes() for each in (path, path.with_name("seeds.json")) if each.exists()}
        for each in missing:
            each.unlink()
        with pytest.raises(NotMeasuredError) as caught:
            infer(Evidence(results))
        assert str(path.parent) in str(caught.value)
        assert path.name in str(caught.value)
        for each, content in missing.items():
            each.write_bytes(content)


@pytest.mark.parametrize("infer, change", _changes("contradictions"))
def test_numbers_that_contradict_are_seen(tmp_path, infer, change):
    put = _put()
    change(put)
    assert not infer(Evidence(written(put, tmp_path))).holds


@pytest.mark.parametrize("infer, change", _changes("drops"))
def test_what_was_not_measured_is_left_out_alone(tmp_path, whole, infer, change):
    put, before = _put(), _put()
    change(put)
    results = written(put, tmp_path)

    with pytest.raises(NotMeasuredError):
        infer(Evidence(results))

    touched = {name for name in put if repr(put[name]) != repr(before[name])}
    report = next(report for report, each in EVERY.values() if each is infer)
    left = {one.name for one in inferences.measured(results, report)}
    assert whole[infer].name not in left
    assert left >= {whole[each].name for of, each in EVERY.values() if of == report and not touched & set(whole[each].files)}


def test_what_is_contradicted_is_not_shown_but_told(tmp_path):
    put = _put()
    CASES[section1.patience].contradictions[0](put)
    results = written(put, tmp_path)
    assert "patience" in [one.name for one in inferences.measured(results, "q1")]
    assert "patience" not in [one.name for one in inferences.of_report(results, "q1")]
    (line,) = inferences.failing(results)
    found = section1.patience(Evidence(results))
    assert all(text in line for text in ("q1.typ", found.claim, found.evidence))


def test_sentences_are_whole(whole):
    assert len({one.name for one in whole.values()}) == len({one.claim for one in whole.values()}) == len(EVERY)
    for one in whole.values():
        for text in (one.claim, one.evidence):
            assert text.endswith(".")
            assert text == " ".join(text.split())
            assert text.count("`") % 2 == 0
            assert not re.search(r"\b(nan|inf|None)\b|%%|\.\.", text), text


def test_all_that_hold_are_shown_in_the_order_of_reports(tmp_path, whole):
    results = written(_put(), tmp_path)
    for report in inferences.REPORTS:
        shown = [whole[infer] for of, infer in EVERY.values() if of == report]
        assert inferences.of_report(results, report) == shown
    assert inferences.failing(results) == []

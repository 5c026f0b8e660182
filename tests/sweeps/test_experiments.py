"""What the sweeps of both sections vary."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from common.provenance import fingerprint
from q1_cnn import experiments as q1_experiments
from q1_cnn.recipes import RECIPES
from q2_multihead import experiments as q2_experiments
from q2_multihead import models as q2_models
from q2_multihead.recipes import RECIPE
from sweeps.plan import plan
from sweeps.trials import Source
from tests.conftest import described

SWEEPS = [q1_experiments.SWEEP, q2_experiments.SWEEP]
SHAPE = (28, 28, 3)


def recipe_of(design, sweep, like):
    """The described recipe of a design, trained for as long as another recipe."""
    return described(sweep.recipe_of(design, 96, epochs=like.epochs, batch_size=like.batch_size), SHAPE, 1000)


def test_the_published_networks_are_among_those_that_were_tried():
    chosen = replace(q1_experiments.Design(), **q1_experiments.QUESTIONS["filter-size"]["7, 3, 3"])
    published = described(RECIPES["lines", 2], SHAPE, 1000)
    assert recipe_of(chosen, q1_experiments.SWEEP, RECIPES["lines", 2]) == published
    assert recipe_of(q1_experiments.Design(), q1_experiments.SWEEP, RECIPES["lines", 2]) != published

    published = described(RECIPE, SHAPE, 1000)
    assert recipe_of(q2_experiments.Design(first_size=7), q2_experiments.SWEEP, RECIPE) == published
    assert recipe_of(q2_experiments.Design(), q2_experiments.SWEEP, RECIPE) != published
    own, baseline = q2_models.multihead(SHAPE), q2_models.multihead(SHAPE, first_size=5)
    assert own.count_params() - baseline.count_params() == 24 * 3 * (7**2 - 5**2) and baseline.output_names == own.output_names


@pytest.mark.parametrize("sweep", SWEEPS)
def test_every_design_differs_from_all_others_and_gives_a_recipe(sweep):
    designs = [design for _, _, design in sweep.designs()]
    assert len(set(designs)) == len(designs)
    recipes = [described(sweep.recipe_of(design, 96, epochs=1, batch_size=128), SHAPE, 1000) for design in designs]
    assert len(set(map(fingerprint, recipes))) == len(designs)
    assert all(sum(layer.get("filters", 0) for layer in recipe["layers"]) > 0 for recipe in recipes)


def test_a_variation_changes_what_its_question_names():
    changed = {question: set() for question in q1_experiments.QUESTIONS}
    for question, _, design in q1_experiments.SWEEP.designs():
        fields = {name for name, value in asdict(design).items() if value != asdict(q1_experiments.Design())[name]}
        changed.setdefault(question, set()).update(fields)
    assert changed == {
        "baseline": set(), "filter-size": {"sizes"}, "filters": {"filters"}, "depth": {"filters", "sizes"},
        "downsampling": {"downsampling"}, "pooling-head": {"pooling_head"}, "normalization": {"batch_normalization"},
        "learning-rate": {"learning_rate"},
        "decay": {"decay", "learning_rate"}, "regularization": {"dropout", "l2"}, "loss": {"loss_function"},
        "optimizer": {"optimizer", "learning_rate"},
    }  # fmt: skip


def test_scores_are_those_of_the_validation_images(few_lines):
    chosen = few_lines.split.validation
    recipe = q1_experiments.recipe_of(q1_experiments.Design(), 96, epochs=1, batch_size=128)
    model = recipe.compiled(SHAPE, len(few_lines.split.train))
    probabilities = model.predict(few_lines.images[chosen], verbose=0)
    scores = q1_experiments.validation_scores(model, few_lines)
    right = probabilities[np.arange(len(chosen)), few_lines.labels[chosen]]
    assert scores["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == few_lines.labels[chosen]).mean())
    assert scores["loss"] == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_the_budget_is_the_same_number_of_steps_for_more_or_less_data():
    data = plan(q1_experiments.SWEEP, [Source("lines", per_class=10)], ["normalization"], seeds=1).data
    assert data["lines"]["images"] == 518 and data["lines"]["steps"] == 300
    both = plan(q1_experiments.SWEEP, [Source("lines", per_class=300)], ["depth"], seeds=3)
    planned, data = both.trials, both.data
    assert data["lines"]["images"] == 9600 and data["lines"]["steps"] == 300
    assert len(planned) == 3 * 5 + 27 and [trial.seed for trial in planned] == sorted(trial.seed for trial in planned)
    data = plan(q1_experiments.SWEEP, [Source("lines", per_class=10)], ["normalization"], full=True).data
    assert data["lines"]["steps"] == 3 * 5


def planned(*per_class, **arguments):
    """The trials of one variation and the baseline, on data sets with so many images per class."""
    sources = [Source("lines", per_class=count) for count in per_class]
    return plan(q1_experiments.SWEEP, sources, ["normalization"], **arguments).trials


def seeds(**arguments):
    """The seeds of the baseline and of the variation."""
    trials = planned(10, **arguments)
    return [[trial.seed for trial in trials if trial.question == question] for question in ("baseline", "normalization")]


def test_the_baseline_has_thirty_seeds_and_the_last_ones_by_itself():
    trials, (baseline, variation) = planned(10), seeds()
    assert baseline == list(range(30)) and variation == list(range(5))
    both = ["baseline", "normalization"]
    assert [trial.question for trial in trials] == both * 5 + ["baseline"] * 25
    assert [trial.seed for trial in trials[:4]] == [0, 0, 1, 1]


def test_the_baseline_has_at_least_thirty_seeds_and_in_a_quick_run_those_of_the_variations():
    assert [len(of) for of in seeds(seeds=3)] == [30, 3]
    assert [len(of) for of in seeds(seeds=31)] == [31, 31]
    assert [len(of) for of in seeds(quick=True)] == [2, 2]
    assert [len(of) for of in seeds(quick=True, seeds=3)] == [3, 3]


def test_the_trials_of_a_data_set_follow_each_other():
    assert [trial.source.per_class for trial in planned(10, 11, seeds=1)] == [10] * 31 + [11] * 31

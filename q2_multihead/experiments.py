"""What is varied in Section 2: a design for every answer about the feature network and its heads, one factor at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from data.line_classes import FACTORS
from sweeps.plan import Sweep

if TYPE_CHECKING:
    from common.quiet import keras
    from data.datasets import Dataset
    from training.recipe import Recipe


@dataclass(frozen=True)
class Design:
    """A network with four heads. The defaults are the baseline: the network before the sweeps.

    Attributes
    ----------
    shared, first_size, own, head_units, halving, pooling_head
        See `q2_multihead.models.multihead`.
    angle_weight
        Weight of the angle's loss; that of the others is 1.
    """

    shared: tuple = (24, 48, 64)
    first_size: int = 5
    own: tuple = ()
    head_units: int = 0
    halving: tuple = (1, 2)
    pooling_head: str = "mean"
    angle_weight: float = 1.0


# What changes from the baseline, for each answer to each question.
QUESTIONS = {
    "shared-depth": {
        "1 convolution": {"shared": (64,)},
        "2 convolutions": {"shared": (24, 64)},
        "4 convolutions": {"shared": (24, 48, 64, 64)},
    },
    "filters": {str(shared)[1:-1]: {"shared": shared} for shared in ((16, 32, 64), (32, 64, 64), (24, 48, 32), (24, 48, 128))},
    "downsampling": {"by the first and third": {"halving": (1, 3)}},
    "pooling-head": {"maximum of each map": {"pooling_head": "maximum"}},
    "head-size": {"a hidden layer of 16": {"head_units": 16}, "a hidden layer of 64": {"head_units": 64}},
    "branch": {
        "after the second, 16 filters each": {"shared": (24, 48), "own": (16,)},
        "after the second, 64 filters each": {"shared": (24, 48), "own": (64,)},
        "after the first, 12 and 16 filters each": {"shared": (24,), "own": (12, 16)},
    },
    "loss-weights": {f"angle {weight:g}": {"angle_weight": weight} for weight in (0.25, 4.0, 16.0)},
}


def recipe_of(design: Design, classes: int, **training: int) -> Recipe:
    """Return the recipe of a design; `training` has its epochs and batch_size. The heads set the number of classes."""
    from q2_multihead.models import multihead
    from q2_multihead.recipes import RECIPE

    network = asdict(design)
    weights = {**RECIPE.loss_weights, "angle": network.pop("angle_weight")}
    return RECIPE.adapted(build=partial(multihead, **network), loss_weights=weights, **training)


def validation_scores(model: keras.Model, dataset: Dataset) -> dict[str, float]:
    """Return the accuracy of all heads together and of each, and the sum of their losses, on the validation images."""
    from q2_multihead.evaluate import predict_heads, score

    scores = score(*predict_heads(model, dataset, dataset.split.validation))
    heads = {f"{name}_accuracy": scores["heads"][name]["accuracy"] for name in FACTORS}
    return {"accuracy": scores["all_heads_accuracy"], "loss": scores["classes"]["loss"], **heads}


SWEEP = Sweep(
    "q2_multihead", Design(), QUESTIONS, recipe_of, validation_scores,
    scores=("accuracy", "loss", *(f"{head}_accuracy" for head in FACTORS)), full_epochs={"lines": 3, "lines_noisy": 6},
)  # fmt: skip

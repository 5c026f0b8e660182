"""Whether a variation differs from the baseline: a paired t-test of each, and Holm's correction for having made many."""

from collections.abc import Sequence
from statistics import fmean

CONFIDENCE = 0.95
LEVEL = 0.05  # of a difference that counts, after the correction
DIGITS = 9  # of a difference of two accuracies, which have six in trials.csv: what lies behind is rounding of the subtraction


def paired(accuracies: Sequence[float], baseline: Sequence[float]) -> dict[str, float | None]:
    """Test whether accuracies differ from those of the baseline with the same seeds, by a two-sided paired t-test.

    Trials of one seed train on the same images in the same order, so part of what a seed does to an accuracy, it does to both.

    Parameters
    ----------
    accuracies, baseline
        Of n seeds, in the same order.

    Returns
    -------
    dict
        gain: the mean difference, None without a seed. uncertainty: half the width of its 95 % confidence interval, and p: both
        None for fewer than two seeds. Of differences that are all the same, the uncertainty is 0, and p what it tends to when
        their variance goes to 0: 1 if they are 0, else 0.
    """
    from scipy.stats import ttest_1samp  # a second to import

    differences = [round(one - other, DIGITS) for one, other in zip(accuracies, baseline, strict=True)]
    if len(differences) < 2:
        return {"gain": differences[0] if differences else None, "uncertainty": None, "p": None}
    if len(set(differences)) == 1:
        return {"gain": differences[0], "uncertainty": 0.0, "p": 0.0 if differences[0] else 1.0}
    test = ttest_1samp(differences, 0)
    interval = test.confidence_interval(CONFIDENCE)
    return {"gain": fmean(differences), "uncertainty": float(interval.high - interval.low) / 2, "p": float(test.pvalue)}


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for their number, in the same order, by Holm's step-down method.

    The probability that even one variation without a difference has an adjusted p below 0.05 is at most 0.05, however many
    differ and however the tests depend on each other.

    References
    ----------
    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted

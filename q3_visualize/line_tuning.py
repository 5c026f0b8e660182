"""How a network responds to lines of any length, width, angle and color: tuning, decision thresholds, and what is no line."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from data import line_classes, noise
from q3_visualize import psychometrics, stimuli, tuning_curves
from q3_visualize.networks import Network
from q3_visualize.patches import responses

IMAGE = (line_classes.SIZE, line_classes.SIZE, 3)
NOISE_LEVELS = (0, 2, 4)
# The values of each factor, for all filters, and in finer steps for what the network says.
TUNING = {
    "angle": np.arange(0, 180, 3.0), "length": np.arange(3, 21.5), "width": np.arange(0.5, 6.1, 0.5),
    "color": np.linspace(0, 1, 11),
}  # fmt: skip
PSYCHOMETRIC = {
    "length": np.arange(3, 21.1, 0.5), "width": np.arange(0.5, 6.1, 0.25), "angle": np.arange(0, 180, 1.0),
    "color": np.linspace(0, 1, 21),
}  # fmt: skip
PLACES, FEW_PLACES = 8, 4  # along a side
STEP = line_classes.ANGLES[1]  # degrees between two classes

Curves = dict[str, np.ndarray]  # by factor: a layer's mean responses, float32 (values, combinations of other factors, filters)


def curves(
    network: Network, layers: Sequence[str], axes: Sequence[stimuli.Axis], side: int, advance: Callable
) -> dict[str, Curves]:
    """Return the tuning curves of layers: the greatest response on the map, before the activation function.

    Each is the mean over side x side places. `advance` is called after each value of an axis.
    """
    centers = stimuli.places(side)
    found = {layer: {} for layer in layers}
    for axis in axes:
        collected = {layer: [] for layer in layers}
        for images in stimuli.images_of(axis, centers):
            for layer, values in responses(network, layers, images).items():
                collected[layer].append(values.reshape(len(axis.shapes[0]), len(centers), -1).mean(axis=1))
            advance()
        for layer, values in collected.items():
            found[layer][axis.factor] = np.stack(values)
    return found


def filter_rows(curves_of: Curves, axes: Sequence[stimuli.Axis], names: Sequence[str]) -> list[dict]:
    """Return what each filter of a layer prefers, a row each: selectivity for the angle, modulation by the other factors.

    Each curve is taken at the other factors' levels where the filter responds most.
    """
    best = {factor: tuning_curves.at_the_best(values) for factor, values in curves_of.items()}
    values = {axis.factor: axis.values for axis in axes}
    tuning = tuning_curves.angle_tuning(best["angle"], values["angle"])
    columns = {"filter": list(names), "greatest": best["angle"].max(axis=1), "preferred_angle": tuning.preferred,
               "selectivity": tuning.selectivity, "bandwidth": tuning.bandwidth}  # fmt: skip
    for factor in ("length", "width", "color"):
        columns[f"best_{factor}"] = values[factor][best[factor].argmax(axis=1)]
        columns[f"{factor}_modulation"] = tuning_curves.modulation(best[factor])
    rows = [dict(zip(columns, row)) for row in zip(*columns.values())]
    return [{key: round(float(value), 4) if key != "filter" else value for key, value in row.items()} for row in rows]


def layer_row(rows: Sequence[dict]) -> dict:
    """Return the medians over a layer's filters, from their rows, and the quartiles of the selectivity; None without any."""

    def quantile(key, share=0.5):
        values = [row[key] for row in rows if np.isfinite(row[key])]
        return round(float(np.quantile(values, share)), 4) if values else None

    keys = ("bandwidth", "length_modulation", "width_modulation", "color_modulation")
    responding = sum(row["greatest"] > 0 for row in rows)
    spread = {"selectivity_q1": quantile("selectivity", 0.25), "selectivity_q3": quantile("selectivity", 0.75)}
    return {"filters": len(rows), "responding": responding, "selectivity": quantile("selectivity"), **spread,
            **{key: quantile(key) for key in keys}}  # fmt: skip


def has_factors(network: Network) -> bool:
    """Return whether a network's heads tell the factors of lines."""
    return network.input_shape == IMAGE and bool(_factors(network, np.zeros((1, *IMAGE), np.uint8)))


def psychometric_rows(network: Network, axes: Sequence[stimuli.Axis], level: int, advance: Callable) -> tuple[list, list]:
    """Return the psychometric curves of a network at a level of noise, and their fits, as rows.

    A curve is the probability of "long", "thick" and blue; of an angle, against the distance to it in degrees.
    """
    centers, points, fits = stimuli.places(FEW_PLACES), [], []
    for axis in axes:
        probabilities = []
        for number, images in enumerate(stimuli.images_of(axis, centers)):
            noisy = noise.corrupted(images, level, seed=number) if level else images
            probabilities.append({name: values.mean(axis=0) for name, values in _factors(network, noisy).items()})
            advance()
        if axis.factor not in probabilities[0]:
            continue
        values, chances = _curve(axis, np.stack([each[axis.factor] for each in probabilities]))
        points += [{"factor": axis.factor, "value": float(value), "probability": round(float(chance), 5)}
                   for value, chance in zip(values, chances)]  # fmt: skip
        fit = psychometrics.logistic_fit(values, chances)
        fits.append({"factor": axis.factor, "threshold": fit and round(fit.threshold, 3), "slope": fit and round(fit.slope, 4)})
    return points, fits


def _factors(network, images):
    return psychometrics.of_factors(network.predict(images))


def _curve(axis, probabilities):
    """Return the probability of the second of two levels; of angles, the mean at each distance from their own class."""
    if axis.factor != "angle":
        return axis.values, probabilities[:, 1]
    distances = np.abs((axis.values[:, None] - line_classes.ANGLES + 90) % 180 - 90)
    values = np.unique(distances[distances <= STEP])
    return values, np.array([probabilities[distances == value].mean() for value in values])


def outside_rows(network: Network) -> Iterator[dict]:
    """Yield what the heads say of what is not in the training data: the most frequent answer, and how confident they are."""
    for stimulus, images in stimuli.outside(stimuli.places(PLACES)).items():
        for factor, probabilities in _factors(network, images).items():
            answers = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
            yield {
                "stimulus": stimulus, "factor": factor, "answer": line_classes.FACTORS[factor][int(answers.argmax())],
                "share": round(float(answers.max() / len(images)), 4),
                "confidence": round(float(probabilities.max(axis=1).mean()), 4),
            }  # fmt: skip

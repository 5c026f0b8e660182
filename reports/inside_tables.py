"""The tables of what Section 3 measured, for READMEs, from the published results."""

from statistics import fmean, stdev

from common import run_folders
from common.results import Results
from data.line_classes import FACTORS
from reports.names import LIKENESS, LOCALIZATION, TUNING
from reports.printing import markdown, origin_line


def localization() -> str:
    """Return how well each head's best heatmaps localize, and how well maps that use no network do."""
    study = _localized()
    rows = [
        ("network", "head", "layer", "method", "pointing game", "heat on the line", "within a pixel", "rank accuracy",
         "average precision", "distance"),
        *((*_place(best), *_shares(best)) for best in study["best"]),
        *(("no network", "", "", name, *_shares(scores)) for name, scores in study["baselines"].items()),
    ]  # fmt: skip
    return "\n".join([markdown(rows), "", f"- {study['images']:,} test images; {origin_line(study)}"])


def _shares(scores):
    columns = ("pointing", "share", "share_grown", "rank_accuracy", "average_precision")
    return (*(f"{scores[column]:.1%}" for column in columns), f"{scores['distance']:.1f} px")


def _place(best):
    return f"`{best['network']}`", best["head"], f"{best['layer']}, {best['height']} × {best['width']}", best["method"]


def controls() -> str:
    """Return what the controls say of the same heatmaps, and what they rest on."""
    study = _localized()
    rows = [("network", "head", "layer", "method", "line moved", "weights shuffled", "heat on an ignored mark", "before",
             "heat near the line, right answers", "wrong answers")]  # fmt: skip
    for best in study["best"]:
        scores = [f"{best[name]:.2f}" for name in ("shifted", "shuffled")]
        shares = [_percent(best[name]) for name in ("mark", "mark_before", "right", "wrong")]
        rows.append((*_place(best), *scores, *shares))
    notes = [_about(name, about) for name, about in study["controls"].items()]
    return "\n".join([markdown(rows), "", *notes, f"- {origin_line(study)}"])


def _percent(share):
    return "none" if share is None else f"{share:.1%}"


def _about(network, about):
    right = ", ".join(f"{count} by {head}" for head, count in about["noisy_right"].items())
    return (
        f"- `{network}`: {about['images']} lines; with a mark {about['same_answer_with_mark']:.0%} get the same answer when "
        f"it is ignored, {about['same_answer_with_mark_before']:.0%} before; a mark and its neighbors are "
        f"{about['mark_area']:.1%} of an image; of {about['noisy_images']} lines at noise level {about['noise_level']} "
        f"right are {right}"
    )


def factors() -> str:
    """Return whether the heat of factors lies on what decides them: each method at the layer where it does so most."""
    path = Results(own=False).file(f"{LOCALIZATION}/factors.csv")
    rows = [("network", "method", "layer", "heat fits its own truth best", "truth fits its own heat best", "contrast")]
    best = {}
    for row in run_folders.read_rows(path):
        key = row["network"], row["method"], row["method"] == "integrated" and row["layer"]
        if key not in best or float(row["contrast"]) > float(best[key]["contrast"]):
            best[key] = row
    for row in best.values():
        counts = [f"{row[name]} of 4" for name in ("heat_fits_own_truth", "truth_fits_own_heat")]
        contrast = f"{float(row['contrast']):+.3f} ± {float(row['contrast_error']):.3f}"
        rows.append((f"`{row['network']}`", row["method"], row["layer"], *counts, contrast))
    study = _localized()
    counts = ", ".join(f"{about['factors']} for `{name}`" for name, about in study["controls"].items())
    return "\n".join([markdown(rows), "", f"- lines: {counts}; contrast: mean ± standard error; {origin_line(study)}"])


def tuning() -> str:
    """Return the tuning of the filters of each layer of each line network."""
    study = _tuned()
    rows = [("network", "layer", "filters", "responding", "selectivity: median", "quartiles", "bandwidth", "modulation: length",
             "width", "color")]  # fmt: skip
    for row in study["layers"]:
        quartiles = f"{_number(row['selectivity_q1'])} to {_number(row['selectivity_q3'])}"
        modulations = [_number(row[f"{factor}_modulation"]) for factor in ("length", "width", "color")]
        bandwidth = _number(row["bandwidth"], 0) + "°"
        selectivity = _number(row["selectivity"]), quartiles
        rows.append(
            (f"`{row['network']}`", row["layer"], row["filters"], row["responding"], *selectivity, bandwidth, *modulations)
        )
    return "\n".join([markdown(rows), "", f"- {origin_line(study)}"])


def _number(value, digits=2):
    return "none" if value is None else f"{value:.{digits}f}"


def thresholds() -> str:
    """Return where the answers of networks change, mean ± standard deviation over seeds, at each level of noise."""
    study = _tuned()
    rows = [("network", "noise level", "long from", "thick from", "angles change at", "blue from", "slopes, in this order")]
    places = dict.fromkeys((row["network"], row["noise"]) for row in study["thresholds"])
    for network, noise in places:
        cells = {"threshold": [], "slope": []}
        for factor, unit in zip(FACTORS, (" px", " px", "°", "")):
            here = [
                row for row in study["thresholds"] if (row["network"], row["noise"], row["factor"]) == (network, noise, factor)
            ]
            for key, texts in cells.items():
                found = [row[key] for row in here if row[key] is not None]
                missing = f" ({len(found)} of {len(here)} seeds)" if len(found) < len(here) else ""
                spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
                texts.append(f"{fmean(found):.2f}{spread}{unit if key == 'threshold' else ''}{missing}" if found else "never")
        rows.append((f"`{network}`", noise, *cells["threshold"], "; ".join(cells["slope"])))
    seeds = sorted({row["seed"] for row in study["thresholds"]})
    note = f"- seeds {', '.join(map(str, seeds))}; slopes per pixel, per degree and per share of blue"
    return "\n".join([markdown(rows), "", f"{note}; {origin_line(study)}"])


def outside() -> str:
    """Return what networks say of what is not in their training data: the most frequent answer, and the confidence."""
    study = _tuned()
    rows = [("what is shown", "network", *FACTORS)]
    for stimulus, network in dict.fromkeys((row["stimulus"], row["network"]) for row in study["outside"]):
        here = {row["factor"]: row for row in study["outside"] if (row["stimulus"], row["network"]) == (stimulus, network)}
        cells = [
            f"{here[factor]['answer']} ({here[factor]['share']:.0%}), {here[factor]['confidence']:.2f}" for factor in FACTORS
        ]
        rows.append((stimulus, f"`{network}`", *cells))
    note = "- the most frequent answer, its share at 64 places, and the mean probability of the answers"
    return "\n".join([markdown(rows), "", f"{note}; {origin_line(study)}"])


def likeness() -> str:
    """Return how two recipes of gradient ascent compare: the median response, and the mean likeness in earlier layers."""
    study = run_folders.read_study(Results(own=False).file(LIKENESS), "python q3_visualize/filters.py --compare-recipes")
    rows = [("network", "layer", "response, before", "now", "below real images, before", "now", "likeness, before", "now")]
    means = []
    for network, layer in dict.fromkeys((row["network"], row["layer"]) for row in study["rows"]):
        recipes = [
            [row for row in study["rows"] if (row["network"], row["layer"], row["recipe"]) == (network, layer, recipe)]
            for recipe in ("penalties", "bounds")
        ]
        means.append([sum(row["likeness"] for row in of) / len(of) for of in recipes])
        cells = [[f"{of[0]['ratio']:.2f} ×" for of in recipes], [f"{of[0]['failed']} of {of[0]['filters']}" for of in recipes]]
        cells += [[f"{mean:.2f}" for mean in means[-1]]]
        rows.append((f"`{network}`", layer, *(cell for pair in cells for cell in pair)))
    higher = sum(now > before for before, now in means)
    note = f"- the likeness is higher than before in {higher} of {len(means)} layers; {origin_line(study)}"
    return "\n".join([markdown(rows), "", note])


TABLES = {
    "localization": localization, "heatmap controls": controls, "factors": factors, "tuning": tuning,
    "thresholds": thresholds, "outside": outside, "likeness": likeness,
}  # fmt: skip


def _localized() -> dict:
    path = Results(own=False).file(f"{LOCALIZATION}/scores.json")
    return run_folders.read_study(path, "python q3_visualize/localization.py")


def _tuned() -> dict:
    return run_folders.read_study(
        Results(own=False).file(f"{TUNING}/tuning.json"), "python q3_visualize/tuning.py --network all"
    )

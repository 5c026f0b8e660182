"""The tables of what Section 3 measured, for READMEs, from the published results."""

from common import run_folders
from common.results import Results
from reports.names import LOCALIZATION, METHOD_WORDS, TUNING, WORDS
from reports.printing import markdown, origin_line


def localization() -> str:
    """Return how well each head's best heatmaps localize, and how well maps that use no network do."""
    study = run_folders.read_study(
        Results(own=False).file(f"{LOCALIZATION}/scores.json"), "python q3_visualize/localization.py"
    )
    rows = [
        ("network", "head", "layer", "method", "pointing game", "heat on the line", "within a pixel", "distance"),
        *((*_place(best), *_shares(best)) for best in study["best"]),
        *(("no network", "", "", name, *_shares(scores)) for name, scores in study["baselines"].items()),
    ]  # fmt: skip
    return "\n".join([markdown(rows), "", f"- {study['images']:,} test images; {origin_line(study)}"])


def _place(best):
    layer = f"{best['layer']}, {best['height']} × {best['width']}"
    return WORDS[best["network"]], best["head"], layer, METHOD_WORDS[best["method"]]


def _shares(scores):
    shares = (f"{scores[column]:.1%}" for column in ("pointing", "share", "share_grown"))
    return (*shares, f"{scores['distance']:.1f} px")


def tuning() -> str:
    """Return the tuning of each layer of each line network: medians over its filters."""
    study = run_folders.read_study(
        Results(own=False).file(f"{TUNING}/tuning.json"), "python q3_visualize/tuning.py --network all"
    )
    rows = [("network", "layer", "filters", "selectivity", "bandwidth", "modulation: length", "width", "color")]
    for row in study["layers"]:
        modulations = [_number(row[f"{factor}_modulation"]) for factor in ("length", "width", "color")]
        bandwidth = _number(row["bandwidth"], 0) + "°"
        rows.append((WORDS[row["network"]], row["layer"], row["filters"], _number(row["selectivity"]), bandwidth, *modulations))
    return "\n".join([markdown(rows), "", f"- {origin_line(study)}"])


def _number(value, digits=2):
    return "none" if value is None else f"{value:.{digits}f}"


TABLES = {"localization": localization, "tuning": tuning}

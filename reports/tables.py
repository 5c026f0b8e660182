"""What stands in the READMEs between <!-- table: NAME --> and <!-- end -->: tables, inferences and findings.

All of it is made from the published results and the requirements files; reports/publish.py writes it.
"""

import re
from collections.abc import Iterable
from functools import partial

from common import run_folders
from common.results import Results
from data.errors import UserError
from reports import findings, inferences, inside_tables, seeds
from reports.benchmark_tables import kinds, speed
from reports.head_tables import head_rows, noise_rows
from reports.inferences import Inference
from reports.names import CLASSIFIERS, MULTIHEAD, MULTIHEAD_NOISY, NOISY, OFFICIAL, WORDS
from reports.printing import environment, markdown
from reports.sweep_tables import table_of_variations

_TABLE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
VARIATIONS = "variations"  # the figure of the inferences from them
REQUIREMENTS = (
    "requirements",
    "requirements-cluster",
    "requirements-dev",
    "benchmarks/requirements",
    "benchmarks/requirements-alone",
)


def filled(text: str) -> str:
    """Return a README's text with every table made again. Raises UserError for results that are missing or damaged."""
    with run_folders.reading():
        return _TABLE.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}", text)


def typed(text: str) -> str:
    """Return a README's text without what is made."""
    return _TABLE.sub("", text)


def main_results() -> str:
    """Return the accuracy of the six networks of the front page."""
    results, rows = Results(own=False), [("network", "parameters", "seeds", "test accuracy")]
    for name in (*CLASSIFIERS, MULTIHEAD, MULTIHEAD_NOISY):
        metrics, repeated = results.metrics(name), seeds.of_network(results, name)
        parameters = f"{metrics['training']['parameters']:,}"
        rows.append((WORDS[name], parameters, seeds.count(repeated), seeds.accuracy(metrics, repeated)))
    return markdown(rows)


def classification_results() -> str:
    """Return the scores of each network of Section 1."""
    rows, results = [("network", "epochs", "training", "errors", "macro F1", "weighted F1")], Results(own=False)
    for name in (*CLASSIFIERS, *OFFICIAL, *NOISY):
        metrics = results.metrics(name)
        training, test = metrics["training"], metrics["test"]
        rows.append((
            f"[{WORDS[name]}](../reports/published/{name})", training["epochs"], f"{training['seconds']:.0f} s",
            seeds.errors(metrics, seeds.of_network(results, name)), f"{test['macro_f1']:.4f}", f"{test['weighted_f1']:.4f}",
        ))  # fmt: skip
    return markdown(rows)


def multihead_results() -> str:
    """Return the scores of each head, and of all of them together, without noise and on the noisy task."""
    results, columns = Results(own=False), []
    for name, where in ((MULTIHEAD, "without noise"), (MULTIHEAD_NOISY, "noisy")):
        metrics, repeated = results.metrics(name), seeds.of_network(results, name)
        (_, *titles, _), *rows = head_rows(metrics)
        rows = [(words, *scores) for words, *scores, _ in rows]
        for place, head in enumerate((*metrics["test"]["heads"], None)):
            words, _, *scores = rows[place]
            rows[place] = (words, seeds.accuracy(metrics, repeated, head), *scores)
        columns.append([("head", *(f"{where}: {title}" for title in titles)), *rows])
    return markdown([(*row, *noisy[1:]) for row, noisy in zip(*columns)])


def noise_curve() -> str:
    """Return the accuracy of each head at each level of noise."""
    results = Results(own=False)
    curve = results.metrics(MULTIHEAD).get("noise")
    if not curve:
        raise UserError(f"{MULTIHEAD} has no noise curve: run python q2_multihead/train.py --noise first")
    return "\n".join([markdown(noise_rows(curve["levels"])), "", f"- `{curve['command']}`"])


def provenance(*names: str) -> str:
    """Return a line for each data set, command, machine and set of versions, with the networks that it belongs to."""
    networks, results = {}, Results(own=False)
    for name in names:
        metrics = results.metrics(name)
        data, training = metrics["data"], metrics["training"]
        source = (
            f"{data['source']}; {data['train']:,} images train, {data['validation']:,} validate, {data['test']:,} test; "
            f"seed {training['seed']}; `{training['command']}`"
        )
        networks.setdefault((0, source), []).append(WORDS[name])
        networks.setdefault((1, environment(metrics)), []).append(WORDS[name])
    ordered = sorted(networks.items(), key=lambda item: item[0][0])
    return "\n".join(f"- {'; '.join(found)}: {note}" for (_, note), found in ordered)


def listed(found: Iterable[Inference]) -> str:
    """Return inferences as a list, with links from a section's README to the results behind them."""
    return "\n".join(f"- **{one.claim}** {_evidence(one)}" for one in found)


def folded(found: Iterable[Inference]) -> str:
    """Return inferences as claims, below each its evidence, folded away."""
    return "\n".join(f"<details><summary><b>{one.claim}</b></summary>\n\n{_evidence(one)}\n\n</details>" for one in found)


def _evidence(one):
    links = (f"[{name.partition('/')[2]}](../reports/published/{name})" for name in one.files)
    return f"{one.evidence} ({', '.join(links)})"


def _inferences(report, variations=False):
    """Return the inferences of a report of the published results: those from variations, or the others."""
    found = [one for one in inferences.of_report(Results(own=False), report) if (one.figure == VARIATIONS) == variations]
    return folded(found) if variations else listed(found)


def dependencies() -> str:
    """Return every package that is installed by name, once, with its version and the reason, from the requirements files."""
    rows = {}
    for name in REQUIREMENTS:
        text = (run_folders.ROOT / f"{name}.txt").read_text(encoding="utf-8")
        for package, version, why in re.findall(r"^(\S+)==(\S+)  # (.+)$", text, re.MULTILINE):
            rows.setdefault(package, (package, version, why))
    return markdown([("package", "version", "why"), *rows.values()])


TABLES = {
    "results": main_results,
    "findings": findings.listed,
    "scores of the networks": classification_results,
    "provenance of section 1": partial(provenance, *CLASSIFIERS, *OFFICIAL, *NOISY),
    "scores of the heads": multihead_results,
    "provenance of section 2": partial(provenance, MULTIHEAD, MULTIHEAD_NOISY),
    "noise curve": noise_curve,
    "inferences of section 1": partial(_inferences, "q1"),
    "inferences of section 2": partial(_inferences, "q2"),
    "variations of section 1": partial(_inferences, "q1", variations=True),
    "variations of section 2": partial(_inferences, "q2", variations=True),
    "inferences of activations": partial(_inferences, "q3_activations"),
    "inferences of filters": partial(_inferences, "q3_filters"),
    "inferences of heatmaps": partial(_inferences, "q3_heatmaps"),
    **inside_tables.TABLES,
    "variations on lines": partial(table_of_variations, "q1_cnn", "lines"),
    "variations on mnist": partial(table_of_variations, "q1_cnn", "mnist"),
    "variations of the heads": partial(table_of_variations, "q2_multihead", "lines"),
    "variations of the heads with noise": partial(table_of_variations, "q2_multihead", "lines_noisy"),
    "kinds": kinds,
    "speed": speed,
    "dependencies": dependencies,
}

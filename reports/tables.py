"""The tables in the READMEs, made from the published results and the requirements files.

A table in a README stands between <!-- table: NAME --> and <!-- end -->. reports/publish.py writes it.
"""

import re
from functools import partial

from common import run_folders
from common.results import Results
from data.errors import UserError
from reports import inside_tables, seeds
from reports.names import CLASSIFIERS, MULTIHEAD, MULTIHEAD_NOISY, NOISIEST, NOISY, OFFICIAL
from reports.printing import environment, markdown, origin_line
from reports.sweep_tables import table_of_variations

_TABLE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a README's text with every table made again. Raises UserError for results that are missing or damaged."""
    with run_folders.reading():
        return _TABLE.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}", text)


def classification_results() -> str:
    """Return the scores of each network of Section 1, and the data, machine and command behind them."""
    rows = [("network", "parameters", "epochs", "training", "seeds", "test accuracy", "errors", "macro F1", "weighted F1")]
    results = Results(own=False)
    all_metrics = [results.metrics(network) for network in (*CLASSIFIERS, *OFFICIAL, *NOISY)]
    for metrics in all_metrics:
        training, test, repeated = metrics["training"], metrics["test"], seeds.of_network(results, metrics["network"])
        rows.append((
            f"`{metrics['network']}`", f"{training['parameters']:,}", training["epochs"], f"{training['seconds']:.0f} s",
            seeds.count(repeated), seeds.accuracy(metrics, repeated), seeds.errors(metrics, repeated),
            f"{test['macro_f1']:.4f}", f"{test['weighted_f1']:.4f}",
        ))  # fmt: skip
    notes = (
        "- accuracy: mean ± standard deviation over the seeds, errors: their mean; F1 and all else on this page is of the "
        "published network, seed 0"
    )
    return "\n".join([markdown(rows), "", notes, *_provenance(all_metrics)])


def multihead_results(name: str) -> str:
    """Return the scores of each head of a network of Section 2, and of all of them together."""
    results = Results(own=False)
    metrics, prescribed = (results.metrics(network) for network in (name, "q1_cnn/lines/part1"))
    training, degrees = metrics["training"], metrics["test"]["heads"]["angle"]["mean_absolute_error_degrees"]
    epochs = training["seconds"] / prescribed["training"]["seconds"] * prescribed["training"]["epochs"]
    network = (
        f"- {training['parameters']:,} parameters, {training['epochs']} epochs, {training['seconds']:.0f} s, the time of "
        f"{epochs:.1f} epochs of `{prescribed['network']}`; the angle is off by {degrees:.3f} degrees on average"
    )
    rows, repeated = head_rows(metrics), seeds.of_network(results, name)
    if repeated:
        spreads = [seeds.accuracy(metrics, repeated, head) for head in (*metrics["test"]["heads"], None)]
        columns = [f"{seeds.count(repeated)} seeds", *spreads, *[""] * (len(rows) - 1 - len(spreads))]
        rows = [(row[0], column, *row[1:]) for row, column in zip(rows, columns)]
    return "\n".join([markdown(rows), "", network, *_provenance([metrics])])


def head_rows(metrics: dict) -> list[tuple[str, ...]]:
    """Return the scores of a network's heads from its metrics.json, as rows of text: a header, heads, all together."""
    test, count = metrics["test"], metrics["data"]["test"]
    rows = [("head", "test accuracy", "errors", "macro F1", "loss")]
    for head, scores in {**test["heads"], f"all heads right ({metrics['data']['classes']} classes)": test["classes"]}.items():
        errors = f"{scores['errors']:,} of {count:,}"
        rows.append((head, f"{scores['accuracy']:.2%}", errors, f"{scores['macro_f1']:.4f}", f"{scores['loss']:.4f}"))
    rows.append(("mean of the heads", f"{test['mean_head_accuracy']:.2%}", "", "", ""))
    rows.append(("if the heads erred independently", f"{test['independent_heads_accuracy']:.2%}", "", "", ""))
    return rows


def noise_curve() -> str:
    """Return the accuracy of each head at each level of noise."""
    results = Results(own=False)
    curve = results.metrics(MULTIHEAD).get("noise")
    if not curve:
        raise UserError(f"{MULTIHEAD} has no noise curve: run python q2_multihead/train.py --noise first")
    lines = [markdown(noise_rows(curve["levels"])), "", f"- `{curve['command']}`"]
    for network in (MULTIHEAD_NOISY, NOISIEST):
        if not (results.folder(network) / "metrics.json").exists():
            continue
        metrics, repeated = results.metrics(network), seeds.of_network(results, network)
        many, parameters = seeds.count(repeated), metrics["training"]["parameters"]
        right = f"{seeds.accuracy(metrics, repeated)} of all heads together, over {many} seed{'s' if many > 1 else ''}"
        level = metrics["data"]["noise_level"]
        lines.append(f"- the network of the noisy task, {parameters:,} parameters, at level {level}: {right}")
    return "\n".join(lines)


def noise_rows(levels: list[dict]) -> list[tuple[str, ...]]:
    """Return rows of noise.csv as rows of text, with a header."""
    heads = [key.removesuffix("_accuracy") for key in levels[0] if key.endswith("_accuracy")]
    rows = [("level", "blur", "dimmest", "noise", *(head.replace("_", " ") for head in heads), "angle off by")]
    for level in levels:
        accuracies = [f"{level[f'{head}_accuracy']:.2%}" for head in heads]
        strengths = f"{level['blur']:g} px", f"{level['dimmest']:.0%}", f"± {level['noise']:g}"
        rows.append((str(level["level"]), *strengths, *accuracies, f"{level['mean_absolute_error_degrees']:.2f}°"))
    return rows


def dependencies() -> str:
    """Return every package that is installed by name, with its version and the reason, from the requirements files."""
    rows = [("package", "version", "why")]
    files = (
        "requirements",
        "requirements-cluster",
        "requirements-dev",
        "benchmarks/requirements",
        "benchmarks/requirements-alone",
    )
    for name in (f"{kind}.txt" for kind in files):
        text = (run_folders.ROOT / name).read_text(encoding="utf-8")
        rows += re.findall(r"^(\S+)==(\S+)  # (.+)$", text, re.MULTILINE)
    return markdown(rows)


def kinds() -> str:
    """Return what Grad-CAM of ours and of others makes of each kind of network."""
    study = run_folders.read_study(run_folders.ROOT / "benchmarks/kinds.json", "make kinds")
    contenders = ("ours", "tf-keras-vis", "xplique")
    rows = [("kind of network", *contenders)]
    rows += [(row["kind"], *(_outcome(row[name]) for name in contenders)) for row in study["rows"]]
    counts = [f"{name} {sum(row[name]['result'] == 'right' for row in study['rows'])}" for name in contenders]
    return "\n".join([markdown(rows), "", f"- right of {len(study['rows'])}: {', '.join(counts)}; {origin_line(study)}"])


def _outcome(found):
    if not found["detail"]:
        return found["result"]
    detail = found["detail"].replace("|", "\\|").replace("`", "'")  # which would end a cell of the table, or its code
    return f"{found['result']}: {f'`{detail}`' if found['result'] == 'error' else detail}"


def speed() -> str:
    """Return what benchmarks/run.py measured, in short: medians of ours and of the best alternative."""
    study = run_folders.read_study(run_folders.ROOT / "benchmarks/results.json", "make bench")
    rows = [("what", "ours", "instead", "ratio", "to reach")]
    for row in study["rows"]:
        ours, other = row["contenders"][row["ours"]], row["contenders"].get(row["against"])
        instead = f"{_median(other)}, {row['against']}" if other else "none of them can"
        ratio = "none" if row["ratio"] is None else f"**{row['ratio']:.3g}**" if row["reached"] else f"{row['ratio']:.3g}"
        aim = f"at least {row['least']}" if row["least"] else f"at most {row['most']}" if row["most"] else ""
        rows.append((f"{row['row']}, {row['unit']}", _median(ours), instead, ratio, aim))
    note = "- medians; bold: reached; all contenders, spreads and remarks: [benchmarks/results.json](benchmarks/results.json)"
    return "\n".join([markdown(rows), "", note, f"- {origin_line(study)}"])


def _median(values):
    if "error" in values:
        return values["error"].replace("|", "\\|")  # which would end a cell of the table
    return f"{values['median']:,.0f}" if values["median"] >= 1000 else f"{values['median']:.4g}"


TABLES = {
    "classification results": classification_results,
    "multihead results": partial(multihead_results, MULTIHEAD),
    "noisy multihead results": partial(multihead_results, MULTIHEAD_NOISY),
    "noise curve": noise_curve,
    **inside_tables.TABLES,
    "kinds": kinds,
    "variations on lines": partial(table_of_variations, "q1_cnn", "lines"),
    "variations on mnist": partial(table_of_variations, "q1_cnn", "mnist"),
    "variations of the heads": partial(table_of_variations, "q2_multihead", "lines"),
    "variations of the heads with noise": partial(table_of_variations, "q2_multihead", "lines_noisy"),
    "speed": speed,
    "dependencies": dependencies,
}


def _provenance(all_metrics):
    """Return a line for each data set, command, machine and set of versions, with the networks that it belongs to."""
    networks = {}
    for metrics in all_metrics:
        data, training = metrics["data"], metrics["training"]
        source = (
            f"{data['source']}; {data['train']:,} images train, {data['validation']:,} validate, {data['test']:,} test; "
            f"seed {training['seed']}; `{training['command']}`"
        )
        networks.setdefault((0, source), []).append(metrics["network"])
        networks.setdefault((1, environment(metrics)), []).append(metrics["network"])
    return [f"- {', '.join(names)}: {note}" for (_, note), names in sorted(networks.items(), key=lambda item: item[0][0])]

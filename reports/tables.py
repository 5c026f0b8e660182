"""The tables in the READMEs, made of the published results and the requirements files.

A marked part of a README begins with <!-- table: NAME --> and ends with <!-- end -->. reports/publish.py writes it.
"""

import re
from functools import partial

from common import run_folders
from common.results import CLASSIFIERS, LOCALIZATION, MULTIHEAD, OFFICIAL, Results
from data.errors import UserError
from reports.printing import environment, markdown, origin
from reports.speed import contenders, speed
from reports.sweep_tables import table_of_variations, workers

_PART = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text):
    """A README's text with every marked part written anew. Raises UserError for results that are missing or damaged."""
    try:
        return _PART.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}", text)
    except (LookupError, TypeError, ValueError, ZeroDivisionError) as error:
        raise UserError(f"a table cannot be made ({error!r}): a result is damaged, make it again") from error


def classification_results():
    """What each run folder of Section 1 measured, and the data, machine and command behind it."""
    rows = [("network", "parameters", "epochs", "training", "test accuracy", "errors", "macro F1", "weighted F1")]
    all_metrics = [Results(own=False).metrics(network) for network in (*CLASSIFIERS, *OFFICIAL)]
    for metrics in all_metrics:
        data, training, test = metrics["data"], metrics["training"], metrics["test"]
        rows.append((
            f"`{metrics['network']}`", f"{training['parameters']:,}", training["epochs"], f"{training['seconds']:.0f} s",
            f"{test['accuracy']:.2%}", f"{test['errors']:,} of {data['test']:,}", f"{test['macro_f1']:.4f}",
            f"{test['weighted_f1']:.4f}",
        ))  # fmt: skip
    return "\n".join([markdown(rows), "", *_provenance(all_metrics)])


def multihead_results():
    """What each head of Section 2's network reached, and all of them together."""
    metrics = Results(own=False).metrics(MULTIHEAD)
    training, degrees = metrics["training"], metrics["test"]["heads"]["angle"]["mean_absolute_error_degrees"]
    network = (
        f"- {training['parameters']:,} parameters, {training['epochs']} epochs, "
        f"{training['seconds']:.0f} s{_in_epochs(training)}; the angle is off by {degrees:.3f} degrees in the mean"
    )
    return "\n".join([markdown(head_rows(metrics)), "", network, *_provenance([metrics])])


def head_rows(metrics):
    """Rows of text on the heads of a network: the first is the table's head, the last are all heads together."""
    test, count = metrics["test"], metrics["data"]["test"]
    rows = [("head", "test accuracy", "errors", "macro F1", "loss")]
    for head, scores in {**test["heads"], f"all heads right ({metrics['data']['classes']} classes)": test["classes"]}.items():
        errors = f"{scores['errors']:,} of {count:,}"
        rows.append((head, f"{scores['accuracy']:.2%}", errors, f"{scores['macro_f1']:.4f}", f"{scores['loss']:.4f}"))
    rows.append(("mean of the heads", f"{test['mean_head_accuracy']:.2%}", "", "", ""))
    rows.append(("if the heads erred independently", f"{test['independent_heads_accuracy']:.2%}", "", "", ""))
    return rows


def noise_curve():
    """Accuracy of each head at each level of noise."""
    curve = Results(own=False).metrics(MULTIHEAD).get("noise")
    if not curve:
        raise UserError(f"{MULTIHEAD} has no noise curve: run python q2_multihead/train.py --noise first")
    return f"{markdown(noise_rows(curve['levels']))}\n\n- `{curve['command']}`"


def noise_rows(levels):
    """Rows of text on the levels of noise, dicts as noise.csv has them; the first is the table's head."""
    heads = [key.removesuffix("_accuracy") for key in levels[0] if key.endswith("_accuracy")]
    rows = [("level", "blur", "dimmest", "noise", *(head.replace("_", " ") for head in heads), "angle off by")]
    for level in levels:
        accuracies = [f"{level[f'{head}_accuracy']:.2%}" for head in heads]
        strengths = f"{level['blur']:g} px", f"{level['dimmest']:.0%}", f"± {level['noise']:g}"
        rows.append((str(level["level"]), *strengths, *accuracies, f"{level['mean_absolute_error_degrees']:.2f}°"))
    return rows


def dependencies():
    """Every package that is installed by name, with its version and the reason, from the requirements files."""
    rows = [("package", "version", "why")]
    files = ("requirements.txt", "requirements-cluster.txt", "requirements-dev.txt", "benchmarks/requirements.txt")
    for name in files:
        for line in (run_folders.ROOT / name).read_text(encoding="utf-8").splitlines():
            if match := re.fullmatch(r"(\S+)==(\S+)  # (.+)", line):
                rows.append(match.groups())
    return markdown(rows)


def localization():
    """How right each line network's best heatmaps are, beside maps that know nothing of a network."""
    study = run_folders.read_study(
        Results(own=False).file(f"{LOCALIZATION}/scores.json"), "python q3_visualize/localization.py"
    )
    columns = ("pointing", "share", "share_grown", "iou")
    rows = [("network", "head", "layer", "method", "pointing game", "heat on the line", "within a pixel", "IoU")]
    for best in study["best"]:
        place = f"`{best['network']}`", best["head"], f"{best['layer']}, {best['height']} × {best['width']}", best["method"]
        rows.append((*place, *(f"{best[column]:.1%}" for column in columns)))
    for name, scores in study["baselines"].items():
        rows.append(("no network", "", "", name, *(f"{scores[column]:.1%}" for column in columns)))
    return "\n".join([markdown(rows), "", f"- {study['images']:,} test pictures; {origin(study)}"])


TABLES = {
    "classification results": classification_results,
    "multihead results": multihead_results,
    "noise curve": noise_curve,
    "localization": localization,
    "variations on lines": partial(table_of_variations, "q1_cnn", "lines"),
    "variations on mnist": partial(table_of_variations, "q1_cnn", "mnist"),
    "variations of the heads": partial(table_of_variations, "q2_multihead", "lines"),
    "workers": workers,
    "speed": speed,
    "contenders": contenders,
    "dependencies": dependencies,
}


def _in_epochs(training):
    """How long a training was in epochs of Section 1's part 1 on lines, where that was trained."""
    prescribed = Results(own=False).metrics("q1_cnn/lines/part1")["training"]
    epochs = training["seconds"] / (prescribed["seconds"] / prescribed["epochs"])
    return f", the time of {epochs:.1f} epochs of `q1_cnn/lines/part1`"


def _provenance(all_metrics):
    """A line for each data set, command, machine and set of versions, with the networks that it stands behind."""
    sources, environments = {}, {}
    for metrics in all_metrics:
        data, training = metrics["data"], metrics["training"]
        source = (
            f"{data['source']}; {data['train']:,} pictures train, {data['validation']:,} validate, {data['test']:,} test; "
            f"seed {training['seed']}; `{training['command']}`"
        )
        sources.setdefault(source, []).append(metrics["network"])
        environments.setdefault(environment(metrics), []).append(metrics["network"])
    return [f"- {', '.join(names)}: {note}" for note, names in [*sources.items(), *environments.items()]]

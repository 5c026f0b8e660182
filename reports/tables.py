"""Writes the tables of the READMEs from what the runs measured and from the requirements files.

    python reports/tables.py            # rewrites the marked parts of every README
    python reports/tables.py --check    # exit status 1 if one of them is not current

A marked part begins with <!-- table: NAME --> and ends with <!-- end -->.
"""

import argparse
import re
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reports import runs

ROOT = runs.REPORTS.parent
READMES = ("README.md", "data/README.md", "q1_cnn/README.md", "q2_multihead/README.md")
_PART = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text):
    """A README's text with every marked part written anew."""
    return _PART.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}", text)


def classification_results():
    """What each run folder of Section 1 measured, and the data, machine and command behind it."""
    rows = [("network", "parameters", "epochs", "training", "test accuracy", "errors", "macro F1", "weighted F1")]
    all_metrics = [runs.read_metrics(path.parent) for path in sorted(runs.REPORTS.glob("q1_cnn/*/part*/metrics.json"))]
    for metrics in all_metrics:
        data, training, test = metrics["data"], metrics["training"], metrics["test"]
        rows.append((
            f"`{metrics['network']}`", f"{training['parameters']:,}", training["epochs"], f"{training['seconds']:.0f} s",
            f"{test['accuracy']:.2%}", f"{test['errors']:,} of {data['test']:,}", f"{test['macro_f1']:.4f}",
            f"{test['weighted_f1']:.4f}",
        ))  # fmt: skip
    return "\n".join([_markdown(rows), "", *_provenance(all_metrics)])


def multihead_results():
    """What each head of Section 2's network reached, and all of them together."""
    metrics = runs.read_metrics(runs.REPORTS / "q2_multihead/lines")
    test, count = metrics["test"], metrics["data"]["test"]
    rows = [("head", "test accuracy", "errors", "macro F1", "loss")]
    for head, scores in {**test["heads"], "**all heads right**": test["classes"]}.items():
        errors = f"{scores['errors']:,} of {count:,}"
        rows.append((head, f"{scores['accuracy']:.2%}", errors, f"{scores['macro_f1']:.4f}", f"{scores['loss']:.4f}"))
    rows.append(("mean of the heads", f"{test['mean_head_accuracy']:.2%}", "", "", ""))
    rows.append(("if the heads erred independently", f"{test['independent_heads_accuracy']:.2%}", "", "", ""))
    training, degrees = metrics["training"], test["heads"]["angle"]["mean_absolute_error_degrees"]
    network = (
        f"- {training['parameters']:,} parameters, {training['epochs']} epochs, {training['seconds']:.0f} s; "
        f"the angle is off by {degrees:.3f} degrees in the mean"
    )
    return "\n".join([_markdown(rows), "", network, *_provenance([metrics])])


def noise_curve():
    """Accuracy of each head at each level of noise."""
    curve = runs.read_metrics(runs.REPORTS / "q2_multihead/lines").get("noise")
    if not curve:
        return "Not measured yet: `python q2_multihead/train.py --noise`"
    columns = ("length", "width", "angle", "color", "all_heads", "independent_heads")
    rows = [("level", "blur", "brightness from", "noise", *columns[:4], "all heads", "if independent", "angle off by")]
    for row in curve["levels"]:
        accuracies = [f"{row[f'{column}_accuracy']:.2%}" for column in columns]
        strengths = f"{row['blur']:g} px", f"{row['dimmest']:.0%}", f"± {row['noise']:g}"
        rows.append((row["level"], *strengths, *accuracies, f"{row['mean_absolute_error_degrees']:.2f}°"))
    return f"{_markdown(rows)}\n\n- `{curve['command']}`"


def dependencies():
    """Every package that is installed by name, with its version and the reason, from the requirements files."""
    rows = [("package", "version", "why")]
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if match := re.fullmatch(r"(\S+)==(\S+)  # (.+)", line):
                rows.append(match.groups())
    return _markdown(rows)


TABLES = {
    "classification results": classification_results,
    "multihead results": multihead_results,
    "noise curve": noise_curve,
    "dependencies": dependencies,
}


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
        versions = ", ".join(f"{name} {version}" for name, version in metrics["versions"].items())
        environments.setdefault(f"{metrics['machine']}; {versions}", []).append(metrics["network"])
    return [f"- {', '.join(names)}: {note}" for note, names in [*sources.items(), *environments.items()]]


def _markdown(rows):
    """A Markdown table whose first row is its head."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a table is not current")
    arguments = parser.parse_args()
    stale = []
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        if filled(text) != text:
            stale.append(name)
            if not arguments.check:
                (ROOT / name).write_text(filled(text), encoding="utf-8")
    verb = "not current" if arguments.check else "rewritten"
    print(f"{verb}: {', '.join(stale)}" if stale else "every table is current")
    raise SystemExit(1 if stale and arguments.check else 0)


if __name__ == "__main__":
    main()

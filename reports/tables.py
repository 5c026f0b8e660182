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
READMES = ("README.md", "data/README.md", "q1_cnn/README.md")
_PART = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text):
    """A README's text with every marked part written anew."""
    return _PART.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}\n{match[3]}", text)


def classification_results():
    """What each run folder of Section 1 measured, and the data, machine and command behind it."""
    rows = [("network", "parameters", "epochs", "training", "test accuracy", "errors", "macro F1", "weighted F1")]
    sources, environments = {}, {}
    for path in sorted(runs.REPORTS.glob("q1_cnn/*/part*/metrics.json")):
        metrics = runs.read_metrics(path.parent)
        data, training, test = metrics["data"], metrics["training"], metrics["test"]
        rows.append((
            f"`{metrics['network']}`", f"{training['parameters']:,}", training["epochs"], f"{training['seconds']:.0f} s",
            f"{test['accuracy']:.2%}", f"{test['errors']:,} of {data['test']:,}", f"{test['macro_f1']:.4f}",
            f"{test['weighted_f1']:.4f}",
        ))  # fmt: skip
        source = (
            f"{data['source']}; {data['train']:,} pictures train, {data['validation']:,} validate, {data['test']:,} test; "
            f"seed {training['seed']}; `{training['command']}`"
        )
        sources.setdefault(source, []).append(metrics["network"])
        versions = ", ".join(f"{name} {version}" for name, version in metrics["versions"].items())
        environments.setdefault(f"{metrics['machine']}; {versions}", []).append(metrics["network"])
    notes = [f"- {', '.join(names)}: {note}" for note, names in [*sources.items(), *environments.items()]]
    return "\n".join([_markdown(rows), "", *notes])


def dependencies():
    """Every package that is installed by name, with its version and the reason, from the requirements files."""
    rows = [("package", "version", "why")]
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if match := re.fullmatch(r"(\S+)==(\S+)  # (.+)", line):
                rows.append(match.groups())
    return _markdown(rows)


TABLES = {"classification results": classification_results, "dependencies": dependencies}


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

"""The benchmark and where a training step spends its time, as tables."""

from reports import runs
from reports.printing import markdown


def speed():
    """What benchmarks/run.py measured, in short: medians of ours and of the best that a user would pick instead."""
    study = _read("results", "make bench")
    rows = [("what", "ours", "instead", "ratio", "to reach")]
    for row in study["rows"]:
        ours, rival = row["contenders"][row["ours"]], row["contenders"].get(row["against"])
        instead = f"{_median(rival)}, {row['against']}" if rival else "none of them can"
        rows.append((f"{row['row']}, {row['unit']}", _median(ours), instead, _ratio(row), _aim(row)))
    remark = "- medians; bold: reached; all contenders, spreads and remarks: [benchmarks/README.md](benchmarks/README.md)"
    return "\n".join([markdown(rows), "", remark, f"- {_origin(study)}"])


def contenders():
    """What benchmarks/run.py measured: ours, everything that a user would pick instead, and the ratio to the best of it."""
    study = _read("results", "make bench")
    rows = [("what", "ours", "instead", "ratio", "to reach")]
    for row in study["rows"]:
        others = {name: values for name, values in row["contenders"].items() if name != row["ours"]}
        named = "" if row["ours"] == "ours" else f"{row['ours']}: "
        to = f" to {row['against']}" if row["against"] and len(others) > 1 else ""
        rows.append((
            f"{row['row']}, {row['unit']}", named + _value(row["contenders"][row["ours"]]),
            "<br>".join(f"{name}: {_value(values)}" for name, values in others.items()), _ratio(row) + to, _aim(row),
        ))  # fmt: skip
    notes = [f"- {row['row']}: {_words(row['notes'])}" for row in study["rows"] if row["notes"]]
    remark = "- medians, and in brackets the lowest and highest round; bold: reached"
    return "\n".join([markdown(rows), "", remark, *notes, f"- {_origin(study)}"])


def operations():
    """Milliseconds of each kind of operation in a training step, before the work on speed and after it."""
    command = "python benchmarks/operations.py"
    before, after = _read("operations_before", f"{command} on the code before"), _read("operations", command)
    kinds = next(iter(after["networks"].values()))["milliseconds"]
    rows = [("network", "", "pictures", *(f"{kind}, ms" for kind in kinds))]
    for network in after["networks"]:
        for when, study in (("before", before), ("after", after)):
            told = study["networks"][network]
            rows.append((f"`{network}`", when, told["pictures"], *(f"{told['milliseconds'][kind]:.1f}" for kind in kinds)))
    remark = "- operations run side by side, so that kinds may add up to more than the step takes"
    behind = [f"- {when} ({study['commit']}): {_origin(study)}" for when, study in (("before", before), ("after", after))]
    return "\n".join([markdown(rows), "", remark, *behind])


def _read(name, command):
    path = runs.ROOT / f"benchmarks/{name}.json"
    if not path.exists():
        raise runs.RunError(f"{path} is missing: run {command} first")
    return runs.read_json(path)


def _value(values):
    if "error" in values or values["rounds"] == 1:
        return _median(values)
    return f"{_median(values)} ({_number(values['lowest'])} to {_number(values['highest'])})"


def _median(values):
    if "error" in values:
        return values["error"].replace("|", "\\|")  # which would end a cell of the table
    return _number(values["median"])


def _number(value, digits=4):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.{digits}g}"


def _ratio(row):
    if row["ratio"] is None:
        return "none"
    return f"**{row['ratio']:.3g}**" if row["reached"] else f"{row['ratio']:.3g}"


def _aim(row):
    return f"at least {row['least']}" if row["least"] else f"at most {row['most']}" if row["most"] else ""


def _words(notes):
    return ", ".join(f"{words}: {_number(number, 6)}" for words, number in notes.items())


def _origin(study):
    versions = ", ".join(f"{name} {version}" for name, version in study["versions"].items())
    return f"`{study['command']}`; {study['machine']}; {versions}"

"""The benchmark, as tables."""

from common import run_folders
from reports.printing import markdown, origin

HEAD = ("what", "ours", "instead", "ratio", "to reach")


def speed():
    """What benchmarks/run.py measured, in short: medians of ours and of the best that a user would pick instead."""
    remark = "- medians; bold: reached; all contenders, spreads and remarks: [benchmarks/README.md](benchmarks/README.md)"
    return _comparison(_read("results", "make bench"), _in_short, remark)


def contenders():
    """What benchmarks/run.py measured: ours, everything that a user would pick instead, and the ratio to the best of it."""
    study = _read("results", "make bench")
    notes = [f"- {row['row']}: {_words(row['notes'])}" for row in study["rows"] if row["notes"]]
    return _comparison(study, _in_full, "- medians, and in brackets the lowest and highest round; bold: reached", *notes)


def _read(name, command):
    return run_folders.read_study(run_folders.ROOT / f"benchmarks/{name}.json", command)


def _comparison(study, columns, *remarks):
    """A table of all rows. columns: function of a row to what stands under ours, instead and ratio."""
    rows = [(f"{row['row']}, {row['unit']}", *columns(row), _aim(row)) for row in study["rows"]]
    return "\n".join([markdown([HEAD, *rows]), "", *remarks, f"- {origin(study)}"])


def _in_short(row):
    ours, rival = row["contenders"][row["ours"]], row["contenders"].get(row["against"])
    return _median(ours), f"{_median(rival)}, {row['against']}" if rival else "none of them can", _ratio(row)


def _in_full(row):
    others = {name: values for name, values in row["contenders"].items() if name != row["ours"]}
    named = "" if row["ours"] == "ours" else f"{row['ours']}: "
    to = f" to {row['against']}" if row["against"] and len(others) > 1 else ""
    instead = "<br>".join(f"{name}: {_value(values)}" for name, values in others.items())
    return named + _value(row["contenders"][row["ours"]]), instead, _ratio(row) + to


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

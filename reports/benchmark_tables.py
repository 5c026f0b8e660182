"""What the benchmarks measured, as tables of their README."""

from common import run_folders
from reports.printing import markdown, origin_line


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
    note = "- medians; bold: reached; all contenders, spreads and remarks: [results.json](results.json)"
    return "\n".join([markdown(rows), "", note, f"- {origin_line(study)}"])


def _median(values):
    if "error" in values:
        return values["error"].replace("|", "\\|")  # which would end a cell of the table
    return f"{values['median']:,.0f}" if values["median"] >= 1000 else f"{values['median']:.4g}"

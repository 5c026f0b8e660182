"""Rows of text as tables, on a terminal and in Markdown, and where results come from, in words."""

from collections.abc import Iterable, Sequence


def print_table(rows: Sequence[Sequence[str]], notes: Iterable[str] = (), words: int = 1) -> None:
    """Print rows of text, the first as the head, and notes below. The first `words` columns are words, the others numbers."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    for position, heading in enumerate(rows[0]):
        table.add_column(heading, justify="left" if position < words else "right", no_wrap=True)
    for row in rows[1:]:
        table.add_row(*map(Text, row))
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, 200)  # in a log or a narrow terminal lines may wrap, but no digit is cut off
    console.print(table)
    for note in notes:
        console.print(Text(note))


def origin_line(study: dict) -> str:
    """Return the command, machine and versions of a study, in a line."""
    return f"`{study['command']}`; {environment(study)}"


def environment(study: dict) -> str:
    """Return the machine, versions and commit of a study or a run, in words."""
    versions = ", ".join(f"{name} {version}" for name, version in study["versions"].items())
    git = study.get("git")
    commit = f"; commit {git['commit'][:8]}{' and changes' if git['changed'] else ''}" if git else ""
    return f"{study['machine']}; {versions}{commit}"


def markdown(rows: Sequence[Sequence]) -> str:
    """Return a Markdown table whose first row is its head."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)

"""Progress of long work: a bar on a terminal, and everywhere a line for each part that is done."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class ProgressBar:
    """A context manager that shows a label, a bar for `total` steps, and lines above it; nothing at all if `quiet`."""

    def __init__(self, label: str, total: int, done: int = 0, quiet: bool = False) -> None:
        self._console = Console(highlight=False, soft_wrap=True, markup=False, quiet=quiet)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        hidden = quiet or not self._console.is_terminal
        self._bar = Progress(*columns, console=self._console, transient=True, disable=hidden, speed_estimate_period=300)
        self._task = self._bar.add_task(label, total=total, completed=done)

    def __enter__(self) -> "ProgressBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def advance(self, label: str | None = None) -> None:
        """Count one more step; a `label` replaces the text before the bar."""
        self._bar.update(self._task, advance=1, description=label)

    def print(self, line: str) -> None:
        """Print a line above the bar."""
        self._console.print(line)

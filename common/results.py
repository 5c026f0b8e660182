"""Finds results: a user's own runs, which git ignores, and the published ones, which are in git.

    reports/q1_cnn, reports/q2_multihead, reports/q3_visualize      own runs
    reports/published/q1_cnn, ...                                   published results, which only reports/publish.py writes

A result's name is its path below either folder: "q1_cnn/lines/part2", for example. It means the own run if there is one, else
the published one.
"""

from functools import lru_cache
from pathlib import Path

from common import run_folders

PUBLISHED = "published"
FOLDERS = "q?_*"  # what the folders of results are called
# Written last: a folder with one of them is one complete result.
MARKS = ("metrics.json", "comparison.csv", "scores.json", "tuning.json")
# The tables of sweeps and studies, which a command can also make in part, and the columns that name a part.
PART_COLUMNS = {
    "comparison.csv": ("dataset", "question", "variation"), "scores.csv": ("network", "head", "method"),
    "thresholds.csv": ("network", "noise", "factor"), "digits.csv": ("network", "axis"),
}  # fmt: skip


class Results:
    """Finds results in the folder reports, `root`, by name. If not `own`, only published results count."""

    def __init__(self, own: bool = True, root: Path | str | None = None) -> None:
        self.own, self.root = own, Path(root or run_folders.REPORTS)
        self.missing_parts = lru_cache(self._missing_parts)

    def folder(self, name: str) -> Path:
        """Return the folder of a run, a sweep or a study: the own one if it is complete, else the published one."""
        own = run_folders.standing(self.root / name)
        complete = self.own and any((own / mark).exists() for mark in MARKS) and not self.missing_parts(name)
        return own if complete else self.root / PUBLISHED / name

    def file(self, name: str) -> Path:
        """Return a result's file. The files of a run, a sweep or a study are all own or all published."""
        folder, _, file = name.rpartition("/")
        if any((self.root / place / folder / mark).exists() for place in ("", PUBLISHED) for mark in MARKS):
            return self.folder(folder) / file
        own = self.root / name
        return own if self.own and own.exists() else self.root / PUBLISHED / name

    def metrics(self, network: str) -> dict:
        """Read metrics.json of a network. Raise UserError if it is missing or damaged."""
        return run_folders.read_metrics(self.folder(network))

    def files(self) -> dict[str, Path]:
        """Return the path of every file that exists, by name."""
        names = set()
        for place in (self.root / PUBLISHED, *[self.root] * self.own):
            found = (path.relative_to(place).as_posix() for path in place.glob(f"{FOLDERS}/**/[!.]*"))
            names |= {name for name in found if "/." not in name}
        return {name: path for name in sorted(names) if (path := self.file(name)).is_file()}

    def is_own(self, path: Path) -> bool:
        """Whether a path is that of an own result."""
        return not path.is_relative_to(self.root / PUBLISHED)

    def whose(self, path: Path) -> str:
        """Describe where a result is from: "your own run (reports/q1_cnn/lines/part2)"."""
        run = "your own run" if self.is_own(path) else "the published run"
        return f"{run} (reports/{path.relative_to(self.root).as_posix()})"

    def _missing_parts(self, name):
        """Return the parts that only the published sweep or study has: [("lines", "depth", "1 convolution"), ...]."""
        missing = []
        for table, columns in PART_COLUMNS.items():
            paths = [self.root / place / name / table for place in ("", PUBLISHED)]
            if paths[1].exists():
                with run_folders.reading():
                    tables = [run_folders.read_rows(path) if path.exists() else [] for path in paths]
                own, published = ([tuple(map(row.get, columns)) for row in rows] for rows in tables)
                missing += [part for part in dict.fromkeys(published) if part not in own]
        return missing

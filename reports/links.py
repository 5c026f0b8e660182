"""Links from a page to results and to files of the repository."""

from __future__ import annotations

import os
from pathlib import Path

from common.results import Results


class Links:
    """Relative links from a page in a folder to results. names: of the results that were linked to."""

    def __init__(self, results: Results, folder: Path) -> None:
        self.results, self.folder, self.names = results, folder, []

    def __call__(self, name: str) -> str:
        """Return the link to a result."""
        self.names.append(name)
        return self._to(self.results.file(name))

    def source(self, name: str) -> str:
        """Return the link to a file of the repository: "q1_cnn/models.py"."""
        return self._to(self.results.root.parent / name)

    def place(self, name: str) -> str:
        """Return where a result is in the repository: "reports/published/q1_cnn/lines/part1/history.csv"."""
        return self.results.file(name).relative_to(self.results.root.parent).as_posix()

    def _to(self, path):
        return os.path.relpath(path, self.folder).replace(os.sep, "/")

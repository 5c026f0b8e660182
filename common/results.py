"""Where results are: a user's own runs, which git ignores, and the published ones, which are in git.

    reports/q1_cnn, reports/q2_multihead, reports/q3_visualize      own runs
    reports/published/q1_cnn, ...                                   published results, which reports/publish.py alone writes

A result's name is its path below either of the two: "q1_cnn/lines/part2", for example. It means the own one if there is one,
else the published one.
"""

from functools import lru_cache
from pathlib import Path

from common import run_folders

PUBLISHED = "published"
SECTIONS = ("q1_cnn", "q2_multihead", "q3_visualize")
CLASSIFIERS = ("q1_cnn/lines/part1", "q1_cnn/lines/part2", "q1_cnn/mnist/part1", "q1_cnn/mnist/part2")
OFFICIAL = ("q1_cnn/mnist_official/part1", "q1_cnn/mnist_official/part2")
MULTIHEAD = "q2_multihead/lines"
NETWORKS = (*CLASSIFIERS, *OFFICIAL, MULTIHEAD)
SWEEPS = ("q1_cnn/sweep", "q2_multihead/sweep")
LOCALIZATION = "q3_visualize/localization"
# A folder with one of these is one result, and the file is written last.
MARKS = ("metrics.json", "comparison.csv", "scores.json")
# Of which parts a result is made that a command can also make a few of: its table, and the columns that name a part.
PARTS = {
    **dict.fromkeys(SWEEPS, ("comparison.csv", ("dataset", "question", "variation"))),
    LOCALIZATION: ("scores.csv", ("network", "head", "method")),
}


class Results:
    """Finds results by name.

    own: whether own runs come first, or published results alone count. root: the folder reports.
    """

    def __init__(self, own=True, root=None):
        self.own, self.root = own, Path(root or run_folders.REPORTS)
        self.missing_parts = lru_cache(self._missing_parts)

    def folder(self, name):
        """The folder of a run, a sweep or a study: the own one if it is whole, else the published one, if there is one."""
        own = run_folders.standing(self.root / name)
        whole = self.own and any((own / mark).exists() for mark in MARKS) and not self.missing_parts(name)
        return own if whole else self.root / PUBLISHED / name

    def file(self, name):
        """The file of a name. All files of a run, a sweep or a study are of one origin, others each of its own."""
        folder, _, file = name.rpartition("/")
        if any((self.root / place / folder / mark).exists() for place in ("", PUBLISHED) for mark in MARKS):
            return self.folder(folder) / file
        own = self.root / name
        return own if self.own and own.exists() else self.root / PUBLISHED / name

    def metrics(self, network):
        """metrics.json of a network, as a dict. Raises UserError when there is none, or when it is damaged."""
        return run_folders.read_metrics(self.folder(network))

    def files(self):
        """Every result that is there: {name of a file: path}."""
        found = {}
        for place in (PUBLISHED, *[""] * self.own):
            for section in SECTIONS:
                for path in (self.root / place / section).rglob("[!.]*"):
                    name = path.relative_to(self.root / place).as_posix()
                    if path.is_file() and "/." not in name:
                        found[name] = self.file(name)
        return {name: path for name, path in sorted(found.items()) if path.is_file()}

    def is_own(self, path):
        """Whether a path is that of an own result."""
        return not path.is_relative_to(self.root / PUBLISHED)

    def origin(self, path):
        """A result's path in words: "your own run (reports/q1_cnn/lines/part2)"."""
        return (
            f"{'your own run' if self.is_own(path) else 'the published run'} (reports/{path.relative_to(self.root).as_posix()})"
        )

    def _missing_parts(self, name):
        """What an own sweep or study has not, and the published one has: [("lines", "depth", "1 convolution"), ...]."""
        if name not in PARTS:
            return []
        table, columns = PARTS[name]
        own, published = (_parts(self.root / place / name / table, columns) for place in ("", PUBLISHED))
        return [part for part in published if part not in own]


def _parts(path, columns):
    with run_folders.reading():
        rows = run_folders.read_rows(path) if path.exists() else []
    return list(dict.fromkeys(tuple(row.get(column) for column in columns) for row in rows))

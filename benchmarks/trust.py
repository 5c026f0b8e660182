"""Tries to break what the README promises, as often as the tests of tests/trust can, and counts: benchmarks/trust.json.

    python benchmarks/trust.py      # some minutes

The same tests are run by `python -m pytest`, with fewer inputs.
"""

import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import command_line
from data.command_line import UserError
from reports import provenance, runs

RESULT = Path(__file__).with_suffix(".json")


class Counts:
    """A pytest plugin that adds up what tests record, and how they end."""

    def __init__(self):
        self.recorded, self.passed, self.skipped = Counter(), Counter(), Counter()

    def pytest_runtest_logreport(self, report):
        if report.when == "teardown":  # by which time everything is recorded
            for name, number in report.user_properties:
                self.recorded[name] += number
        if report.when == "call" and report.passed:
            self.passed[Path(report.location[0]).name] += 1
        if report.skipped:
            self.skipped[Path(report.location[0]).name] += 1


def main():
    command_line.Parser(__doc__).parse_args()
    try:
        import pytest
    except ImportError as error:
        raise UserError("the tests need pip install --requirement requirements-dev.txt") from error

    counts = Counts()
    tests = str(runs.ROOT / "tests/trust")
    model_files = str(runs.ROOT / "tests/training/test_model_files.py")
    status = pytest.main(["--hypothesis-profile=thorough", tests, model_files], plugins=[counts])
    if status:
        raise UserError("a promise is broken: mend it; benchmarks/trust.json is as it was")
    if counts.skipped["test_interruptions.py"]:
        raise UserError("this user may not mount file systems, so full disks were not tried: run it as one who may")
    told = {"passed": counts.passed, "skipped": counts.skipped, "tried": counts.recorded}
    origin = {"command": provenance.command_line(), "machine": provenance.machine(), "versions": provenance.versions()}
    runs.write_json(RESULT, {**told, **origin})
    print(f"{RESULT}: {told}")


if __name__ == "__main__":
    command_line.run(main)

"""What several tests use: scripts run as a user runs them, and a small data set."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from data import datasets

ROOT = Path(__file__).resolve().parents[1]
settings.register_profile("thorough", max_examples=20_000)  # for benchmarks/trust.py
# A proxy that refuses at once: no test reaches for the network, whether there is one or not.
OFFLINE = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}


# A shell has its background jobs ignore Ctrl-C, and with them the scripts that tests start and stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Files with slow tests first, so that one process does not end minutes after the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def font_cache(tmp_path_factory):
    """Matplotlib's folder with its list of fonts, which every script would else make anew, and say so on a slow machine."""
    folder = tmp_path_factory.mktemp("matplotlib")
    environment = {**os.environ, "MPLCONFIGDIR": str(folder)}
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture
def script(tmp_path, font_cache):
    """Runs one of our scripts in a process of its own, in an empty folder and with empty caches but for the fonts."""

    def run(*arguments, environment=(), timeout=300, under=(), start=False):
        """under: a command that runs it. start: return the process at once. Else: what came of it, as of subprocess.run."""
        clean = {name: value for name, value in os.environ.items() if name not in ("MNIST_PATH", "TF_CPP_MIN_LOG_LEVEL")}
        caches = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "KERAS_HOME": str(tmp_path / "keras")}
        caches["MPLCONFIGDIR"] = str(font_cache)
        name, *flags = map(str, arguments)
        process = subprocess.Popen(
            [*map(str, under), sys.executable, str(ROOT / name), *flags],
            env={**clean, **OFFLINE, **caches, **dict(environment)},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if start:
            return process
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    return run


@pytest.fixture(scope="session")
def few_lines():
    """Ten drawn pictures of each of the 96 classes."""
    return datasets.load_lines(per_class=10)


@pytest.fixture(scope="session")
def committed_results():
    """Skips a test of the results in git where a user's own runs have taken their place."""
    command = ["git", "status", "--porcelain", "reports/q1_cnn", "reports/q2_multihead"]
    changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if changed.returncode or changed.stdout:
        pytest.skip("reports/ holds runs that are not committed: python reports/tables.py writes the tables from them")


def assert_one_error_line(result, *parts):
    """The process ended with status 2 and one line `error: ...` that has all `parts`."""
    assert result.returncode == 2, result.stderr
    lines = [line for line in result.stderr.splitlines() if not line.startswith("warning:")]
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    for part in parts:
        assert str(part) in lines[0]

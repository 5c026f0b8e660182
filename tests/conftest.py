"""What several tests use: scripts run as a user runs them, a small data set, and small results.

No test reads or writes the results of the checkout: `call` gives a script a folder of its own in the place of reports.
"""

import contextlib
import fcntl
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from common import command_line, run_folders
from common.browser import chromium, started
from data import datasets
from training.run import untrained

ROOT = Path(__file__).resolve().parents[1]
settings.register_profile("thorough", max_examples=20_000)  # pytest --hypothesis-profile=thorough
TRAINED_EPOCHS = 3  # of the fixture `trained`
# A proxy that refuses at once: no test reaches for the network, whether there is one or not.
OFFLINE = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}

# Own runs and published results of the checkout. A test that opens one would find something else after a training.
RESULTS = tuple(f"{ROOT}/reports/{name}/" for name in ("published", "q1_cnn", "q2_multihead", "q3_visualize", "own", "seeds"))
opened_results = []
sys.addaudithook(lambda event, given: event == "open" and str(given[0]).startswith(RESULTS) and opened_results.append(given))

# A shell has its background jobs ignore Ctrl-C, and with them the scripts that tests start and stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Files with slow tests first, so that one process does not end minutes after the other.

    Of those that share the house, which takes minutes to make, one goes first and the others last: nobody waits for it.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    of_house = list(dict.fromkeys(item.path for item in items if item.path in slow and "house" in item.fixturenames))
    items.sort(key=lambda item: (item.path not in slow, item.path not in of_house[:1], item.path in of_house))


@pytest.fixture(autouse=True)
def results_of_the_checkout_stay_closed():
    """Fails a test whose process has opened a result of the checkout. Of processes that it starts, CI sees what they wrote."""
    yield
    opened = opened_results.copy()
    opened_results.clear()
    assert opened == []


@pytest.fixture(scope="session")
def font_cache(tmp_path_factory):
    """Matplotlib's folder with its list of fonts, which every script would else make anew, and say so on a slow machine."""
    folder = tmp_path_factory.mktemp("matplotlib")
    environment = {**os.environ, "MPLCONFIGDIR": str(folder)}
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture
def call(tmp_path, monkeypatch, capfd):
    """Runs one of our scripts in this process: the same as `script`, without the seconds that a start of TensorFlow takes."""

    def run(*arguments, environment=(), reports=tmp_path / "reports"):
        """reports: what stands in for the folder reports, with own runs and published results. Returns what `script` does."""
        name, *flags = map(str, arguments)
        main = importlib.import_module(name.removesuffix(".py").replace("/", ".")).main
        datasets.load.cache_clear()
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", [str(ROOT / name), *flags])
            patch.setattr(run_folders, "REPORTS", reports)
            patch.chdir(tmp_path)
            patch.delenv("MNIST_PATH", raising=False)
            for variable, value in {**OFFLINE, **caches(tmp_path), **dict(environment)}.items():
                patch.setenv(variable, value)
            try:
                command_line.execute(main)
                status = 0
            except SystemExit as end:
                status = end.code or 0
        return subprocess.CompletedProcess([name, *flags], status, *capfd.readouterr())

    return run


def caches(folder):
    """Variables that keep MNIST and Keras' settings of this machine out of a test."""
    return {"XDG_CACHE_HOME": str(folder / "cache"), "KERAS_HOME": str(folder / "keras")}


@pytest.fixture
def script(tmp_path, font_cache):
    """Runs one of our scripts in a process of its own, in an empty folder and with empty caches but for the fonts."""

    def run(*arguments, environment=(), timeout=300, under=(), start=False):
        """under: a command that runs it. start: return the process at once. Else: what came of it, as of subprocess.run."""
        clean = {name: value for name, value in os.environ.items() if name not in ("MNIST_PATH", "TF_CPP_MIN_LOG_LEVEL")}
        name, *flags = map(str, arguments)
        process = subprocess.Popen(
            [*map(str, under), sys.executable, str(ROOT / name), *flags],
            env={**clean, **OFFLINE, **caches(tmp_path), "MPLCONFIGDIR": str(font_cache), **dict(environment)},
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
    """Ten drawn images of each of the 96 classes."""
    return datasets.load_lines(per_class=10)


@contextlib.contextmanager
def made_once(tmp_path_factory, name):
    """Yields a folder for all processes of the tests, and whether this one has to fill it; the others wait until it has."""
    everybodys = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        everybodys = everybodys.parent
    folder, made = everybodys / name, everybodys / f"{name}.made"
    with open(everybodys / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder, not made.exists()
        made.touch()


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder in the place of reports with own runs on a little data: both part 2 of Section 1, and the four heads."""
    with made_once(tmp_path_factory, "trained") as (folder, empty), pytest.MonkeyPatch.context() as patch:
        if empty:
            for variable, value in {**OFFLINE, **caches(folder)}.items():
                patch.setenv(variable, value)
            patch.delenv("MNIST_PATH", raising=False)
            flags = ["--quick", "--epochs", TRAINED_EPOCHS, "--out", folder / "reports"]
            run_main("q1_cnn/train", "--dataset", "all", "--part", 2, *flags)
            run_main("q2_multihead/train", *flags)
    return folder / "reports"


def described(recipe, input_shape, images):
    """The description of a recipe for so many images of a shape."""
    return untrained(recipe, input_shape, images)[1]


def untrained_on(dataset, recipe, seed=0):
    """The untrained network of a recipe for a data set."""
    return untrained(recipe, dataset.images.shape[1:], len(dataset.split.train), seed)[0]


def run_main(name, *flags):
    """Calls the main of a script with flags."""
    module = importlib.import_module(name.replace("/", "."))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(ROOT / f"{name}.py"), *map(str, flags)])
        module.main()


def assert_one_error_line(result, *parts):
    """The process ended with status 2 and one line `error: ...` that has all `parts`."""
    assert result.returncode == 2, result.stderr
    lines = [line for line in result.stderr.splitlines() if not line.startswith("warning:")]
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    for part in parts:
        assert str(part) in lines[0]


@pytest.fixture(scope="session")
def browser():
    """A chromium without a window."""
    if not chromium():
        pytest.skip("no chromium here: apt install chromium")
    with started(chromium()) as one:
        yield one


@pytest.fixture
def watched(browser):
    """Opens a page in a tab; at its end the test fails if anything went wrong in one, or asked for what is not on this machine.

    `watched.requests` and `watched.tabs` are those of all pages that were opened.
    """
    errors, requests, tabs = [], [], []

    def open_page(path, width=1200, **options):
        tab = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
        tabs.append(tab)
        tab.on("console", lambda message: None if _of_reading_pixels(message) else errors.append(message.text))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("requestfailed", lambda request: errors.append(f"failed: {request.url}"))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(path.as_uri(), wait_until="load")
        return tab

    open_page.requests, open_page.tabs = requests, tabs
    yield open_page
    for tab in tabs:
        tab.context.close()
    assert errors == []
    assert requests and all(url.startswith(("file:", "data:", "blob:")) for url in requests)


def _of_reading_pixels(message):
    """Whether a message is none of the page's errors and warnings, but one for the tests, which read its pixels."""
    return message.type not in ("error", "warning") or message.text.startswith("Canvas2D: Multiple readback")

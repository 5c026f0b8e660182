"""Networks in a web page: live/engine.js beside tensorflow.js on the same operations, and the page that live.py writes."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.measuring import OURS, Row, lazily, rates
from common.browser import chromium, started
from common.quiet import keras
from common.run_folders import ROOT
from q1_cnn.recipes import RECIPES
from q2_multihead.recipes import RECIPE
from q3_visualize import live as pages
from q3_visualize.lowering import lower
from q3_visualize.networks import Network

LIVE = ROOT / "q3_visualize/live"
PACKAGES = ROOT / "benchmarks/package.json"
TFJS = f"tfjs-backend-cpu {json.loads(PACKAGES.read_text())['dependencies']['@tensorflow/tfjs-backend-cpu']}"
INSTALLED = Path(sys.prefix) / "tfjs"  # of the environment that runs this, and never in git
TFJS_SCRIPTS = ("tfjs-core/dist/tf-core.min.js", "tfjs-backend-cpu/dist/tf-backend-cpu.min.js")
ALIKE = 1e-3  # the largest difference of a value to that of the other, as a share of the largest one of its operation
NO_CHROMIUM = "no chromium here: apt install chromium"
ALLOWED = "what is allowed"
SHOW = """async times => {
  const images = [0, 1].map(() => Uint8Array.from(looking.seen, () => 256 * Math.random()));
  for (let time = 0; time < times; time++) await looking.show(images[time % 2]);
}"""


def measure(quick: bool) -> list[Row]:
    """Return the rows of networks with random weights.

    For the values of all operations the aim is to be as fast as tensorflow.js, and a note has the milliseconds allowed; for
    what is painted as well, the aim is that time itself.
    """
    keras.utils.set_random_seed(0)
    side, updates = (64, 2) if quick else (224, 50)
    mobilenet = keras.applications.MobileNetV2(weights=None, input_shape=(side, side, 3))
    lines = "q2_multihead/lines", RECIPE.build((28, 28, 3)), 16, updates, quick
    digits = "q1_cnn/mnist/part2", RECIPES["mnist", 2].build((28, 28, 1)), 25, updates, quick
    large = f"MobileNetV2, {side} x {side}", mobilenet, 10_000, 1, quick
    return [*(_compare(*each) for each in (lines, digits, large)), *(_painted(*each) for each in (lines, digits))]


def _compare(name, model, allowed, updates, quick):
    """Return the row of one network. allowed: the milliseconds that an update may take."""
    lowered = lower(Network(model, name))
    row = Row(f"{name}, all {len(lowered['layers'])} layers of an image in chromium", "ms", {}, most=1)
    path = chromium()
    if not path:
        row.contenders = dict.fromkeys((OURS, TFJS), NO_CHROMIUM)
        return row
    with _page(path, lowered) as (tab, version):
        contenders = {
            OURS: (updates, lambda: _update(tab, "ours", updates)),
            TFJS: (updates, lazily(lambda: _tfjs(tab, updates))),
        }
        values = rates(contenders, 2 if quick else 7)
    row.contenders = {key: rate if isinstance(rate, str) else [1000 / one for one in rate] for key, rate in values.items()}
    share = np.median(row.contenders[OURS]) / allowed
    row.notes = {"ms that it may take": allowed, "ours as a share of these, at most 1": share, "version of chromium": version}
    return row


def _painted(name, model, allowed, updates, quick):
    """Return the row of an update of a page: from a new image until answers, the maps of all layers and heat are painted."""
    row = Row(f"{name}, an update of its page with answers, maps of all layers and heat painted, in chromium", "ms", {}, most=1)
    row.contenders, path = {OURS: NO_CHROMIUM, ALLOWED: [allowed]}, chromium()
    if not path:
        return row
    network = Network(model, name)
    with _tab(path) as (tab, folder):
        page = folder / "live.html"
        page.write_text(pages.page(pages.contents(network, pages.pattern(network))), encoding="utf-8")
        tab.goto(page.as_uri())
        tab.wait_for_selector("#check:not(:empty)")  # the network is loaded
        values = rates({OURS: (updates, lambda: tab.evaluate(SHOW, updates))}, 2 if quick else 7)
    row.contenders[OURS] = [1000 / rate for rate in values[OURS]]
    return row


def _update(tab, contender, times):
    tab.evaluate("([name, times]) => { update(name, times); }", [contender, times])  # no values are sent


def _tfjs(tab, updates):
    """Return the contender tensorflow.js, which the page has from now on. Raise RuntimeError where its values are not ours."""
    for script in _tfjs_scripts():
        tab.add_script_tag(url=script.as_uri())
    difference = tab.evaluate("difference()")
    if not difference <= ALIKE:  # nor is it NaN
        raise RuntimeError(f"values differ from ours by {difference:.2g} of the largest")
    return lambda: _update(tab, "theirs", updates)


def _tfjs_scripts():
    """Return the scripts of tensorflow.js, which are installed where they are missing. Raise RuntimeError if that fails."""
    scripts = [INSTALLED / "node_modules/@tensorflow" / script for script in TFJS_SCRIPTS]
    lock, installed = PACKAGES.with_name("package-lock.json"), INSTALLED / "package-lock.json"
    if all(script.exists() for script in scripts) and lock.read_bytes() == installed.read_bytes():
        return scripts
    npm = shutil.which("npm")
    if not npm:
        raise RuntimeError("no npm here, which installs it: apt install npm")
    INSTALLED.mkdir(exist_ok=True)
    for path in (PACKAGES, lock):
        shutil.copy(path, INSTALLED)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm ci failed: {done.stderr}")
    return scripts


@contextmanager
def _tab(path: str) -> Iterator[tuple]:
    """Yield a tab of the chromium at a path, and a folder for its pages."""
    with tempfile.TemporaryDirectory() as folder, started(path) as browser:
        tab = browser.new_page()
        tab.set_default_timeout(600_000)
        yield tab, Path(folder)


@contextmanager
def _page(path: str, lowered: dict) -> Iterator[tuple]:
    """Open a page with the engine, a network and an image; yield it and the browser's version."""
    image = np.random.default_rng(0).integers(0, 256, lowered["input"]).ravel().tolist()
    with _tab(path) as (tab, folder):
        page, network = folder / "page.html", folder / "network.js"
        page.write_text("<!doctype html><title>benchmark</title>", encoding="utf-8")
        network.write_text(f"const NETWORK = {json.dumps(lowered)}, IMAGE = new Uint8Array({image});", encoding="utf-8")
        tab.goto(page.as_uri())
        for script in (LIVE / "functions.js", LIVE / "engine.js", network, ROOT / "benchmarks/live_peer.js"):
            tab.add_script_tag(url=script.as_uri())
        yield tab, float(tab.context.browser.version.split(".")[0])

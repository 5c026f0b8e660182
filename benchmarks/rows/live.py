"""Networks in a web page: live/engine.js beside tensorflow.js on the same operations, both in one page of one browser."""

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
from q3_visualize.lowering import lower
from q3_visualize.networks import Network

LIVE = ROOT / "q3_visualize/live"
PACKAGES = ROOT / "benchmarks/package.json"
TFJS = f"tfjs-backend-cpu {json.loads(PACKAGES.read_text())['dependencies']['@tensorflow/tfjs-backend-cpu']}"
INSTALLED = Path(sys.prefix) / "tfjs"  # of the environment that runs this, and never in git
TFJS_SCRIPTS = ("tfjs-core/dist/tf-core.min.js", "tfjs-backend-cpu/dist/tf-backend-cpu.min.js")
ALIKE = 1e-3  # the largest difference of a value to that of the other, as a share of the largest one of its operation


def measure(quick: bool) -> list[Row]:
    """Return a row for each of three networks with random weights. The aim is to be as fast; a note has the time allowed."""
    keras.utils.set_random_seed(0)
    side, updates = (64, 2) if quick else (224, 50)
    return [
        _compare("q2_multihead/lines", RECIPE.build((28, 28, 3)), 16, updates, quick),
        _compare("q1_cnn/mnist/part2", RECIPES["mnist", 2].build((28, 28, 1)), 25, updates, quick),
        _compare(f"MobileNetV2, {side} x {side}", _mobilenet(side), 10_000, 1, quick),
    ]


def _mobilenet(side):
    return keras.applications.MobileNetV2(weights=None, input_shape=(side, side, 3))


def _compare(name, model, allowed, updates, quick):
    """Return the row of one network. allowed: the milliseconds that an update may take."""
    lowered = lower(Network(model, name))
    row = Row(f"{name}, all {len(lowered['layers'])} layers of an image in chromium", "ms", {}, most=1)
    path = chromium()
    if not path:
        row.contenders = dict.fromkeys((OURS, TFJS), "no chromium here: apt install chromium")
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
def _page(path: str, lowered: dict) -> Iterator[tuple]:
    """Open a page with the engine, a network and an image; yield it and the browser's version."""
    image = np.random.default_rng(0).integers(0, 256, lowered["input"]).ravel().tolist()
    with tempfile.TemporaryDirectory() as folder, started(path) as browser:
        page = Path(folder) / "page.html"
        page.write_text("<!doctype html><title>benchmark</title>", encoding="utf-8")
        network = Path(folder) / "network.js"
        network.write_text(f"const NETWORK = {json.dumps(lowered)}, IMAGE = new Uint8Array({image});", encoding="utf-8")
        tab = browser.new_page()
        tab.set_default_timeout(600_000)
        tab.goto(page.as_uri())
        for script in (LIVE / "functions.js", LIVE / "engine.js", network, ROOT / "benchmarks/live_peer.js"):
            tab.add_script_tag(url=script.as_uri())
        yield tab, float(browser.version.split(".")[0])

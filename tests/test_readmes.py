"""What the READMEs say can be typed, followed and found: their commands, links and lengths."""

import re
import shlex
import shutil
import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from data import line_classes, lines
from reports import build, findings, publish, tables
from tests.conftest import ROOT

READMES = [*publish.readmes(), ROOT / "CONTRIBUTING.md"]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in READMES}
# What publishing writes: whether it is there, and belongs together, is what `make check-results` says.
MADE = {"reports/index.html", *(f"reports/{name}.pdf" for name in build.PDFS)}
MADE |= {f"reports/{findings.FOLDER}/{one.name}.png" for one in findings.FINDINGS}
PUBLISHED = "reports/published"
MOST_WORDS = 800


def commands(text):
    """The commands of a README, each in a line of its own or between backticks."""
    lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)
    return [line.partition("  #")[0].strip() for line in lines]


FRONT = commands(TEXTS["README.md"])[:3]


def unfolded(text):
    """A README's text without what is folded away."""
    return re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)


def anchors(text):
    """The anchors of a README's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_front_page_is_read_in_half_a_minute():
    assert len(unfolded(TEXTS["README.md"]).split()) <= MOST_WORDS


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name):
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]) if "://" not in link]
    assert links or name == "CONTRIBUTING.md"
    for link in links:
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        inside = target.resolve().relative_to(ROOT).as_posix()
        assert inside in MADE or inside.startswith(PUBLISHED) or target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("name", TEXTS)
def test_no_result_is_typed(name):
    assert not re.findall(r"\d ?%", tables.typed(TEXTS[name]))
    assert not re.findall(r"\d (?:s|ms|seconds?|minutes?|hours?)\b", tables.typed(TEXTS[name]))


@lru_cache
def usage(script):
    """What a script says of its flags."""
    return subprocess.run([sys.executable, ROOT / script, "--help"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", TEXTS)
def test_commands_are_ones_that_there_are(name):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for command in commands(TEXTS[name]):
        words = shlex.split(command) if re.match(r"make |(\.venv/bin/)?python ", command) else [""]
        if words[0] == "make":
            assert words[1] in targets, command
        elif words[0].endswith("python") and words[1].endswith(".py"):
            flags = [word for word in words[2:] if word.startswith("--")]
            assert all(re.search(rf"{flag}\b", usage(words[1])) for flag in flags), command


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_the_plain_shell_lines_are_what_make_runs():
    (block,) = re.findall(r"in plain shell lines.*?\n\n((?:    .*\n|\n)+)", TEXTS["README.md"])
    train, test = ([line.strip() for line in part.splitlines()] for part in block.strip("\n").split("\n\n"))
    assert FRONT[:2] == ["make train", "make test"]
    for command, plain in ((FRONT[0], train), (FRONT[1], train[:2] + test)):
        printed = subprocess.run(
            [*command.split(), "--dry-run", "--always-make", "VENV=.venv", "PYTHON=python3"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        lines = [line.replace(" --quiet", "") for line in printed.splitlines() if not line.startswith(("touch", "make"))]
        assert lines == plain


def test_the_third_command_works_as_typed(call, trained, tmp_path):
    python, script, *flags = FRONT[2].split()
    assert python == ".venv/bin/python"
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("*.py"))
    result = call(script, *flags, "--out", "out", reports=trained)
    assert result.returncode == 0 and not result.stderr, result.stderr
    assert re.search(r"  example\.png: (long|short) (thick|thin) \d+° (red|blue), \d", result.stdout)
    assert list((tmp_path / "out").rglob("example_gradcam_conv1.png"))


def test_the_example_is_an_image_of_the_data_set():
    with Image.open(ROOT / "data/example.png") as image:
        pixels = np.array(image)
    index = line_classes.class_index(1, 1, 9, 0)
    assert line_classes.class_name(index) == "long thick 135° red"
    assert np.array_equal(pixels, lines.draw(per_class=1).images[index])

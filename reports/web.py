"""What the web pages share: the parts of live/ that run networks in them, and how these and data come into a template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from common import run_folders

if TYPE_CHECKING:
    from jinja2 import Environment

PARTS = run_folders.ROOT / "q3_visualize/live"
# Scripts that show a network, in their order.
SHOWING = ("functions", "engine", "heat", "looking", "layers", "heat_panel", "pictures")


def environment(*folders: Path) -> Environment:
    """Return where templates are looked for: in folders, and in live/, which has scripts.html."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader([*folders, PARTS]), undefined=StrictUndefined, autoescape=True, trim_blocks=True)


def scripts(*more: str, start: str) -> dict:
    """Return what scripts.html is filled with: SHOWING and more scripts of live/, the worker's, and the one that starts all."""
    return {
        "scripts": {name: text(PARTS / f"{name}.js") for name in (*SHOWING, *more)},
        "worker": text(PARTS / "worker.js"),
        "start": start,
    }


def text(path: Path) -> str:
    """Return the text of a part of a page."""
    return path.read_text(encoding="utf-8")


def in_script(data: object) -> str:
    """Return data as JSON that can stand in a script of a page: no text in it, a layer's name for example, can end that."""
    return as_json(data).replace("<", "\\u003c")


def as_json(data: object) -> str:
    """Return data as JSON on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

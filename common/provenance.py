"""What stands behind a result: the command, the machine, the versions and the commit."""

import hashlib
import json
import os
import platform
import re
import shlex
import subprocess
import sys
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from common.run_folders import ROOT

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "opencv-python-headless")


def origin():
    """All of it, as it stands in metrics.json and in the files of studies: a dict."""
    return {"command": command_line(), **computed_on()}


def computed_on():
    """All of it but the command: a dict."""
    return {"machine": machine(), "threads": threads(), "versions": versions(), "git": git()}


def command_line():
    """The command that was typed, with the script's path below the root of the project."""
    script = os.path.relpath(sys.argv[0], ROOT) if sys.argv[0] else ""
    return shlex.join(["python", script, *sys.argv[1:]])


def versions():
    """Versions of the language and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{package: metadata.version(package) for package in PACKAGES}}


def machine():
    """The machine, in words: "AMD EPYC with AVX-512, 2 cores, x86_64, Linux"."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"


def threads():
    """How many threads TensorFlow computes with by default: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()  # Linux alone has it


@lru_cache(maxsize=1)  # of the code as it was when it was first asked for, which a training may outlast
def git():
    """The commit of the code and whether tracked files differ from it; None where the project is no git checkout."""
    try:
        top, commit = _git("rev-parse", "--show-toplevel", "HEAD").splitlines()
        changed = bool(_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "changed": changed} if Path(top) == ROOT else None


def fingerprint(content):
    """A hash of what JSON can hold: 8 hexadecimal digits, the same for the same content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def of_run(metrics):
    """A hash of what the weights of a run depend on: a study of a network names the one that it looked into."""
    training = metrics["training"]
    return fingerprint([metrics["data"]["fingerprint"], *(training[key] for key in ("recipe", "epochs", "batch_size", "seed"))])


def _git(*arguments):
    command = ["git", "--no-optional-locks", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


@lru_cache(maxsize=1)
def _processor():
    information = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*: (.+)", information)
    words = name[1].strip() if name else platform.processor() or "an unknown processor"
    return f"{words} with AVX-512" if "avx512f" in information else words

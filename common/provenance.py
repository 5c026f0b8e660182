"""What a result comes from: the command, the machine, the versions and the commit."""

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


def origin() -> dict:
    """Return all of it, as the files of studies hold it."""
    return {"command": command(), **computed_on()}


def computed_on() -> dict:
    """Return all of it except the command, as metrics.json holds it."""
    # TensorFlow's default is a thread for each core that this process may use, which only Linux tells.
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"machine": machine(), "threads": threads, "versions": versions(), "git": git()}


def command() -> str:
    """Return the command that was typed, with the script's path below the root of the project."""
    script = os.path.relpath(sys.argv[0], ROOT) if sys.argv[0] else ""
    return shlex.join(["python", script, *sys.argv[1:]])


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version(), **{package: metadata.version(package) for package in PACKAGES}}


@lru_cache(maxsize=1)
def machine() -> str:
    """Describe the machine: "AMD EPYC with AVX-512, 2 cores, x86_64, Linux"."""
    information = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*: (.+)", information)
    processor = name[1].strip() if name else platform.processor() or "an unknown processor"
    processor += " with AVX-512" if "avx512f" in information else ""
    return f"{processor}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"


@lru_cache(maxsize=1)  # the first call tells which code was loaded; the files may be edited while a training runs
def git() -> dict | None:
    """Return the commit of the code and whether tracked files differ from it; None if the project is not a git checkout."""

    def output(*arguments):
        command = ["git", "--no-optional-locks", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout

    try:
        top, commit = output("rev-parse", "--show-toplevel", "HEAD").splitlines()
        changed = bool(output("status", "--porcelain", "--untracked-files=no"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "changed": changed} if Path(top) == ROOT else None


def fingerprint(content: object) -> str:
    """Return a hash of JSON content: 8 hexadecimal digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]


def of_run(metrics: dict) -> str:
    """Return a hash of all that a run's weights depend on. A study of a network stores it, to show which run it is of."""
    training = metrics["training"]
    return fingerprint([metrics["data"]["fingerprint"], *(training[key] for key in ("recipe", "epochs", "batch_size", "seed"))])

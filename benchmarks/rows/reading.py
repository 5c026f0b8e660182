"""A folder of line images into memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.measuring import OURS, Row, in_turn, rates
from common.run_folders import ROOT
from data import line_classes, line_folder, lines

LOOP = "a cv2.imread loop on one core"


def measure(quick):
    """One row. The files were written a moment ago: they come from the memory of the system, not from its disk."""
    per_class = 30 if quick else lines.PER_CLASS
    count = line_classes.CLASSES * per_class
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "lines")
        command = [sys.executable, ROOT / "data/lines.py", "--out", folder, "--per-class", str(per_class)]
        subprocess.run(command, check=True, capture_output=True)
        (folder / line_folder.CONTACT_SHEET).unlink()
        start = time.perf_counter()
        line_folder.read(folder)
        first = time.perf_counter() - start
        contenders = {OURS: lambda: line_folder.read(folder), LOOP: lambda: one_after_another(folder)}
        seconds, _ = in_turn(contenders, 2 if quick else 7)
    values = rates(seconds, dict.fromkeys(contenders, count))
    notes = {
        "ours the first time in a program, with the start of its processes, images a second": count / first,
        "the ratio of that": count / first / median(values[LOOP]),
    }
    name = f"reading a folder of {count:,} JPEG files, with the processes at work"
    return [Row(name, "images a second", values, least=1.6, notes=notes)]


def one_after_another(folder):
    return np.array([cv2.imread(f"{folder}/{name}") for name in os.listdir(folder)])

"""Whole processes: how long one takes that draws a heatmap, and how much memory one takes that trains."""

import os
import subprocess
import sys
import tempfile
import time

import cv2

from benchmarks.measuring import Row
from data import lines
from reports.runs import ROOT

OURS, IMPORTS = "gradcam.py --image x.png --layer conv1", 'python -c "import keras, tensorflow"'
GROWTH, ADDED = "growth of the peak memory", "bytes of the added pictures"


def measure(quick):
    """Two rows."""
    return [start_row(quick), memory_row(quick)]


def start_row(quick):
    with tempfile.TemporaryDirectory() as folder:
        cv2.imwrite(f"{folder}/x.png", lines.draw(1).images[0])
        gradcam = ["q3_visualize/gradcam.py", "--image", f"{folder}/x.png", "--layer", "conv1", "--out", folder]
        commands = {OURS: gradcam, IMPORTS: ["-c", "import keras, tensorflow"]}
        seconds = {name: [] for name in commands}
        for number in range(2 if quick else 8):
            for name, command in commands.items():
                spent, _ = process(*command)
                if number:  # the first round reads from the disk
                    seconds[name].append(spent)
    return Row("python q3_visualize/gradcam.py, the whole process", "seconds", seconds, OURS, most=1.5)


def memory_row(quick):
    few, many = (20, 80) if quick else (1000, 4000)
    peaks = {}
    for per_class in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            train = ["q1_cnn/train.py", "--dataset", "lines", "--epochs", "1", "--out", folder]
            _, peaks[per_class] = process(*train, "--per-class", str(per_class))
    values = {GROWTH: [(peaks[many] - peaks[few]) / 1e6], ADDED: [lines.CLASSES * (many - few) * lines.SIZE**2 * 3 / 1e6]}
    notes = {f"peak with {per_class:,} pictures a class, MB": peak / 1e6 for per_class, peak in peaks.items()}
    name = f"python q1_cnn/train.py --dataset lines --epochs 1, from {few:,} to {many:,} pictures a class"
    return Row(name, "MB", values, GROWTH, most=1.2, notes=notes)


def process(*arguments):
    """Runs Python with these arguments and returns its seconds and its peak memory in bytes."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env={**os.environ, "KERAS_BACKEND": "tensorflow"},
            stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            raise RuntimeError(errors.read().decode())
    return seconds, used.ru_maxrss * 1024

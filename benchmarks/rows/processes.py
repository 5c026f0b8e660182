"""Whole processes: how long one takes that draws a heatmap, and how much memory one takes that trains."""

import os
import subprocess
import sys
import tempfile
from statistics import median

import cv2

from benchmarks.measuring import Row
from common.run_folders import ROOT
from data import line_classes, lines

GRADCAM, IMPORTS = "gradcam.py --image x.png --layer conv1", 'python -c "import keras, tensorflow"'
LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
GROWTH, ADDED = "growth of the peak memory", "bytes of the added pictures"


def measure(quick):
    """Two rows."""
    return [start_row(quick), memory_row(quick)]


def start_row(quick):
    with tempfile.TemporaryDirectory() as folder:
        cv2.imwrite(f"{folder}/x.png", lines.draw(1).images[0])
        gradcam = ["q3_visualize/gradcam.py", "--image", f"{folder}/x.png", "--layer", "conv1", "--out", folder]
        commands = {GRADCAM: gradcam, IMPORTS: ["-c", "import keras, tensorflow"]}
        seconds = {name: [] for name in commands}
        for number in range(2 if quick else 8):
            for name, command in commands.items():
                spent, _ = process(*command)
                if number:  # the first round reads from the disk
                    seconds[name].append(spent)
    return Row("python q3_visualize/gradcam.py, the whole process", "seconds", seconds, GRADCAM, most=1.5)


def memory_row(quick):
    few, many = (20, 80) if quick else (1000, 4000)
    peaks = {few: [], many: []}
    for _ in range(1 if quick else 3):
        for per_class, of_size in peaks.items():
            with tempfile.TemporaryDirectory() as folder:
                train = ["q1_cnn/train.py", "--dataset", "lines", "--epochs", "1", "--out", folder]
                of_size.append(process(*train, "--per-class", str(per_class))[1] / 1e6)
    growth = [large - small for small, large in zip(*peaks.values())]
    values = {GROWTH: growth, ADDED: [line_classes.CLASSES * (many - few) * line_classes.SIZE**2 * 3 / 1e6]}
    notes = {f"peak with {per_class:,} pictures a class, MB (median)": median(peak) for per_class, peak in peaks.items()}
    name = f"python q1_cnn/train.py --dataset lines --epochs 1, both parts, from {few:,} to {many:,} pictures a class"
    return Row(name, "MB", values, GROWTH, most=1.2, notes=notes)


def process(*arguments):
    """Runs Python with these arguments and returns its seconds and its peak memory in bytes.

    A small process starts it, since a process counts the peak of the one that it came from as its own.
    """
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", LAUNCHER, sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes) * 1024

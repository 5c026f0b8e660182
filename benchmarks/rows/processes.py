"""Whole processes: the seconds of one that draws a heatmap, and the memory of one that trains."""

import os
import subprocess
import sys
import tempfile

import cv2

from benchmarks.measuring import Row
from common.run_folders import ROOT
from data import line_classes, lines

GRADCAM, IMPORTS = "gradcam.py --image x.png --layer conv1", 'python -c "import keras, tensorflow"'
GROWTH, ADDED = "growth of the peak memory", "bytes of the added images"
# A small process starts what is measured, since the peak of a process includes that of the one which started it.
LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measure(quick: bool) -> list[Row]:
    """Return two rows."""
    return [_start_row(quick), _memory_row(quick)]


def _start_row(quick):
    seconds = {GRADCAM: [], IMPORTS: []}
    with tempfile.TemporaryDirectory() as folder:
        cv2.imwrite(f"{folder}/x.png", lines.draw(1).images[0])
        gradcam = ["q3_visualize/gradcam.py", "--image", f"{folder}/x.png", "--layer", "conv1", "--out", folder]
        for _ in range(2 if quick else 8):
            seconds[GRADCAM].append(_process(*gradcam)[0])
            seconds[IMPORTS].append(_process("-c", "import keras, tensorflow")[0])
    counted = {name: values[1:] for name, values in seconds.items()}  # the first round reads from the disk
    return Row("python q3_visualize/gradcam.py, the whole process", "seconds", counted, most=1.5)


def _memory_row(quick):
    few, many = (20, 80) if quick else (1000, 4000)
    growth = [_peak(many) - _peak(few) for _ in range(1 if quick else 3)]
    added = line_classes.CLASSES * (many - few) * line_classes.SIZE**2 * 3 / 1e6
    name = f"python q1_cnn/train.py --dataset lines --epochs 1, both parts, from {few:,} to {many:,} images a class"
    return Row(name, "MB", {GROWTH: growth, ADDED: [added]}, most=1.2)


def _peak(per_class):
    """Return the peak memory, in MB, of a training with so many images of each class."""
    with tempfile.TemporaryDirectory() as folder:
        train = ["q1_cnn/train.py", "--dataset", "lines", "--epochs", "1", "--out", folder, "--per-class", str(per_class)]
        return _process(*train)[1] / 1e6


def _process(*arguments):
    """Run Python with these arguments and return its seconds and its peak memory in bytes."""
    command = [sys.executable, "-c", LAUNCHER, sys.executable, *arguments]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes) * 1024

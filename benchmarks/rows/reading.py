"""A folder of line images into memory."""

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measuring import Row, in_turn, rates
from data import line_folder, lines

OURS, LOOP = "ours, on every core", "a cv2.imread loop on one core"


def measure(quick):
    """One row. The files were written a moment ago: they come from the memory of the system, not from its disk."""
    drawn = lines.draw(10 if quick else lines.PER_CLASS)
    with tempfile.TemporaryDirectory() as folder:
        line_folder.write(Path(folder), drawn.images, drawn.labels, "jpg")
        contenders = {OURS: lambda: line_folder.read(folder), LOOP: lambda: one_after_another(folder)}
        seconds, _ = in_turn(contenders, 2 if quick else 7)
    values = rates(seconds, dict.fromkeys(contenders, len(drawn.images)))
    return [Row(f"reading a folder of {len(drawn.images):,} JPEG files", "images a second", values, OURS, least=1.6)]


def one_after_another(folder):
    return np.array([cv2.imread(f"{folder}/{name}") for name in os.listdir(folder)])

"""A folder of line images into memory."""

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measuring import OURS, Row, rates
from data import line_folder, lines

LOOP = "a cv2.imread loop on one core"


def measure(quick: bool) -> list[Row]:
    """Return one row. The files were written a moment ago: they come from the memory of the system, not from its disk."""
    drawn = lines.draw(30 if quick else lines.PER_CLASS)
    count = len(drawn.images)
    with tempfile.TemporaryDirectory() as folder:
        line_folder.write(Path(folder), drawn.images, drawn.labels, "jpg")
        os.sync()  # now, and not while the contenders run
        contenders = {
            OURS: (count, lambda: line_folder.read(folder)),
            LOOP: (count, lambda: np.array([cv2.imread(f"{folder}/{name}") for name in os.listdir(folder)])),
        }
        values = rates(contenders, 2 if quick else 7)
    name = f"reading a folder of {count:,} JPEG files, with the processes at work"
    return [Row(name, "images a second", values, least=1.6)]

"""Line images into memory: drawn, or drawn with OpenCV into files that are read again, as published solutions do."""

import tempfile

import cv2
import numpy as np

from benchmarks.measuring import OURS, Row, rates
from data import line_classes, lines

FILES = "cv2.line, written to and read from JPEG files"


def measure(quick: bool) -> list[Row]:
    """Return one row."""
    per_class = 10 if quick else lines.PER_CLASS
    count = per_class * line_classes.CLASSES
    with tempfile.TemporaryDirectory() as folder:
        contenders = {OURS: (count, lambda: lines.draw(per_class)), FILES: (count, lambda: _through_files(per_class, folder))}
        values = rates(contenders, 2 if quick else 5)
    return [Row(f"drawing {count:,} line images into memory", "images a second", values, least=10)]


def _through_files(per_class, folder):
    """Draw each line from end to end in whole pixels, write it to a file, and read the files again."""
    random = np.random.default_rng(0)
    paths = []
    for index in range(line_classes.CLASSES):
        length, width, angle, color = line_classes.class_factors(index).values()
        direction = np.radians(line_classes.ANGLES[angle])
        half = line_classes.LENGTHS[length] / 2 * np.array([np.cos(direction), -np.sin(direction)])
        for number in range(per_class):
            image = np.zeros((line_classes.SIZE, line_classes.SIZE, 3), np.uint8)
            center = random.uniform(np.abs(half), line_classes.SIZE - np.abs(half))
            ends = [tuple((center + sign * half).astype(int).tolist()) for sign in (-1, 1)]
            cv2.line(image, *ends, (0, 0, 255) if color == 0 else (255, 0, 0), line_classes.WIDTHS[width])
            paths.append(f"{folder}/{length}_{width}_{angle}_{color}_{number}.jpg")
            cv2.imwrite(paths[-1], image)
    return np.array([cv2.imread(path) for path in paths])

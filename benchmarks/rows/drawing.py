"""Line images into memory: drawn, or as the published solutions do, drawn with OpenCV into files that are read again."""

import tempfile
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.measuring import OURS, Row, in_turn, rates
from data import line_classes, lines

FILES, COPY = "cv2.line, written to and read from JPEG files", "a copy of the same bytes"


def measure(quick):
    """One row."""
    per_class = 10 if quick else lines.PER_CLASS
    drawn = lines.draw(per_class).images
    with tempfile.TemporaryDirectory() as folder:
        contenders = {
            OURS: lambda: lines.draw(per_class),
            FILES: lambda: through_files(per_class, Path(folder)),
            COPY: drawn.copy,
        }
        seconds, _ = in_turn(contenders, 2 if quick else 5)
    values = rates(seconds, dict.fromkeys(contenders, len(drawn)))
    limit = median(values.pop(COPY))
    notes = {"a plain copy of the same bytes, images a second": limit, "ours as a share of that": median(values[OURS]) / limit}
    return [Row(f"drawing {len(drawn):,} line images into memory", "images a second", values, least=10, notes=notes)]


def through_files(per_class, folder):
    """What the published solutions do: a line from end to end in whole pixels, a file, and the file again."""
    random = np.random.default_rng(0)
    paths = []
    for index in range(line_classes.CLASSES):
        length, width, angle, color = line_classes.class_factors(index).values()
        direction = np.radians(line_classes.ANGLES[angle])
        half = line_classes.LENGTHS[length] / 2 * np.array([np.cos(direction), -np.sin(direction)])
        for number in range(per_class):
            image = np.zeros((line_classes.SIZE, line_classes.SIZE, 3), np.uint8)
            center = random.uniform(np.abs(half), line_classes.SIZE - np.abs(half))
            ends = [tuple(int(one) for one in center + sign * half) for sign in (-1, 1)]
            cv2.line(image, *ends, (0, 0, 255) if color == 0 else (255, 0, 0), line_classes.WIDTHS[width])
            paths.append(f"{folder}/{length}_{width}_{angle}_{color}_{number}.jpg")
            cv2.imwrite(paths[-1], image)
    return np.array([cv2.imread(path) for path in paths])

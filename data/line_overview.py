"""The line data set at a glance: a contact sheet with one image of each class, and a video with nine."""

import errno
import os
from pathlib import Path

import cv2
import numpy as np

from data.errors import UserError
from data.line_classes import CLASSES, FACTOR_SIZES, SIZE

VIDEO = "lines.mp4"
FRAMES_A_SECOND = 2


def write_contact_sheet(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write a PNG file with the first image of each class: eight rows, one for each length, width and color.

    `images` are uint8 (n, 28, 28, 3) RGB, `labels` int (n,), sorted, with all of the 96 classes.
    """
    first = images[np.searchsorted(labels, np.arange(CLASSES))].reshape(*FACTOR_SIZES, SIZE, SIZE, 3)
    rows = first.swapaxes(2, 3).reshape(8, 12, SIZE, SIZE, 3)
    _, encoded = cv2.imencode(".png", _sheet(rows, scale=3, gap=1))
    path.write_bytes(encoded)


def write_video(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write an MP4 file with a frame of 3 x 3 images for each class, where fewer than nine are repeated."""
    scale = 8
    sides = (3 * SIZE * scale, 3 * SIZE * scale)
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), FRAMES_A_SECOND, sides)
    if not video.isOpened():
        raise UserError("this OpenCV cannot write MP4 videos: leave out --video")
    for label in np.unique(labels):
        video.write(_sheet(np.resize(images[labels == label][:9], (3, 3, SIZE, SIZE, 3)), scale))
    video.release()
    if not _is_complete(path.read_bytes()):  # OpenCV does not report a full disk
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _is_complete(mp4):
    """Whether the boxes of an MP4 file, each with its size and kind first, end with the file, and the index is the last."""
    position = kind = 0
    while position + 8 <= len(mp4):
        size, kind = int.from_bytes(mp4[position : position + 4]), mp4[position + 4 : position + 8]
        position += max(size, 8)
    return kind == b"moov" and position == len(mp4)


def _sheet(images, scale, gap=0):
    """Tile RGB images, (rows, columns, 28, 28, 3), with a gray gap around each, into one BGR image, enlarged `scale` times."""
    padded = np.pad(images, ((0, 0), (0, 0), (gap, gap), (gap, gap), (0, 0)), constant_values=64)
    sheet = np.concatenate(np.concatenate(padded, axis=1), axis=1)
    return sheet.repeat(scale, axis=0).repeat(scale, axis=1)[..., ::-1]

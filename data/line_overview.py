"""The line data set at a glance: one picture of each class on a sheet, or nine of each class in a video."""

import errno
import os

import cv2
import numpy as np

from data.line_classes import CLASSES, FACTOR_SIZES, SIZE

VIDEO = "lines.mp4"
FRAMES_A_SECOND = 2


def write_contact_sheet(path, images, labels, scale=3, gap=1):
    """Writes one PNG with the first picture of each of the 96 classes: eight rows, one for each length, width and color."""
    first = images[np.searchsorted(labels, np.arange(CLASSES))]
    rows = first.reshape(*FACTOR_SIZES, SIZE, SIZE, 3).transpose(0, 1, 3, 2, 4, 5, 6).reshape(8, 12, SIZE, SIZE, 3)
    sheet = np.pad(rows, ((0, 0), (0, 0), (gap, gap), (gap, gap), (0, 0)), constant_values=64)
    sheet = sheet.transpose(0, 2, 1, 3, 4).reshape(8 * (SIZE + 2 * gap), -1, 3)
    _, encoded = cv2.imencode(".png", _enlarged(sheet, scale)[..., ::-1])
    path.write_bytes(encoded)


def write_video(path, images, labels, scale=8):
    """Writes an MP4 at two frames a second, a frame of 3 x 3 pictures for each class.

    A class with fewer than nine pictures repeats them. Raises OSError when OpenCV cannot write MP4 here, or not all of it.
    """
    side = 3 * SIZE * scale
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), FRAMES_A_SECOND, (side, side))
    if not video.isOpened():
        raise OSError("this OpenCV cannot write MP4 videos: leave out --video")
    for label in np.unique(labels):
        nine = np.resize(images[labels == label][:9], (3, 3, SIZE, SIZE, 3))
        frame = nine.transpose(0, 2, 1, 3, 4).reshape(3 * SIZE, 3 * SIZE, 3)
        video.write(_enlarged(frame, scale)[..., ::-1])
    video.release()
    if not _ends_well(path.read_bytes()):  # OpenCV keeps a full disk to itself
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _ends_well(mp4):
    """Whether the boxes that an MP4 file is made of, each with its size and kind first, end where the file does."""
    position = kind = 0
    while position + 8 <= len(mp4):
        size, kind = int.from_bytes(mp4[position : position + 4], "big"), mp4[position + 4 : position + 8]
        position += max(size, 8)
    return kind == b"moov" and position == len(mp4)


def _enlarged(image, scale):
    """A picture, (height, width, 3), with each pixel drawn as a square of `scale` pixels a side."""
    return np.kron(image, np.ones((scale, scale, 1), np.uint8))

import io

import numpy as np
import pytest
from PIL import Image

from data import headers


def encoded(kind, size, **options):
    memory = io.BytesIO()
    Image.fromarray(np.zeros((size[1], size[0], 3), np.uint8)).save(memory, kind, **options)
    return memory.getvalue()


@pytest.mark.parametrize("size", [(28, 28), (1, 300), (300, 1), (640, 480)])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("PNG", {"dpi": (72, 72), "optimize": True}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "subsampling": 0}),
        ("JPEG", {"exif": Image.Exif(), "icc_profile": bytes(100_000), "comment": b"\xff\xc0 like a frame"}),
    ],
)
def test_the_size_is_the_images(kind, options, size):
    assert headers.size(encoded(kind, size, **options)) == size


def test_fill_bytes_between_segments_are_skipped():
    content = encoded("JPEG", (28, 30))
    assert headers.size(content[:2] + b"\xff\xff" + content[2:]) == (28, 30)


def test_a_chunk_longer_than_its_file_is_refused():
    """OpenCV 5.0 takes 2 GiB for this file of some hundred bytes; the fuzzer of tests/trust found it."""
    content = bytearray(encoded("PNG", (28, 28)))
    place = content.index(b"IDAT") - 4
    for length in (2**31 - 1, len(content)):
        content[place : place + 4] = length.to_bytes(4, "big")
        with pytest.raises(ValueError, match="does not decode"):
            headers.size(bytes(content))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"GIF89a", "neither PNG nor JPEG"),
        (headers.PNG, "does not decode"),
        (headers.JPEG, "does not decode"),
        (headers.JPEG + b"\xff\xe0\x00\x00" * 100, "does not decode"),
        (encoded("PNG", (28, 28))[:40], "does not decode"),
        (encoded("JPEG", (28, 28))[:60], "does not decode"),
        (encoded("PNG", (28, 28), save_all=True, append_images=[Image.new("RGB", (28, 28), "red")]), "is animated"),
    ],
)
def test_files_without_an_image(content, reason):
    with pytest.raises(ValueError, match=reason):
        headers.size(content)

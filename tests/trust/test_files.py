"""Images and folders of images that would take all memory, wait forever, or are not what their name claims."""

import gzip
import os
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from common import images
from data import line_folder, lines, mnist
from data.errors import UserError
from tests.conftest import ROOT

# Evaluates an expression, and prints its error, the seconds it took, and the megabytes beyond those of the imports.
MEASURED = """
import resource, sys, time
from data import line_folder, mnist
from common import images
from data.errors import UserError
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
try:
    {call}
except UserError as error:
    print(error)
print(time.perf_counter() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000)
"""


def measured(call):
    """Return the message of the UserError that an expression raises in its own process, its seconds and its megabytes."""
    program = [sys.executable, "-c", MEASURED.format(call=call)]
    result = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    message, numbers = result.stdout.rstrip("\n").rsplit("\n", 1)
    return message, *map(float, numbers.split())


def png(side, rows=1000):
    """Return a PNG file whose header states a side, with too few rows, which unpack to a megabyte."""

    def chunk(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000 * rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg(side):
    """Return a JPEG file of a line whose frame header states another side."""
    content = bytearray(cv2.imencode(".jpg", lines.draw(1).images[0])[1])
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = side.to_bytes(2, "big") * 2
    return bytes(content)


@pytest.mark.parametrize(("name", "content"), [("bomb.png", png(50_000)), ("bomb.jpg", jpeg(65_000))])
def test_a_decompression_bomb_costs_milliseconds_and_megabytes(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    message, seconds, megabytes = measured(f"images.read({str(tmp_path / name)!r}, (28, 28, 3))")
    assert "pixels" in message and seconds < 0.5 and megabytes < 20

    (tmp_path / name).rename(tmp_path / f"0_0_0_0_0.{name[-3:]}")
    message, seconds, megabytes = measured(f"line_folder.read({str(tmp_path)!r})")
    assert f"is {65 if 'jpg' in name else 50},000 x" in message and seconds < 2 and megabytes < 50


def test_an_archive_that_unpacks_to_gigabytes_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "mnist.npz", x_train=np.zeros(200_000_000, np.uint8))
    message, seconds, megabytes = measured(f"mnist.load({str(tmp_path / 'mnist.npz')!r})")
    assert "would unpack to 200,000,128 bytes" in message and seconds < 2 and megabytes < 100


def test_a_gzip_file_that_unpacks_to_gigabytes_is_refused(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(10_000_000)) * 40)  # one after the other
    message, seconds, megabytes = measured(f"mnist.load({str(tmp_path)!r})")
    assert "holds more than 50,000,000 bytes" in message and seconds < 5 and megabytes < 200


@pytest.mark.slow
def test_a_folder_of_100_000_misnamed_files(tmp_path):
    for number in range(100_000):
        (tmp_path / f"holiday {number}.jpg").touch()
    message, seconds, megabytes = measured(f"line_folder.read({str(tmp_path)!r})")
    assert message.startswith("100,000 of the 100,000 images") and message.endswith("and 99,997 more")
    assert seconds < 20 and megabytes < 100 and len(message) < 1000


def test_links_pipes_deep_folders_and_empty_files(tmp_path):
    good = tmp_path / "0_0_0_0_0.png"
    good.write_bytes(cv2.imencode(".png", lines.draw(1).images[0])[1])
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "folder.png").mkdir()
    deep = [tmp_path / "/".join("d" * level) for level in range(1, 1200)]
    for folder in deep:
        folder.mkdir()
    assert len(line_folder.read(tmp_path)[0]) == 1
    for folder in reversed(deep):  # which pytest itself fails to delete
        folder.rmdir()

    (tmp_path / "0_0_0_0_1.png").symlink_to("nowhere")
    (tmp_path / "0_0_0_0_2.png").symlink_to("0_0_0_0_2.png")
    os.mkfifo(tmp_path / "0_0_0_0_3.png")
    (tmp_path / "0_0_0_0_4.png").touch()
    (tmp_path / "0_0_0_0_5.png").write_bytes(bytes(2_000_000))
    (tmp_path / "0_0_0_0_6.png").symlink_to("/dev/zero")
    large = "more than 1,000,000 bytes"
    reasons = ["No such file", "symbolic links", "Illegal seek", "is empty", large, large]
    for number, reason in enumerate(reasons, 1):
        path = tmp_path / f"0_0_0_0_{number}.png"
        with pytest.raises(UserError, match=f"{path.name}: .*{reason}"):
            line_folder.read(tmp_path)
        path.unlink()
    assert len(line_folder.read(tmp_path)[0]) == 1

    os.mkfifo(tmp_path / "0_0_0_0_7.png")
    with open(tmp_path / "0_0_0_0_7.png", "r+b", buffering=0) as writer:
        writer.write(good.read_bytes())
        with pytest.raises(UserError, match=r"0_0_0_0_7.png: .*Illegal seek"):
            line_folder.read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_to_read(tmp_path):
    path = tmp_path / "0_0_0_0_0.png"
    path.touch(mode=0)
    with pytest.raises(UserError, match="Permission denied"):
        line_folder.read(tmp_path)
    with pytest.raises(UserError, match="Permission denied"):
        images.read(path, (28, 28, 3))


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF", "WEBP", "PPM", "ICO"])
def test_a_folder_of_lines_takes_only_png_and_jpeg(kind, tmp_path):
    Image.fromarray(lines.draw(1).images[0]).save(tmp_path / "0_0_0_0_0.png", kind)
    with pytest.raises(UserError, match="neither PNG nor JPEG"):
        line_folder.read(tmp_path)


def test_a_pipe_or_device_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero"):
        with pytest.raises(UserError, match="pipe or a device"):
            images.read(path, (28, 28, 3))
        with pytest.raises(UserError, match="not MNIST"):
            mnist.load(path)


def test_a_jpeg_with_a_second_image_inside_as_of_a_telephone_is_read(tmp_path):
    line = lines.draw(1).images[0]
    Image.fromarray(line).save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[Image.fromarray(line)], quality=95)
    assert np.abs(images.read(tmp_path / "x.jpg", (28, 28, 3)).astype(int) - line).mean() < 5

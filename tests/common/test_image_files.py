import os
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from common import images
from common.image_files import listed
from data import line_classes, lines
from data.errors import UserError

LINE = lines.draw(per_class=1)[0][line_classes.class_index(1, 1, 2, 0)]  # long, thick, 30 degrees, red
LISTED = "PNG, JPEG, BMP, WebP, TIFF, GIF, AVIF, PPM or JPEG 2000"


def film(path, values=(10, 100, 200), **options):
    first, *others = (Image.new("RGB", (28, 28), (value, value, value)) for value in values)
    first.save(path, save_all=True, append_images=others, **options)
    return path


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tiff", ".avif"])
def test_a_frame_of_several(suffix, tmp_path):
    path = film(tmp_path / f"x{suffix}")
    with pytest.raises(UserError, match=r"has 3 frames: choose one with --frame K \(0 to 2\)"):
        images.read(path, (28, 28, 1))
    for frame, value in enumerate((10, 100, 200)):
        assert np.abs(images.read(path, (28, 28, 1), frame=frame).astype(int) - value).max() <= 1
    for frame in (3, 10**9):
        with pytest.raises(UserError, match="has 3 frames: --frame takes 0 to 2"):
            images.read(path, (28, 28, 1), frame=frame)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tiff", ".avif", ".jpg", ".bmp", ".ppm", ".jp2"])
def test_a_still_image_has_frame_0(suffix, tmp_path):
    Image.new("RGB", (28, 28), (100, 100, 100)).save(tmp_path / f"x{suffix}")
    for frame in (None, 0):
        assert np.abs(images.read(tmp_path / f"x{suffix}", (28, 28, 3), frame=frame).astype(int) - 100).max() <= 1
    with pytest.raises(UserError, match="has one frame: leave out --frame"):
        images.read(tmp_path / f"x{suffix}", (28, 28, 3), frame=1)


def test_the_first_image_of_a_phones_jpeg_is_read(tmp_path):
    path = film(tmp_path / "x.jpg", format="MPO")
    assert np.abs(images.read(path, (28, 28, 1)).astype(int) - 10).max() <= 1
    assert np.abs(images.read(path, (28, 28, 1), frame=2).astype(int) - 200).max() <= 1


def test_pages_of_other_sizes_and_depths(tmp_path):
    deep = Image.fromarray(np.full((20, 10), 3000, np.uint16))
    deep.save(tmp_path / "x.tiff", save_all=True, append_images=[Image.fromarray(LINE)])
    page, note, _ = images.load(tmp_path / "x.tiff", (20, 20, 1), frame=0)
    assert note.startswith("12 bits") and (page[:, 5:15] == 3000 >> 4).all() and not page[:, :5].any()
    assert (images.read(tmp_path / "x.tiff", (28, 28, 3), frame=1) == LINE).all()


@pytest.mark.parametrize("file", ["8.tiff", "16.tiff", "8.png", "16.png", "8.webp", "8.avif", "8.jpg"])
def test_an_image_is_turned_upright_whatever_its_format(file, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    drawn = np.zeros((20, 20), np.uint16 if file.startswith("16") else np.uint8)
    drawn[:10, :10] = 200 << 4 if file.startswith("16") else 200
    Image.fromarray(drawn).save(tmp_path / file, exif=exif)
    image = images.read(tmp_path / file, (20, 20, 1))[..., 0]
    assert [image[row, column] > 150 for row in (4, 15) for column in (4, 15)] == [False, True, False, False]


def gif(side, frame_side, count):
    """Return a GIF with frames of another size than its screen."""
    header = b"GIF89a" + side.to_bytes(2, "little") * 2 + bytes([0x80, 0, 0]) + bytes(6)
    drawn_over = b"!\xf9\x04\x08\0\0\0\0"
    frame = drawn_over + b"," + bytes(4) + frame_side.to_bytes(2, "little") * 2 + b"\0\x02\x02\x44\x01\0"
    return header + frame * count + b";"


@pytest.mark.parametrize(
    ("content", "frame", "message"),
    [
        (gif(5000, 1, 1_000_000), None, "10,000 frames"),
        (gif(5000, 1, 1_000), None, "1,000 frames"),
        (gif(10, 1, 100_000), 50_000, "frame 50,000 is too far into the file"),
        (gif(60_000, 1, 3), 2, "50,000,000 pixels"),
        (gif(10, 1, 1)[:-1] + gif(10, 8_000, 1)[19:], 1, "50,000,000 pixels"),
    ],
    ids=["a million frames", "large frames", "far", "large screen", "large second frame"],
)  # fmt: skip
def test_frames_cost_no_more_than_a_second(content, frame, message, tmp_path):
    (tmp_path / "x.gif").write_bytes(content)
    start = time.perf_counter()
    with pytest.raises(UserError, match=message):
        images.read(tmp_path / "x.gif", (28, 28, 3), frame=frame)
    assert time.perf_counter() - start < 2


def test_a_frame_behind_too_many_pixels_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("common.image_files.MOST_DECODED", 2 * 28 * 28)
    for suffix in (".gif", ".webp", ".png", ".avif"):
        path = film(tmp_path / f"x{suffix}")
        assert np.abs(images.read(path, (28, 28, 1), frame=1).astype(int) - 100).max() <= 1
        with pytest.raises(UserError, match="frame 2 is too far into the file: save that frame alone"):
            images.read(path, (28, 28, 1), frame=2)
    assert (images.read(film(tmp_path / "x.tiff"), (28, 28, 1), frame=2) == 200).all()  # a page needs no other


FTYP = b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (FTYP + b"heic\0\0\0\0mif1heic", "a HEIC photo: convert it first, heif-convert"),
        (FTYP + b"heix\0\0\0\0mif1heix", "a HEIC photo: convert it first, heif-convert"),
        (FTYP + b"mif1\0\0\0\0mif1heic", "a HEIC photo: convert it first, heif-convert"),
        (bytes(128) + b"DICM\2\0\0\0UL", "a DICOM file: convert it first, dcmj2pnm"),
        (b"II*\0\x10\0\0\0CR\2\0", "a camera's raw file: convert it first, dcraw"),
        (FTYP + b"crx \0\0\0\1", "a camera's raw file: convert it first, dcraw"),
        (b"FUJIFILMCCD-RAW 0201", "a camera's raw file: convert it first, dcraw"),
        (b"\xff\x0a\xfa\x7f", "a JPEG XL image: convert it first, djxl"),
        (b"%PDF-1.7\n", "a PDF: convert it first, pdftoppm"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing: convert it first, rsvg-convert"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- -->\n<svg/>", "an SVG drawing: convert it first, rsvg-convert"),
        (FTYP + b"isom\0\0\2\0", "a video: save one frame, ffmpeg"),
        (b"<!doctype html>\n<html><svg></svg>", "a web page: save the image itself"),
        (FTYP + b"avif\0\0\0\0mif1avif", "damaged, or of a rare kind"),
        (b"\x89PNG\r\n\x1a\n", "damaged, or of a rare kind"),
        (b"<" + b"<!--" * 1000 + b"-->" * 1000, f"no {LISTED} image"),
        (b"", f"no {LISTED} image"),
        (b"hello", f"no {LISTED} image"),
        (b"svg heic DICM %PDF", f"no {LISTED} image"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(content, message, tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        images.read(path, (28, 28, 3))
    assert str(raised.value).startswith(f"{path}: {message}")


def test_a_raw_file_that_is_a_tiff_inside_is_not_read_as_its_thumbnail(tmp_path):
    Image.fromarray(LINE).save(tmp_path / "x.tiff", tiffinfo={50706: b"\1\4\0\0"})  # DNGVersion
    Image.fromarray(LINE).save(tmp_path / "x.NEF", format="TIFF")
    for name in ("x.tiff", "x.NEF"):
        with pytest.raises(UserError, match="a camera's raw file"):
            images.read(tmp_path / name, (28, 28, 3))


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        images.read(tmp_path / "missing.png", (28, 28, 3))
    with pytest.raises(UserError, match="directory"):
        images.read(tmp_path, (28, 28, 3))
    Image.fromarray(np.add.outer(np.arange(500), np.arange(500)).astype(np.uint8)).save(tmp_path / "x.png")
    content = (tmp_path / "x.png").read_bytes()
    (tmp_path / "x.png").write_bytes(content[:200])
    with pytest.raises(UserError, match="damaged"):
        images.read(tmp_path / "x.png", (28, 28, 3))


def test_a_decompression_bomb_is_refused_from_its_header(tmp_path):
    def chunk(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    for size in (8_000, 50_000):
        header = size.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
        rows = zlib.compress(bytes(1_000_000))
        content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
        (tmp_path / "bomb.png").write_bytes(content)
        start = time.perf_counter()
        with pytest.raises(UserError, match="50,000,000"):
            images.read(tmp_path / "bomb.png", (28, 28, 3))
        assert time.perf_counter() - start < 0.5


def test_a_tile_larger_than_its_image_is_refused_from_its_header(tmp_path):
    numbers = {256: 28, 257: 28, 258: 8, 259: 8, 262: 1, 277: 1, 322: 30_000, 323: 30_000, 324: 8, 325: 2}
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, number) for tag, number in numbers.items())
    (tmp_path / "x.tiff").write_bytes(b"II*\0" + struct.pack("<I2sH", 10, b"x\x9c", len(numbers)) + tags + bytes(4))
    with pytest.raises(UserError, match="50,000,000 pixels"):
        images.read(tmp_path / "x.tiff", (28, 28, 1))


def test_a_plain_ppm_of_comments_is_refused(tmp_path):
    (tmp_path / "x.ppm").write_bytes(b"P3 9 9 255 " + b"#\n" * 1_000_000)
    with pytest.raises(UserError, match="1,000 comments"):
        images.read(tmp_path / "x.ppm", (28, 28, 1))
    (tmp_path / "x.ppm").write_bytes(b"P2 # by hand\n2 1 255 # values\n7 9")
    assert images.read(tmp_path / "x.ppm", (1, 2, 1)).ravel().tolist() == [7, 9]


def test_a_folder_stands_for_its_images(tmp_path):
    Image.fromarray(LINE).save(tmp_path / "b.png")
    Image.fromarray(LINE).save(tmp_path / "no suffix", format="JPEG")
    (tmp_path / "a.HEIC").write_bytes(b"told of when it is read")
    (tmp_path / "damaged.jpg").touch()
    for other in (".hidden.png", "notes.txt", "Thumbs.db"):
        (tmp_path / other).write_bytes(b"text")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "gone.png").symlink_to("missing.png")
    assert [file.name for file in listed(tmp_path)] == ["a.HEIC", "b.png", "damaged.jpg", "no suffix"]
    assert listed(str(tmp_path))[1] == tmp_path / "b.png"


def test_a_file_stands_for_itself(tmp_path):
    for path in (tmp_path / "missing.png", "/dev/zero"):
        assert [str(file) for file in listed(path)] == [str(path)]


def test_a_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(UserError, match=f"holds no image .{LISTED}.$"):
        listed(tmp_path)

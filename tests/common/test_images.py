import io
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from common import images
from data import line_classes, lines
from data.errors import UserError

LINE = lines.draw(per_class=1)[0][line_classes.class_index(1, 1, 2, 0)]  # long, thick, 30 degrees, red


def saved(path, image, **options):
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [("x.png", {}, 0), ("x.bmp", {}, 0), ("x.webp", {"lossless": True}, 0), ("x.jpg", {"quality": 95, "subsampling": 0}, 20)],
)
def test_an_image_of_the_networks_size_is_unchanged(name, options, tolerance, tmp_path):
    read = images.read(saved(tmp_path / name, LINE, **options), (28, 28, 3))
    assert read.dtype == np.uint8 and np.abs(read.astype(int) - LINE).max() <= tolerance


@pytest.mark.parametrize("name", ["named wrongly.jpg", "no extension", "-dash.png", "zwei\nZeilen ü.png"])
def test_the_name_does_not_matter(name, tmp_path):
    Image.fromarray(LINE).save(tmp_path / name, format="PNG")
    assert (images.read(tmp_path / name, (28, 28, 3)) == LINE).all()


def test_palette_and_gray_and_one_bit(tmp_path):
    palette = Image.fromarray(LINE).quantize(256)
    assert np.abs(images.read(saved(tmp_path / "p.png", palette), (28, 28, 3)).astype(int) - LINE).max() <= 3
    gray = LINE.max(axis=2)
    assert (images.read(saved(tmp_path / "g.png", gray), (28, 28, 1))[..., 0] == gray).all()
    assert (images.read(tmp_path / "g.png", (28, 28, 3)) == gray[..., None]).all()
    bits = images.read(saved(tmp_path / "b.png", Image.fromarray(gray > 127)), (28, 28, 1))
    assert (bits[..., 0] == 255 * (gray > 127)).all()


def test_color_becomes_gray_by_itu_r_601(tmp_path):
    red = np.zeros((28, 28, 3), np.uint8)
    red[..., 0] = 200
    assert (images.read(saved(tmp_path / "r.png", red), (28, 28, 1)) == round(0.299 * 200)).all()


def test_16_bits_become_8(tmp_path):
    gray = np.arange(784, dtype=np.uint16).reshape(28, 28) * 83
    assert (images.read(saved(tmp_path / "deep.png", gray), (28, 28, 1))[..., 0] == gray >> 8).all()


def test_transparent_parts_become_black(tmp_path):
    alpha = np.dstack([np.full((28, 28, 3), 200, np.uint8), np.tile(np.array([0, 255], np.uint8), (28, 14))])
    read = images.read(saved(tmp_path / "a.png", alpha), (28, 28, 3))
    assert (read[:, ::2] == 0).all() and (read[:, 1::2] == 200).all()


def test_cmyk(tmp_path):
    read = images.read(saved(tmp_path / "c.jpg", Image.new("CMYK", (28, 28), (0, 255, 255, 0)), quality=95), (28, 28, 3))
    assert np.abs(read.astype(int) - [255, 0, 0]).max() <= 4


def test_a_photograph_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    path = saved(tmp_path / "turned.png", LINE, exif=exif)
    assert (images.read(path, (28, 28, 3)) == np.rot90(LINE, -1)).all()


def test_other_sizes_are_fitted_in_and_centred_on_black(tmp_path):
    wide = images.read(saved(tmp_path / "w.png", np.full((20, 80, 3), 100, np.uint8)), (28, 28, 3))
    assert (wide[11:17, :] >= 99).all() and (wide[:10] == 0).all() and (wide[18:] == 0).all()
    large = np.kron(LINE, np.ones((4, 4, 1), np.uint8))
    assert np.abs(images.read(saved(tmp_path / "l.png", large), (28, 28, 3)).astype(int) - LINE).mean() < 4


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


def test_what_is_no_image_says_why(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        images.read(tmp_path / "missing.png", (28, 28, 3))
    with pytest.raises(UserError, match="directory"):
        images.read(tmp_path, (28, 28, 3))
    path = tmp_path / "x.png"
    for content in (b"", b"hello", b"\x89PNG\r\n\x1a\n"):
        path.write_bytes(content)
        with pytest.raises(UserError, match="no PNG, JPEG, BMP or WebP"):
            images.read(path, (28, 28, 3))
    saved(path, np.zeros((500, 500), np.uint8) + np.arange(500, dtype=np.uint16).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="damaged"):
        images.read(path, (28, 28, 3))
    buffer = io.BytesIO()
    Image.fromarray(LINE).save(buffer, "GIF")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UserError, match="no PNG, JPEG, BMP or WebP"):
        images.read(path, (28, 28, 3))
    frames = [Image.fromarray(LINE), Image.fromarray(255 - LINE)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(UserError, match="animated"):
        images.read(path, (28, 28, 3))

import cv2
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
    [
        *[
            ("x.png", {}, 0),
            ("x.bmp", {}, 0),
            ("x.webp", {"lossless": True}, 0),
            ("x.tiff", {}, 0),
            ("x.ppm", {}, 0),
            ("x.jp2", {}, 0),
        ],
        *[("x.jpg", {"quality": 95, "subsampling": 0}, 20), ("x.avif", {"quality": 95, "subsampling": "4:4:4"}, 20)],
    ],
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
    assert (images.read(saved(tmp_path / "g.gif", gray), (28, 28, 1))[..., 0] == gray).all()
    assert (images.read(saved(tmp_path / "g.pgm", gray), (28, 28, 1))[..., 0] == gray).all()
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


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".pgm"])
def test_deep_gray_is_stretched_by_its_own_range(bits, suffix, tmp_path):
    gray = np.linspace(0, 2**bits - 1, 784).astype(np.uint16).reshape(28, 28)
    assert cv2.imwrite(str(tmp_path / f"x{suffix}"), gray)
    image, note, _ = images.load(tmp_path / f"x{suffix}", (28, 28, 1))
    assert (image[..., 0] == gray // 2 ** (bits - 8)).all() and image.max() == 255
    assert note.startswith(f"{bits} bits per channel") if bits < 16 else note == ""


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("largest", "bits"), [(250, 8), (4095, 12), (16383, 14), (16384, 16), (65535, 16)])
def test_deep_color_is_stretched_by_its_own_range(suffix, channels, largest, bits, tmp_path):
    color = np.random.default_rng(0).integers(0, largest, (28, 28, channels), dtype=np.uint16)
    color[0, 0], color[..., 3:] = largest, 65535
    blue_first = color[..., [2, 1, 0, 3][:channels]]
    assert cv2.imwrite(str(tmp_path / f"x{suffix}"), blue_first)
    image, note, _ = images.load(tmp_path / f"x{suffix}", (28, 28, channels))
    assert (image[..., :3] == color[..., :3] // 2 ** (bits - 8)).all() and (image[..., 3:] == 255).all()
    assert note.startswith(f"{bits} bits") if bits < 16 else note == ""


@pytest.mark.parametrize("content", [b"P5 2 2 1023 \1\0\0\0\0\0\0\0", b"P2 2 2 1023 256 0 0 0"])
def test_a_pgm_states_its_range(content, tmp_path):
    (tmp_path / "x.pgm").write_bytes(content)
    image, note, _ = images.load(tmp_path / "x.pgm", (2, 2, 1))
    assert image.ravel().tolist() == [256 * 65535 // 1023 // 256, 0, 0, 0] and note == ""


def test_a_jpeg_2000_states_its_range(tmp_path):
    gray = np.full((28, 28), 3000, np.uint16)
    image, note, _ = images.load(saved(tmp_path / "x.jp2", gray), (28, 28, 1))
    assert (image == 3000 // 256).all() and note == ""


def test_floats_and_large_numbers_are_stretched_from_lowest_to_highest(tmp_path):
    floats = np.array([[-1, 0], [1, np.nan]], np.float32)
    image, note, _ = images.load(saved(tmp_path / "f.tiff", floats), (2, 2, 1))
    assert image.ravel().tolist() == [0, 128, 255, 0] and note == "gray from -1 to 1 became 0 to 255"
    numbers = np.array([[-100_000, 0], [100_000, 50_000]], np.int32)
    image, note, _ = images.load(saved(tmp_path / "i.tiff", numbers), (2, 2, 1))
    assert image.ravel().tolist() == [0, 128, 255, 191] and note == "gray from -100000 to 100000 became 0 to 255"
    image, note, _ = images.load(saved(tmp_path / "c.tiff", np.full((2, 2), 0.5, np.float32)), (2, 2, 1))
    assert not image.any() and note == "gray that is 0.5 everywhere became black"
    image, _, _ = images.load(saved(tmp_path / "n.tiff", np.full((2, 2), np.nan, np.float32)), (2, 2, 1))
    assert not image.any()


def test_a_fourth_channel_is_opacity(tmp_path):
    alpha = np.dstack([LINE, np.tile(np.array([7, 255], np.uint8), (28, 14))])
    assert (images.read(saved(tmp_path / "a.png", alpha), (28, 28, 4)) == alpha).all()
    opaque = images.read(saved(tmp_path / "o.png", LINE), (28, 28, 4))
    assert (opaque[..., :3] == LINE).all() and (opaque[..., 3] == 255).all()
    gray = images.read(saved(tmp_path / "g.png", LINE[..., 0]), (28, 28, 4))
    assert (gray[..., :3] == LINE[..., :1]).all() and (gray[..., 3] == 255).all()
    wide = images.read(saved(tmp_path / "w.png", np.full((10, 20, 4), [200, 100, 50, 128], np.uint8)), (20, 20, 4))
    assert np.abs(wide[5:15].astype(int) - [200, 100, 50, 128]).max() <= 1
    assert (wide[:5] == [0, 0, 0, 255]).all() and (wide[15:] == [0, 0, 0, 255]).all()


def test_lab_becomes_rgb_or_gray(tmp_path):
    gray = Image.new("LAB", (4, 4), (137, 128, 128))  # L* = 53.7, which is 128 in sRGB
    saved(tmp_path / "lab.tiff", gray)
    for channels in (1, 3):
        assert np.abs(images.read(tmp_path / "lab.tiff", (4, 4, channels)).astype(int) - 128).max() <= 3


@pytest.mark.parametrize(("height", "width", "side"), [(10, 20_000, "height"), (20_000, 10, "width"), (10, 600, "height")])
def test_a_strip_of_which_nothing_is_left_is_refused(height, width, side, tmp_path):
    path = saved(tmp_path / "strip.png", np.full((height, width, 3), 200, np.uint8))
    with pytest.raises(UserError, match=f"{width:,} x {height:,} pixels: .* 28 x 28 leaves less than one pixel of its {side}"):
        images.read(path, (28, 28, 3))


def test_a_strip_of_which_a_pixel_is_left_is_seen(tmp_path):
    image = images.read(saved(tmp_path / "strip.png", np.full((10, 500, 3), 200, np.uint8)), (28, 28, 3))
    assert (image.max(axis=(1, 2)) > 0).sum() == 1 and (image.max(axis=0) == 200).all()  # 0.56 pixels become one


def paper(height=28, width=28):
    """Draw a dark stroke on white paper, which runs over the left edge."""
    drawn = np.full((height, width, 1), 255, np.uint8)
    drawn[height // 2 - 2 : height // 2 + 2, : width // 2] = 10
    return drawn


def test_bright_background():
    noise = np.random.default_rng(0).normal(0, 30, (28, 28, 1))
    assert images.bright_background(paper())
    assert images.bright_background((paper() + noise - 40).clip(0, 255).astype(np.uint8))
    assert not images.bright_background(255 - paper())
    assert not images.bright_background((255 - paper() + noise + 40).clip(0, 255).astype(np.uint8))
    assert not images.bright_background(
        np.pad(np.full((20, 20, 1), 255, np.uint8), ((4, 4), (4, 4), (0, 0)))
    )  # a filled square
    assert not images.bright_background(LINE)
    assert images.bright_background(np.full((5, 5, 3), [255, 200, 0], np.uint8))  # yellow: 151.7 on average
    assert not images.bright_background(np.full((5, 5, 3), [255, 0, 0], np.uint8))
    assert not images.bright_background(np.full((5, 5, 4), [255, 255, 255, 100], np.uint8))
    assert images.bright_background(np.full((1, 1, 1), 128, np.uint8))


def test_a_file_is_inverted_before_it_is_centered_on_black(tmp_path):
    path = saved(tmp_path / "wide.png", paper(28, 56)[..., 0])
    plain, negative = images.load(path, (56, 56, 1)), images.load(path, (56, 56, 1), invert=True)
    assert plain.bright and not negative.bright  # though the plain one has black bars above and below
    assert (negative.image[14:42] == 255 - paper(28, 56)).all()
    assert not negative.image[:14].any() and not negative.image[42:].any()


def test_black_strokes_on_nothing_are_seen_once_inverted(tmp_path):
    drawn = np.zeros((28, 28, 4), np.uint8)
    drawn[10:18, 5:20, 3] = 255
    path = saved(tmp_path / "t.png", drawn)
    plain, negative = images.load(path, (28, 28, 1)), images.load(path, (28, 28, 1), invert=True)
    assert not plain.image.any() and plain.note == "transparent parts became black, as all the rest is: try --invert"
    assert (negative.image[..., 0] == drawn[..., 3]).all() and negative.note == ""
    color = images.load(path, (28, 28, 4), invert=True).image
    assert (color[..., :3] == 255).all() and (color[..., 3] == drawn[..., 3]).all()

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import datasets, line_classes, line_folder, line_overview, lines
from data.errors import UserError
from tests.conftest import assert_one_error_line


@pytest.fixture(scope="module")
def drawn():
    return lines.draw(per_class=2)


@pytest.fixture
def png_folder(tmp_path, drawn):
    folder = tmp_path / "images"
    folder.mkdir()
    line_folder.write(folder, drawn.images, drawn.labels, "png")
    return folder


@given(st.integers(0, 95), st.integers(0, 10**9), st.sampled_from(["jpg", "JPEG", "Png"]))
def test_names_are_read_as_they_are_written(label, number, extension):
    assert line_folder.parse_name(line_folder.file_name(label, number, extension)) == (label, number)


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,3}(_[0-9]{1,3}){4}\.(jpg|png)", fullmatch=True))
def test_other_text_gives_an_error_or_a_class(text):
    try:
        label, _ = line_folder.parse_name(text)
    except ValueError:
        return
    assert 0 <= label < 96


def test_the_assignments_own_example():
    label, number = line_folder.parse_name("1_1_9_0_3.jpg")
    assert (line_classes.class_name(label), number) == ("long thick 135° red", 3)


def test_a_png_folder_reads_back_the_drawn_images(png_folder, drawn):
    images, labels = line_folder.read(png_folder)
    assert (images == drawn.images).all() and (labels == drawn.labels).all()


def test_many_files_are_read_by_several_processes_in_their_order(tmp_path):
    images, labels, _ = lines.draw(per_class=25)
    assert len(images) > line_folder.CHUNK
    line_folder.write(tmp_path, images, labels, "png")
    (tmp_path / "1_1_11_1_24.png").write_bytes(b"no PNG")  # the very last
    with pytest.raises(UserError, match=r"1 of the 2,400 .* 1_1_11_1_24.png: is neither PNG nor JPEG"):
        line_folder.read(tmp_path)
    (tmp_path / "1_1_11_1_24.png").unlink()
    read, read_labels = line_folder.read(tmp_path)
    assert (read == images[:-1]).all() and (read_labels == labels[:-1]).all()


def test_class_folders_and_any_case_read_the_same(tmp_path, png_folder, drawn):
    nested = tmp_path / "nested"
    for path in png_folder.iterdir():
        folder = nested / "_".join(path.stem.split("_")[:4])
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.name.upper())
    (nested / "Thumbs.db").write_bytes(b"junk")
    (nested / ".hidden.png").write_bytes(b"junk")
    (nested / "loop").symlink_to(nested)
    images, labels = line_folder.read(nested)
    assert (images == drawn.images).all() and (labels == drawn.labels).all()


def test_jpeg_keeps_colors(tmp_path, drawn):
    line_folder.write(tmp_path, drawn.images, drawn.labels, "jpg")
    images, labels = line_folder.read(tmp_path)
    assert abs(images.astype(int) - drawn.images).max() < 48
    red, _, blue = np.moveaxis(images.astype(int), 3, 0).sum(axis=(2, 3))
    assert ((red > 3 * blue) == (line_classes.class_factors(labels)["color"] == 0)).all()
    assert ((blue > 3 * red) == (line_classes.class_factors(labels)["color"] == 1)).all()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("holiday.jpg", b"", "is not length_width_angle_color_id"),
        ("0_0_12_0_1.png", b"", "angle 12 is not in 0..11"),
        ("2_0_0_0_1.png", b"", "length 2 is not in 0..1"),
        ("0_0_0_0_7.jpg", b"", "is empty"),
        ("0_0_0_0_7.jpg", b"\xff\xd8\xff no JPEG", "does not decode"),
        ("0_0_0_0_7.png", cv2.imencode(".png", np.zeros((28, 29, 3), np.uint8))[1].tobytes(), "is 29 x 28 pixels"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_reason(png_folder, name, content, reason):
    (png_folder / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        line_folder.read(png_folder)
    assert name in str(error.value) and reason in str(error.value)
    assert str(error.value).startswith("1 of the 193 images")


def test_opencv_keeps_its_log_level(png_folder, monkeypatch):
    monkeypatch.setattr(line_folder.os, "cpu_count", lambda: 1)  # reads in this process
    (png_folder / "0_0_0_0_7.jpg").write_bytes(cv2.imencode(".jpg", np.zeros((28, 28, 3), np.uint8))[1].tobytes()[:-300])
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_WARNING)
    try:
        with pytest.raises(UserError, match="does not decode"):
            line_folder.read(png_folder)
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_WARNING
    finally:
        cv2.utils.logging.setLogLevel(before)


def test_many_bad_files_are_counted_and_the_first_few_named(png_folder):
    for number in range(10):
        (png_folder / f"bad{number}.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"10 of the 202 .*bad0.jpg.*bad2.jpg.*and 7 more"):
        line_folder.read(png_folder)


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        line_folder.read(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no"):
        line_folder.read(tmp_path)


def test_copies_stay_on_one_side_of_the_split(tmp_path):
    images, labels, _ = lines.draw(per_class=8)
    folder = tmp_path / "copies"
    folder.mkdir()
    line_folder.write(folder, np.repeat(images, 3, axis=0), np.repeat(labels, 3), "png")
    dataset = datasets.load_lines(folder)
    assert (len(dataset.labels), dataset.distinct) == (96 * 24, 96 * 8)
    sides = [{dataset.images[index].tobytes() for index in side} for side in dataset.split]
    assert not (sides[0] & sides[2] or sides[1] & sides[2] or sides[0] & sides[1])
    assert sum(map(len, sides)) == 96 * 8
    assert abs(len(dataset.split.test) / len(dataset.labels) - 0.4) < 0.03


def test_too_few_images_of_a_class(tmp_path, drawn):
    line_folder.write(tmp_path, drawn.images, drawn.labels, "png")
    with pytest.raises(UserError, match=r"short thin 0° red.* has 2 distinct images"):
        datasets.load_lines(tmp_path)


def test_script_writes_a_folder_that_reads_back(script, tmp_path):
    result = script("data/lines.py", "--out", "made", "--format", "png", "--per-class", 3, "--video")
    assert result.returncode == 0, result.stderr
    images, _ = line_folder.read(tmp_path / "made")
    assert (images == lines.draw(per_class=3).images).all()

    sheet = cv2.imread(str(tmp_path / "made" / line_folder.CONTACT_SHEET))
    red, blue = (sheet[..., 2] > 128) & (sheet[..., 0] < 32), (sheet[..., 0] > 128) & (sheet[..., 2] < 32)
    cells = [side.reshape(8, 90, 12, 90).any(axis=(1, 3)) for side in (red, blue)]
    assert cells[0][::2].all() and not cells[0][1::2].any()  # rows take turns: red, blue
    assert cells[1][1::2].all() and not cells[1][::2].any()

    video = cv2.VideoCapture(str(tmp_path / "made" / line_overview.VIDEO))
    assert video.get(cv2.CAP_PROP_FPS) == 2 and video.get(cv2.CAP_PROP_FRAME_COUNT) == 96


def test_a_damaged_file_is_a_one_line_error(call, png_folder):
    png = png_folder / "0_0_0_0_0.png"
    png.write_bytes(png.read_bytes()[:60])
    flags = ("--dataset", "lines", "--part", 2, "--lines-dir", png_folder)
    assert_one_error_line(call("q1_cnn/train.py", *flags), "0_0_0_0_0.png: does not decode")


def test_script_writes_nothing_over_a_folder_in_use(call, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "thesis.txt").write_text("years of work")
    assert_one_error_line(call("data/lines.py", "--out", "kept", "--per-class", 1), "kept exists already")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("flags", [["--out", "x", "--per-class", "0"], ["--out", "x", "--format", "gif"], []])
def test_usage_errors_are_one_line(call, flags):
    assert_one_error_line(call("data/lines.py", *flags))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_full_disk_for_the_pixels_is_a_user_error(tmp_path, png_folder):
    paths = tuple(str(path) for path in png_folder.glob("*.png"))
    (tmp_path / "pixels").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"has no space for the pixels .*: free some, or set TMPDIR to another folder"):
        line_folder._decode_all((tmp_path / "pixels", paths))

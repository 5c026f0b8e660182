"""Random damage to the input of every reader: each file gives a result or one UserError, and never another error.

`pytest --hypothesis-profile=thorough tests/trust` tries 20,000 inputs of each reader.
"""

import io
import json
import zipfile
from datetime import timedelta

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from common import images, run_folders
from common.model_files import load
from common.quiet import keras
from data import line_folder, lines, mnist
from data.errors import UserError
from q1_cnn.evaluate import print_results as print_classifier
from q2_multihead.evaluate import print_results as print_heads

pytestmark = pytest.mark.slow
fuzz = settings(
    deadline=timedelta(seconds=5), database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
LINE = lines.draw(1).images[2]


def encoded(kind, **options):
    memory = io.BytesIO()
    Image.fromarray(LINE).save(memory, kind, **options)
    return memory.getvalue()


def archived(**arrays):
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    return memory.getvalue()


IMAGES = [
    *map(encoded, ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "AVIF", "PPM", "JPEG2000")),
    encoded("JPEG", icc_profile=b"no profile"),
]
IDX = b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02" + bytes(range(8))
NPZ = archived(x_train=np.zeros((2, 2), np.uint8), y_train=np.zeros(2, np.uint8), x_test=np.ones(1), y_test=np.ones(1))


@st.composite
def changed(draw, originals):
    """Draw the bytes of one of some files with up to six changes: bytes replaced, cut out, inserted or doubled."""
    content = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 6))):
        position = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(("byte", "number", "cut", "insert", "double")))
        if kind == "byte":
            content[position : position + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "number":  # mostly sizes: 0, 1, the largest with and without a sign
            content[position : position + 4] = draw(st.sampled_from((0, 1, 2**31 - 1, 2**31, 2**32 - 1))).to_bytes(4, "big")
        elif kind == "cut":
            del content[position : position + draw(st.integers(1, 400))]
        elif kind == "insert":
            content[position:position] = draw(st.binary(max_size=20))
        else:
            content[position:position] = content[position : position + 50]
    return bytes(content)


@fuzz
@given(content=changed(IMAGES))
def test_images_of_a_user(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    try:
        for shape in ((28, 28, 3), (7, 5, 1)):
            image = images.read(tmp_path / "x", shape)
            assert image.shape == shape and image.dtype == np.uint8
    except UserError as error:
        assert str(tmp_path / "x") in str(error)


@fuzz
@given(content=changed([*IMAGES[:2], cv2.imencode(".png", LINE)[1].tobytes()]))
def test_files_of_a_line_folder(content, tmp_path):
    (tmp_path / "0_0_0_0_0.png").write_bytes(content)
    problems = line_folder._decode_all((tmp_path / "pixels", [tmp_path / "0_0_0_0_0.png"]))
    assert (tmp_path / "pixels").stat().st_size == 28 * 28 * 3 and len(problems) in (0, 1)


@fuzz
@given(name=st.one_of(st.text(), st.from_regex(r"\d{1,20}_\d{1,3}_\d{1,3}_-?\d{1,3}_\d{1,30}\.[a-zA-Z]{0,4}\n?")))
@example(name="1_1_11_1_٣.png")
@example(name="0_0_0_0_1.png\n")
def test_names_of_files(name):
    try:
        label, number = line_folder.parse_name(name)
    except ValueError:
        return
    assert 0 <= label < 96 and number >= 0
    assert "_".join(str(int(part)) for part in name.split(".")[0].split("_")) == line_folder.file_name(label, number, "")[:-1]


@fuzz
@given(content=changed([IDX]), packed=st.booleans())
def test_idx_files(content, packed, tmp_path):
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / f"train-images-idx3-ubyte{'.gz' if packed else ''}").write_bytes(content)
    with pytest.raises(UserError, match=r"no MNIST|not MNIST"):
        mnist.load(tmp_path)


@fuzz
@given(content=changed([NPZ, archived(x_train=np.zeros((60_000, 2), np.uint8))]))
def test_npz_files(content, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(UserError, match="not MNIST"):
        mnist.load(tmp_path / "mnist.npz")


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Return what is in the file of a network: {name: bytes}."""
    path = tmp_path_factory.mktemp("network") / "model.keras"
    keras.Sequential([
        keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(2)
    ]).save(path)  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@settings(parent=fuzz, max_examples=max(30, settings.default.max_examples // 20))  # each may build a network
@given(data=st.data())
def test_networks(data, members, tmp_path):
    keras.backend.clear_session()
    path = tmp_path / "model.keras"
    name = data.draw(st.sampled_from(("config.json", "model.weights.h5")))
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, data.draw(changed([content])) if member == name else content)
    try:
        load(path)
    except UserError as error:
        assert str(path) in str(error)


@st.composite
def changed_json(draw, originals):
    """Draw metrics.json with up to three values replaced by any others; or its bytes changed."""
    original = draw(st.sampled_from(originals))
    if draw(st.booleans()):
        return draw(changed([original]))
    metrics = json.loads(original)
    for _ in range(draw(st.integers(1, 3))):
        inner = metrics
        while True:
            key = draw(st.sampled_from(sorted(inner)))
            if not (isinstance(inner[key], dict) and inner[key] and draw(st.booleans())):
                break
            inner = inner[key]
        numbers = st.one_of(st.integers(), st.floats(), st.just(10**400))
        scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5))
        inner[key] = draw(st.one_of(scalars, st.lists(scalars, max_size=2), st.just({})))
    return json.dumps(metrics).encode()


@fuzz
@given(data=st.data())
def test_metrics(data, trained, tmp_path):
    names = ("q1_cnn/lines/part2", "q2_multihead/lines")
    content = data.draw(changed_json([(trained / name / "metrics.json").read_bytes() for name in names]))
    (tmp_path / "metrics.json").write_bytes(content)
    try:
        metrics = run_folders.read_metrics(tmp_path)
    except UserError as error:
        assert str(tmp_path) in str(error)
        return
    print_heads(metrics) if "heads" in metrics["test"] else print_classifier([metrics])

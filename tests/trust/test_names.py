"""Names of a user's files, layers and heads, which become part of the names of our files."""

from functools import partial

import pytest

from common.quiet import keras
from q3_visualize import ascent
from tests.conftest import ROOT

layers = keras.layers
IMAGE = ROOT / "data/contact_sheet.png"


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        ("...keras", ".."),
        ("..keras", "a\\b\n\t"),
        ("a b\nü$(touch evil).keras", "é" * 300),
        ("x" * 240 + ".keras", "$(touch evil) `touch evil` ; *"),
    ],
)
def test_nothing_is_written_outside_of_out(file, layer, call, tmp_path, monkeypatch):
    monkeypatch.setattr(ascent, "best_images", partial(ascent.best_images, steps=2))  # no test looks at the images
    outer = tmp_path / "outer"
    outer.mkdir()
    image = keras.Input((12, 12, 3))
    features = layers.Conv2D(2, 3, name=layer)(image)
    keras.Model(image, layers.Dense(2, name=f"{layer}{layer}")(layers.Flatten()(features))).save(outer / file)
    before = set(tmp_path.rglob("*"))
    flags = [f"--model={outer / file}", "--image", IMAGE, "--layer", layer, "--out", outer / "out"]
    for name in ("activations", "filters", "gradcam"):
        result = call(f"q3_visualize/{name}.py", *flags)
        assert result.returncode == 0, result.stderr
    written = set(tmp_path.rglob("*")) - before
    assert all(path.is_relative_to(outer / "out") for path in written)
    assert len([path for path in written if path.suffix == ".npz"]) >= 3

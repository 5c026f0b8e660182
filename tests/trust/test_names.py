"""Names of others, of files, layers and heads, which become names of ours."""

import sys

import pytest

from q3_visualize import activations, filters, gradcam
from tests.conftest import ROOT
from training.quiet import keras

layers = keras.layers
PICTURE = ROOT / "data/contact_sheet.png"


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        ("...keras", ".."),
        ("..keras", "a\\b\n\t"),
        ("a b\nü$(touch evil).keras", "é" * 300),
        ("x" * 240 + ".keras", "$(touch evil) `touch evil` ; *"),
    ],
)
def test_nothing_is_written_outside_of_out(file, layer, tmp_path, monkeypatch):
    outer = tmp_path / "outer"
    outer.mkdir()
    picture = keras.Input((12, 12, 3))
    features = layers.Conv2D(2, 3, name=layer)(picture)
    keras.Model(picture, layers.Dense(2, name=f"{layer}{layer}")(layers.Flatten()(features))).save(outer / file)
    before = set(tmp_path.rglob("*"))
    flags = [f"--model={outer / file}", "--image", str(PICTURE), "--layer", layer, "--out", str(outer / "out")]
    for script in (activations, filters, gradcam):
        monkeypatch.setattr(sys, "argv", [script.__file__, *flags])
        script.main()
    made = set(tmp_path.rglob("*")) - before
    assert all(path.is_relative_to(outer / "out") for path in made)
    assert len([path for path in made if path.suffix == ".npz"]) >= 3

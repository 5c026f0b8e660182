"""The lines of q3_visualize/README.md for a notebook."""

import re

import numpy as np

from common.quiet import keras
from tests.conftest import ROOT
from tests.q3_visualize import reference

layers = keras.layers


def test_the_lines_for_a_notebook_run_and_give_what_they_say(capsys):
    text = (ROOT / "q3_visualize/README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in lines.splitlines() if line and not line.startswith("from ")]) == 6
    model = keras.Sequential([
        keras.Input((12, 12, 3)), layers.Conv2D(4, 3, activation="relu", name="conv1"), layers.Conv2D(5, 3, name="conv2"),
        layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    before = [weights.copy() for weights in model.get_weights()]
    images = reference.images(4, 12, 12, 3)
    names = {"model": model, "images": images}
    exec(lines, names)
    chances = model.predict(images / np.float32(255), verbose=0)
    words = [f"class {row.argmax()}, {row.max():.1%}" for row in chances]
    assert capsys.readouterr().out == f"0..1 {words}\n"
    assert names["maps"].shape == (4, 8, 8) and names["large"].shape == (4, 12, 12)
    assert names["features"]["conv1"].shape == (4, 10, 10, 4) and names["features"]["conv2"].shape == (4, 8, 8, 5)
    assert names["best"].images.shape == (2, 12, 12, 3) and names["best"].responses.shape == (2,)
    assert all((one == other).all() for one, other in zip(before, model.get_weights()))

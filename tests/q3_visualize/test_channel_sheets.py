"""The sheets of what activates each channel most, which a page shows."""

import base64
import io

import numpy as np
from PIL import Image

from common.quiet import keras
from q3_visualize.channel_sheets import PATCHES, channel_sheets
from q3_visualize.networks import Network

layers = keras.layers


def test_each_channel_has_its_drawn_image_and_the_best_real_patches():
    """A linear filter's best patch is what it is made for: here single bright pixels of known brightness."""
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv"), layers.GlobalMaxPooling2D(), layers.Dense(3, name="end"),
    ])  # fmt: skip
    kernel = np.zeros((3, 3, 1, 2), np.float32)
    kernel[1, 1, 0] = 1, -1  # the middle pixel, bright and dark
    model.layers[0].set_weights([kernel, np.zeros(2, np.float32)])
    images = np.zeros((6, 8, 8, 1), np.uint8)
    for number, image in enumerate(images):
        image[2 + number % 3, 4] = 40 * number
    sheets = channel_sheets(Network(model, pixel_range="0..1"), images)
    assert list(sheets) == ["conv", "end"]
    sheet = sheets["conv"]
    assert (sheet["height"], sheet["width"], sheet["columns"]) == (3, 3, 1 + PATCHES)
    with Image.open(io.BytesIO(base64.b64decode(sheet["sheet"]))) as image:
        tiles = np.asarray(image.convert("L")).reshape(2, 3, 1 + PATCHES, 3).swapaxes(1, 2)
    assert tiles[0, 1:, 1, 1].tolist() == [200, 160, 120, 80]  # the brightest images, the best first
    assert tiles[0, 0, 1, 1] > 100 and (tiles[0, 0, 1, 1] >= tiles[0, 0]).all()  # what was drawn is bright in the middle
    assert tiles[1, 1:, 1, 1].max() == 0  # the other filter is activated most by black
    with Image.open(io.BytesIO(base64.b64decode(sheets["end"]["sheet"]))) as image:
        assert image.size == (8 * (1 + PATCHES), 8 * 3)  # a neuron behind a global pooling sees everything

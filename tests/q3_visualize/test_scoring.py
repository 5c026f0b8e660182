import numpy as np
import pytest

from q3_visualize import scoring

MASK = np.zeros((1, 6, 6), bool)
MASK[0, 2, 1:4] = True  # three pixels in a row


def test_a_mask_grows_by_one_pixel_in_all_directions():
    grown = scoring.grown(MASK)[0]
    assert grown.sum() == 15 and grown[1:4, 0:5].all()
    corner = np.zeros((1, 4, 4), bool)
    corner[0, 0, 0] = True
    assert scoring.grown(corner).sum() == 4


def one(**cells):
    heat = np.zeros((1, 6, 6))
    for place, value in cells.items():
        heat[0, int(place[1]), int(place[2])] = value
    return {name: float(values[0]) for name, values in scoring.scores(heat, MASK).items()}


def test_scores_by_hand():
    # On the line 4, beside it 3, far away 1, and 5 against.
    assert one(_21=4, _32=3, _55=1, _00=-5) == pytest.approx({"pointing": 1, "share": 0.5, "share_grown": 7 / 8, "iou": 1 / 5})
    assert one(_55=2, _21=1)["pointing"] == 0


def test_the_mask_itself_is_perfect_and_nothing_scores_nothing():
    perfect = {name: values[0] for name, values in scoring.scores(MASK.astype(float), MASK).items()}
    assert perfect == {"pointing": 1, "share": 1, "share_grown": 1, "iou": 1}
    assert one(_00=-1) == {"pointing": 0, "share": 0, "share_grown": 0, "iou": 0}


def test_equal_heat_is_ranked_at_random():
    masks = np.repeat(MASK, 4000, axis=0)
    pointing = scoring.scores(np.ones((4000, 6, 6)), masks)["pointing"].mean()
    assert pointing == pytest.approx(3 / 36, abs=0.02)


def test_brightness_finds_a_line_exactly():
    images = np.zeros((1, 6, 6, 3), np.uint8)
    images[0, ..., 2] = 255 * MASK[0]
    assert scoring.scores(scoring.baselines(images)["brightness"], MASK)["iou"] == 1


@pytest.mark.parametrize("degrees", [0, 30, 90, 135])
def test_heat_at_the_ends_shows_at_the_ends(degrees):
    direction = np.array([np.cos(np.deg2rad(degrees)), -np.sin(np.deg2rad(degrees))])
    center = np.array([14.2, 13.7])
    y, x = np.mgrid[:28, :28] + 0.5
    ends = [center + sign * 6 * direction for sign in (-1, 1)]
    heat = sum(np.exp(-((x - end[0]) ** 2 + (y - end[1]) ** 2) / 2) for end in ends)
    edges = np.arange(-10, 10.1, 2)
    along, across = scoring.along_and_across(heat[None], center[None], direction[None], edges, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    assert set(middles[np.argsort(-along)[:4]]) == {-7, -5, 5, 7} and across.max() < along.max() / 3

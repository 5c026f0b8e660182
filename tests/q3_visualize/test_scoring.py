import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.metrics import average_precision_score

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
    found = one(_21=4, _32=3, _55=1, _00=-5)
    precision = found.pop("average_precision")
    assert found == pytest.approx({"pointing": 1, "share": 0.5, "share_grown": 7 / 8, "rank_accuracy": 1 / 3})
    assert 1 / 3 < precision < (1 + 2 / 4 + 3 / 5) / 3 + 1e-9  # the other two are anywhere from the fourth place on
    assert one(_55=2, _21=1)["pointing"] == 0
    # Second, third and fifth of five hot pixels.
    found = one(_55=9, _21=8, _22=7, _44=6, _23=5)
    assert found["average_precision"] == pytest.approx((1 / 2 + 2 / 3 + 3 / 5) / 3) and found["rank_accuracy"] == pytest.approx(
        2 / 3
    )


def test_average_precision_is_that_of_scikit_learn():
    generator = np.random.default_rng(0)
    maps, masks = generator.random((20, 7, 5)), generator.random((20, 7, 5)) > 0.7
    expected = [average_precision_score(mask.ravel(), heat.ravel()) for mask, heat in zip(masks, maps)]
    np.testing.assert_allclose(scoring.scores(maps, masks)["average_precision"], expected)


def test_the_mask_itself_is_perfect_and_nothing_scores_nothing():
    perfect = {name: values[0] for name, values in scoring.scores(MASK.astype(float), MASK).items()}
    names = ("pointing", "share", "share_grown", "rank_accuracy", "average_precision")
    assert perfect == dict.fromkeys(names, 1)
    assert one(_00=-1) == dict.fromkeys(names, 0)


def test_equal_heat_is_ranked_at_random():
    masks = np.repeat(MASK, 4000, axis=0)
    pointing = scoring.scores(np.ones((4000, 6, 6)), masks)["pointing"].mean()
    assert pointing == pytest.approx(3 / 36, abs=0.02)


def test_brightness_finds_a_line_exactly():
    images = np.zeros((1, 6, 6, 3), np.uint8)
    images[0, ..., 2] = 255 * MASK[0]
    assert scoring.scores(scoring.baselines(images)["brightness"], MASK)["rank_accuracy"] == 1


def test_sobel_is_the_slope_of_the_brightness():
    images = np.zeros((2, 8, 8, 1), np.uint8)
    images[0, :, 4:] = 100  # an upright edge between columns 3 and 4
    images[1] = (10 * np.arange(8))[:, None, None]
    slopes = scoring.baselines(images)["Sobel"]
    assert (slopes[0, :, 3:5] == 400).all() and not slopes[0, :, :3].any() and not slopes[0, :, 5:].any()
    assert (slopes[1, 1:-1] == 80).all()


def moved(heat, true):
    """The distance of heat to true pixels, both {(row, column): value}, on a map of 12 x 12."""
    maps = np.zeros((2, 1, 12, 12))
    for values, cells in zip(maps, (heat, true)):
        for place, value in cells.items():
            values[(0, *place)] = value
    return scoring.distances(maps[0], maps[1] > 0)[0]


def test_heat_is_moved_to_the_line():
    """Distances by hand, in whole blocks of 2 x 2 pixels."""
    assert moved({(0, 0): 3}, {(6, 8): 1}) == pytest.approx(10)
    assert moved({(4, 0): 1, (4, 8): 1}, {(4, 4): 1}) == pytest.approx(4)
    assert moved({(4, 4): 5}, {(4, 0): 1, (4, 8): 1}) == pytest.approx(4)  # half of it to either
    assert moved({(4, 4): 5, (0, 0): -9}, {(4, 4): 1}) == 0
    assert moved({}, {(4, 4): 1}) == scoring.FARTHEST
    line = {(4, column): 1 for column in range(2, 10)}
    assert moved(line, line) == 0 and moved({(row + 2, column): 7 for row, column in line}, line) == pytest.approx(2)


def test_blocks_cost_less_than_half_a_pixel():
    """Against the transport between pixels, as a linear program."""
    generator = np.random.default_rng(0)
    y, x = np.indices((12, 12)).reshape(2, -1)
    for _ in range(5):
        heat, mask = generator.random((12, 12)) ** 4, np.zeros((12, 12), bool)
        mask[5:7, 2:9] = True
        sources, targets = np.flatnonzero(heat), np.flatnonzero(mask)
        cost = np.hypot(y[sources, None] - y[targets], x[sources, None] - x[targets])
        rows = np.kron(np.eye(len(sources)), np.ones(len(targets)))
        columns = np.kron(np.ones(len(sources)), np.eye(len(targets)))
        given = np.concatenate([heat.ravel()[sources] / heat.sum(), np.full(len(targets), 1 / len(targets))])
        exact = linprog(cost.ravel(), A_eq=np.concatenate([rows, columns])[:-1], b_eq=given[:-1]).fun  # the last one follows
        assert scoring.distances(heat[None], mask[None])[0] == pytest.approx(exact, abs=0.5)


def test_correlations():
    first = np.random.default_rng(0).random((4, 6, 5))
    second = np.stack([first[0], -first[1], np.ones((6, 5)), first[0]])
    expected = [1, -1, 0, np.corrcoef(first[3].ravel(), first[0].ravel())[0, 1]]
    np.testing.assert_allclose(scoring.correlations(first, second), expected, atol=1e-12)

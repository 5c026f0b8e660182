import numpy as np
import pytest

from data import line_classes, lines
from q3_visualize import line_profiles
from q3_visualize.known_lines import KnownLines


@pytest.mark.parametrize("angle", range(12))
def test_the_directions_are_those_of_the_drawn_lines(angle, monkeypatch):
    """Heat that is the line itself lies along it from end to end, and not across it."""
    labels = np.full(3, line_classes.class_index(1, 1, angle, 0))
    centers = np.array([[14.0, 14.0], [13.3, 14.9], [15.1, 13.6]])
    tested = KnownLines(lines.draw_classes(labels, centers), labels, centers)
    network = type("Heads", (), {"heads": ["only"]})
    monkeypatch.setattr("q3_visualize.heatmaps.placed_heatmaps", lambda *_, **__: lines.coverage(labels, centers))
    rows = list(line_profiles.where_heads_look(network, tested, "conv1"))
    along = {row["position"]: row["heat"] for row in rows if row["axis"] == "along"}
    across = {row["position"]: row["heat"] for row in rows if row["axis"] == "across"}
    assert along[6.5] > 0.5 * along[0.5] and along[-6.5] > 0.5 * along[0.5] and max(along[9.5], along[-9.5]) < 1e-9
    assert max(across[3.5], across[-3.5]) < 1e-9 and across[0.5] > 1


@pytest.mark.parametrize("degrees", [0, 30, 90, 135])
def test_heat_at_the_ends_shows_at_the_ends(degrees):
    direction = np.array([np.cos(np.deg2rad(degrees)), -np.sin(np.deg2rad(degrees))])
    center = np.array([14.2, 13.7])
    y, x = np.mgrid[:28, :28] + 0.5
    ends = [center + sign * 6 * direction for sign in (-1, 1)]
    heat = sum(np.exp(-((x - end[0]) ** 2 + (y - end[1]) ** 2) / 2) for end in ends)
    edges = np.arange(-10, 10.1, 2)
    along, across = line_profiles.along_and_across(heat[None], center[None], direction[None], edges, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    assert set(middles[np.argsort(-along)[:4]]) == {-7, -5, 5, 7} and across.max() < along.max() / 3

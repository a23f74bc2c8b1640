"""Edges, lines and outlines of drawn shapes, whose answers are known, and of photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photographs import Desk, Pixels, photograph, pixels_of

from nis_backend.capabilities.vision.shapes import (
    Contours,
    Edges,
    Lines,
    find_contours,
    find_edges,
    find_lines,
)
from nis_backend.errors import InvalidRequest


def square() -> Pixels:
    """A bright square of 100 pixels on a dark ground of 200."""
    picture = np.full((200, 200), 30, np.uint8)
    picture[50:150, 40:140] = 220
    return picture


def test_edges_are_where_luma_jumps(desk: Desk) -> None:
    """Canny (1986): one response to one edge, within a pixel of it."""
    found: Edges = desk.call(find_edges, image=desk.blob(square()))
    edges = pixels_of(found.edges)
    assert edges.shape == (200, 200)
    assert set(np.unique(edges)) == {0, 255}
    border = np.zeros((200, 200), np.uint8)
    cv2.rectangle(border, (40, 50), (139, 149), 255, 3)
    assert not edges[border == 0].any()
    assert found.density == pytest.approx(400 / 40_000, rel=0.05)


def test_a_photograph_has_more_edges_than_its_blurred_copy(desk: Desk) -> None:
    """With thresholds that are given; without, each picture has its own."""
    sharp = photograph("astronaut")
    blurred = cv2.GaussianBlur(sharp, (0, 0), 4).astype(np.uint8)
    one: Edges = desk.call(find_edges, image=desk.blob(sharp), low=50, high=100)
    two: Edges = desk.call(find_edges, image=desk.blob(blurred), low=50, high=100)
    assert one.density > 2 * two.density
    assert (one.low, one.high) == (50, 100)


def test_thresholds_that_are_crossed_are_refused(desk: Desk) -> None:
    """The lower is at most the upper."""
    with pytest.raises(InvalidRequest, match="high is at least low"):
        desk.call(find_edges, image=desk.blob(square()), low=90, high=80)


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 133, 179])
def test_a_line_has_its_length_and_its_angle(desk: Desk, angle: int) -> None:
    """LSD (2012): both borders of a stroke, to a pixel and a degree; the angle counts counter-clockwise as seen."""
    across = np.array([np.cos(np.radians(angle)), -np.sin(np.radians(angle))]) * 80
    ends = [tuple(int(one) for one in np.round(np.array([150, 150]) + sign * across)) for sign in (-1, 1)]
    picture = np.full((300, 300), 255, np.uint8)
    cv2.line(picture, ends[0], ends[1], 0, 5, cv2.LINE_AA)
    found: Lines = desk.call(find_lines, image=desk.blob(picture), min_length=50)
    assert found.count == 2
    for line in found.lines:
        assert line.length == pytest.approx(160, abs=6)
        assert abs((line.angle - angle + 90) % 180 - 90) < 1
        middle = np.array([line.start.x + line.end.x, line.start.y + line.end.y]) / 2
        assert np.hypot(*(middle - 150)) < 5


def test_lines_come_longest_first_and_not_below_the_least(desk: Desk) -> None:
    """A photograph's lines, and the sides of a square."""
    found: Lines = desk.call(find_lines, image=desk.blob(photograph("astronaut")))
    lengths = [one.length for one in found.lines]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] >= found.min_length
    assert found.count > 100
    sides: Lines = desk.call(find_lines, image=desk.blob(square()))
    assert sides.count == 4
    assert all(one.length == pytest.approx(100, abs=4) for one in sides.lines)


def test_shapes_are_told_by_corners_area_and_circularity(desk: Desk) -> None:
    """A triangle, a square and a disc of known area, in one picture, turned or not."""
    picture = np.zeros((300, 500), np.uint8)
    cv2.fillPoly(picture, [np.array([[30, 200], [130, 200], [80, 60]])], 255)
    cv2.rectangle(picture, (180, 60), (300, 180), 255, -1)
    cv2.circle(picture, (400, 150), 70, 255, -1)
    for turn in range(4):
        found: Contours = desk.call(find_contours, image=desk.blob(np.rot90(picture, turn)), tolerance=0.02)
        disc, rectangle, triangle = found.contours
        assert (triangle.corners, rectangle.corners) == (3, 4)
        assert disc.corners >= 8
        assert disc.area == pytest.approx(np.pi * 70**2, rel=0.02)
        assert rectangle.area == 120**2
        assert rectangle.circularity == pytest.approx(np.pi / 4)
        assert triangle.area == pytest.approx(7000, rel=0.02)
        assert disc.circularity > 0.88 > rectangle.circularity > triangle.circularity
        assert (rectangle.box.width, rectangle.box.height) == (121, 121)
        assert rectangle.perimeter == 480


def test_a_ring_has_a_hole(desk: Desk) -> None:
    """Its border is told when it is asked for; either side of the threshold can be."""
    picture = np.full((200, 200), 240, np.uint8)
    cv2.circle(picture, (100, 100), 60, 10, 20)
    plain: Contours = desk.call(find_contours, image=desk.blob(picture))
    assert (plain.regions, plain.count) == ("dark", 1)
    both: Contours = desk.call(find_contours, image=desk.blob(picture), holes=True)
    assert [one.hole for one in both.contours] == [False, True]
    assert both.contours[1].area == pytest.approx(np.pi * 50**2, rel=0.04)
    bright: Contours = desk.call(find_contours, image=desk.blob(picture), regions="bright", threshold=128)
    assert bright.count == 2


def test_a_plain_picture_has_none_of_them(desk: Desk) -> None:
    """Nothing is made up; no size is too small."""
    for size in ((50, 50), (1, 1), (2, 90)):
        plain = desk.blob(np.full(size, 90, np.uint8))
        assert desk.call(find_edges, image=plain).density == 0
        assert desk.call(find_lines, image=plain).count == 0
        assert desk.call(find_contours, image=plain).count == 0

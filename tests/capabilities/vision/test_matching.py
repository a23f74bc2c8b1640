"""Parts of photographs found in them, and put together to the whole again."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from photographs import Desk, Pixels, photograph, pixels_of

from nis_backend.capabilities.vision.matching import ImageMatch, StitchedImage, match_images, stitch_images
from nis_backend.errors import InvalidRequest

ASTRONAUT, CHINA = photograph("astronaut"), photograph("china")


@pytest.mark.parametrize(("turn", "scale"), [(0, 1.0), (1, 0.7), (2, 1.3), (3, 0.5)])
def test_a_part_is_found_where_it_is(desk: Desk, turn: int, scale: float) -> None:
    """Lowe (2004): a part of a photograph in the photograph, turned and resized: its corners to three pixels."""
    left, top, width, height = 150, 40, 240, 220
    scene = np.rot90(cv2.resize(ASTRONAUT, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), turn)
    part = ASTRONAUT[top : top + height, left : left + width]
    found: ImageMatch = desk.call(match_images, image=desk.blob(part), scene=desk.blob(scene.astype(np.uint8)))
    assert found.found
    assert found.polygon is not None
    corners = np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)]) * scale
    for _ in range(turn):  # x, y becomes y, width - x
        corners = np.stack([corners[:, 1], 512 * scale - corners[:, 0]], axis=1)
    assert np.abs(np.array([(one.x, one.y) for one in found.polygon]) - corners).max() < 3
    assert found.scale == pytest.approx(scale, rel=0.02)
    assert abs(((found.angle or 0) - 90 * turn + 180) % 360 - 180) < 1
    assert found.inliers > 8 + 0.3 * found.matches


def test_a_view_in_perspective_is_found(desk: Desk) -> None:
    """The homography is the one that the scene was made with, by where it takes the corners."""
    corners = np.array([(100, 60), (560, 120), (520, 470), (80, 400)], np.float32)
    straight = np.array([(0, 0), (640, 0), (640, 427), (0, 427)], np.float32)
    true = cv2.getPerspectiveTransform(straight, corners)
    scene = cv2.warpPerspective(CHINA, true, (640, 520)).astype(np.uint8)
    found: ImageMatch = desk.call(match_images, image=desk.blob(CHINA), scene=desk.blob(scene))
    assert found.homography is not None
    got = cv2.perspectiveTransform(straight[None].astype(np.float64), np.array(found.homography))[0]
    assert np.abs(got - corners).max() < 2


@pytest.mark.parametrize("other", ["chelsea", "page"])
def test_another_photograph_is_not_found(desk: Desk, other: str) -> None:
    """Brown & Lowe's bound keeps chance out; so does a picture in which there is nothing to see."""
    found: ImageMatch = desk.call(match_images, image=desk.blob(photograph(other)), scene=desk.blob(ASTRONAUT))
    assert (found.found, found.polygon, found.homography) == (False, None, None)
    plain: ImageMatch = desk.call(match_images, image=desk.blob(np.full((9, 9), 1, np.uint8)), scene=desk.blob(CHINA))
    assert (plain.found, plain.inliers, plain.keypoints[0]) == (False, 0, 0)


def stitched(desk: Desk, *parts: Pixels, **also: Any) -> tuple[StitchedImage, Pixels]:
    """The parts put together, and the picture."""
    found: StitchedImage = desk.call(stitch_images, images=[desk.blob(one) for one in parts], **also)
    pixels = pixels_of(found.image)
    assert pixels.shape == (found.height, found.width, 4)
    return found, pixels


@pytest.mark.parametrize(("motion", "error"), [("shift", 0.0), ("similarity", 1.5), ("perspective", 1.5)])
def test_two_halves_are_the_whole_again(desk: Desk, motion: str, error: float) -> None:
    """Promise: mean difference from the photograph none for shifts, at most 1.5 of 255 levels for the others."""
    found, pixels = stitched(desk, CHINA[:, 260:], CHINA[:, :380], motion=motion)
    assert (found.height, found.width) == CHINA.shape[:2]
    assert found.covered > 0.995
    assert np.abs(pixels[3:-3, 3:-3, :3].astype(int) - CHINA[3:-3, 3:-3]).mean() <= error
    assert found.placed[1].polygon[0].x == pytest.approx(0, abs=1)
    assert found.placed[0].polygon[0].x == pytest.approx(260, abs=1)


def test_four_quarters_in_any_order_are_the_whole_again(desk: Desk) -> None:
    """Over a chain of matches."""
    parts = CHINA[160:, :380], CHINA[:260, 260:], CHINA[:260, :380], CHINA[160:, 260:]
    found, pixels = stitched(desk, *parts, motion="shift")
    assert np.array_equal(pixels[..., :3], CHINA)
    assert [one.index for one in found.placed] == [0, 1, 2, 3]
    assert sum(one.inliers == 0 for one in found.placed) == 1
    assert desk.told[-1][0] >= 0.8


def test_a_turned_part_is_turned_back(desk: Desk) -> None:
    """With a similarity; what no picture covers is transparent."""
    turn = cv2.getRotationMatrix2D((190, 213), 8, 1)
    turned = cv2.warpAffine(CHINA[:, :380], turn, (380, 427), borderMode=cv2.BORDER_REFLECT).astype(np.uint8)
    found, pixels = stitched(desk, CHINA[:, 100:], turned[60:-60, 60:-60], motion="similarity")
    assert found.covered < 1
    assert not pixels[pixels[..., 3] == 0].any()
    across = found.placed[1].polygon[1], found.placed[1].polygon[0]
    angle = np.degrees(np.arctan2(across[1].y - across[0].y, across[0].x - across[1].x))
    assert abs(angle) == pytest.approx(8, abs=0.3)


def test_a_picture_that_does_not_belong_is_named(desk: Desk) -> None:
    """By its place in the list."""
    with pytest.raises(InvalidRequest, match=r"images.2 does not overlap") as refused:
        stitched(desk, CHINA[:, :380], CHINA[:, 260:], ASTRONAUT, motion="shift")
    assert refused.value.field == "images.2"

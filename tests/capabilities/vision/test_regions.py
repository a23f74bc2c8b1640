"""Regions of drawn pictures, whose areas are known, and an espresso cut out of its photograph."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from photographs import Desk, Pixels, photograph, pixels_of

from nis_backend.capabilities.vision.regions import Cutout, Segmentation, remove_background, segment_image
from nis_backend.errors import InvalidRequest


def flag() -> Pixels:
    """A third red, half of it blue, the rest yellow, with a little noise."""
    picture = np.zeros((120, 180, 3), np.uint8)
    picture[:40], picture[40:100], picture[100:] = (200, 30, 30), (30, 40, 160), (230, 210, 50)
    noise = np.random.default_rng(2).integers(-6, 7, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_colours_part_a_flag(desk: Desk) -> None:
    """Lloyd (1982): each stripe is a region of its area and colour, largest first; the mask tells them."""
    found: Segmentation = desk.call(segment_image, image=desk.blob(flag()), regions=3)
    assert [one.area for one in found.regions] == [60 * 180, 40 * 180, 20 * 180]
    for one, expected in zip(found.regions, ((30, 40, 160), (200, 30, 30), (230, 210, 50)), strict=True):
        assert np.abs(np.array([*bytes.fromhex(one.colour[1:])], int) - expected).max() <= 2
    mask = pixels_of(found.mask)
    assert [np.unique(rows).tolist() for rows in (mask[:40], mask[40:100], mask[100:])] == [[1], [0], [2]]
    blue = found.regions[0]
    assert (blue.box.x, blue.box.y, blue.box.width, blue.box.height) == (0, 40, 180, 60)
    assert len(blue.polygons[0]) == 4
    shown = pixels_of(found.picture)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 3


def test_the_same_picture_is_parted_the_same_each_time(desk: Desk) -> None:
    """The seed is fixed."""
    coffee = desk.blob(photograph("coffee")[::2, ::2])
    one, two = (desk.call(segment_image, image=coffee, regions=5) for _ in range(2))
    assert one.mask.sha256 == two.mask.sha256


def test_more_colours_than_there_are_make_no_more_regions(desk: Desk) -> None:
    """A picture of one colour has one region."""
    found: Segmentation = desk.call(segment_image, image=desk.blob(np.full((30, 30, 3), 7, np.uint8)), regions=6)
    assert [(one.share, one.colour) for one in found.regions] == [(1, "#070707")]


def test_seeds_grow_to_the_borders(desk: Desk) -> None:
    """Meyer (1992): two discs and the ground, from a place in each; places of one number are one region."""
    picture = np.full((150, 300, 3), 240, np.uint8)
    for x in (80, 220):
        cv2.circle(picture, (x, 75), 50, (40, 90, 60), -1)
    seeds: list[Any] = [
        {"at": {"x": 80, "y": 75}, "region": 7},
        {"at": {"x": 220, "y": 75}, "region": 9},
        {"at": {"x": 3, "y": 3}, "region": 1},
        {"at": {"x": 150, "y": 145}, "region": 1},
    ]
    found: Segmentation = desk.call(segment_image, image=desk.blob(picture), method="seeds", seeds=seeds)
    areas = {one.label: one.area for one in found.regions}
    assert areas.keys() == {1, 7, 9}
    assert areas[7] == pytest.approx(np.pi * 50**2, rel=0.05)
    assert areas[9] == pytest.approx(np.pi * 50**2, rel=0.05)
    with pytest.raises(InvalidRequest, match="at least two regions"):
        desk.call(segment_image, image=desk.blob(picture), method="seeds", seeds=seeds[:1])
    seeds[1] = {"at": {"x": 400, "y": 75}, "region": 9}
    with pytest.raises(InvalidRequest, match=r"seeds.1.at lies outside"):
        desk.call(segment_image, image=desk.blob(picture), method="seeds", seeds=seeds)


def scene() -> tuple[Pixels, Pixels]:
    """A red disc on a textured green ground, and where it is."""
    noise = np.random.default_rng(4).integers(-25, 26, (150, 200, 3))
    picture = np.clip(np.array([60, 130, 70]) + noise, 0, 255).astype(np.uint8)
    where = np.zeros((150, 200), np.uint8)
    cv2.circle(where, (110, 80), 35, 1, -1)
    picture[where > 0] = np.clip(np.array([190, 50, 40]) + noise[where > 0], 0, 255)
    return picture, where


@pytest.mark.parametrize("box", [{"x": 65, "y": 35, "width": 95, "height": 90}, None], ids=["box", "margin"])
def test_an_object_is_cut_out_of_its_background(desk: Desk, box: dict[str, float] | None) -> None:
    """GrabCut (2004): the disc and nothing else, by IoU; what was assumed is said; colours stay as they were."""
    picture, where = scene()
    found: Cutout = desk.call(remove_background, image=desk.blob(picture), box=box)
    cut = pixels_of(found.image)
    kept = cut[..., 3] > 0
    assert (kept & (where > 0)).sum() / (kept | (where > 0)).sum() > 0.97
    assert np.array_equal(cut[..., :3], picture)
    assert ("margin" in found.assumed) == (box is None)
    assert found.share == pytest.approx(where.mean(), rel=0.03)
    assert found.box is not None
    assert (found.box.x, found.box.y) == (pytest.approx(75, abs=3), pytest.approx(45, abs=3))


def test_a_box_segments_as_it_cuts_out(desk: Desk) -> None:
    """The object is 1 in the mask, the rest 0; turning the picture turns what is found."""
    picture, where = scene()
    box = {"x": 65, "y": 35, "width": 95, "height": 90}
    turned = {"x": 35, "y": 40, "width": 90, "height": 95}  # x, y becomes y, width - x
    for one, at, truth in ((picture, box, where), (np.rot90(picture), turned, np.rot90(where))):
        found: Segmentation = desk.call(segment_image, image=desk.blob(one), method="box", box=at)
        assert (pixels_of(found.mask) == truth).mean() > 0.99


def test_the_cup_is_cut_out_of_its_photograph(desk: Desk) -> None:
    """The espresso in its cup is kept, the table around the saucer is not."""
    coffee = cv2.resize(photograph("coffee"), (300, 200), interpolation=cv2.INTER_AREA).astype(np.uint8)
    box = {"x": 60, "y": 10, "width": 190, "height": 165}
    found: Cutout = desk.call(remove_background, image=desk.blob(coffee), box=box, iterations=3)
    alpha = pixels_of(found.image)[..., 3]
    assert (alpha[40:80, 120:170] == 255).mean() > 0.95
    assert not alpha[:, :55].any()
    assert not alpha[185:].any()
    assert 0.1 < found.share < 0.5


@pytest.mark.parametrize(
    "box",
    [
        {"x": 300, "y": 10, "width": 20, "height": 20},
        {"x": 0, "y": 0, "width": 200, "height": 150},
        {"x": 10, "y": 10, "width": 1, "height": 50},
    ],
)
def test_a_box_that_tells_nothing_is_refused(desk: Desk, box: dict[str, float]) -> None:
    """Outside of the picture, all of it, or too thin."""
    with pytest.raises(InvalidRequest, match="box leaves nothing"):
        desk.call(remove_background, image=desk.blob(scene()[0]), box=box)


def test_a_method_takes_what_it_needs(desk: Desk) -> None:
    """The method box without one is refused."""
    with pytest.raises(InvalidRequest, match="takes a box"):
        desk.call(segment_image, image=desk.blob(scene()[0]), method="box")

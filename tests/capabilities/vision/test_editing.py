"""Transformations whose outcome is known pixel by pixel, and drawings."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from photographs import Desk, Pixels, photograph, pixels_of
from PIL import Image

from nis_backend.capabilities.vision.editing import MadeImage, annotate_image, transform_image
from nis_backend.errors import InvalidRequest, TooLarge

CAT = photograph("chelsea")
CORNERS = [{"x": 0, "y": 0}, {"x": 9, "y": 0}, {"x": 0, "y": 9}, {"x": 9, "y": 9}]
"""Crossed: no quadrangle in order."""


def made(desk: Desk, picture: Pixels, *steps: dict[str, Any], **also: Any) -> Pixels:
    """What comes of the steps."""
    found: MadeImage = desk.call(transform_image, image=desk.blob(picture), steps=list(steps), **also)
    pixels = pixels_of(found.image)
    assert (found.height, found.width) == pixels.shape[:2]
    return pixels


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"step": "crop", "box": {"x": 10, "y": 20, "width": 30, "height": 40}}, CAT[20:60, 10:40]),
        ({"step": "crop", "box": {"x": -10, "y": 290, "width": 30, "height": 40}}, CAT[290:, :20]),
        ({"step": "rotate", "angle": 90}, np.rot90(CAT)),
        ({"step": "rotate", "angle": -90}, np.rot90(CAT, 3)),
        ({"step": "rotate", "angle": 180}, CAT[::-1, ::-1]),
        ({"step": "flip", "axis": "horizontal"}, CAT[:, ::-1]),
        ({"step": "flip", "axis": "vertical"}, CAT[::-1]),
        ({"step": "adjust"}, CAT),
        ({"step": "adjust", "brightness": 255}, np.full_like(CAT, 255)),
        ({"step": "adjust", "contrast": 0}, np.full_like(CAT, 128)),
    ],
)
def test_a_step_does_what_it_says(desk: Desk, step: dict[str, Any], expected: Pixels) -> None:
    """Pixel by pixel, as PNG loses nothing."""
    assert np.array_equal(made(desk, CAT, step), expected)


def test_steps_are_done_in_their_order(desk: Desk) -> None:
    """A box counts in what came before."""
    crop = {"step": "crop", "box": {"x": 0, "y": 0, "width": 50, "height": 20}}
    turn = {"step": "rotate", "angle": 90}
    assert np.array_equal(made(desk, CAT, crop, turn), np.rot90(CAT[:20, :50]))
    assert np.array_equal(made(desk, CAT, turn, crop), np.rot90(CAT)[:20, :50])


def test_a_resize_keeps_proportions_where_one_side_is_given(desk: Desk) -> None:
    """And takes both as they are given."""
    assert made(desk, CAT, {"step": "resize", "width": 902}).shape == (600, 902, 3)
    assert made(desk, CAT, {"step": "resize", "height": 150}).shape == (150, 226, 3)
    assert made(desk, CAT, {"step": "resize", "width": 7, "height": 400}).shape == (400, 7, 3)
    with pytest.raises(InvalidRequest, match="width, height or both"):
        made(desk, CAT, {"step": "resize"})


def test_a_turn_back_is_nearly_the_picture_again(desk: Desk) -> None:
    """Counter-clockwise, about the middle: 30° and −30° leave the middle as it was, but for interpolation."""
    picture = cv2.GaussianBlur(CAT, (0, 0), 3).astype(np.uint8)
    there = made(desk, picture, {"step": "rotate", "angle": 30})
    back = made(desk, there, {"step": "rotate", "angle": -30})
    y, x = (back.shape[0] - CAT.shape[0]) / 2, (back.shape[1] - CAT.shape[1]) / 2
    whole = back[round(y) : round(y) + 300, round(x) : round(x) + 451]
    assert np.abs(whole[60:-60, 60:-60].astype(int) - picture[60:-60, 60:-60]).mean() < 2.5
    corner = np.zeros((100, 100), np.uint8)
    corner[40:60, 80:] = 255  # on the right; turned by 45 degrees it is above on the right
    turned = made(desk, corner, {"step": "rotate", "angle": 45, "background": "#000000"})
    ys, xs = np.nonzero(turned[..., 0] > 128)
    assert ys.mean() < turned.shape[0] / 2 < xs.mean()


def test_blur_and_sharpening_are_each_others_opposite_in_effect(desk: Desk) -> None:
    """The variance of the Laplacian falls and rises."""
    plain, soft, sharp = (
        cv2.Laplacian(picture, cv2.CV_64F).var()
        for picture in (CAT, made(desk, CAT, {"step": "blur", "sigma": 2}), made(desk, CAT, {"step": "sharpen"}))
    )
    assert soft < plain / 4 < 4 * plain < 4 * sharp


def test_grey_has_no_colour(desk: Desk) -> None:
    """ITU-R BT.601 luma in all three."""
    grey = made(desk, CAT, {"step": "grey"})
    assert np.array_equal(grey[..., 0], cv2.cvtColor(CAT, cv2.COLOR_RGB2GRAY))
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_a_photographed_page_is_made_upright(desk: Desk) -> None:
    """A picture seen in perspective comes back, but for interpolation."""
    picture = cv2.GaussianBlur(CAT, (0, 0), 2).astype(np.uint8)
    height, width = picture.shape[:2]
    corners = np.array([(60, 40), (520, 90), (560, 420), (30, 380)], np.float32)
    straight = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(straight - 0.5, corners - 0.5), (620, 480))
    at = [{"x": float(x), "y": float(y)} for x, y in corners]
    step = {"step": "straighten", "corners": at, "width": width, "height": height}
    back = made(desk, seen.astype(np.uint8), step)
    assert np.abs(back[5:-5, 5:-5].astype(int) - picture[5:-5, 5:-5]).mean() < 2
    assert made(desk, seen.astype(np.uint8), {"step": "straighten", "corners": at}).shape == (337, 497, 3)
    with pytest.raises(InvalidRequest, match="convex quadrangle"):
        made(desk, CAT, {"step": "straighten", "corners": CORNERS})


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_file_has_the_format_and_no_metadata(desk: Desk, kind: str) -> None:
    """EXIF, its position and the like are dropped; the picture is upright."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a secret place"
    Image.fromarray(CAT).save(file, "JPEG", exif=exif, quality=95)
    found: MadeImage = desk.call(transform_image, image=desk.blob(file.getvalue()), format=kind, quality=60)
    data = found.image.content
    assert isinstance(data, bytes)
    with Image.open(io.BytesIO(data)) as opened:
        assert (opened.format or "").lower() == kind
        assert not opened.getexif()
        assert opened.size == (300, 451)
    assert b"secret" not in data
    assert found.image.media_type == f"image/{kind}"


def test_what_would_be_too_large_is_refused(desk: Desk) -> None:
    """Before it is made, and where its file would not fit the way out of a worker."""
    with pytest.raises(TooLarge, match=r"steps.0 would make"):
        made(desk, CAT, {"step": "resize", "width": 16_000})
    noise = np.random.default_rng(1).integers(0, 256, (1000, 1000, 3)).astype(np.uint8)
    with pytest.raises(TooLarge, match="leave a worker"):
        made(desk, noise, {"step": "resize", "width": 4000})
    with pytest.raises(InvalidRequest, match=r"steps.0.box lies outside"):
        made(desk, CAT, {"step": "crop", "box": {"x": 500, "y": 0, "width": 5, "height": 5}})


def test_a_box_is_drawn_where_it_is(desk: Desk) -> None:
    """Its outer border is the box's own; nothing else changes."""
    plain = np.full((120, 160, 3), 255, np.uint8)
    box = {"box": {"x": 20, "y": 30, "width": 40, "height": 50}, "colour": "#ff0000"}
    found: MadeImage = desk.call(annotate_image, image=desk.blob(plain), boxes=[box], line_width=2)
    drawn = pixels_of(found.image)
    ys, xs = np.nonzero((drawn != 255).any(axis=2))
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (20, 59, 30, 79)
    assert tuple(drawn[30, 20]) == (255, 0, 0)
    assert (drawn[32:78, 22:58] == 255).all()


def test_letters_with_accents_and_of_other_scripts_are_drawn(desk: Desk) -> None:
    """Each of these looks like no other: what a typeface lacks is one and the same empty box."""
    plain = np.full((60, 60, 3), 255, np.uint8)
    drawn = {
        pixels_of(
            desk.call(
                annotate_image, image=desk.blob(plain), texts=[{"text": one, "at": {"x": 5, "y": 5}, "size": 40}]
            ).image
        ).tobytes()
        for one in "\u00e9\u00f6\u00df\u03a9\u0416\u0915"
    }
    assert len(drawn) == 6


def test_labels_shapes_and_words_are_drawn(desk: Desk) -> None:
    """Each leaves ink near its place; one label has one colour."""
    plain = np.full((200, 300, 3), 255, np.uint8)

    def ink(**what: Any) -> Pixels:
        found: MadeImage = desk.call(annotate_image, image=desk.blob(plain), **what)
        return pixels_of(found.image)

    line = ink(shapes=[{"form": "line", "points": [{"x": 10, "y": 100}, {"x": 290, "y": 100}]}])
    assert (line[100, 20:280] != 255).any(axis=1).all()
    polygon = ink(shapes=[{"points": [{"x": 50, "y": 50}, {"x": 150, "y": 50}, {"x": 150, "y": 150}]}])
    assert (polygon[100, 100] != 255).any()  # the side that closes it
    points = ink(shapes=[{"form": "points", "points": [{"x": 30, "y": 30}, {"x": 200, "y": 90}]}])
    assert (points[[30, 90], [30, 200]] != 255).any(axis=1).all()
    words = ink(texts=[{"at": {"x": 100, "y": 100}, "text": "Here", "size": 30, "colour": "#0000ff"}])
    ys, xs = np.nonzero((words != 255).any(axis=2))
    assert 98 < xs.min() < 110
    assert 98 < ys.min() < 120
    one, two = (ink(boxes=[{"box": {"x": x, "y": 60, "width": 40, "height": 40}, "label": "cat"}]) for x in (20, 220))
    assert tuple(one[80, 20]) == tuple(two[80, 220])
    assert (two[40:60, 220:] != 255).any()  # the label, within the picture


def test_nothing_drawn_is_the_picture(desk: Desk) -> None:
    """As PNG, pixel by pixel."""
    found: MadeImage = desk.call(annotate_image, image=desk.blob(CAT))
    assert np.array_equal(pixels_of(found.image), CAT)

"""The steps of a transformation, each from one picture to another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, assert_never, cast

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.answers import Kind, answered
from nis_backend.capabilities.vision.compute.arrays import Picture, luma
from nis_backend.capabilities.vision.editing import (
    MOST_PIXELS,
    Adjust,
    Blur,
    Crop,
    Flip,
    Grey,
    MadeImage,
    Resize,
    Rotate,
    Sharpen,
    Straighten,
    TransformRequest,
)
from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from nis_backend.capabilities.vision.editing import Step


def transform(request: TransformRequest) -> MadeImage:
    """Do the steps, and encode what comes of them."""
    picture = upright(request.image.path)
    for number, step in enumerate(request.steps):
        picture = changed(picture, step, f"steps.{number}")
    made = answered(picture, "picture", cast("Kind", request.format.upper()), request.quality)
    return MadeImage(width=picture.shape[1], height=picture.shape[0], image=made)


def changed(picture: Picture, step: Step, field: str) -> Picture:  # noqa: PLR0911 - one for each kind of step
    """The picture after one step; `field` names it in a refusal."""
    match step:
        case Crop():
            return _crop(picture, step, field)
        case Resize():
            return _resize(picture, step, field)
        case Rotate():
            return _rotate(picture, step, field)
        case Flip():
            return np.ascontiguousarray(picture[:, ::-1] if step.axis == "horizontal" else picture[::-1])
        case Grey():
            return np.repeat(luma(picture)[..., None], 3, axis=2)
        case Blur():
            return cv2.GaussianBlur(picture, (0, 0), step.sigma).astype(np.uint8, copy=False)
        case Sharpen():
            soft = cv2.GaussianBlur(picture, (0, 0), step.sigma)
            sharp = cv2.addWeighted(picture, 1 + step.amount, soft, -step.amount, 0)
            return sharp.astype(np.uint8, copy=False)
        case Adjust():
            levels = (np.arange(256) - 128) * step.contrast + 128 + step.brightness
            return np.clip(np.round(levels), 0, 255).astype(np.uint8)[picture]
        case Straighten():
            return _straighten(picture, step, field)
        case _:
            assert_never(step)


def _crop(picture: Picture, step: Crop, field: str) -> Picture:
    height, width = picture.shape[:2]
    box = step.box
    left, right = (min(max(0, round(at)), width) for at in (box.x, box.x + box.width))
    top, bottom = (min(max(0, round(at)), height) for at in (box.y, box.y + box.height))
    if left >= right or top >= bottom:
        raise InvalidRequest(
            f"{field}.box lies outside of the picture, which has {width} × {height} pixels here.",
            field=f"{field}.box",
            value=f"{box.x:g}, {box.y:g}, {box.width:g} × {box.height:g}",
            remedy=f"Give a box within 0, 0, {width} × {height}.",
        )
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _resize(picture: Picture, step: Resize, field: str) -> Picture:
    height, width = picture.shape[:2]
    new_width = step.width or max(1, round(width * (step.height or height) / height))
    new_height = step.height or max(1, round(height * new_width / width))
    _refuse_large(new_width, new_height, field)
    way = cv2.INTER_AREA if new_width * new_height < width * height else cv2.INTER_CUBIC
    return cv2.resize(picture, (new_width, new_height), interpolation=way).astype(np.uint8, copy=False)


def _rotate(picture: Picture, step: Rotate, field: str) -> Picture:
    if step.angle % 90 == 0:
        return np.ascontiguousarray(np.rot90(picture, int(step.angle // 90) % 4))
    height, width = picture.shape[:2]
    sine, cosine = abs(math.sin(math.radians(step.angle))), abs(math.cos(math.radians(step.angle)))
    new_width, new_height = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    _refuse_large(new_width, new_height, field)
    # Pixels' centres are at whole numbers, so the middle of the picture is half a pixel before half its size.
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), step.angle, 1)
    turn[:, 2] += ((new_width - width) / 2, (new_height - height) / 2)
    ground = tuple(bytes.fromhex(step.background[1:]))
    turned = cv2.warpAffine(picture, turn, (new_width, new_height), flags=cv2.INTER_CUBIC, borderValue=ground)
    return turned.astype(np.uint8, copy=False)


def _straighten(picture: Picture, step: Straighten, field: str) -> Picture:
    corners = np.array([(one.x, one.y) for one in step.corners], np.float32)
    if not cv2.isContourConvex(corners) or cv2.contourArea(corners) < 1:
        raise InvalidRequest(
            f"{field}.corners are not those of a convex quadrangle in order.",
            field=f"{field}.corners",
            remedy="Give upper left, upper right, lower right and lower left of what shall be upright.",
        )
    top, right, bottom, left = (float(np.hypot(*(corners[i] - corners[(i + 1) % 4]))) for i in range(4))
    width = step.width or max(1, round((top + bottom) / 2))
    height = step.height or max(1, round((left + right) / 2))
    _refuse_large(width, height, field)
    upright_corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    # Corners are between pixels, and the centre of the first pixel is half a pixel from them.
    matrix = cv2.getPerspectiveTransform(corners - 0.5, upright_corners - 0.5)
    return cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.uint8, copy=False)


def _refuse_large(width: int, height: int, field: str) -> None:
    if width * height > MOST_PIXELS or max(width, height) > 32_766:  # noqa: PLR2004 - OpenCV's own bound of a side
        raise TooLarge(
            f"{field} would make a picture of {width} × {height} pixels; at most {MOST_PIXELS} are made.",
            field=field,
            value=f"{width} × {height}",
            remedy="Ask for a smaller one.",
        )

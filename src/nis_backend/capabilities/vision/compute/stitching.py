"""Pictures that overlap, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.answers import answered
from nis_backend.capabilities.vision.compute.matching import agreed, corners_of, enough, keypoints, sane
from nis_backend.capabilities.vision.matching import Placed, StitchedImage, StitchRequest
from nis_backend.capabilities.vision.places import Point
from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from nis_backend.capabilities.vision.compute.arrays import Picture
    from nis_backend.capabilities.vision.compute.matching import Agreement, Matrix
    from nis_backend.drivers.compute.base import WorkerContext

MOST_PIXELS = 40_000_000
"""Of the whole: its mixing takes 16 bytes a pixel."""


@dataclass(frozen=True, kw_only=True)
class _Joined:
    """How a picture is brought onto the first one."""

    motion: Matrix
    inliers: int


def stitch(request: StitchRequest, ctx: WorkerContext) -> StitchedImage:
    """Put pictures together."""
    pictures = [upright(one.path, field=f"images.{i}") for i, one in enumerate(request.images)]
    if sum(one.size for one in pictures) > 3 * 4 * MOST_PIXELS:
        raise TooLarge("images have too many pixels together.", field="images", remedy="Send smaller ones, or fewer.")
    joined = _join(pictures, _pairs(pictures, request, ctx))
    corners = [corners_of(one, at.motion) for one, at in zip(pictures, joined, strict=True)]
    # Rounded, not outwards: a corner that misses by a tenth of a pixel adds no row.
    every = np.concatenate(corners)
    (left, top), (right, bottom) = (
        [round(float(one)) for one in ends] for ends in (every.min(axis=0), every.max(axis=0))
    )
    width, height = right - left, bottom - top
    if width * height > MOST_PIXELS or max(width, height) > 32_766:  # noqa: PLR2004 - OpenCV's own bound of a side
        raise TooLarge(
            f"The whole would have {width} × {height} pixels; at most {MOST_PIXELS} are made.",
            field="images",
            remedy="Send smaller pictures, or fewer.",
        )
    home = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    ctx.progress(0.8, "mixing")
    whole, covered = _mixed(pictures, [home @ at.motion for at in joined], width, height)
    return StitchedImage(
        width=width,
        height=height,
        image=answered(whole, "whole"),
        placed=[
            Placed(
                index=number,
                polygon=[Point(x=round(float(x) - left, 2), y=round(float(y) - top, 2)) for x, y in corners[number]],
                inliers=at.inliers,
            )
            for number, at in enumerate(joined)
        ],
        covered=covered,
    )


def _pairs(pictures: list[Picture], request: StitchRequest, ctx: WorkerContext) -> dict[tuple[int, int], Agreement]:
    """Which pictures match, and how each is brought onto the other."""
    seen = [keypoints(one) for one in pictures]
    every = [(one, two) for one in range(len(seen)) for two in range(one)]
    found: dict[tuple[int, int], Agreement] = {}
    for number, (one, two) in enumerate(every):
        agreement = agreed(seen[one], seen[two], request.motion)
        if agreement and enough(agreement) and sane(pictures[one], agreement.motion):
            found[one, two] = agreement
        ctx.progress(0.8 * (number + 1) / len(every), f"{number + 1} of {len(every)} pairs matched")
    return found


def _join(pictures: list[Picture], pairs: dict[tuple[int, int], Agreement]) -> list[_Joined]:
    """From the picture with most inliers on, each over its strongest match with one that is joined already (Prim)."""
    strength = [sum(pairs[pair].inliers for pair in pairs if number in pair) for number in range(len(pictures))]
    first = int(np.argmax(strength))
    joined = {first: _Joined(motion=np.eye(3), inliers=0)}
    while len(joined) < len(pictures):
        open_pairs = [pair for pair in pairs if (pair[0] in joined) != (pair[1] in joined)]
        if not open_pairs:
            alone = min(set(range(len(pictures))) - set(joined))
            raise InvalidRequest(
                f"images.{alone} does not overlap with the others as far as can be seen.",
                field=f"images.{alone}",
                remedy="Leave it out, or send pictures that overlap by a third.",
            )
        one, two = max(open_pairs, key=lambda pair: pairs[pair].inliers)
        agreement = pairs[one, two]
        if two in joined:
            motion = joined[two].motion @ agreement.motion
            joined[one] = _Joined(motion=motion / motion[2, 2], inliers=agreement.inliers)
        else:
            motion = joined[one].motion @ np.linalg.inv(agreement.motion)
            joined[two] = _Joined(motion=motion / motion[2, 2], inliers=agreement.inliers)
    return [joined[number] for number in range(len(pictures))]


def _mixed(pictures: list[Picture], motions: list[Matrix], width: int, height: int) -> tuple[Picture, float]:
    """The whole with alpha, `(height, width, 4)`, and the share of it that is covered."""
    mixed = np.zeros((height, width, 3), np.float32)
    weights = np.zeros((height, width), np.float32)
    for picture, motion in zip(pictures, motions, strict=True):
        inside = np.zeros((picture.shape[0] + 2, picture.shape[1] + 2), np.uint8)
        inside[1:-1, 1:-1] = 1
        depth = cv2.distanceTransform(inside, cv2.DIST_L1, 3)[1:-1, 1:-1].astype(np.float32)
        weight = cv2.warpPerspective(depth, motion, (width, height), flags=cv2.INTER_LINEAR)
        there = cv2.warpPerspective(
            picture, motion, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        mixed += there * np.asarray(weight, np.float32)[..., None]
        weights += weight
    covered = weights > 0
    colours = np.clip(np.round(mixed / np.maximum(weights, 1e-6)[..., None]), 0, 255).astype(np.uint8)
    colours[~covered] = 0
    return np.dstack([colours, np.where(covered, np.uint8(255), np.uint8(0))]), float(covered.mean())

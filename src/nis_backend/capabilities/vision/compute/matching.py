"""Keypoints, their matches, and the motion on which matches agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.arrays import Floats, Picture, fitted, luma
from nis_backend.capabilities.vision.matching import ImageMatch, MatchRequest
from nis_backend.capabilities.vision.places import Point
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

LONGEST = 1600
"""Side to which a picture is reduced for its keypoints."""
MOST_KEYPOINTS = 4000
RATIO = 0.75
AGREE = 3.0
"""Pixels by which a match may miss the motion."""
ROUNDS = 5000
SURE = 0.999


@dataclass(frozen=True, kw_only=True)
class Keypoints:
    """Places `(n, 2)` in pixels of the whole picture, and what is seen around each, `(n, 128)`."""

    places: Floats
    seen: Floats


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """A motion 3 × 3 and how many matches agree with it, of how many."""

    motion: Matrix
    inliers: int
    matches: int


def keypoints(picture: Picture) -> Keypoints:
    """SIFT's strongest keypoints."""
    small, by = fitted(luma(picture), LONGEST)
    found, seen = cv2.SIFT.create(MOST_KEYPOINTS).detectAndCompute(small, np.full_like(small, 255))
    if not found:
        return Keypoints(places=np.zeros((0, 2), np.float32), seen=np.zeros((0, 128), np.float32))
    places = np.array([one.pt for one in found], np.float32)
    return Keypoints(places=((places + 0.5) * by - 0.5).astype(np.float32), seen=np.asarray(seen, np.float32))


def agreed(
    one: Keypoints, two: Keypoints, kind: Literal["shift", "similarity", "perspective"] = "perspective"
) -> Agreement | None:
    """The motion from one picture to another that most matches agree with; None where there are too few."""
    if min(len(one.places), len(two.places)) < 2:  # noqa: PLR2004 - a second nearest
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(one.seen, two.seen, 2)
    good = [near for near, far in (pair for pair in pairs if len(pair) > 1) if near.distance < RATIO * far.distance]
    start = one.places[[near.queryIdx for near in good]].reshape(-1, 2)
    end = two.places[[near.trainIdx for near in good]].reshape(-1, 2)
    if len(good) < 4:  # noqa: PLR2004 - what a homography takes
        return Agreement(motion=np.eye(3), inliers=0, matches=len(good))
    motion, inliers = _motion(start, end, kind)
    return None if motion is None else Agreement(motion=motion, inliers=inliers, matches=len(good))


def _motion(start: Floats, end: Floats, kind: str) -> tuple[Matrix | None, int]:
    """By RANSAC, whose chance OpenCV begins anew in each call."""
    if kind == "perspective":
        matrix, kept = cv2.findHomography(start, end, cv2.RANSAC, AGREE, maxIters=ROUNDS, confidence=SURE)
    elif kind == "similarity":
        matrix, kept = cv2.estimateAffinePartial2D(
            start, end, method=cv2.RANSAC, ransacReprojThreshold=AGREE, maxIters=ROUNDS, confidence=SURE
        )
    else:
        return _shift(start, end)
    if np.size(matrix) < 6:  # noqa: PLR2004 - None, of which its types know nothing
        return None, 0
    whole = np.eye(3)
    whole[: matrix.shape[0]] = matrix
    return whole, int(np.count_nonzero(kept))


def _shift(start: Floats, end: Floats) -> tuple[Matrix, int]:
    """Each match proposes its own shift; the one with most within `AGREE` wins, and their mean is taken."""
    shifts = (end - start).astype(np.float64)
    some = shifts[:: max(1, len(shifts) // 500)]
    near = np.abs(shifts[None, :, :] - some[:, None, :]).max(axis=2) <= AGREE
    kept = near[int(near.sum(axis=1).argmax())]
    motion = np.eye(3)
    motion[:2, 2] = np.median(shifts[kept], axis=0)
    return motion, int(kept.sum())


def corners_of(picture: Picture, motion: Matrix) -> Matrix:
    """Where a picture's corners come to lie, `(4, 2)`, from the upper left clockwise."""
    height, width = picture.shape[:2]
    corners = np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float64) - 0.5
    return np.asarray(cv2.perspectiveTransform(corners, motion), np.float64)[0] + 0.5


def sane(picture: Picture, motion: Matrix) -> bool:
    """Whether a motion keeps a picture's corners in order, convex and of some area."""
    corners = corners_of(picture, motion).astype(np.float32)
    signed = cv2.contourArea(corners, oriented=True)
    return bool(np.isfinite(corners).all() and cv2.isContourConvex(corners) and signed > 1)


def enough(found: Agreement) -> bool:
    """Brown & Lowe 2007: more inliers than chance would give."""
    return found.inliers > 8 + 0.3 * found.matches  # their α and β


def match(request: MatchRequest) -> ImageMatch:
    """Where one picture lies in another."""
    picture, scene = upright(request.image.path), upright(request.scene.path, field="scene")
    one, two = keypoints(picture), keypoints(scene)
    agreement = agreed(one, two)
    found = agreement is not None and enough(agreement) and sane(picture, agreement.motion)
    told = ImageMatch(
        width=scene.shape[1],
        height=scene.shape[0],
        found=found,
        polygon=None,
        scale=None,
        angle=None,
        homography=None,
        inliers=agreement.inliers if agreement else 0,
        matches=agreement.matches if agreement else 0,
        keypoints=(len(one.places), len(two.places)),
    )
    if not found or agreement is None:
        return told
    corners = corners_of(picture, agreement.motion)
    across = corners[1] - corners[0]
    return told.model_copy(
        update={
            "polygon": [Point(x=round(float(x), 2), y=round(float(y), 2)) for x, y in corners],
            "scale": math.sqrt(cv2.contourArea(corners.astype(np.float32)) / (picture.shape[0] * picture.shape[1])),
            "angle": math.degrees(math.atan2(-across[1], across[0])),
            "homography": (agreement.motion / agreement.motion[2, 2]).tolist(),
        }
    )

"""Differences of pictures, and perceptual hashes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from nis_backend.capabilities.vision.comparing import (
    COLOURS,
    ComparisonRequest,
    Duplicate,
    DuplicateGroup,
    Duplicates,
    DuplicatesRequest,
    ImageComparison,
    Turn,
)
from nis_backend.capabilities.vision.compute.answers import answered
from nis_backend.capabilities.vision.compute.arrays import Grey, Picture, luma
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

CLEARLY = 16
WINDOW = 11
TURNS: tuple[Turn, ...] = ("none", "90", "180", "270", "mirrored", "mirrored 90", "mirrored 180", "mirrored 270")


def compare(request: ComparisonRequest) -> ImageComparison:
    """How far one picture is from another."""
    one, two = upright(request.image.path), upright(request.other.path, field="other")
    height, width = one.shape[:2]
    resized = one.shape != two.shape
    if resized:
        way = cv2.INTER_AREA if two.size > one.size else cv2.INTER_CUBIC
        two = cv2.resize(two, (width, height), interpolation=way).astype(np.uint8, copy=False)
    apart = cv2.absdiff(one, two).astype(np.uint8, copy=False)
    most = apart.max(axis=2)
    largest = int(most.max())
    squares = float(np.square(apart, dtype=np.float32).mean(dtype=np.float64))
    stretch = 255 / largest if largest else 1.0
    return ImageComparison(
        width=width,
        height=height,
        identical=not largest and not resized,
        resized=resized,
        mean_absolute_difference=float(apart.mean()),
        psnr=10 * math.log10(255**2 / squares) if squares else None,
        ssim=ssim(luma(one), luma(two)),
        changed=float((most > CLEARLY).mean()),
        hash_distance=int(np.count_nonzero(bits_of(luma(one)) != bits_of(luma(two)))),
        difference=answered(np.round(np.asarray(most, np.float32) * stretch).astype(np.uint8), "difference"),
        stretch=stretch,
    )


def ssim(one: Grey, two: Grey) -> float | None:
    """Wang et al. 2004, as they state it: Gaussian weights, population variances, the window's border left out."""
    if min(one.shape) < WINDOW:
        return None

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        around = cv2.GaussianBlur(values, (WINDOW, WINDOW), 1.5).astype(np.float64, copy=False)
        edge = WINDOW // 2
        return around[edge:-edge, edge:-edge]

    x, y = one.astype(np.float64), two.astype(np.float64)
    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = ((2 * mx * my + c1) * (2 * both + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return float(values.mean())


def bits_of(grey: Grey) -> NDArray[np.bool_]:
    """The perceptual hash, `(63,)`: which of the lowest frequencies of the picture are above their median."""
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    lowest = np.asarray(cv2.dct(small), np.float32)[:8, :8].ravel()[1:]
    # What rounding leaves of a plain picture has no sign.
    lowest = np.where(np.abs(lowest) < 1e-3, np.float32(0), lowest)  # noqa: PLR2004 - of values up to 32 × 255
    return lowest > np.median(lowest)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What is kept of a picture: the hash of each of its turns, `(8, 63)`, and its mean colour."""

    bits: NDArray[np.bool_]
    colour: NDArray[np.float64]


def duplicates(request: DuplicatesRequest, ctx: WorkerContext) -> Duplicates:
    """Which pictures are copies of which."""
    seen: list[_Seen] = []
    for number, blob in enumerate(request.images):
        seen.append(_look(upright(blob.path, field=f"images.{number}")))
        ctx.progress((number + 1) / len(request.images), f"{number + 1} of {len(request.images)} pictures")
    groups = _grouped(seen, request)
    return Duplicates(
        groups=[DuplicateGroup(images=[_told(seen, group[0], one, request) for one in group]) for group in groups],
        unique=sorted(set(range(len(seen))) - {one for group in groups for one in group}),
        max_distance=request.max_distance,
        hashes=[f"{int(''.join('1' if bit else '0' for bit in one.bits[0]), 2):016x}" for one in seen],
    )


def _look(picture: Picture) -> _Seen:
    small = cv2.resize(luma(picture), (256, 256), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    turns = [np.rot90(one, turn) for one in (small, small[:, ::-1]) for turn in range(4)]
    bits = np.stack([bits_of(np.ascontiguousarray(one)) for one in turns])
    return _Seen(bits=bits, colour=picture.mean(axis=(0, 1), dtype=np.float64))


def _grouped(seen: list[_Seen], request: DuplicatesRequest) -> list[list[int]]:
    """Groups in which each has a copy; who is a copy of a copy is in, too."""
    leader = list(range(len(seen)))
    for one in range(len(seen)):
        for two in range(one):
            near = _nearest(seen[two], seen[one], request.turned)[0] <= request.max_distance
            if near and np.abs(seen[one].colour - seen[two].colour).max() <= COLOURS:
                old, new = leader[one], leader[two]
                leader = [min(old, new) if at in (old, new) else at for at in leader]
    groups: dict[int, list[int]] = {}
    for number, at in enumerate(leader):
        groups.setdefault(at, []).append(number)
    return [group for group in groups.values() if len(group) > 1]


def _nearest(first: _Seen, one: _Seen, turned: bool) -> tuple[int, Turn]:
    """Least bits between a picture and the turns of a first one, and that turn."""
    apart = np.count_nonzero(first.bits[: 8 if turned else 1] != one.bits[0], axis=1)
    return int(apart.min()), TURNS[int(apart.argmin())]


def _told(seen: list[_Seen], first: int, one: int, request: DuplicatesRequest) -> Duplicate:
    distance, turn = _nearest(seen[first], seen[one], request.turned)
    return Duplicate(index=one, distance=distance, turn=turn)

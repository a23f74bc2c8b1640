"""Objects on a plainer ground: threshold, distance to the border, watershed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.arrays import Floats, Grey, Mask, connected, fitted, grown, luma, outlines
from nis_backend.capabilities.vision.counting import MOST_LISTED, CountedObject, CountRequest, ObjectCount
from nis_backend.capabilities.vision.places import Box, Point
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 1024
"""Side to which a picture is reduced first."""
SMOOTHING = 1 / 150
"""Of the longest side. So scikit-image's coins are 24 at six sizes and under noise; 1/300 splits some by relief."""
MIN_AREA = 2e-4
NECK = 0.85
"""Of the narrower part's half-width; discs of one size part that are further apart than 1.05 radii."""
LEVELS = 48
MOST_PEAKS = 50_000

METHOD = "quadratic ground, Otsu's threshold, distance transform, watershed by levels"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands out from the ground."""

    mask: Mask
    bright: bool
    threshold: float
    separability: float


def count(request: CountRequest) -> ObjectCount:
    """Count what stands out."""
    whole = luma(upright(request.image.path))
    grey, by = fitted(whole, LONGEST)
    sigma = (SMOOTHING * max(grey.shape)) if request.smoothing is None else request.smoothing / by
    found = stand_out(grey, request.polarity, sigma)
    least = MIN_AREA * grey.size if request.min_area is None else request.min_area / by**2
    mask, regions = _without_small(_filled(found.mask), least)
    labels = part(mask, sigma / 2) if request.split_touching else connected(mask)
    objects = _objects(labels, connected(mask), by)
    shown = sorted(sorted(objects, key=lambda one: -one.area)[:MOST_LISTED], key=lambda one: (one.box.y, one.box.x))
    return ObjectCount(
        width=whole.shape[1],
        height=whole.shape[0],
        count=len(objects),
        regions=regions,
        polarity="bright" if found.bright else "dark",
        threshold=found.threshold,
        contrast=found.separability,
        min_area=least * by**2,
        objects=shown,
        method=METHOD if request.split_touching else METHOD.rpartition(", distance")[0] + ", connected regions",
    )


def stand_out(grey: Grey, polarity: Literal["auto", "bright", "dark"], sigma: float) -> Standing:
    """Part objects from the ground, whose light may be uneven as a quadratic surface is."""
    smooth = grey.astype(np.float32)
    if sigma > 0:
        smooth = cv2.GaussianBlur(smooth, (0, 0), sigma).astype(np.float32, copy=False)
    level = smooth
    for last in (False, False, True):
        threshold, separability = otsu(level)
        above = level > threshold
        edge = np.concatenate([above[0], above[-1], above[:, 0], above[:, -1]])
        bright = bool(edge.mean() <= 0.5) if polarity == "auto" else polarity == "bright"  # noqa: PLR2004 - half
        objects = above if bright else ~above
        if not last and not objects.all():
            level = smooth - ground(smooth, ~objects)
    return Standing(
        mask=np.where(objects, np.uint8(255), np.uint8(0)),
        bright=bright,
        threshold=threshold,
        separability=separability,
    )


def otsu(level: Floats) -> tuple[float, float]:
    """Otsu's threshold, and his separability: between-class over total variance."""
    low, high = float(level.min()), float(level.max())
    if high - low < 1e-6:  # noqa: PLR2004 - of levels from 0 to 255: nothing stands out
        return high, 0.0
    counts, edges = np.histogram(level, bins=256, range=(low, high))
    middle = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = level.size - below
    sums = np.cumsum(counts * middle)
    mean_below, mean_above = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * (mean_above - mean_below) ** 2 / level.size**2
    best = int(between.argmax())
    return float(edges[best + 1]), float(between[best] / float(level.var(dtype=np.float64)))


def ground(level: Floats, free: NDArray[np.bool_]) -> Floats:
    """The quadratic surface through what is free of objects, by least squares on at most some 20,000 pixels."""
    height, width = level.shape
    step = max(1, int((level.size / 20_000) ** 0.5))
    y, x = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in (height, width))
    some = free[::step, ::step]
    ys, xs = np.meshgrid(y[::step], x[::step], indexing="ij")
    terms = _terms(xs[some], ys[some])
    weights = np.linalg.lstsq(terms, level[::step, ::step][some], rcond=None)[0]
    return (_terms(x[None, :], y[:, None]) @ weights).astype(np.float32)


def _terms(x: Floats, y: Floats) -> Floats:
    one = np.ones(np.broadcast_shapes(x.shape, y.shape), np.float32)
    return np.stack([one, x * one, y * one, x * x * one, x * y, y * y * one], axis=-1)


def part(mask: Mask, sigma: float) -> NDArray[np.int32]:
    """Labels of the mask's objects, 1 and up, those that touch apart."""
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1].astype(np.float32)
    smooth = cv2.GaussianBlur(depth, (0, 0), sigma) if sigma > 0 else depth
    inside = np.where(mask > 0, smooth, np.float32(0)).astype(np.float32)
    labels = np.zeros(mask.shape, np.int32)
    for number, (y, x) in enumerate(_peaks(inside), 1):
        labels[y, x] = number
    if not labels.any():
        return connected(mask)
    # From the deepest on, each object takes what is next to it and as deep: watershed by levels.
    for level in np.linspace(float(inside.max()), 0, LEVELS, endpoint=False):
        labels = grown(labels, (inside >= level).astype(np.uint8))
    return grown(labels, mask)


def _peaks(depth: Floats) -> list[tuple[int, int]]:
    """The middle of each object: peaks that no path joins to a higher one without falling below `NECK` of themselves.

    At each of `LEVELS` heights the regions above it are labelled once; a peak belongs to the level next to `NECK` of
    its own height, and stays if it is the highest of its region there.
    """
    local = ((depth == cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (depth > 0)).astype(np.uint8)
    ys, xs = np.nonzero(local)
    first = np.unique(connected(local)[ys, xs], return_index=True)[1]
    ys, xs = ys[first], xs[first]
    order = np.argsort(-depth[ys, xs], kind="stable")[:MOST_PEAKS]
    ys, xs = ys[order], xs[order]
    if not len(ys):
        return []
    heights = depth[ys, xs].astype(np.float64) * NECK
    logs = np.log(np.maximum(heights, 1e-3))
    levels: NDArray[np.float64] = np.linspace(float(logs[0]), float(logs[-1]), LEVELS, dtype=np.float64)
    near = np.abs(levels[None, :] - logs[:, None]).argmin(axis=1)
    kept: list[tuple[int, int]] = []
    for number in np.unique(near):
        at = connected((depth >= np.exp(levels[number])).astype(np.uint8))[ys, xs]
        highest = np.unique(at, return_index=True)[1]
        kept += [(int(ys[i]), int(xs[i])) for i in highest if near[i] == number and at[i]]
    return kept


def _filled(mask: Mask) -> Mask:
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, outlines(mask), -1, 255, cv2.FILLED)
    return filled


def _without_small(mask: Mask, least: float) -> tuple[Mask, int]:
    labels = connected(mask)
    large = np.bincount(labels.ravel()) >= least
    large[0] = False
    return np.where(large[labels], np.uint8(255), np.uint8(0)), int(large.sum())


def _objects(labels: NDArray[np.int32], regions: NDArray[np.int32], by: float) -> list[CountedObject]:
    """What each label covers, in pixels of the original, of which one here is `by`."""
    height, width = labels.shape
    ys, xs = np.nonzero(labels)
    mine, region = labels[ys, xs], regions[ys, xs]
    most = int(labels.max(initial=0)) + 1
    area = np.bincount(mine, minlength=most)
    middle_x, middle_y = (np.bincount(mine, at, minlength=most) / np.maximum(area, 1) for at in (xs, ys))
    left, top = np.full(most, width), np.full(most, height)
    right, bottom = np.zeros(most, np.int64), np.zeros(most, np.int64)
    np.minimum.at(left, mine, xs)
    np.minimum.at(top, mine, ys)
    np.maximum.at(right, mine, xs + 1)
    np.maximum.at(bottom, mine, ys + 1)
    of_region = np.zeros(most, np.int64)
    of_region[mine] = region
    shared = np.bincount(of_region[area > 0], minlength=int(regions.max(initial=0)) + 1)
    return [
        CountedObject(
            box=Box(
                x=round(left[i] * by, 1),
                y=round(top[i] * by, 1),
                width=round((right[i] - left[i]) * by, 1),
                height=round((bottom[i] - top[i]) * by, 1),
            ),
            centre=Point(x=round((middle_x[i] + 0.5) * by, 1), y=round((middle_y[i] + 0.5) * by, 1)),
            area=round(float(area[i]) * by**2, 1),
            touching=bool(shared[of_region[i]] > 1),
            at_edge=bool(left[i] == 0 or top[i] == 0 or right[i] == width or bottom[i] == height),
        )
        for i in range(1, most)
        if area[i]
    ]

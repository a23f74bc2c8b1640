"""Regions by k-means, watershed and GrabCut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.answers import answered
from nis_backend.capabilities.vision.compute.arrays import Mask, Picture, fitted, grown, outlines
from nis_backend.capabilities.vision.compute.shapes import polygon_of
from nis_backend.capabilities.vision.places import Box, Point
from nis_backend.capabilities.vision.regions import (
    MOST_POLYGONS,
    Cutout,
    CutoutRequest,
    Region,
    Segmentation,
    SegmentRequest,
)
from nis_backend.errors import InvalidRequest
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Labels = NDArray[np.int32]

LONGEST = 1024
"""Side at which regions are found."""
GRABBED = 400
"""Side at which GrabCut works: its time grows with the pixels, and at 400 it is some seconds."""
SAMPLED = 20_000
"""Pixels that k-means looks at; all are then labelled by the nearest centre."""
MARGIN = 25
SEED = 1

METHODS = {
    "colours": "k-means of its colours in CIELAB",
    "seeds": "a watershed from the places given",
    "box": "GrabCut from the box given",
}


def segment(request: SegmentRequest) -> Segmentation:
    """Part a picture."""
    picture = upright(request.image.path)
    small, by = fitted(picture, GRABBED if request.method == "box" else LONGEST)
    if request.method == "colours":
        labels = _by_colours(small, request.regions)
    elif request.method == "seeds":
        labels = _from_seeds(small, request, by)
    else:
        assert request.box is not None, "the request has seen to it"
        labels = grab(small, _inside(request.box, picture, by, "box")).astype(np.int32)
    whole = _enlarged(labels, picture)
    found = [_region(picture, whole, int(label)) for label in np.unique(whole)]
    shown = np.zeros_like(picture)
    for region in found:
        shown[whole == region.label] = tuple(bytes.fromhex(region.colour[1:]))
    return Segmentation(
        width=picture.shape[1],
        height=picture.shape[0],
        method=METHODS[request.method],
        regions=sorted(found, key=lambda one: -one.area),
        mask=answered(whole.astype(np.uint8), "mask"),
        picture=answered(shown, "regions"),
    )


def _by_colours(picture: Picture, most: int) -> Labels:
    """The label of each pixel, 0 for the colour that most have."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab).astype(np.float32, copy=False)
    every = lab.reshape(-1, 3)
    some = every[:: max(1, len(every) // SAMPLED)]
    most = min(most, len(np.unique(some, axis=0)))
    cv2.setRNGSeed(SEED)
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)
    centres = np.asarray(
        cv2.kmeans(some, most, np.zeros((0, 1), np.int32), until, 3, cv2.KMEANS_PP_CENTERS)[2], np.float32
    )
    apart = np.stack([np.square(every - centre).sum(axis=1) for centre in centres], axis=1)
    labels = apart.argmin(axis=1)
    order = np.argsort(-np.bincount(labels, minlength=most), kind="stable")
    rank = np.empty(most, np.int32)
    rank[order] = np.arange(most, dtype=np.int32)
    return rank[labels].reshape(lab.shape[:2])


def _from_seeds(picture: Picture, request: SegmentRequest, by: float) -> Labels:
    height, width = picture.shape[:2]
    markers = np.zeros((height, width), np.int32)
    for number, seed in enumerate(request.seeds):
        x, y = int(seed.at.x / by), int(seed.at.y / by)
        if not (0 <= x < width and 0 <= y < height):
            raise InvalidRequest(
                f"seeds.{number}.at lies outside of the picture.",
                field=f"seeds.{number}.at",
                value=f"{seed.at.x:g}, {seed.at.y:g}",
                remedy="Give a place within it.",
            )
        cv2.circle(markers, (x, y), 1, seed.region, -1)
    flooded = np.asarray(cv2.watershed(picture.copy(), markers), np.int32)
    # The lines between regions, and the picture's border, go to a neighbour.
    return grown(np.maximum(flooded, 0).astype(np.int32), np.full((height, width), 255, np.uint8))


def grab(picture: Picture, box: tuple[int, int, int, int], iterations: int = 5) -> Mask:
    """1 where GrabCut sees the object of a box (x, y, width, height), 0 elsewhere."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.setRNGSeed(SEED)
    background, foreground = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    blue_first = np.ascontiguousarray(picture[..., ::-1])
    cv2.grabCut(blue_first, mask, box, background, foreground, iterations, cv2.GC_INIT_WITH_RECT)
    return (mask & 1).astype(np.uint8)  # sure and probable objects are the odd ones


def _inside(box: Box, picture: Picture, by: float, field: str) -> tuple[int, int, int, int]:
    """The part of a box within the picture, in pixels that are `by` of the original's; some background is left."""
    height, width = (max(1, round(side / by)) for side in picture.shape[:2])
    left, top = max(0, round(box.x / by)), max(0, round(box.y / by))
    right, bottom = min(width, round((box.x + box.width) / by)), min(height, round((box.y + box.height) / by))
    inside = (right - left) * (bottom - top)
    if right - left < 3 or bottom - top < 3 or width * height - inside < 10:  # noqa: PLR2004 - five colours a side
        raise InvalidRequest(
            f"{field} leaves nothing to tell an object from its background.",
            field=field,
            value=f"{box.x:g}, {box.y:g}, {box.width:g} × {box.height:g}",
            remedy=f"Give a box within 0, 0, {picture.shape[1]} × {picture.shape[0]} with some background around it.",
        )
    return left, top, right - left, bottom - top


def cut_out(request: CutoutRequest) -> Cutout:
    """The object of a picture, with transparency around it."""
    picture = upright(request.image.path)
    height, width = picture.shape[:2]
    small, by = fitted(picture, GRABBED)
    box = request.box or Box(
        x=width / MARGIN, y=height / MARGIN, width=width * (1 - 2 / MARGIN), height=height * (1 - 2 / MARGIN)
    )
    inside = _inside(box, picture, by, "box" if request.box else "image")
    mask = _enlarged(grab(small, inside, request.iterations), picture)
    ys, xs = np.nonzero(mask)
    around = None
    if len(xs):
        left, top = int(xs.min()), int(ys.min())
        around = Box(x=left, y=top, width=int(xs.max()) + 1 - left, height=int(ys.max()) + 1 - top)
    given = "what is outside of the box is background"
    margin = f"a margin of 1/{MARGIN} of each side is background, and the object does not reach into it"
    return Cutout(
        width=width,
        height=height,
        image=answered(np.dstack([picture, (mask * 255).astype(np.uint8)]), "cutout"),
        share=len(xs) / mask.size,
        box=around,
        assumed=given if request.box else margin,
    )


def _enlarged(labels: NDArray[np.int32] | Mask, picture: Picture) -> Labels:
    height, width = picture.shape[:2]
    if labels.shape == (height, width):
        return labels.astype(np.int32)
    return cv2.resize(labels.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT).astype(np.int32)


def _region(picture: Picture, labels: Labels, label: int) -> Region:
    mask = np.where(labels == label, np.uint8(255), np.uint8(0))
    area = int(np.count_nonzero(mask))
    red, green, blue = (round(float(one)) for one in cv2.mean(picture, mask)[:3])
    x, y, width, height = cv2.boundingRect(mask)
    borders = sorted(outlines(mask), key=lambda one: -cv2.contourArea(one))[:MOST_POLYGONS]
    return Region(
        label=label,
        area=area,
        share=area / mask.size,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        box=Box(x=x, y=y, width=width, height=height),
        polygons=[
            [Point(x=float(px), y=float(py)) for px, py in polygon_of(one, cv2.arcLength(one, closed=True) / 200)]
            for one in borders
        ],
    )

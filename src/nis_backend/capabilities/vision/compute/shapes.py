"""Edges by Canny, lines by LSD, outlines by border following."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from nis_backend.capabilities.vision.compute.answers import answered
from nis_backend.capabilities.vision.compute.arrays import Grey, borders, luma
from nis_backend.capabilities.vision.places import Box, Point
from nis_backend.capabilities.vision.shapes import (
    MOST_CORNERS,
    MOST_LISTED,
    Contour,
    Contours,
    ContoursRequest,
    Edges,
    EdgesRequest,
    Line,
    Lines,
    LinesRequest,
)
from nis_backend.pictures import upright


def edges(request: EdgesRequest) -> Edges:
    """Where luma changes abruptly."""
    grey = _smoothed(luma(upright(request.image.path)), request.smoothing)
    across, down = (cv2.Sobel(grey, cv2.CV_16S, dx, 1 - dx).astype(np.int16, copy=False) for dx in (1, 0))
    high = request.high or (_otsu_gradient(across, down) if request.low is None else 2 * request.low) or 1.0
    low = high / 2 if request.low is None else request.low
    found = cv2.Canny(across, down, low, high, L2gradient=True).astype(np.uint8, copy=False)
    return Edges(
        width=grey.shape[1],
        height=grey.shape[0],
        density=np.count_nonzero(found) / found.size,
        low=low,
        high=high,
        edges=answered(found, "edges"),
    )


def _otsu_gradient(across: NDArray[np.int16], down: NDArray[np.int16]) -> float:
    """Otsu's threshold of the gradient's length, in steps of 1/255 of the largest."""
    length = np.hypot(across.astype(np.float32), down.astype(np.float32))
    most = float(length.max())
    if most == 0:
        return 0.0
    bins = np.round(length * (255 / most)).astype(np.uint8)
    return max(1.0, cv2.threshold(bins, 0, 255, cv2.THRESH_OTSU)[0] * most / 255)


def lines(request: LinesRequest) -> Lines:
    """Straight segments, longest first."""
    grey = luma(upright(request.image.path))
    least = math.hypot(*grey.shape) / 40 if request.min_length is None else request.min_length
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    # Without a line it is None, of which its types know nothing.
    ends = np.asarray(found, np.float32).reshape(-1, 4) if np.size(found) > 1 else np.zeros((0, 4), np.float32)
    lengths = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] >= least]
    return Lines(
        width=grey.shape[1],
        height=grey.shape[0],
        count=len(order),
        min_length=least,
        lines=[_line(*(float(one) for one in ends[i])) for i in order[:MOST_LISTED]],
    )


def _line(x: float, y: float, end_x: float, end_y: float) -> Line:
    return Line(
        start=Point(x=round(x, 1), y=round(y, 1)),
        end=Point(x=round(end_x, 1), y=round(end_y, 1)),
        length=math.hypot(end_x - x, end_y - y),
        angle=math.degrees(math.atan2(y - end_y, end_x - x)) % 180 % 180,  # twice: -1e-16 % 180 is 180
    )


def contours(request: ContoursRequest) -> Contours:
    """Outlines of what is on one side of the threshold."""
    grey = luma(upright(request.image.path))
    threshold = request.threshold
    if threshold is None:
        threshold = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)[0]
    above = grey > threshold
    edge = np.concatenate([above[0], above[-1], above[:, 0], above[:, -1]])
    bright = bool(edge.mean() <= 0.5) if request.regions == "auto" else request.regions == "bright"  # noqa: PLR2004 - half
    mask = np.where(above == bright, np.uint8(255), np.uint8(0))
    every = [(cv2.contourArea(one), one, hole) for one, hole in borders(mask) if request.holes or not hole]
    large = sorted((one for one in every if one[0] >= request.min_area), key=lambda one: -one[0])
    return Contours(
        width=grey.shape[1],
        height=grey.shape[0],
        count=len(large),
        threshold=threshold,
        regions="bright" if bright else "dark",
        contours=[_contour(one, area, hole, request.tolerance) for area, one, hole in large[:MOST_LISTED]],
    )


def _contour(points: NDArray[np.int32], area: float, hole: bool, tolerance: float) -> Contour:
    length = cv2.arcLength(points, closed=True)
    polygon = polygon_of(points, tolerance * length)
    x, y, width, height = cv2.boundingRect(points)
    return Contour(
        polygon=[Point(x=float(px), y=float(py)) for px, py in polygon],
        corners=len(polygon),
        box=Box(x=x, y=y, width=width, height=height),
        area=area,
        perimeter=length,
        circularity=min(1.0, 4 * math.pi * area / length**2) if length else 0.0,
        hole=hole,
    )


def polygon_of(points: NDArray[np.int32], within: float) -> NDArray[np.int32]:
    """The corners `(n, 2)` of a polygon within so many pixels of an outline; wider where it has `MOST_CORNERS`."""
    while True:
        polygon = np.asarray(cv2.approxPolyDP(points, within, closed=True), np.int32).reshape(-1, 2)
        if len(polygon) <= MOST_CORNERS:
            return polygon
        within = max(2 * within, 0.5)


def _smoothed(grey: Grey, sigma: float) -> Grey:
    return cv2.GaussianBlur(grey, (0, 0), sigma).astype(np.uint8, copy=False) if sigma > 0 else grey

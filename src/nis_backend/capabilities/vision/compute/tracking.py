"""Things followed from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.arrays import Floats, Grey, disc, outlines
from nis_backend.capabilities.vision.compute.films import Film
from nis_backend.capabilities.vision.places import Box
from nis_backend.capabilities.vision.tracking import Moment, Track, TrackRequest, Tracks
from nis_backend.errors import Cancelled, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nis_backend.drivers.compute.base import WorkerContext

GRID = 10
"""Points of a box's side that are followed."""
COMES_BACK = 1.0
"""Pixels within which a point, followed forth and back, has to come back."""
FEWEST = 6
SAMPLES = 25
DIFFERS = 25
OVERLAPS = 0.2
"""Intersection over union from which two boxes in successive frames are of one thing."""
PATIENCE = 5
"""Frames that a moving thing may be unseen."""
SHORTEST = 3
"""Frames in which a moving thing has to be seen, to be told of."""
MOST_TRACKS = 100

Edges = tuple[float, float, float, float]
"""Left, top, right and bottom, pixels of a reduced frame."""


@dataclass(kw_only=True)
class _Followed:
    """A thing, and where it was by frame."""

    number: int
    at: dict[int, Edges] = field(default_factory=dict[int, Edges])
    lost_at: int | None = None

    @property
    def last(self) -> Edges:
        return self.at[max(self.at)]


def track(request: TrackRequest, ctx: WorkerContext) -> Tracks:
    """Follow what is given, or what moves."""
    ground = None if request.boxes else _ground(request, ctx)
    with Film(request.video.path) as film:
        before = film.skip(request.start)
        frames = _heard(film.frames(request.most_frames), request.most_frames, ctx)
        if ground is None:
            followed, seen = _follow(frames, [_edges(one, film, i) for i, one in enumerate(request.boxes)])
        else:
            least = request.min_area or film.width * film.height / 1000
            followed, seen = _moving(frames, ground, least / film.by**2)
        if not seen:
            raise InvalidRequest("The film has no frame.", field="video", remedy="Send the whole file, as it was made.")
        return Tracks(
            width=film.width,
            height=film.height,
            frames=seen,
            rate=film.rate,
            method="median flow" if request.boxes else "background subtraction",
            tracks=[_told(one, film, request.every, before) for one in followed],
            ended=seen < request.most_frames,
        )


def _heard(frames: Iterator[Grey], most: int, ctx: WorkerContext) -> Iterator[Grey]:
    for number, frame in enumerate(frames):
        if ctx.cancelled():
            raise Cancelled("The film was not followed to its end.")
        ctx.progress(number / most, f"frame {number}")
        yield frame


def _edges(box: Box, film: Film, number: int) -> Edges:
    left, top = max(0.0, box.x), max(0.0, box.y)
    right, bottom = min(float(film.width), box.x + box.width), min(float(film.height), box.y + box.height)
    if right - left < 4 or bottom - top < 4:  # noqa: PLR2004 - too few pixels to be told from others
        raise InvalidRequest(
            f"boxes.{number} has less than 4 × 4 pixels within the frame.",
            field=f"boxes.{number}",
            value=f"{box.x:g}, {box.y:g}, {box.width:g} × {box.height:g}",
            remedy=f"Give a box within 0, 0, {film.width} × {film.height}.",
        )
    return left / film.by, top / film.by, right / film.by, bottom / film.by


def _follow(frames: Iterable[Grey], boxes: list[Edges]) -> tuple[list[_Followed], int]:
    followed = [_Followed(number=number, at={0: box}) for number, box in enumerate(boxes, 1)]
    seen = 0
    last: Grey | None = None
    for number, frame in enumerate(frames):
        seen = number + 1
        for one in followed if last is not None else ():
            if one.lost_at is not None:
                continue
            moved = flowed(last, frame, one.last) if last is not None else None
            if moved is None:
                one.lost_at = number
            else:
                one.at[number] = moved
        last = frame
    return followed, seen


def flowed(last: Grey, frame: Grey, box: Edges) -> Edges | None:
    """Where a box of the last frame is in this one; None where it is lost."""
    left, top, right, bottom = box
    xs, ys = ((np.arange(GRID, dtype=np.float32) + 0.5) / GRID * (b - a) + a for a, b in ((left, right), (top, bottom)))
    start = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 1, 2).astype(np.float32)
    end, forth = _lucas_kanade(last, frame, start)
    again, back = _lucas_kanade(frame, last, end)
    error = np.hypot(*(again - start).reshape(-1, 2).T)
    good = forth & back & (error < COMES_BACK)
    if good.sum() < max(FEWEST, len(good) // 2):
        return None
    a, b = start.reshape(-1, 2)[good], end.reshape(-1, 2)[good]
    shift = np.median(b - a, axis=0)
    scale = _scale(a, b)
    middle_x, middle_y = (left + right) / 2 + float(shift[0]), (top + bottom) / 2 + float(shift[1])
    half_x, half_y = (right - left) / 2 * scale, (bottom - top) / 2 * scale
    moved = (middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y)
    height, width = frame.shape
    gone = not (0 <= middle_x < width and 0 <= middle_y < height) or min(half_x, half_y) < 1
    return None if gone else moved


def _lucas_kanade(one: Grey, two: Grey, places: Floats) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    moved, status, _ = cv2.calcOpticalFlowPyrLK(one, two, places, places.copy(), winSize=(15, 15), maxLevel=4)
    return np.asarray(moved, np.float32), np.asarray(status).ravel() > 0


def _scale(start: Floats, end: Floats) -> float:
    """Median of how distances between points have changed."""
    one, two = (np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) for at in (start, end))
    apart = one > 1
    return float(np.median(two[apart] / one[apart])) if apart.any() else 1.0


def _ground(request: TrackRequest, ctx: WorkerContext) -> Grey:
    """The median of frames spread over the film, in a pass of its own: a film's frames are too many to be kept."""
    kept: list[Grey] = []
    step = 1
    with Film(request.video.path) as film:
        film.skip(request.start)
        for number, frame in enumerate(film.frames(request.most_frames)):
            if ctx.cancelled():
                raise Cancelled("The film was not followed to its end.")
            if number % step == 0:
                kept.append(frame)
            if len(kept) > 2 * SAMPLES:
                kept, step = kept[::2], 2 * step
    if not kept:
        raise InvalidRequest("The film has no frame.", field="video", remedy="Send the whole file, as it was made.")
    return np.median(np.stack(kept), axis=0).astype(np.uint8)


def _moving(frames: Iterable[Grey], ground: Grey, least: float) -> tuple[list[_Followed], int]:
    open_, done = list[_Followed](), list[_Followed]()
    seen = 0
    for number, frame in enumerate(frames):
        seen = number + 1
        boxes = _blobs(frame, ground, least)
        still = [one for one in open_ if number - max(one.at) <= PATIENCE]
        done += [one for one in open_ if one not in still]
        open_ = still + _joined(still, boxes, number)
    kept = [one for one in done + open_ if len(one.at) >= min(SHORTEST, seen)]
    kept.sort(key=lambda one: (min(one.at), -len(one.at)))
    for number, one in enumerate(kept[:MOST_TRACKS], 1):
        one.number = number
        end = max(one.at) + 1
        one.lost_at = end if end < seen else None
    return kept[:MOST_TRACKS], seen


def _blobs(frame: Grey, ground: Grey, least: float) -> list[Edges]:
    mask = np.where(cv2.absdiff(frame, ground) > DIFFERS, np.uint8(255), np.uint8(0))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc(2)).astype(np.uint8, copy=False)
    found = [one for one in outlines(mask) if cv2.contourArea(one) >= least]
    boxes = (cv2.boundingRect(one) for one in found)
    return [(float(x), float(y), float(x + width), float(y + height)) for x, y, width, height in boxes]


def _joined(open_: list[_Followed], boxes: list[Edges], number: int) -> list[_Followed]:
    """Give each thing the box that overlaps most with where it was; what is left begins anew."""
    pairs = sorted(
        ((overlap(one.last, box), i, j) for i, one in enumerate(open_) for j, box in enumerate(boxes)),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    taken_things, taken_boxes = set[int](), set[int]()
    for share, i, j in pairs:
        if share >= OVERLAPS and i not in taken_things and j not in taken_boxes:
            open_[i].at[number] = boxes[j]
            taken_things.add(i)
            taken_boxes.add(j)
    return [_Followed(number=0, at={number: box}) for j, box in enumerate(boxes) if j not in taken_boxes]


def overlap(one: Edges, two: Edges) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    both = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return both / (sum(areas) - both) if both else 0.0


def _told(one: _Followed, film: Film, every: int, before: int) -> Track:
    by = film.by
    centres = [((left + right) / 2 * by, (top + bottom) / 2 * by) for left, top, right, bottom in one.at.values()]
    return Track(
        number=one.number,
        moments=[
            Moment(
                frame=number,
                seconds=(before + number) / film.rate,
                box=Box(
                    x=round(left * by, 1),
                    y=round(top * by, 1),
                    width=round((right - left) * by, 1),
                    height=round((bottom - top) * by, 1),
                ),
            )
            for number, (left, top, right, bottom) in one.at.items()
            if number % every == 0
        ],
        lost_at=one.lost_at,
        path=sum(float(np.hypot(x - px, y - py)) for (px, py), (x, y) in pairwise(centres)),
    )

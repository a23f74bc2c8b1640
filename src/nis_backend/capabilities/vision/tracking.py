"""Things followed through a film."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.vision.places import Box, Sized
from nis_backend.capabilities.vision.samples import FILM
from nis_backend.limits import Film
from nis_backend.operation import Example, Model, operation
from nis_backend.view import Axis, Series, Table, Text, View

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


class TrackRequest(Model):
    """A film, and what to follow in it."""

    video: Annotated[Blob, Film()] = Field(description="The film: AVI, MP4, MOV, WebM, Matroska or an animated GIF.")
    boxes: list[Box] = Field(
        default_factory=list[Box],
        max_length=10,
        description="What to follow, as it stands in the first frame; none: whatever moves before a still background.",
    )
    start: float = Field(default=0, ge=0, le=3600, description="Where in the film to begin, s.")
    most_frames: int = Field(default=300, ge=2, le=2000, description="Frames that are looked at, from `start` on.")
    every: int = Field(default=1, ge=1, le=100, description="Every how many frames a box is told.")
    min_area: float | None = Field(
        default=None, ge=1, le=1e8, description="Of what moves, the least area in pixels; unset: 1/1000 of the frame."
    )


class Moment(Model):
    """Where a thing is in one frame."""

    frame: int = Field(ge=0, description="From 0 on, counted from the first that was looked at.")
    seconds: float = Field(description="From the beginning of the film, by its frame rate.")
    box: Box


class Track(Model):
    """One thing through the film."""

    number: int = Field(ge=1, description="Of a box that was given, its place in `boxes` plus one.")
    moments: list[Moment] = Field(description="Where it was, while it could be followed.")
    lost_at: int | None = Field(
        description="The frame in which it could be followed no more; null if it was to the end."
    )
    path: float = Field(description="Length of its centre's way, pixels.")


class Tracks(Sized):
    """Where things were; the size is that of a frame."""

    frames: int = Field(description="Frames that were looked at.")
    rate: float = Field(description="Frames a second, as the film says.")
    method: Literal["median flow", "background subtraction"]
    tracks: list[Track]
    ended: bool = Field(description="Whether the film's end was reached within `most_frames`.")


def _draw(_request: TrackRequest, found: Tracks) -> list[View]:
    lost = [f"{one.number} at frame {one.lost_at}" for one in found.tracks if one.lost_at is not None]
    said = (
        f"{len(found.tracks)} things were followed through {found.frames} frames by {found.method}"
        f"{'; lost: ' + ', '.join(lost) if lost else ''}."
    )
    rows: list[list[str | float]] = [
        [one.number, one.moments[0].frame, one.moments[-1].frame, one.path] for one in found.tracks if one.moments
    ]
    views: list[View] = [
        Text(text=said),
        Table(title="Tracks", columns=["", "first frame", "last frame", "path (pixels)"], rows=rows),
    ]
    return views + [_way(one) for one in found.tracks[:5] if len(one.moments) > 1]


def _way(track: Track) -> Series:
    boxes = [one.box for one in track.moments]
    return Series(
        title=f"Way of {track.number}",
        x=Axis(label="Time", unit="s", values=[one.seconds for one in track.moments]),
        lines=[
            Axis(label="x", values=[one.x + one.width / 2 for one in boxes]),
            Axis(label="y", values=[one.y + one.height / 2 for one in boxes]),
        ],
    )


@operation(
    "vision.track_objects",
    effect="reads",
    pool="vision",
    time_limit=300,
    view=_draw,
    examples=(
        Example(
            title="What moves",
            request={"video": FILM, "min_area": 60},
            question="Track the moving objects in this video.",
            also=("Follow the ball through the film.",),
        ),
        Example(
            title="A box that is given",
            request={"video": FILM, "boxes": [{"x": 4, "y": 14, "width": 14, "height": 14}], "every": 5},
        ),
    ),
)
def track_objects(request: TrackRequest, ctx: WorkerContext) -> Tracks:
    """Follow things through a video: boxes you give in its first frame, or whatever moves before a still background.

    A box is followed by the median of the Lucas-Kanade flow of points in it, forth and back; where half of the points
    do not come back to within a pixel, or it has left the picture, it is lost and not looked for again. What moves is
    what differs by more than 25 levels from the median of up to 50 frames, joined from frame to frame by overlap: with
    a camera that moves everything does, and what stands still for half the time is background.

    Sources: Kalal et al., Forward-backward error, ICPR 2010 (median flow); Lucas & Kanade, IJCAI 1981; Bewley et al.,
    Simple online and realtime tracking, ICIP 2016 (joined by overlap, here without its filter).

    Raises:
        OutOfRange: the film ends before `start`.
    """
    from nis_backend.capabilities.vision.compute.tracking import track  # noqa: PLC0415 - loads in the worker only

    return track(request, ctx)


OPERATIONS = (track_objects,)

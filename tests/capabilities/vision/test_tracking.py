"""Films of a known way: where a thing is said to be, against where it is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from photographs import Desk, photograph

from nis_backend.capabilities.vision.samples import FILM, SHAPES
from nis_backend.capabilities.vision.tracking import Tracks, track_objects
from nis_backend.errors import Cancelled, InvalidRequest, OutOfRange, WrongMedia

SIDE, FRAMES = 40, 40
Place = tuple[int, int]


def way(frame: int) -> Place:
    """The upper left corner of the thing, on a bow."""
    return 20 + 5 * frame, round(120 - 70 * np.sin(np.pi * frame / FRAMES))


def film(folder: Path, *, gone_from: int = FRAMES, size: int = 1) -> bytes:
    """A patch of one photograph over another, in FRAMES frames of 320 × 240 pixels, times `size`, as MJPEG."""
    ground = cv2.resize(photograph("coffee"), (320, 240), interpolation=cv2.INTER_AREA)[..., ::-1]
    patch = cv2.resize(photograph("astronaut")[60:200, 160:300], (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., ::-1]
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (320 * size, 240 * size))
    for number in range(FRAMES):
        frame = ground.copy()
        if number < gone_from:
            x, y = way(number)
            frame[y : y + SIDE, x : x + SIDE] = patch
        writer.write(cv2.resize(frame, None, fx=size, fy=size))
    writer.release()
    return path.read_bytes()


def overlap(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    """Intersection over union of boxes (x, y, width, height)."""
    width = min(one[0] + one[2], two[0] + two[2]) - max(one[0], two[0])
    height = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    both = max(0.0, width) * max(0.0, height)
    return both / (one[2] * one[3] + two[2] * two[3] - both)


def overlaps(found: Tracks, number: int = 0, size: int = 1) -> list[float]:
    """Of each moment of a track with where the thing was."""
    return [
        overlap(
            (at.box.x, at.box.y, at.box.width, at.box.height),
            (way(at.frame)[0] * size, way(at.frame)[1] * size, SIDE * size, SIDE * size),
        )
        for at in found.tracks[number].moments
    ]


@pytest.mark.parametrize("size", [1, 4])
def test_a_box_is_followed(desk: Desk, size: int) -> None:
    """Kalal et al. (2010): mean IoU above 0.8 on a known way, also where frames are reduced to be looked at."""
    x, y = way(0)
    box = {"x": x * size, "y": y * size, "width": SIDE * size, "height": SIDE * size}
    found: Tracks = desk.call(track_objects, video=desk.blob(film(desk.folder, size=size)), boxes=[box])
    (track,) = found.tracks
    assert (found.width, found.height, found.frames, found.rate) == (320 * size, 240 * size, FRAMES, 20)
    assert (track.lost_at, len(track.moments), found.ended) == (None, FRAMES, True)
    assert np.mean(overlaps(found, size=size)) > 0.8
    assert track.moments[10].seconds == pytest.approx(0.5)


def test_what_moves_is_found(desk: Desk) -> None:
    """Without a box: one thing, mean IoU above 0.8."""
    found: Tracks = desk.call(track_objects, video=desk.blob(film(desk.folder)))
    assert found.method == "background subtraction"
    assert len(found.tracks) == 1
    assert np.mean(overlaps(found)) > 0.8
    length = np.hypot(*np.diff([way(frame) for frame in range(FRAMES)], axis=0).T).sum()
    assert found.tracks[0].path == pytest.approx(length, rel=0.1)


def test_what_is_gone_is_lost(desk: Desk) -> None:
    """It is said in which frame, both ways, and no box is made up after it."""
    video = desk.blob(film(desk.folder, gone_from=25))
    x, y = way(0)
    found: Tracks = desk.call(track_objects, video=video, boxes=[{"x": x, "y": y, "width": SIDE, "height": SIDE}])
    assert found.tracks[0].lost_at == 25
    assert found.tracks[0].moments[-1].frame == 24
    moving: Tracks = desk.call(track_objects, video=video)
    assert moving.tracks[0].lost_at == 25


def test_frames_are_counted_from_where_it_begins(desk: Desk) -> None:
    """`start`, `most_frames` and `every`."""
    video = desk.blob(film(desk.folder))
    x, y = way(10)
    box = {"x": x, "y": y, "width": SIDE, "height": SIDE}
    found: Tracks = desk.call(track_objects, video=video, boxes=[box], start=0.5, most_frames=11, every=5)
    assert [one.frame for one in found.tracks[0].moments] == [0, 5, 10]
    assert [one.seconds for one in found.tracks[0].moments] == [0.5, 0.75, 1.0]
    assert (found.frames, found.ended) == (11, False)
    with pytest.raises(OutOfRange, match="ends at 2"):
        desk.call(track_objects, video=video, boxes=[box], start=60)


def test_a_still_film_has_nothing_that_moves(desk: Desk) -> None:
    """Nothing is made up."""
    found: Tracks = desk.call(track_objects, video=desk.blob(film(desk.folder, gone_from=0)))
    assert found.tracks == []


def test_it_stops_when_it_is_told_to(desk: Desk) -> None:
    """A cancel is heard between two frames, and progress is told."""
    desk.stop_at = 0.05
    with pytest.raises(Cancelled):
        desk.call(track_objects, video=desk.blob(film(desk.folder)))
    assert 0.05 <= desk.told[-1][0] < 0.2


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/film.ts\n#EXT-X-ENDLIST\n"


CONCATENATION = b"ffconcat version 1.0\nfile '/etc/passwd'\n"


@pytest.mark.parametrize("content", [PLAYLIST, CONCATENATION, b"v=0\no=- 0 0 IN IP4 1\n", b""])
def test_a_list_of_addresses_is_no_film(desk: Desk, content: bytes) -> None:
    """What FFmpeg would fetch or open for us is refused before it sees it."""
    with pytest.raises(WrongMedia):
        desk.call(track_objects, video=desk.blob(content))
    with pytest.raises(WrongMedia):
        desk.call(track_objects, video=SHAPES)


def test_a_film_that_is_cut_short_is_told_as_far_as_it_goes_or_refused(desk: Desk) -> None:
    """No traceback, whatever is missing."""
    whole = film(desk.folder)
    half: Tracks = desk.call(track_objects, video=desk.blob(whole[: len(whole) // 2]))
    assert half.frames < FRAMES
    with pytest.raises(InvalidRequest):
        desk.call(track_objects, video=desk.blob(whole[:40]))


def test_the_example_is_followed_as_it_was_drawn(desk: Desk) -> None:
    """The square of the example moves by (8, 2) a frame."""
    found: Tracks = desk.call(track_objects, video=FILM, min_area=60)
    (track,) = found.tracks
    assert [(one.box.x, one.box.y, one.box.width, one.box.height) for one in track.moments] == [
        (4 + 8 * frame, 14 + 2 * frame, 14, 14) for frame in range(6)
    ]


def test_a_box_outside_of_the_frame_is_refused(desk: Desk) -> None:
    """It is named."""
    with pytest.raises(InvalidRequest, match=r"boxes.0 has less than 4"):
        desk.call(track_objects, video=FILM, boxes=[{"x": 90, "y": 0, "width": 10, "height": 10}])


def test_each_box_is_a_track(desk: Desk) -> None:
    """Two boxes are two tracks, numbered as they were given."""
    boxes = [{"x": 4, "y": 14, "width": 14, "height": 14}, {"x": 40, "y": 6, "width": 12, "height": 7}]
    found: Tracks = desk.call(track_objects, video=FILM, boxes=boxes)
    assert [one.number for one in found.tracks] == [1, 2]
    assert found.tracks[1].path < 3

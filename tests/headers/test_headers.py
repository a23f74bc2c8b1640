"""What headers tell of files that Pillow and libsndfile have made, and what broken ones do to who reads them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from PIL import Image

from nis_backend.headers.reading import READERS, facts_of
from nis_backend.headers.span import Broken, Facts
from nis_backend.media import media_type_of

MOST = 20
NOISE = np.random.default_rng(0).integers(0, 255, (123, 321, 3), dtype=np.uint8)


def picture(kind: str, frames: int = 1, **how: Any) -> bytes:  # Any: what a format's writer takes
    """A picture of noise, 321 × 123, as a file."""
    noise = NOISE[..., 0] if kind == "GIF" else NOISE  # a palette of colours takes long to choose
    shown = [Image.fromarray(np.roll(noise, shift, 1)) for shift in range(frames)]
    more = {"save_all": True, "append_images": shown[1:]} if frames > 1 else {}
    file = io.BytesIO()
    shown[0].save(file, kind, **more, **how)
    return file.getvalue()


def sound(kind: str, form: str | None = None, rate: int = 44_100) -> bytes:
    """Two seconds of noise on two channels."""
    file = io.BytesIO()
    soundfile.write(  # pyright: ignore[reportUnknownMemberType] - its arrays are untyped
        file, np.random.default_rng(0).normal(0, 0.1, (2 * rate, 2)), rate, format=kind, subtype=form
    )
    return file.getvalue()


PICTURES: list[tuple[str, Callable[[], bytes], str, int]] = [
    ("png", lambda: picture("PNG"), "image/png", 1),
    ("png, animated", lambda: picture("PNG", 2), "image/png", 2),
    ("jpeg", lambda: picture("JPEG"), "image/jpeg", 1),
    ("jpeg, progressive", lambda: picture("JPEG", progressive=True), "image/jpeg", 1),
    ("gif", lambda: picture("GIF"), "image/gif", 1),
    ("gif, animated", lambda: picture("GIF", 3), "image/gif", 3),
    ("gif, of more than are counted", lambda: picture("GIF", MOST + 9), "image/gif", MOST + 1),
    ("webp", lambda: picture("WEBP"), "image/webp", 1),
    ("webp, without loss", lambda: picture("WEBP", lossless=True), "image/webp", 1),
    ("webp, animated", lambda: picture("WEBP", 2), "image/webp", 2),
    ("tiff", lambda: picture("TIFF"), "image/tiff", 1),
    ("tiff, of two pages", lambda: picture("TIFF", 2), "image/tiff", 2),
    ("bmp", lambda: picture("BMP"), "image/bmp", 1),
    ("avif", lambda: picture("AVIF"), "image/avif", 1),
    ("avif, animated", lambda: picture("AVIF", 2), "image/avif", 2),
]


@pytest.mark.parametrize(("name", "made", "kind", "frames"), PICTURES, ids=[name for name, *_ in PICTURES])
def test_a_pictures_header_tells_its_sides_and_frames(
    name: str, made: Callable[[], bytes], kind: str, frames: int
) -> None:
    """As Pillow has written them."""
    data = made()
    assert media_type_of(data[:4096]) == kind
    assert facts_of(io.BytesIO(data), kind, MOST) == Facts(width=321, height=123, frames=frames)


@pytest.mark.parametrize(
    ("kind", "form", "media_type"),
    [
        ("WAV", None, "audio/wav"),
        ("WAV", "ULAW", "audio/wav"),
        ("WAV", "FLOAT", "audio/wav"),
        ("FLAC", None, "audio/flac"),
        ("OGG", "VORBIS", "audio/ogg"),
        ("AIFF", None, "audio/aiff"),
        ("MP3", None, "audio/mpeg"),
    ],
)
def test_a_sounds_header_tells_how_long_it_plays(kind: str, form: str | None, media_type: str) -> None:
    """Two seconds, as libsndfile has written them; MP3 counts whole frames."""
    data = sound(kind, form)
    assert media_type_of(data[:4096]) == media_type
    seconds = facts_of(io.BytesIO(data), media_type, MOST).seconds
    assert seconds == pytest.approx(2.0, abs=0.1 if kind == "MP3" else 1e-9)


def test_opus_counts_at_48_khz_without_what_is_skipped() -> None:
    """RFC 7845: the sample rate of the input is not that of the pages, and pre-skip is no sound."""
    data = sound("OGG", "OPUS", rate=16_000)
    assert facts_of(io.BytesIO(data), "audio/ogg", MOST).seconds == pytest.approx(2.0, abs=0.2)


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of ISO 14496-12."""
    whole = b"".join(content)
    return struct.pack(">I4s", 8 + len(whole), kind) + whole


def film() -> bytes:
    """The header of a film of 90 pictures, 640 × 480, three seconds."""
    tkhd = box(b"tkhd", bytes(76), struct.pack(">II", 640 << 16, 480 << 16))
    stsz = box(b"stsz", bytes(8), struct.pack(">I", 90))
    trak = box(b"trak", tkhd, box(b"mdia", box(b"minf", box(b"stbl", stsz))))
    mvhd = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 3000), bytes(80))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", mvhd, trak)


def element(kind: bytes, *content: bytes) -> bytes:
    """An element of RFC 8794."""
    whole = b"".join(content)
    return kind + struct.pack(">Q", len(whole) | 1 << 56) + whole


def matroska() -> bytes:
    """The header of a film of three seconds, 640 × 480."""
    video = element(b"\xe0", element(b"\xb0", b"\x02\x80"), element(b"\xba", b"\x01\xe0"))
    info = element(b"\x15\x49\xa9\x66", element(b"\x44\x89", struct.pack(">d", 3000.0)))
    tracks = element(b"\x16\x54\xae\x6b", element(b"\xae", video))
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
    return head + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + info + tracks


def avi() -> bytes:
    """The header of a film of 75 pictures, 640 × 480, three seconds."""
    avih = struct.pack("<10I", 40_000, 0, 0, 0, 75, 0, 1, 0, 640, 480) + bytes(16)
    lists = b"hdrl" + b"avih" + struct.pack("<I", len(avih)) + avih
    return b"RIFF\0\0\0\0AVI LIST" + struct.pack("<I", len(lists)) + lists


@pytest.mark.parametrize(
    ("made", "kind", "frames"), [(film, "video/mp4", 90), (matroska, "video/webm", None), (avi, "video/x-msvideo", 75)]
)
def test_a_films_header_tells_its_length_and_sides(made: Callable[[], bytes], kind: str, frames: int | None) -> None:
    """By ISO 14496-12, RFC 9559 and RIFF AVI."""
    data = made()
    assert media_type_of(data[:4096]) == kind
    assert facts_of(io.BytesIO(data), kind, MOST) == Facts(width=640, height=480, frames=frames, seconds=3.0)


def test_pages_that_lead_in_a_circle_are_broken() -> None:
    """A TIFF whose directory names itself as the next page."""
    data = struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 256, 3, 1, 9, 8)
    with pytest.raises(Broken):
        facts_of(io.BytesIO(data), "image/tiff", MOST)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 300_000),
        ("image/jpeg", b"\xff\xd8" + b"\xff\xe0\0\2" * 300_000),
        ("audio/wav", b"RIFF\0\0\0\0WAVE" + (b"junk" + bytes(4)) * 300_000),
        ("video/mp4", box(b"moov", *[box(b"trak", *[box(b"mdia")] * 1000)] * 300)),
    ],
)
def test_a_header_without_an_end_is_broken_after_so_many_looks(kind: str, data: bytes) -> None:
    """Whatever its pieces are, no more than `MOST_LOOKS` of them are walked."""
    with pytest.raises(Broken):
        facts_of(io.BytesIO(data), kind, MOST)


def test_a_file_is_left_where_it_was() -> None:
    """What is read next is what was to be read: the upload begins there."""
    file = io.BytesIO(b"before" + picture("GIF", 3))
    file.seek(6)
    assert facts_of(file, "image/gif", MOST).frames == 3
    assert file.tell() == 6


SAMPLES = {
    **{kind: made() for _, made, kind, _ in PICTURES},
    "audio/wav": sound("WAV"),
    "audio/aiff": sound("AIFF"),
    "audio/flac": sound("FLAC"),
    "audio/ogg": sound("OGG", "VORBIS"),
    "audio/mpeg": sound("MP3"),
    "video/mp4": film(),
    "video/webm": matroska(),
    "video/x-msvideo": avi(),
}


@hypothesis.settings(max_examples=120)
@hypothesis.given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_spoilt_headers_are_read_or_broken_and_nothing_else(kind: str, data: st.DataObject) -> None:
    """Bytes changed, left out and cut off anywhere in the first kilobyte: no other failure, no endless walk."""
    spoilt = bytearray(SAMPLES[kind])
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, 1023), st.integers(0, 255)), max_size=8)):
        if at < len(spoilt):
            spoilt[at] = byte
    cut = data.draw(st.integers(0, 1024) | st.none())
    try:
        facts = facts_of(io.BytesIO(bytes(spoilt if cut is None else spoilt[:cut])), kind, MOST)
    except Broken:
        return
    assert all(one is None or one >= 0 for one in (facts.width, facts.height, facts.frames)), facts


@pytest.mark.parametrize("kind", sorted(READERS))
def test_a_header_alone_is_broken_or_tells_nothing(kind: str) -> None:
    """Of no bytes, and of zeros."""
    for data in (b"", bytes(64), bytes(100_000)):
        try:
            facts = facts_of(io.BytesIO(data), kind, MOST)
        except Broken:
            continue
        assert not facts.width
        assert not facts.seconds

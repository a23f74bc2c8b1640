"""Sounds: WAV, FLAC, Ogg, MP3 and AIFF. What is told of a length is the header's word, or told by the file's size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.headers.span import STEPS, Broken, Facts

if TYPE_CHECKING:
    from nis_backend.headers.span import Span


def wav(span: Span) -> Facts:
    """RIFF WAVE: bytes of a second from `fmt `, bytes of sound from `data`, of which no more than are there."""
    at, a_second, rate = 12, 0, 0
    for _ in range(STEPS):
        name, size = span.exactly(at, 4), span.number(at + 4, 4, "little")
        if name == b"fmt ":
            rate, a_second = span.number(at + 12, 4, "little"), span.number(at + 16, 4, "little")
        if name == b"data":
            if not a_second:
                raise Broken
            return Facts(seconds=min(size, span.size - at - 8) / a_second, rate=rate)
        at += 8 + size + size % 2
    raise Broken


_FASTEST = 16_383 + 32
"""The exponent of a rate beyond any that there is, 2³²."""


def aiff(span: Span) -> Facts:
    """AIFF and AIFF-C: COMM has the frames, and their rate as a float of 80 bits."""
    at = 12
    for _ in range(STEPS):
        name, size = span.exactly(at, 4), span.number(at + 4, 4)
        if name == b"COMM":
            exponent, mantissa = span.number(at + 16, 2) & 0x7FFF, span.number(at + 18, 8)
            if exponent > _FASTEST:
                raise Broken
            return _played(span.number(at + 10, 4), math.ldexp(mantissa, exponent - 16_383 - 63))
        at += 8 + size + size % 2
    raise Broken


def flac(span: Span) -> Facts:
    """RFC 9639: STREAMINFO comes first; no samples in it are an unknown number."""
    if span.number(4, 1) & 0x7F:
        raise Broken
    bits = span.number(18, 8)
    samples, rate = bits & (1 << 36) - 1, bits >> 44
    return _played(samples, rate) if samples else Facts(rate=rate or None)


def ogg(span: Span) -> Facts:
    """RFC 3533: the rate from the first packet, and where the sound ends from the last page."""
    at = 27 + span.number(26, 1)
    if span.some(at, 7) == b"\x01vorbis":
        rate, skipped = span.number(at + 12, 4, "little"), 0
    elif span.some(at, 8) == b"OpusHead":
        rate, skipped = 48_000, span.number(at + 10, 2, "little")
    elif span.some(at, 5) == b"\x7fFLAC":
        rate, skipped = span.number(at + 27, 8) >> 44, 0
    else:
        return Facts()
    start = max(0, span.size - 65_536)
    tail = span.some(start, 65_536)
    page = tail.rfind(b"OggS")
    place = int.from_bytes(tail[page + 6 : page + 14], "little", signed=True) if page >= 0 else -1
    return _played(place - skipped, rate) if place > 0 else Facts()


_BITRATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def mp3(span: Span) -> Facts:
    """ISO 11172-3, layer III: the frames that Xing or VBRI tells, else bytes over the bit rate of the first frame."""
    at = _after_id3(span)
    head = span.some(at, 65_536)
    for place in range(len(head) - 4):
        if head[place] == 0xFF and head[place + 1] & 0xE6 == 0xE2 and (found := _frame(head[place : place + 4])):
            version, bitrate, rate = found
            samples = 1152 if version == 3 else 576
            frames = _told(head[place : place + 200])
            seconds = (span.size - at) * 8 / (1000 * bitrate)
            return _played(frames * samples, rate) if frames else Facts(seconds=seconds, rate=rate)
    raise Broken


def _after_id3(span: Span) -> int:
    if span.some(0, 3) != b"ID3":
        return 0
    size = 0
    for byte in span.exactly(6, 4):
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame(head: bytes) -> tuple[int, int, int] | None:
    """Version, thousands of bits a second, samples a second; None where it is no frame."""
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return None
    return version, _BITRATES[3 if version == 3 else 2][bitrate], _RATES[version][rate]


def _told(frame: bytes) -> int:
    for name in (b"Xing", b"Info"):
        at = frame.find(name)
        if at > 0 and frame[at + 7 : at + 8] and frame[at + 7] & 1:
            return int.from_bytes(frame[at + 8 : at + 12], "big")
    at = frame.find(b"VBRI")
    return int.from_bytes(frame[at + 14 : at + 18], "big") if at > 0 else 0


def _played(samples: int, rate: float) -> Facts:
    if rate <= 0:
        raise Broken
    return Facts(seconds=samples / rate, rate=round(rate))

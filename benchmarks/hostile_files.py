"""Pictures and sounds that somebody has made to do harm, and good ones with what spoils them."""

from __future__ import annotations

import io
import random
import struct
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import soundfile  # pyright: ignore[reportMissingTypeStubs] - it has none
from PIL import Image

Kind = Literal["image", "audio", "film"]
SIDE = 30_000
FRAMES = 10_000
TEN_HOURS = 36_000
RATE = 8000


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """One file: what it is given as, and the statuses that may answer it; `told`: its header alone tells."""

    name: str
    made: Callable[[], bytes]
    statuses: tuple[int, ...]
    kind: Kind = "image"
    told: bool = True
    named: str = "image/png"
    """The media type that its sender says."""


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *middle: bytes, rows: bytes | None = None, depth: int = 1) -> bytes:
    """A grey PNG with these chunks before its rows, which are compressed zeros unless they are given."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    zeros = zlib.compress(bytes((1 + (width * depth + 7) // 8) * height), 9) if rows is None else rows
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(middle) + chunk(b"IDAT", zeros) + chunk(b"IEND", b"")


@cache
def squeezed() -> bytes:
    """A quarter of a gigabyte of zeros, a thousandth as large."""
    packer = zlib.compressobj(9)
    piece = bytes(2**20)
    return b"".join([*(packer.compress(piece) for _ in range(256)), packer.flush()])


def photograph(kind: str = "JPEG", **how: Any) -> bytes:  # Any: what a format's writer takes
    """Noise over a gradient, 96 × 64: it compresses as badly as a photograph."""
    rows, columns = np.mgrid[0:64, 0:96]
    noise = np.random.default_rng(4).integers(0, 60, (64, 96, 3))
    picture = (np.stack([rows * 2, columns, rows + columns], axis=2) + noise).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **how)
    return file.getvalue()


def sound(kind: str, form: str | None = None, seconds: float = 0.5) -> bytes:
    """A tone in some noise."""
    time = np.arange(round(RATE * seconds)) / RATE
    wave = 0.3 * np.sin(2 * np.pi * 440 * time) + np.random.default_rng(4).normal(0, 0.01, time.size)
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format=kind, subtype=form)  # pyright: ignore[reportUnknownMemberType]
    return file.getvalue()


def gif(frames: int, screen: bytes = b"\1\0\1\0") -> bytes:
    """A GIF of one pixel."""
    one = b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    return b"GIF89a" + screen + b"\x80\0\0\0\0\0\xff\xff\xff" + one * frames + b";"


def webp(frames: int) -> bytes:
    """An animation's chunks, without pictures in them."""
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02" + bytes(9) + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    body += (b"ANMF" + struct.pack("<I", 16) + bytes(16)) * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """A TIFF's first directory: tag, type, count, value."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + body + struct.pack("<I", following) + bytes(64)


SIDES = ((256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1))


def bmp(width: int, height: int) -> bytes:
    """A bitmap's header."""
    return b"BM" + bytes(8) + struct.pack("<IIiiHHIIiiII", 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def jpeg(width: int, height: int) -> bytes:
    """A photograph whose frame header says other sides."""
    data = bytearray(photograph())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def scans(times: int) -> bytes:
    """A progressive JPEG whose last scan is sent over and over: each takes as long as all of the picture."""
    file = io.BytesIO()
    Image.new("L", (3000, 3000), 128).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * times + data[-2:]


def avif(width: int, height: int) -> bytes:
    """An AVIF whose parts say other sides."""
    data = photograph("AVIF")
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def silence(seconds: int, *, known: bool = True) -> bytes:
    """Silence as FLAC, whole; `known`: whether the header says how much of it there is."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", RATE, 1, format="FLAC") as out:
        for _ in range(seconds // 60):
            out.write(np.zeros(60 * RATE, np.int16))  # pyright: ignore[reportUnknownMemberType]
    data = bytearray(file.getvalue())
    if not known:
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    return bytes(data)


def streaminfo(seconds: int) -> bytes:
    """A FLAC's header alone."""
    return b"fLaC\x80\x00\x00\x22" + bytes(10) + struct.pack(">Q", RATE << 44 | seconds * RATE) + bytes(16)


def late(data: bytes, place: int) -> bytes:
    """An Ogg whose last page says that it ends there."""
    at = data.rindex(b"OggS") + 6
    return data[:at] + struct.pack("<q", place) + data[at + 8 :]


def wav(rate: int, channels: int, bits: int, size: int) -> bytes:
    """A WAV of a few zeros whose header says this."""
    a_second = min(2**32 - 1, rate * channels * bits // 8)
    head = struct.pack("<HHIIHH", 1, channels, rate, a_second, channels * bits // 8 % 65_536, bits)
    return (
        b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", size) + bytes(800)
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>'
REFUSED = (413, 415, 422)
READ = (200, *REFUSED)

FILES = (
    Hostile(name="PNG of 30,000 × 30,000, whole", made=lambda: png(SIDE, SIDE), statuses=(413,)),
    Hostile(name="GIF with a screen of 65,535²", made=lambda: gif(1, b"\xff" * 4), statuses=(413,)),
    Hostile(name="JPEG that says 65,500²", made=lambda: jpeg(65_500, 65_500), statuses=(413,)),
    Hostile(
        name="TIFF that says 100,000²",
        made=lambda: tiff(*SIDES[2:], (256, 4, 1, 10**5), (257, 4, 1, 10**5)),
        statuses=(413,),
    ),
    Hostile(name="BMP that says 2³¹ − 1 a side", made=lambda: bmp(2**31 - 1, -(2**31) + 1), statuses=(413,)),
    Hostile(name="AVIF that says 40,000²", made=lambda: avif(40_000, 40_000), statuses=(413,)),
    Hostile(name="GIF of 10,000 frames", made=lambda: gif(FRAMES), statuses=(413,)),
    Hostile(name="WebP of 10,000 frames", made=lambda: webp(FRAMES), statuses=(413,)),
    Hostile(
        name="APNG of 10,000 frames",
        made=lambda: png(8, 8, chunk(b"acTL", struct.pack(">II", FRAMES, 0))),
        statuses=(413,),
    ),
    Hostile(name="TIFF whose pages lead in a circle", made=lambda: tiff(*SIDES, following=8), statuses=(422,)),
    Hostile(name="no bytes", made=bytes, statuses=(422,)),
    Hostile(name="PNG without a header", made=lambda: b"\x89PNG\r\n\x1a\n", statuses=(422,)),
    Hostile(name="SVG with a script", made=lambda: SVG, statuses=(415,), named="image/svg+xml"),
    Hostile(name="page called a picture", made=lambda: b"<html><script>alert(1)</script></html>", statuses=(415,)),
    Hostile(name="archive before a picture", made=lambda: b"PK\x03\x04" + png(8, 8), statuses=(415,)),
    Hostile(name="PostScript called a picture", made=lambda: b"%!PS-Adobe-3.0\n(x) run", statuses=(415,)),
    Hostile(name="sound called a picture", made=lambda: sound("MP3"), statuses=(415,)),
    Hostile(name="GIF that is a script", made=lambda: b"GIF89a/*" + bytes(2) + b"*/=1;alert(1)//", statuses=(413, 422)),
    Hostile(name="JPEG called a PNG", made=photograph, statuses=(200,), told=False),
    Hostile(
        name="PNG with an archive behind it", made=lambda: png(160, 120) + b"PK\x03\x04x", statuses=(200,), told=False
    ),
    Hostile(name="JPEG, half of it", made=lambda: photograph()[:900], statuses=(422,), told=False),
    Hostile(name="PNG whose rows go on for 256 MB", made=lambda: png(8, 8, rows=squeezed()), statuses=READ, told=False),
    Hostile(
        name="PNG with a profile of 256 MB",
        made=lambda: png(8, 8, chunk(b"iCCP", b"a\0\0" + squeezed())),
        statuses=READ,
        told=False,
    ),
    Hostile(
        name="PNG with a text of 256 MB",
        made=lambda: png(8, 8, chunk(b"zTXt", b"a\0\0" + squeezed())),
        statuses=READ,
        told=False,
    ),
    Hostile(
        name="TIFF of tiles of 100,000²",
        made=lambda: tiff(*SIDES, (322, 4, 1, 10**5), (323, 4, 1, 10**5), (324, 4, 1, 8), (325, 4, 1, 8)),
        statuses=REFUSED,
        told=False,
    ),
    Hostile(
        name="TIFF with two thousand million values",
        made=lambda: tiff(*SIDES, (273, 4, 2**31 - 1, 8), (279, 4, 2**31 - 1, 8)),
        statuses=REFUSED,
        told=False,
    ),
    Hostile(
        name="GIF with a frame beyond its screen",
        made=lambda: gif(1)[:28] + b"\xff" * 4 + gif(1)[32:],
        statuses=REFUSED,
        told=False,
    ),
    Hostile(name="AVIF that says less than it holds", made=lambda: avif(8, 8), statuses=READ, told=False),
    Hostile(name="JPEG of a thousand scans", made=lambda: scans(1000), statuses=(413,), told=False),
    Hostile(name="FLAC that says ten hours", made=lambda: streaminfo(TEN_HOURS), statuses=(413,), kind="audio"),
    Hostile(
        name="ten minutes of silence, the header not saying so",
        made=lambda: silence(600, known=False),
        statuses=REFUSED,
        kind="audio",
        told=False,
    ),
    Hostile(
        name="Ogg that ends after 300,000 years",
        made=lambda: late(sound("OGG", "VORBIS"), 2**56),
        statuses=(413,),
        kind="audio",
    ),
    Hostile(name="picture called a sound", made=photograph, statuses=(415,), kind="audio", named="audio/wav"),
    Hostile(
        name="WAV of 65,535 channels",
        made=lambda: wav(2**31, 65_535, 32, 2**32 - 1),
        statuses=REFUSED,
        kind="audio",
        told=False,
    ),
    Hostile(name="WAV of no channels", made=lambda: wav(RATE, 0, 16, 800), statuses=REFUSED, kind="audio", told=False),
    Hostile(name="MP3 whose tag has no end", made=lambda: b"ID3\4\0\0\x7f\x7f\x7f\x7f", statuses=(422,), kind="audio"),
    Hostile(name="FLAC, half of it", made=lambda: sound("FLAC")[:2000], statuses=READ, kind="audio", told=False),
    Hostile(
        name="Ogg of pages without an end",
        made=lambda: sound("OGG", "OPUS") * 50,
        statuses=READ,
        kind="audio",
        told=False,
    ),
)


@cache
def good() -> dict[Kind, list[bytes]]:
    """Whole files in every format, to be spoilt."""
    pictures = [
        *(photograph(kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")),
        photograph("JPEG", progressive=True),
        photograph("WEBP", lossless=True),
        photograph("TIFF", compression="tiff_lzw"),
        photograph("TIFF", compression="jpeg"),
    ]
    forms = (
        ("WAV", None),
        ("WAV", "ULAW"),
        ("FLAC", None),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", None),
        ("AIFF", None),
    )
    films = [film("mp4v", ".mp4"), film("MJPG", ".avi"), film("mp4v", ".mkv"), film("mp4v", ".mov")]
    return {"image": pictures, "audio": [sound(*form) for form in forms], "film": films}


def film(codec: str, suffix: str) -> bytes:
    """Twelve pictures, 64 × 48, of a square that moves."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/film{suffix}"
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*codec), 12, (64, 48))
        for number in range(12):
            picture = np.zeros((48, 64, 3), np.uint8)
            picture[10:26, 3 * number : 3 * number + 16] = 255
            writer.write(picture)
        writer.release()
        return Path(path).read_bytes()


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """The file with bytes changed, left out, doubled or cut off; mostly where its structure is, seldom in its mark."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        mark = 0 if chance.random() < 1 / 20 else min(16, len(out))
        at = mark + int((len(out) - mark) * chance.random() ** chance.choice((1, 4)))
        match chance.randrange(6):
            case 0:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                out[at : at + 4] = struct.pack(
                    chance.choice("<>") + "I", chance.choice((0, 1, 2**16, 2**31 - 1, 2**32 - 1))
                )
            case 2:
                del out[at : at + chance.randint(1, 64)]
            case 3:
                out[at:at] = out[max(0, at - chance.randint(1, 256)) : at]
            case 4:
                out[at : at + 8] = chance.randbytes(8)
            case _:
                del out[max(at, len(out) // 4) :]
    return bytes(out)

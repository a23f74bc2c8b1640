"""What bytes are, told by the bytes: a name and a caller's word count only where they do not tell."""

from __future__ import annotations

import re
from functools import cache

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"

# How a file begins; from the file(1) database and the formats' own specifications. The first that fits counts.
MAGIC = (
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF.{4}WEBP", "image/webp"),
    (rb"RIFF.{4}WAVE", "audio/wav"),
    (rb"RIFF.{4}AVI ", "video/x-msvideo"),
    (rb"FORM.{4}AIF[FC]", "audio/aiff"),
    (rb"II\*\x00|MM\x00\*", "image/tiff"),
    (rb"BM.{4}\x00{4}", "image/bmp"),
    (rb"\x00\x00\x01\x00[^\x00]", "image/vnd.microsoft.icon"),
    # Brands, of which a file has a first one and those that it is compatible with.
    (rb".{4}ftyp(avi[fs]|(mif1|msf1).{4}(.{4}){0,8}?avif)", "image/avif"),
    (rb".{4}ftyp(he[iv][cxms]|mif1|msf1)", "image/heic"),
    (rb".{4}ftypM4[AB] ", "audio/mp4"),
    (rb".{4}ftypqt  ", "video/quicktime"),
    (rb".{4}ftyp", "video/mp4"),
    (rb"\x1aE\xdf\xa3.{0,60}?matroska", "video/x-matroska"),
    (rb"\x1aE\xdf\xa3", "video/webm"),
    (rb"ID3", "audio/mpeg"),
    (rb"fLaC", "audio/flac"),
    (rb"OggS", "audio/ogg"),
    # A frame of MPEG audio: layer III, with a bit rate that there is; and of AAC in ADTS.
    (rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]", "audio/mpeg"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),
    (rb"%PDF-", "application/pdf"),
    (rb"PK\x03\x04", "application/zip"),
    (rb"\x1f\x8b", "application/gzip"),
    (rb"\x7fELF", "application/x-elf"),
    (rb"\x00asm", "application/wasm"),
)


_FAMILY = {
    "audio/ogg": re.compile(r"(audio|video|application)/ogg"),
    "video/mp4": re.compile(r"(audio|video)/mp4"),
    "video/webm": re.compile(r"(audio|video)/webm"),
    "video/x-matroska": re.compile(r"(audio|video)/x-matroska"),
    "application/zip": re.compile(r"application/(vnd\.[a-z0-9.+-]+|epub\+zip|java-archive)"),
}
"""What a container's bytes leave open, and a caller may say."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_MARKUP = re.compile(
    # Atomic: what a comment has taken is not tried anew, or a file of comments alone would never be read to its end.
    rb"\s*+(?:<\?xml[^>]*>\s*+)?(?:(?><!--.*?-->)\s*+)*+<(!doctype\s+)?(html|svg|head|body|script|iframe)",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@cache
def _magic() -> tuple[tuple[re.Pattern[bytes], str], ...]:
    # With the first bytes that are looked at: a start looks at none.
    return tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in MAGIC)


def media_type_of(head: bytes, declared: str = "") -> str:
    """The media type of what begins with `head`; what is `declared` counts where the bytes leave it open."""
    said = declared.partition(";")[0].strip().lower()
    said = said if _TYPE.fullmatch(said) else ""
    for magic, kind in _magic():
        if magic.match(head):
            family = _FAMILY.get(kind)
            return said if family and family.fullmatch(said) else kind
    if not _is_text(head):
        return UNKNOWN if _textual(said) else said or UNKNOWN
    markup = _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf"))
    if markup:
        return "image/svg+xml" if markup[2].lower() == b"svg" else "text/html"
    return said if _textual(said) else TEXT


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters; a character that the end of the head cuts is no fault."""
    if _CONTROL.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _textual(kind: str) -> bool:
    return kind.startswith("text/") or bool(
        re.fullmatch(
            r"application/(json|xml|yaml|toml|sql|javascript|x-ndjson|[a-z0-9.+-]+\+(json|xml))|image/svg\+xml", kind
        )
    )

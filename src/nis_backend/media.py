"""What bytes are, told by the bytes: a name and a caller's word count only where they do not tell."""

from __future__ import annotations

import re

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"

# The beginning of a file, and where it stands; from the file(1) database and the formats' own specifications.
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\x00asm", "application/wasm"),
)
_FAMILY = {
    "audio/ogg": re.compile(r"(audio|video|application)/ogg"),
    "video/mp4": re.compile(r"(audio|video)/mp4"),
    "video/webm": re.compile(r"(audio|video)/(webm|x-matroska)"),
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


def media_type_of(head: bytes, declared: str = "") -> str:
    """The media type of what begins with `head`; what is `declared` counts where the bytes leave it open."""
    said = declared.partition(";")[0].strip().lower()
    said = said if _TYPE.fullmatch(said) else ""
    for place, magic, kind in MAGIC:
        if head[place : place + len(magic)] == magic:
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

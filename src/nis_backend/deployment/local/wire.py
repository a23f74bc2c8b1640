"""HTTP/1.1 as far as a proxy must understand it: where a head ends, and where a body does."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

HEAD_BYTES = 65_536
"""First line and headers together; the server behind takes no more either."""
PIECE = 65_536

Length = int | Literal["chunked", "to the end"]

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LONGEST_NUMBER = 15
_TARGET = re.compile(rb"[!-~\x80-\xff]+")
"""No control character: a bare line feed in a target is the end of a line to some readers."""
_VALUE = re.compile(rb"[\t -~\x80-\xff]*")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[\t ]*(?:;[\t -~\x80-\xff]*)?\r\n")
_CONTINUE, _OK = 100, 200
_BODILESS = {204, 304}


class Broken(Exception):
    """The other side sends what is no HTTP/1.1, or ended within a message."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first line, and headers as they came, names in lower case beside them."""

    first: bytes
    fields: tuple[tuple[bytes, bytes, bytes], ...]
    """Name in lower case, name as it came, value."""

    def all(self, name: bytes) -> list[bytes]:
        """Each value of a header."""
        return [value for lower, _, value in self.fields if lower == name]

    def has(self, name: bytes, token: bytes) -> bool:
        """Whether a header that is a list has this token."""
        return any(token == one.strip().lower() for value in self.all(name) for one in value.split(b","))

    def written(self, without: Iterable[bytes], more: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The head anew: these headers left out, those put behind."""
        out = frozenset(without)
        lines = [self.first]
        lines += [name + b": " + value for lower, name, value in self.fields if lower not in out]
        lines += [name + b": " + value for name, value in more]
        return b"\r\n".join([*lines, b"", b""])

    @property
    def method(self) -> bytes:
        """A request's method."""
        return self.first.split(b" ", 1)[0]

    @property
    def status(self) -> int:
        """A response's status."""
        return int(self.first[9:12])


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head; None where the other side has closed instead.

    Raises:
        Broken: it is none, or too long.
    """
    try:
        text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise Broken("it ended within a head") from None
        return None
    except asyncio.LimitOverrunError:
        raise Broken("its head is too long") from None
    # Some clients end a body with a line of its own.
    first, *lines = text[:-4].lstrip(b"\r\n").split(b"\r\n")
    fields: list[tuple[bytes, bytes, bytes]] = []
    for line in lines:
        name, value = _field(line)
        fields.append((name.lower(), name, value))
    if not _VALUE.fullmatch(first):
        raise Broken("its first line is none")
    return Head(first=first, fields=tuple(fields))


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise Broken("a header is none")
    return name, value.strip(b" \t")


def check_request(head: Head) -> None:
    """Refuse what two readers could read in two ways.

    Raises:
        Broken: it is no request of HTTP/1.0 or 1.1.
    """
    parts = head.first.split(b" ")
    if (
        len(parts) != len(("GET", "/", "HTTP/1.1"))
        or parts[2] not in {b"HTTP/1.1", b"HTTP/1.0"}
        or not _TOKEN.fullmatch(parts[0])
        or not _TARGET.fullmatch(parts[1])
    ):
        raise Broken("its first line is no request of HTTP/1.1")
    if len(head.all(b"host")) > 1 or (parts[2] == b"HTTP/1.1" and not head.all(b"host")):
        raise Broken("it has no Host, or several")
    if parts[2] == b"HTTP/1.0" and head.all(b"transfer-encoding"):
        raise Broken("HTTP/1.0 has no chunks")


def request_length(head: Head) -> Length:
    """How long a request's body is.

    Raises:
        Broken: it says two things (RFC 9112, 6.3).
    """
    return _said(head, 0)


def response_length(head: Head, method: bytes) -> Length:
    """How long a response's body is.

    Raises:
        Broken: as of a request.
    """
    if method == b"HEAD" or head.status in _BODILESS or _CONTINUE <= head.status < _OK:
        return 0
    return _said(head, "to the end")


def _said(head: Head, otherwise: Length) -> Length:
    codings, lengths = head.all(b"transfer-encoding"), set(head.all(b"content-length"))
    if codings:
        if lengths or len(codings) > 1 or codings[0].lower() != b"chunked":
            raise Broken("it says in two ways how long it is")
        return "chunked"
    if not lengths:
        return otherwise
    length = lengths.pop()
    if lengths or not length.isdigit() or len(length) > _LONGEST_NUMBER:
        raise Broken("its length is no number")
    return int(length)


async def pieces(reader: asyncio.StreamReader, length: Length, *, bare: bool = False) -> AsyncIterator[bytes]:
    """The body, piece by piece as it comes, framed as it came; `bare`: without the frame of chunks.

    Raises:
        Broken: it ended early, or a chunk is none.
    """
    if length == "to the end":
        while piece := await reader.read(PIECE):
            yield piece
    elif length == "chunked":
        async for piece in _chunks(reader, bare=bare):
            yield piece
    else:
        async for piece in _exactly(reader, length):
            yield piece


async def _exactly(reader: asyncio.StreamReader, left: int) -> AsyncIterator[bytes]:
    while left:
        piece = await reader.read(min(left, PIECE))
        if not piece:
            raise Broken("it ended within a body")
        left -= len(piece)
        yield piece


async def _chunks(reader: asyncio.StreamReader, *, bare: bool) -> AsyncIterator[bytes]:
    while size := _size(line := await _line(reader)):
        if size <= PIECE:
            # One write for what came as one.
            data = await _data(reader, size)
            yield data if bare else line + data + b"\r\n"
            continue
        if not bare:
            yield line
        async for piece in _exactly(reader, size - 1):
            yield piece
        last = await _data(reader, 1)
        yield last if bare else last + b"\r\n"
    trailers, length = [line], 0
    while (one := await _line(reader)) != b"\r\n":
        _field(one[:-2])
        trailers.append(one)
        length += len(one)
        if length > HEAD_BYTES:
            raise Broken("its trailers are too long")
    if not bare:
        yield b"".join([*trailers, b"\r\n"])


def _size(line: bytes) -> int:
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Broken("a chunk has no length")
    return int(found[1], 16)


async def _data(reader: asyncio.StreamReader, size: int) -> bytes:
    """The last bytes of a chunk, without the end of the line that must follow them."""
    try:
        data = await reader.readexactly(size + 2)
    except asyncio.IncompleteReadError:
        raise Broken("it ended within a chunk") from None
    if not data.endswith(b"\r\n"):
        raise Broken("a chunk is longer than it says")
    return data[:-2]


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Broken("it ended within a body") from None

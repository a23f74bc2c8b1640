"""The wire between the server and a worker process: a JSON header with a length before it, then raw buffers.

Never pickle: a worker that has read hostile input is not trusted, so what it sends is bounded, and checked as it is
read.

    server → worker   hello(pool, entry, options, extra, memory)   call(payload)   cancel   taken(size)
    worker → server   ready   progress(fraction, message, values)   item(…)   done   error(problem)

A frame belongs to the call whose id it carries; 0 is the process itself. `taken` is the back-pressure: a worker stops
yielding while a call has sent `WINDOW` bytes that its reader has not taken.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from nis_backend.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.compute.base import Json

MAX_FRAME = 16 * 1024 * 1024
"""Bytes. Both sides hold a frame whole; what is larger goes by a file's path."""

WINDOW = 1024 * 1024
"""Bytes of a call that may be sent before its reader has taken any; the last item may cross it by a frame."""

IDS = "nis.ids"
"""The member of a call's payload that has the ids under which its lines are found; no handler sees it."""

LENGTHS = struct.Struct("!II")

Kind = Literal["hello", "call", "cancel", "taken", "ready", "progress", "item", "done", "error"]
KINDS: frozenset[str] = frozenset(get_args(Kind))


class BadFrame(Exception):
    """The other side broke the wire's rules: nothing after it can be understood."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One message; `size` is its length on the wire without the two lengths before it."""

    kind: Kind
    call: int
    body: Json
    size: int


def pack(kind: Kind, call: int = 0, body: Mapping[str, Any] | None = None, limit: int = MAX_FRAME) -> bytes:
    """A frame as it is sent. Members of `body` that are bytes travel raw.

    Raises:
        TooLarge: it is longer than `limit`.
        TypeError, ValueError: a member is not JSON, or is NaN or infinite.
    """
    plain: dict[str, Any] = {}  # Any: JSON
    buffers: dict[str, bytes] = {}
    for name, value in (body or {}).items():
        if isinstance(value, bytes):
            buffers[name] = value
        else:
            plain[name] = value
    header = json.dumps(
        {"kind": kind, "call": call, "body": plain, "buffers": [[name, len(raw)] for name, raw in buffers.items()]},
        separators=(",", ":"),
        allow_nan=False,
    ).encode()
    raw_size = sum(map(len, buffers.values()))
    if len(header) + raw_size > limit:
        raise TooLarge(
            f"{len(header) + raw_size} bytes are more than the {limit} that pass to or from a worker process at once.",
            remedy="Ask for less at once.",
        )
    return b"".join((LENGTHS.pack(len(header), raw_size), header, *buffers.values()))


async def read(reader: asyncio.StreamReader, limit: int = MAX_FRAME) -> Frame | None:
    """The next frame, or None when the other side is gone.

    Raises:
        BadFrame: it is longer than `limit`, which is known before any of it is read, or not as above.
    """
    try:
        header_size, raw_size = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
        if header_size + raw_size > limit:
            raise BadFrame(f"a frame of {header_size + raw_size} bytes, more than {limit}")
        header = await reader.readexactly(header_size)
        raw = await reader.readexactly(raw_size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return unpack(header, raw)


def unpack(header: bytes, raw: bytes) -> Frame:
    """The frame that these bytes are.

    Raises:
        BadFrame: they are none.
    """
    try:
        # RecursionError: brackets nested thousands deep.
        read: Any = json.loads(header)  # Any: JSON
    except (ValueError, RecursionError):
        raise BadFrame("a header that is not JSON") from None
    match read:
        case {"kind": str(kind), "call": int(call), "body": {**members}, "buffers": [*listed]} if kind in KINDS:
            body = members | _buffers(listed, raw)
            return Frame(kind=cast("Kind", kind), call=call, body=body, size=len(header) + len(raw))
        case _:
            raise BadFrame("a header without kind, call, body or buffers")


def _buffers(listed: list[object], raw: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    at = 0
    for one in listed:
        match one:
            case [str(name), int(size)] if 0 <= size <= len(raw) - at:
                found[name] = raw[at : at + size]
                at += size
            case _:
                raise BadFrame("buffers that do not fit their frame")
    if at != len(raw):
        raise BadFrame("buffers that do not fit their frame")
    return found

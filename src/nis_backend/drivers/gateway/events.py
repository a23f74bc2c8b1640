"""Server-sent events as they pass: whole ones only, so that what has to be said itself never stands within another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.drivers.llm.base import Json

_END = re.compile(rb"\r?\n\r?\n")
ENDS = (b"\n\n", b"\n\r\n")
"""How events end, as far as it tells."""
_COUNTS = re.compile(rb'"usage"\s*:\s*\{')
_EMPTY = re.compile(rb'"choices"\s*:\s*\[\s*\]')
_BROKEN = re.compile(rb'"error"\s*:\s*[{"]')
_LAST = re.compile(rb'^data: ?\[DONE\]|"finish_reason"\s*:\s*"|"message_stop"', re.MULTILINE)
"""What only the end of an answer has."""


class Events:
    """One stream, piece by piece."""

    def __init__(self, *, drops_counts: bool) -> None:
        self._drops = drops_counts
        self._held: list[bytes] = []
        """The event that is not whole, as it came: joined once, however small the pieces are."""
        self._seam = b""
        """Its last bytes, of which an end may be the rest."""
        self.held = 0
        """Its size."""
        self._shortest = 0
        self.ended = False
        """Whether the answer has an end."""
        self.number = 0
        self.size = 0
        self.counted: list[bytes] = []
        """The events that state tokens."""
        self.broken: Json | None = None
        """What the server says of its failure; nothing that follows it passes."""

    def feed(self, piece: bytes) -> bytes:
        """The events that are whole by now and are to be passed."""
        if not self._held and piece.endswith(b"\n\n"):
            return self._pass(piece)
        edge = self._seam + piece
        self._hold(piece)
        if _END.search(edge) is None:
            return b""
        piece = self._take()
        cut, _ = _around(piece, len(piece))
        if cut < len(piece):
            self._hold(piece[cut:])
        return self._pass(piece[:cut]) if cut else b""

    def rest(self) -> bytes:
        """What came last without an end."""
        piece = self._take()
        return self._pass(piece) if piece else b""

    def _hold(self, piece: bytes) -> None:
        self._held.append(piece)
        self._seam = (self._seam + piece[-2:])[-2:]
        self.held += len(piece)

    def _take(self) -> bytes:
        piece = b"".join(self._held)
        self._held, self._seam, self.held = [], b"", 0
        return piece

    @property
    def said(self) -> int:
        """Bytes of the answer's words, about: those of all events beyond what each of them has around its words."""
        return max(self.number, self.size - self.number * self._shortest)

    def _pass(self, piece: bytes) -> bytes:
        number = piece.count(b"\n\n") or 1
        self.number += number
        self.size += len(piece)
        usual = len(piece) // number
        self._shortest = min(self._shortest or usual, usual)
        if b'"error"' in piece and _BROKEN.search(piece):
            piece = self._until_broken(piece)
        self.ended = self.ended or _LAST.search(piece) is not None
        if b'"usage"' in piece and _COUNTS.search(piece):
            piece = self._count(piece)
        return piece

    def _count(self, piece: bytes) -> bytes:
        """Keep the events that state tokens, and pass the others on, or all of them."""
        passed: list[bytes] = []
        start = 0
        for found in _COUNTS.finditer(piece):
            if found.start() < start:
                continue
            begun, ended = _around(piece, found.start())
            event = piece[begun:ended]
            self.counted.append(event)
            passed.append(piece[start : begun if self._drops and _EMPTY.search(event) else ended])
            start = ended
        # Some servers state with every event what has come so far.
        del self.counted[1:-1]
        return b"".join([*passed, piece[start:]])

    def _until_broken(self, piece: bytes) -> bytes:
        passed: list[bytes] = []
        for event in events_in(piece):
            said = data_of(event) if _BROKEN.search(event) else None
            if said is not None and said.get("error"):
                self.broken = said
                break
            passed.append(event)
        return b"".join(passed)


def _around(piece: bytes, at: int) -> tuple[int, int]:
    """Where the event begins and ends that holds this place."""
    begun = max((piece.rfind(end, 0, at) + len(end) for end in ENDS if piece.rfind(end, 0, at) >= 0), default=0)
    ended = _END.search(piece, at)
    return begun, len(piece) if ended is None else ended.end()


def events_in(piece: bytes) -> Iterator[bytes]:
    """The events of whole ones, each with the empty line that ends it."""
    start = 0
    for end in _END.finditer(piece):
        yield piece[start : end.end()]
        start = end.end()
    if start < len(piece):
        yield piece[start:]


def data_of(event: bytes) -> Json | None:
    """The JSON object that an event holds; None where it holds none."""
    lines = [line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")]
    return object_of(b"\n".join(lines))


def object_of(data: bytes) -> Json | None:
    """The JSON object that these bytes are; None where they are none."""
    try:
        value: Any = from_json(data)  # Any: JSON
    except ValueError:
        return None
    return cast("Json", value) if isinstance(value, dict) else None

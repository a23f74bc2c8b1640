"""Server-sent events, read from a body as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_EMPTY = frozenset({b"", b"\r"})


class Lines:
    """Server-sent events from bytes cut anywhere: yields the data of each event.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """

    def __init__(self) -> None:
        self.read = 0
        self._line: list[bytes] = []
        """What there is of a line that has not ended, as it came: joined once, however small the pieces are."""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """The events that this piece completes."""
        self.read += len(piece)
        first, *others = piece.split(b"\n")
        self._line.append(first)
        if not others:
            return []
        lines = [b"".join(self._line), *others[:-1]]
        self._line = [others[-1]]
        return self._take(lines)

    def rest(self) -> list[bytes]:
        """The event that the end of the body completes: the specification drops it, servers send it."""
        line, self._line = b"".join(self._line), []
        return self._take([line, b""])

    def _take(self, lines: Iterable[bytes]) -> list[bytes]:
        found: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:])
            elif self._data and line in _EMPTY:
                # What surrounds a line says nothing: each is JSON, or a part of some.
                data = b"\n".join([part.strip() for part in self._data]).strip()
                self._data = []
                if data:
                    found.append(data)
        return found

"""A closed loop of HTTP callers that cost little themselves: prepared bytes out, and of what comes in what is needed.

Each caller keeps one connection and sends its next request when the answer to the last is whole. An answer that is not
200, or does not hold what it must, counts as failed and not as a turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

LIMIT_SECONDS = 60.0
"""What the last answers may take beyond the time of a load."""

END = b"\r\n0\r\n\r\n"
"""The end of a body that comes in chunks."""


@dataclass(kw_only=True)
class Loaded:
    """What came of a load."""

    seconds: float = 0.0
    failed: list[str] = field(default_factory=list[str])
    """How the answers begin that were none."""
    times: list[float] = field(default_factory=list[float])
    """Seconds to each whole answer."""
    firsts: list[float] = field(default_factory=list[float])
    """Seconds to the first byte of its body."""

    @property
    def rate(self) -> float:
        """Whole answers a second."""
        return len(self.times) / self.seconds


def share(values: list[float], part: float) -> float:
    """The value below which this part of the values lies."""
    return sorted(values)[min(int(part * len(values)), len(values) - 1)]


def request_bytes(port: int, path: str, body: bytes, media_type: str, **headers: str) -> bytes:
    """A request as it goes out."""
    named = {"Host": f"127.0.0.1:{port}", "Content-Type": media_type, "Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**named, **headers}.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def json_request(port: int, path: str, body: object, **headers: str) -> bytes:
    """The same with JSON in it."""
    return request_bytes(port, path, json.dumps(body).encode(), "application/json", **headers)


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._given = bytearray()
        self._body = -1
        """Where the body begins; -1 until the head is whole."""
        self._length: int | None = None
        self._sent = self._first = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        # uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever was waiting for an answer has lost it."""
        if self._sent:
            self._load.loaded.failed.append(f"the connection was lost: {exc}")
        self._load.left()

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer."""
        self._given += data
        if self._body < 0:
            end = self._given.find(b"\r\n\r\n")
            if end < 0:
                return
            self._body = end + 4
            _, there, length = bytes(self._given[:end]).lower().partition(b"content-length:")
            self._length = int(length.split(b"\r\n", 1)[0]) if there else None
            self._first = 0.0
        if not self._first and len(self._given) > self._body:
            self._first = time.perf_counter() - self._sent
        if self._given.endswith(END) if self._length is None else len(self._given) >= self._body + self._length:
            self._done()

    def _done(self) -> None:
        took = time.perf_counter() - self._sent
        loaded = self._load.loaded
        if not self._given.startswith(b"HTTP/1.1 200") or self._load.holds not in self._given:
            loaded.failed.append(bytes(self._given[:2000]).decode(errors="replace"))
        else:
            loaded.times.append(took)
            loaded.firsts.append(self._first)
        self._given.clear()
        self._body = -1
        self._sent = 0.0
        self._next()

    def _next(self) -> None:
        request = self._load.request()
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


class Load:
    """Requests for so many seconds, or so many of them; `holds` is what a whole answer has in it."""

    def __init__(self, make: Callable[[int], bytes], holds: str, *, seconds: float, most: int | None = None) -> None:
        self._make = make
        self.holds = holds.encode()
        self._seconds = seconds
        self._most = most
        self._made = self._callers = 0
        self._begun = 0.0
        self._all_left = asyncio.Event()
        self.loaded = Loaded()

    async def run(self, port: int, callers: int) -> Loaded:
        """Have so many callers send them; what is under way at the end is finished, and counts."""
        loop = asyncio.get_running_loop()
        self._callers = callers
        self._begun = time.perf_counter()
        for _ in range(callers):
            await loop.create_connection(lambda: Caller(self), "127.0.0.1", port)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_left.wait(), self._seconds + LIMIT_SECONDS)
        self.loaded.seconds = time.perf_counter() - self._begun
        return self.loaded

    def request(self) -> bytes | None:
        """The next request; None when it is enough."""
        if time.perf_counter() - self._begun >= self._seconds or self._made == self._most:
            return None
        self._made += 1
        return self._make(self._made)

    def left(self) -> None:
        """A caller has ended."""
        self._callers -= 1
        if not self._callers:
            self._all_left.set()

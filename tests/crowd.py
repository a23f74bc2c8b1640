"""Callers who never stop, of three kinds, and who write down what an operator would be called for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

ANNOUNCED = frozenset({1000, 1001, 1012})
"""Codes of a close that says that the server goes."""
PATIENCE = 60.0
WORDS = " ".join(f"word{number}" for number in range(40))
SCRIPT = json.dumps({"replies": [{"text": WORDS, "when": "long", "pause": 0.05}, {"text": "Yes."}]})
"""What the scripted model says: a stream of two seconds to who asks for long, and a word to others."""


@dataclass(kw_only=True)
class Seen:
    """What became of what was asked."""

    answered: Counter[str] = field(default_factory=Counter[str])
    failed: list[str] = field(default_factory=list[str])
    cut: list[str] = field(default_factory=list[str])
    """Streams and sockets that ended, and nobody had said so."""
    announced: Counter[str] = field(default_factory=Counter[str])


class Crowd:
    """So many callers against one address, in a thread of their own, from `with` to its end."""

    def __init__(
        self, address: str, *, callers: int = 4, streams: int = 2, sockets: int = 1, pause: float = 0.05
    ) -> None:
        self._host, _, port = address.removeprefix("http://").partition(":")
        self._port = int(port)
        self._pause = pause
        self._counts = (callers, streams, sockets)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._enough = threading.Event()
        self._all_asked = threading.Event()
        self.seen = Seen()

    def __enter__(self) -> Self:
        """Begin; each kind has been answered once when this returns."""
        self._thread.start()
        assert self._all_asked.wait(PATIENCE), self.seen
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ask no more; what is under way is waited for."""
        self._enough.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def since(self) -> Seen:
        """What was seen until now, at least one answer; from here on it is counted anew."""
        deadline = time.monotonic() + PATIENCE
        while not self.seen.answered["plain"] and time.monotonic() < deadline:
            self._enough.wait(0.01)
        seen, self.seen = self.seen, Seen()
        return seen

    def _run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        callers, streams, sockets = self._counts
        kinds: list[Coroutine[None, None, None]] = [
            *(self._call(number) for number in range(callers)),
            *(self._stream() for _ in range(streams)),
            *(self._talk() for _ in range(sockets)),
        ]
        wanted = {"plain", *(["stream"] if streams else []), *(["socket"] if sockets else [])}
        tasks = [asyncio.create_task(one) for one in kinds]
        while not self._enough.is_set():
            if set(self.seen.answered) >= wanted:
                self._all_asked.set()
            await asyncio.sleep(0.02)
        await asyncio.gather(*tasks)

    async def _call(self, number: int) -> None:
        """Plain requests over one connection, which is opened again where it was closed between two."""
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        count = number
        while not self._enough.is_set():
            count += 1
            chats = count % 5 == 0
            body = json.dumps({"prompt": "Are you there?"}).encode() if chats else b""
            path = b"POST /models/generate-text" if chats else b"GET /health"
            try:
                if connection is None:
                    connection = await asyncio.open_connection(self._host, self._port)
                reader, writer = connection
                head = b"%s HTTP/1.1\r\nHost: %s:%d\r\n" % (path, self._host.encode(), self._port)
                head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                writer.write(head + body)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(one[15:]) for one in answer.lower().split(b"\r\n") if one.startswith(b"content-length:")
                )
                text = await reader.readexactly(length)
                if answer[9:12] == b"200":
                    self.seen.answered["plain"] += 1
                else:
                    self.seen.failed.append(
                        f"{time.time():.2f} {path.decode()}: {answer[9:12].decode()} {text[:200]!r}"
                    )
                if b"connection: close" in answer.lower():
                    writer.close()
                    connection = None
            except (OSError, EOFError, StopIteration) as error:
                self.seen.failed.append(f"{time.time():.2f} {path.decode()}: {error!r}")
                if connection is not None:
                    connection[1].close()
                connection = None
                await asyncio.sleep(0.05)
            if self._pause:
                await asyncio.sleep(self._pause)
        if connection is not None:
            connection[1].close()

    async def _stream(self) -> None:
        """One stream after the other, read to its end."""
        body = json.dumps({"prompt": "something long"}).encode()
        while not self._enough.is_set():
            text = b""
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
                head = b"POST /models/stream-text HTTP/1.1\r\nHost: %s:%d\r\n" % (self._host.encode(), self._port)
                head += b"Accept: text/event-stream\r\nContent-Type: application/json\r\nConnection: close\r\n"
                writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                text = await reader.read(-1)
                writer.close()
            except OSError as error:
                text += repr(error).encode()
            if not text.startswith(b"HTTP/1.1 200"):
                self.seen.failed.append(f"{time.time():.2f} stream: {text[:300]!r}")
                await asyncio.sleep(0.05)
            elif b"event: closing" in text or b"event: error" in text:
                self.seen.announced["stream"] += 1
            elif text.endswith(b"\r\n0\r\n\r\n"):
                self.seen.answered["stream"] += 1
            else:
                self.seen.cut.append(f"{time.time():.2f} stream: {text[-200:]!r}")

    async def _talk(self) -> None:
        """A socket that is kept, and spoken over now and then."""
        request = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {"pageSize": 1}}
        while not self._enough.is_set():
            try:
                where = f"ws://{self._host}:{self._port}/a2a"
                async with connect(where, additional_headers={"A2A-Version": "1.0"}, proxy=None) as socket:
                    while not self._enough.is_set():
                        await socket.send(json.dumps(request))
                        assert "result" in json.loads(await socket.recv())
                        self.seen.answered["socket"] += 1
                        with contextlib.suppress(TimeoutError):
                            # Who is told to go hears of it at once.
                            async with asyncio.timeout(0.1):
                                await socket.wait_closed()
            except ConnectionClosed as error:
                if error.rcvd is not None and error.rcvd.code in ANNOUNCED:
                    self.seen.announced["socket"] += 1
                else:
                    self.seen.cut.append(f"{time.time():.2f} socket: {error!r}")
            except (OSError, InvalidHandshake) as error:
                self.seen.failed.append(f"{time.time():.2f} socket: {error!r}")
                await asyncio.sleep(0.05)

"""A WebSocket of a protocol's own: who may open it, a bounded queue to its reader, and an end whose code says why.

It closes with 4401 without a key, and once the key counts no more; with 1001 when the server stops, 1003 after a frame
of bytes where a protocol has none, 1009 after one beyond the limit, 1011 at a fault of ours, 1013 when nobody reads
what is sent or the database is away. A foreign page is refused with 403.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.websockets import WebSocketDisconnect

from nis_backend.errors import Forbidden, Unauthenticated, Unavailable
from nis_backend.surfaces.guard import UNAUTHORIZED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.websockets import WebSocket

    from nis_backend.caller import Caller
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

GOING_AWAY, UNSUPPORTED, TOO_BIG, FAULT, TRY_LATER = 1001, 1003, 1009, 1011, 1013

WAITING = 64
"""Frames that may wait for a reader; streams pause then, which costs nothing, because the log keeps what follows."""
PATIENCE = 20.0
"""Seconds a stream may be paused before its reader counts as gone; the keep-alive ping waits as long."""
CLOSE_SECONDS = 2.0
"""Seconds in which what waits and the close frame must be gone."""


async def admitted(process: Process, socket: WebSocket) -> Caller | None:
    """Who opens the socket; None where it was refused."""
    try:
        return await process.authenticate(socket.headers)
    except Forbidden:
        # Closing before accepting answers the handshake with 403.
        await socket.close()
    except (Unauthenticated, Unavailable) as error:
        # A browser sees the code of a close and not the status of a handshake.
        await socket.accept()
        keyless = isinstance(error, Unauthenticated)
        await socket.close(*((UNAUTHORIZED, error.message) if keyless else (TRY_LATER, "The database is away.")))
    return None


class Socket(ABC):
    """One socket: a reader, a writer, and what is worked on for it."""

    again: str
    """What to do to go on after a close."""

    def __init__(self, process: Process, socket: WebSocket) -> None:
        self._process = process
        self._socket = socket
        self._outgoing: asyncio.Queue[str | bytes | None] = asyncio.Queue(WAITING)
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    @abstractmethod
    async def take(self, text: str) -> None:
        """A frame of text has come."""

    async def take_bytes(self, data: bytes) -> None:
        """A frame of bytes has come; a protocol that has none ends here."""
        del data
        self.finish(UNSUPPORTED, "A frame is text.")

    def passes(self, frame: str | bytes) -> bool:
        """Whether a frame that has waited is still to go out."""
        del frame
        return True

    @abstractmethod
    def working(self) -> Iterable[asyncio.Task[None]]:
        """What ends with the socket."""

    async def serve(self, subprotocol: str | None = None) -> None:
        """Until the client leaves, breaks a rule, reads too slowly, or the server stops."""
        await self._socket.accept(subprotocol)
        writer = asyncio.create_task(self._write())
        others = [asyncio.create_task(self._read()), asyncio.create_task(self._stop())]
        for task in (writer, *others):
            task.add_done_callback(self.broke)
        try:
            code, reason = await self._end
            await ended(*others, *self.working())
            if code:
                await self._close(writer, code, reason)
        finally:
            await ended(writer, *others, *self.working())

    def broke(self, task: asyncio.Task[None]) -> None:
        """A fault of ours in a part that the others wait for must not leave the client waiting."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("a socket failed", exc_info=fault)
            self.finish(FAULT, "nis failed; the server's log has the reason.")

    def finish(self, code: int, reason: str = "") -> None:
        """End the connection; the first reason counts. Code 0: the client has left."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def send(self, frame: str | bytes) -> None:
        """A frame for the client, once there is room."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._outgoing.put(frame)
        except TimeoutError:
            self.finish(TRY_LATER, f"Nothing was read for {PATIENCE:g} s; {self.again}.")

    async def _stop(self) -> None:
        await self._process.closing.wait()
        self.finish(GOING_AWAY, f"The server stops; {self.again}.")

    async def _close(self, writer: asyncio.Task[None], code: int, reason: str) -> None:
        """Let what waits go out in order, then close; a reader that takes neither is left to the transport."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._outgoing.put(None)
                await writer
                await self._socket.close(code, reason)

    async def _write(self) -> None:
        try:
            while (frame := await self._outgoing.get()) is not None:
                if not self.passes(frame):
                    continue
                if isinstance(frame, bytes):
                    await self._socket.send_bytes(frame)
                else:
                    await self._socket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError, OSError):
            self.finish(0)

    async def _read(self) -> None:
        limit = self._process.settings.max_body
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                self.finish(0)
                return
            text: str | None = message.get("text")
            if text is None:
                await self.take_bytes(message.get("bytes") or b"")
                if self._end.done():
                    return
                continue
            if len(text) > limit or len(text.encode()) > limit:
                self.finish(TOO_BIG, f"A frame has at most {limit} bytes (NIS_MAX_BODY).")
                return
            await self.take(text)


async def ended(*tasks: asyncio.Task[None]) -> list[bool]:
    """Stop tasks and wait until they have; for each, whether it was still under way."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    return [task.cancelled() for task in tasks]

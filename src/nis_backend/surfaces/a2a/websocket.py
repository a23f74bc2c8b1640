"""The WebSocket binding `urn:nis:a2a-websocket:v1` at `/a2a`.

One JSON-RPC 2.0 object a text frame, with the methods, params, results and errors of the protocol's JSON-RPC binding;
requests are multiplexed by `id`. Beyond that:

- Service parameters (`A2A-Version`, `A2A-Extensions`) come from the handshake's headers; a frame's member
  `a2a-service-parameters`, an object of strings, wins for that frame. An absent version is 1.0.
- A streaming method gets several responses with its id, in the order of the events, then the notification
  `streamEnd` with `params.id`; an error ends the stream as well. Each response has `seq`, the number of the run's
  event; `SubscribeToTask` with `params.lastSeq` goes on after it (see `RunHandler.subscribe`).
- The client's notification `cancelStream` with `params.id` stops the delivery of that stream, not the task;
  `streamEnd` follows.
- The key travels as `Authorization: Bearer` in the handshake; without it, and once it counts no more, the socket closes
  with 4401. A foreign page is refused with 403. Other closes: 1001 the server stops, 1003 a binary frame, 1009 a frame
  beyond the limit, 1013 a reader too slow for its streams, or a database that does not answer. Nothing is lost by a
  close: the log has it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect

from nis_backend.errors import Busy, Forbidden, InternalError, Unauthenticated, Unavailable
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.http import base_of
from nis_backend.surfaces.guard import UNAUTHORIZED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nis_backend.caller import Caller
    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.loading import Loaded
    from nis_backend.surfaces.a2a.wire import CancelStream, Id, Request
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.a2a")

PATH = "/a2a"

GOING_AWAY, UNSUPPORTED, TOO_BIG, FAULT, TRY_LATER = 1001, 1003, 1009, 1011, 1013

WAITING = 64
"""Frames that may wait for a reader; streams pause then, which costs nothing, because the log keeps what follows."""
PATIENCE = 20.0
"""Seconds a stream may be paused before its reader counts as gone; the keep-alive ping waits as long."""
REQUESTS = 64
"""Requests under way on one socket; the next is refused as busy."""
CLOSE_SECONDS = 2.0
"""Seconds in which what waits and the close frame must be gone."""


def endpoint(process: Process, loaded: Loaded) -> Callable[[WebSocket], Awaitable[None]]:
    """What answers the handshake."""

    async def answer(socket: WebSocket) -> None:
        try:
            caller = await process.authenticate(socket.headers)
        except Forbidden:
            # Closing before accepting answers the handshake with 403.
            await socket.close()
            return
        except (Unauthenticated, Unavailable) as error:
            # A browser sees the code of a close and not the status of a handshake.
            await socket.accept()
            keyless = isinstance(error, Unauthenticated)
            await socket.close(*((UNAUTHORIZED, error.message) if keyless else (TRY_LATER, "The database is away.")))
            return
        await Connection(process, loaded, socket, caller).serve()

    return answer


class Connection:
    """One socket: a reader, a writer, and a task for each request under way."""

    def __init__(self, process: Process, loaded: Loaded, socket: WebSocket, caller: Caller) -> None:
        self._process = process
        self._loaded = loaded
        self._socket = socket
        self._caller = caller
        query = socket.query_params.get("A2A-Version", "")
        given = {name: ",".join(socket.headers.getlist(name)) for name in wire.PARAMETERS}
        self._parameters = {wire.VERSION_PARAMETER: query, **{name: text for name, text in given.items() if text}}
        self._base = base_of(process, socket).replace("ws", "http", 1)
        self._agent = str(socket.path_params.get("agent", ""))
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue(WAITING)
        self._requests: dict[Id, asyncio.Task[None]] = {}
        self._streams: dict[Id, asyncio.Task[None]] = {}
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Until the client leaves, breaks a rule, reads too slowly, or the server stops."""
        known = wire.SUBPROTOCOL in self._socket.scope["subprotocols"]
        await self._socket.accept(wire.SUBPROTOCOL if known else None)
        writer = asyncio.create_task(self._write())
        others = [asyncio.create_task(self._read()), asyncio.create_task(self._stop())]
        for task in (writer, *others):
            task.add_done_callback(self._broke)
        try:
            code, reason = await self._end
            await _cancel(*others, *self._requests.values())
            if code:
                await self._close(writer, code, reason)
        finally:
            await _cancel(writer, *others, *self._requests.values())

    def _broke(self, task: asyncio.Task[None]) -> None:
        """A fault of ours in a part that the others wait for must not leave the client waiting."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("a socket failed", exc_info=fault)
            self._finish(FAULT, "nis failed; the server's log has the reason.")

    def _finish(self, code: int, reason: str = "") -> None:
        """End the connection; the first reason counts. Code 0: the client has left."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def _stop(self) -> None:
        await self._process.closing.wait()
        self._finish(GOING_AWAY, "The server stops; subscribe again with lastSeq.")

    async def _close(self, writer: asyncio.Task[None], code: int, reason: str) -> None:
        """Let what waits go out in order, then close; a reader that takes neither is left to the transport."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._outgoing.put(None)
                await writer
                await self._socket.close(code, reason)

    async def _write(self) -> None:
        try:
            while (text := await self._outgoing.get()) is not None:
                await self._socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._finish(0)

    async def _send(self, frame: Json) -> None:
        text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        try:
            async with asyncio.timeout(PATIENCE):
                await self._outgoing.put(text)
        except TimeoutError:
            self._finish(TRY_LATER, f"Nothing was read for {PATIENCE:g} s; subscribe again with lastSeq.")

    async def _read(self) -> None:
        limit = self._process.settings.max_body
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                self._finish(0)
                return
            text: str | None = message.get("text")
            if text is None:
                self._finish(UNSUPPORTED, "A frame is text.")
                return
            if len(text) > limit or len(text.encode()) > limit:
                self._finish(TOO_BIG, f"A frame has at most {limit} bytes (NIS_MAX_BODY).")
                return
            try:
                await self._take(wire.read(text))
            except wire.Refused as refusal:
                await self._send(wire.error(refusal))

    async def _take(self, frame: Request | CancelStream) -> None:
        if isinstance(frame, wire.CancelStream):
            stream = self._streams.get(frame.id)
            # A stream that ended by itself has said so; one that was stopped, perhaps before its first step, has not.
            if stream is not None and (await _cancel(stream))[0]:
                await self._send(wire.stream_end(frame.id))
            return
        if frame.id in self._requests:
            raise wire.invalid_request("id", frame.id, "another one than a request under way has")
        if len(self._requests) >= REQUESTS:
            busy = Busy(f"{REQUESTS} requests are under way on this socket.", remedy="Wait for one to end.")
            await self._send(wire.error(wire.refused(busy), frame.id))
            return
        task = asyncio.create_task(self._answer(frame))
        self._requests[frame.id] = task
        if frame.method in wire.STREAMING:
            self._streams[frame.id] = task
        task.add_done_callback(lambda _: (self._requests.pop(frame.id), self._streams.pop(frame.id, None)))

    async def _answer(self, request: Request) -> None:
        try:
            rpc = await self._loaded.rpc()
        except (Unavailable, InternalError) as error:
            await self._send(wire.error(wire.refused(error), request.id))
            return
        parameters = {**self._parameters, **request.parameters}
        async with aclosing(rpc.answer(request, self._caller, parameters, self._base, self._agent)) as frames:
            async for frame in frames:
                await self._send(frame)


async def _cancel(*tasks: asyncio.Task[None]) -> list[bool]:
    """Stop tasks and wait until they have; for each, whether it was still under way."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    return [task.cancelled() for task in tasks]

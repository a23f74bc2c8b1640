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
- The key travels as `Authorization: Bearer` in the handshake; without it the socket closes with 4401. A foreign page is
  refused with 403. Other closes: 1001 the server stops, 1003 a binary frame, 1009 a frame beyond the limit,
  1013 a reader too slow for its streams. Nothing is lost by a close: the log has it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect

from nis_backend.errors import Busy, Forbidden, Unauthenticated
from nis_backend.surfaces.a2a import wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nis_backend.context import Caller
    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.rpc import Rpc
    from nis_backend.surfaces.a2a.wire import Id, Request
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.a2a")

PATH = "/a2a"

GOING_AWAY, UNSUPPORTED, TOO_BIG, TRY_LATER, UNAUTHORIZED = 1001, 1003, 1009, 1013, 4401

WAITING = 64
"""Frames that may wait for a reader; streams pause then, which costs nothing, because the log keeps what follows."""
PATIENCE = 20.0
"""Seconds a stream may be paused before its reader counts as gone; the keep-alive ping waits as long."""
REQUESTS = 64
"""Requests under way on one socket; the next is refused as busy."""
CLOSE_SECONDS = 2.0
"""Seconds in which what waits and the close frame must be gone."""


def load() -> type[Rpc]:
    """The part of this surface that imports the protocol's package."""
    from nis_backend.surfaces.a2a.rpc import Rpc  # noqa: PLC0415 - half a second and 20 MB, at the first frame

    return Rpc


def endpoint(process: Process) -> Callable[[WebSocket], Awaitable[None]]:
    """What answers the handshake."""

    async def answer(socket: WebSocket) -> None:
        try:
            caller = process.authenticate(socket.headers)
        except Forbidden:
            # Closing before accepting answers the handshake with 403.
            await socket.close()
            return
        except Unauthenticated as error:
            # A browser sees the code of a close and not the status of a handshake.
            await socket.accept()
            await socket.close(UNAUTHORIZED, error.message)
            return
        await Connection(process, socket, caller).serve()

    return answer


class Connection:
    """One socket: a reader, a writer, and a task for each request under way."""

    def __init__(self, process: Process, socket: WebSocket, caller: Caller) -> None:
        self._process = process
        self._socket = socket
        self._caller = caller
        given = {"a2a-version": socket.query_params.get("A2A-Version", ""), **socket.headers}
        self._parameters = {name: given[name] for name in wire.PARAMETERS if name in given}
        self._rpc: Rpc | None = None
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue(WAITING)
        self._requests: dict[Id, asyncio.Task[None]] = {}
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Until the client leaves, breaks a rule, reads too slowly, or the server stops."""
        known = wire.SUBPROTOCOL in self._socket.scope["subprotocols"]
        await self._socket.accept(wire.SUBPROTOCOL if known else None)
        parts = [asyncio.create_task(part) for part in (self._read(), self._write(), self._stop())]
        code, reason = 0, ""
        try:
            code, reason = await self._end
        finally:
            for task in (*parts, *self._requests.values()):
                task.cancel()
            await asyncio.gather(*parts, *self._requests.values(), return_exceptions=True)
        if code:
            await self._close(code, reason)

    def _finish(self, code: int, reason: str = "") -> None:
        """End the connection; the first reason counts. Code 0: the client has left."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def _stop(self) -> None:
        await self._process.closing.wait()
        self._finish(GOING_AWAY, "The server stops; subscribe again with lastSeq.")

    async def _close(self, code: int, reason: str) -> None:
        # A reader that does not read may never take the close frame: the transport is closed all the same.
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                while not self._outgoing.empty():
                    await self._socket.send_text(self._outgoing.get_nowait())
                await self._socket.close(code, reason)

    async def _write(self) -> None:
        try:
            while True:
                await self._socket.send_text(await self._outgoing.get())
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
            text = message.get("text")
            if text is None:
                self._finish(UNSUPPORTED, "A frame is text.")
                return
            if len(text) > limit or len(text.encode()) > limit:
                self._finish(TOO_BIG, f"A frame has at most {limit} bytes (NIS_MAX_BODY).")
                return
            await self._take(wire.read(text))

    async def _take(self, frame: wire.Frame) -> None:
        if isinstance(frame, wire.Refused):
            await self._send(wire.error(None, frame))
        elif isinstance(frame, tuple):
            await self._send(wire.error(*frame))
        elif isinstance(frame, wire.CancelStream):
            task = self._requests.get(frame.id)
            if task is not None:
                task.cancel()
        else:
            await self._begin(frame)

    async def _begin(self, request: Request) -> None:
        if request.id in self._requests:
            same = wire.invalid_request("id", request.id, "another one than a request under way has")
            await self._send(wire.error(None, same))
        elif len(self._requests) >= REQUESTS:
            busy = Busy(f"{REQUESTS} requests are under way on this socket.", remedy="Wait for one to end.")
            await self._send(wire.error(request.id, wire.refused(busy)))
        else:
            task = asyncio.create_task(self._answer(request))
            self._requests[request.id] = task
            task.add_done_callback(lambda _: self._requests.pop(request.id, None))

    async def _answer(self, request: Request) -> None:
        try:
            if self._rpc is None:
                self._rpc = (await asyncio.to_thread(load))(self._process)
            async for frame in self._rpc.answer(request, self._caller, {**self._parameters, **request.parameters}):
                await self._send(frame)
        except asyncio.CancelledError:
            if self._end.done():
                raise
            await self._send(wire.stream_end(request.id))

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
from contextlib import aclosing
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket
from typing_extensions import override

from nis_backend.errors import Busy, InternalError, Unavailable
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.http import base_of
from nis_backend.surfaces.socket import Socket, admitted, ended

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from nis_backend.caller import Caller
    from nis_backend.operation import Json
    from nis_backend.surfaces.a2a.loading import Loaded
    from nis_backend.surfaces.a2a.wire import CancelStream, Id, Request
    from nis_backend.surfaces.base import Process

PATH = "/a2a"

REQUESTS = 64
"""Requests under way on one socket; the next is refused as busy."""


def endpoint(process: Process, loaded: Loaded) -> Callable[[WebSocket], Awaitable[None]]:
    """What answers the handshake."""

    async def answer(socket: WebSocket) -> None:
        caller = await admitted(process, socket)
        if caller is not None:
            known = wire.SUBPROTOCOL in socket.scope["subprotocols"]
            await Connection(process, loaded, socket, caller).serve(wire.SUBPROTOCOL if known else None)

    return answer


class Connection(Socket):
    """One socket, and a task for each request under way."""

    again = "subscribe again with lastSeq"

    def __init__(self, process: Process, loaded: Loaded, socket: WebSocket, caller: Caller) -> None:
        super().__init__(process, socket)
        self._loaded = loaded
        self._caller = caller
        query = socket.query_params.get("A2A-Version", "")
        given = {name: ",".join(socket.headers.getlist(name)) for name in wire.PARAMETERS}
        self._parameters = {wire.VERSION_PARAMETER: query, **{name: text for name, text in given.items() if text}}
        self._base = base_of(process, socket).replace("ws", "http", 1)
        self._agent = str(socket.path_params.get("agent", ""))
        self._requests: dict[Id, asyncio.Task[None]] = {}
        self._streams: dict[Id, asyncio.Task[None]] = {}

    @override
    def working(self) -> Iterable[asyncio.Task[None]]:
        return self._requests.values()

    @override
    async def take(self, text: str) -> None:
        try:
            await self._take(wire.read(text))
        except wire.Refused as refusal:
            await self._send(wire.error(refusal))

    async def _send(self, frame: Json) -> None:
        await self.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def _take(self, frame: Request | CancelStream) -> None:
        if isinstance(frame, wire.CancelStream):
            stream = self._streams.get(frame.id)
            # A stream that ended by itself has said so; one that was stopped, perhaps before its first step, has not.
            if stream is not None and (await ended(stream))[0]:
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

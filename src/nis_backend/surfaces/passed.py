"""A request in a vendor's own format, answered with a provider's own bytes where one speaks it.

Written without a request object and a task for each part, for a gateway's sake.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal, Protocol

from starlette.requests import ClientDisconnect, Request

from nis_backend.calling import admit, authorise, guarded
from nis_backend.errors import InternalError, NisError
from nis_backend.surfaces.waiting import left, stopping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

    from nis_backend.drivers.gateway.base import Inbound, Json, Passed
    from nis_backend.drivers.gateway.route import Route
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

LARGE = 2**18
"""Bytes of a body from which on it is read in a thread."""
STREAM_HEADERS = [(b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
BEGUN_EARLY = [(b"content-type", b"text/event-stream; charset=utf-8"), *STREAM_HEADERS]


class Dialect(Protocol):
    """What a vendor's format is here."""

    kind: Literal["chat", "messages", "embeddings"]
    pause: bytes
    """An event that says nothing."""

    def operation(self, *, streamed: bool) -> str:
        """In whose name the gateway is asked."""
        ...

    def read(self, body: bytes) -> Json:
        """The body as a JSON object that names a model.

        Raises:
            NisError: it is none.
        """
        ...

    def going(self, inbound: Inbound, route: Route) -> Inbound:
        """What of it goes on along a route; all of it, as it is."""
        del route
        return inbound

    def end_user(self, asked: Json) -> str:
        """The caller's own label of whom it asks for."""
        ...

    def headers(self, headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
        """Those that go on."""
        ...

    def failed(self, error: NisError, scope: Scope) -> bytes:
        """The last event of a stream that fails."""
        ...

    async def otherwise(self, process: Process, request: Request) -> Response:
        """What a request is answered with whose bytes do not pass."""
        ...


class PassedOn:
    """The application of one path. `dialect` is made with the first request."""

    def __init__(self, process: Process, dialect: Callable[[], Dialect]) -> None:
        self._process = process
        self._make = dialect
        self._dialect: Dialect | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        from nis_backend.drivers.gateway.base import Inbound, Who  # noqa: PLC0415 - loads with the first request

        dialect = self._dialect
        if dialect is None:
            dialect = self._dialect = self._make()
        process, body = self._process, await _read(receive)
        large = len(body) >= LARGE
        asked = await asyncio.to_thread(dialect.read, body) if large else dialect.read(body)
        ctx = process.context(scope["state"]["caller"])
        streamed = asked.get("stream") is True
        entry = process.operations.entry(dialect.operation(streamed=streamed))
        gateway, model = ctx.gateway, asked.get("model")
        # What a policy looks at is read here, and does not pass as it came.
        if isinstance(model, str) and model and not await guarded(entry, ctx):
            authorise(entry, ctx)
            inbound = Inbound(
                kind=dialect.kind,
                asked=asked,
                body=body,
                headers=dialect.headers(scope["headers"]),
                streamed=streamed,
            )
            caller, user = ctx.caller, dialect.end_user(asked)
            who = Who(owner=caller.owner, key=caller.key, end_user=user, operation=entry.name)
            route = await gateway.passes(who, inbound)
            if route is not None:
                going = dialect.going
                inbound = await asyncio.to_thread(going, inbound, route) if large else going(inbound, route)
                await admit(entry, ctx)
                out = Out(send, dialect, scope, quiet=process.settings.quiet_seconds if streamed else None)

                async def answer() -> None:
                    with ctx.trace(entry.name):
                        passed = await gateway.pass_on(who, inbound, route)
                    await out.write(passed)

                await self._unless_left(receive, answer, out)
                return
        given = _again(body, receive)
        response = await dialect.otherwise(process, Request(scope, given, send))
        await response(scope, given, send)

    async def _unless_left(self, receive: Receive, answer: Callable[[], Awaitable[None]], out: Out) -> None:
        """Answer; it is stopped when the caller leaves, and cut short when the server stops."""
        with self._process.closing.limited() as limit:
            watching = asyncio.create_task(left(receive), name="caller")

            def leave(_task: asyncio.Task[None]) -> None:
                if not limit.expired():
                    limit.reschedule(0)

            watching.add_done_callback(leave)
            try:
                async with limit:
                    await answer()
            except NisError as error:
                if not out.started:
                    raise
                await out.fail(error)
            except TimeoutError:
                if not limit.expired():
                    raise
                if watching.done():
                    return
                if not out.started:
                    raise stopping() from None
                await out.fail(stopping())
            finally:
                watching.remove_done_callback(leave)
                watching.cancel()
                out.close()


class Out:
    """An answer as it goes out. A stream that is silent for long says so, even before it has begun."""

    def __init__(self, send: Send, dialect: Dialect, scope: Scope, *, quiet: float | None) -> None:
        self._send = send
        self._dialect = dialect
        self._scope = scope
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._pausing: asyncio.Task[None] | None = None
        self._quiet = quiet or 0.0
        self._timer = None if quiet is None else self._loop.call_later(quiet, self._look)
        self.started = False
        self._ended = False

    async def write(self, passed: Passed) -> None:
        """All of it; what breaks off ends with its failure."""
        items = passed.items
        if items is None:
            self._ended = True
            await self._begin(passed.status, passed.headers)
            await self._send({"type": "http.response.body", "body": passed.whole})
            return
        try:
            await self._begin(passed.status, [*passed.headers, *STREAM_HEADERS])
            while True:
                try:
                    piece = await anext(items)
                except StopAsyncIteration:
                    break
                except NisError:
                    raise
                except Exception:
                    log.exception("a stream failed")
                    raise InternalError("nis failed to answer.") from None
                await self._say(piece)
            self._ended = True
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            await items.aclose()

    async def fail(self, error: NisError) -> None:
        """End a stream that has begun with a failure."""
        if not self._ended:
            self._ended = True
            await self._say(self._dialect.failed(error, self._scope))
            await self._send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        """Say nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._pausing is not None:
            self._pausing.cancel()

    async def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        if self._pausing is not None:
            await self._pausing
        if not self.started:
            self.started = True
            await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _say(self, piece: bytes) -> None:
        if self._pausing is not None:
            await self._pausing
        self._last = self._loop.time()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    def _look(self) -> None:
        """Whether it was silent for so long; and look again."""
        left = self._last + self._quiet - self._loop.time()
        if left <= 0 and not self._ended:
            self._last, left = self._loop.time(), self._quiet
            self._pausing = asyncio.create_task(self._pause(), name="keep alive")
        self._timer = self._loop.call_later(max(left, 0.0), self._look)

    async def _pause(self) -> None:
        if not self.started:
            self.started = True
            await self._send({"type": "http.response.start", "status": 200, "headers": BEGUN_EARLY})
        await self._send({"type": "http.response.body", "body": self._dialect.pause, "more_body": True})
        self._pausing = None


async def _read(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    pieces = [body]
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    """Receives the body that was read before, and then what comes."""
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return given.pop() if given else await receive()

    return again

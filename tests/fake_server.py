"""A server that says what a test tells it to, byte for byte; the vendors' shapes stand in modules beside it."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

# Any: JSON of any shape.
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Canned:
    """One answer on the wire: `pieces` are written one by one; with `cut`, the connection is then broken off."""

    pieces: Sequence[bytes]
    status: int = 200
    content_type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    cut: bool = False
    dropped: bool = False
    """Whether the connection is broken off before there is any answer."""
    held: bool = False
    """Whether it stays open after the pieces until the caller leaves."""
    released: asyncio.Event | None = None
    """What is waited for after the first pieces: a server that is slow without a clock."""
    first: int | None = None
    """How many pieces come before that: None is not even the headers, 0 the headers alone."""
    gzipped: bool = False
    """Whether the body is compressed, whatever the caller accepts."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: Json
    port: int
    """The caller's end of the connection."""
    sent: bytes = b""
    """The body, byte for byte."""

    @property
    def tool_results(self) -> list[str]:
        """What the conversation holds as results of tools, in order."""
        return [one["content"] for one in self.body["messages"] if one["role"] == "tool"]


Reply = Canned | Callable[[Asked], Canned]
"""An answer, or a function that makes it from the request."""


async def form_in(request: web.Request, sent: bytes) -> Json:
    """The parts of a form: texts, of one name in a list, and of a file its name, media type and bytes."""

    async def pieces() -> AsyncGenerator[bytes]:
        yield sent

    found: Json = {}
    for name, value in (await MultiPartParser(Headers(dict(request.headers)), pieces()).parse()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
        else:
            found[name] = (value.filename, value.content_type, await value.read())
            await value.close()
    return found


class FakeServer:
    """Answers what is posted with `replies` in turn, and then with 500; keeps what it was asked in `asked`."""

    asks: Sequence[str] = ()
    """The paths below `/v1` that are answered so."""

    def __init__(self, *replies: Reply, models: Sequence[str] | Canned = ()) -> None:
        self.replies = list(replies)
        self.models = models
        self.asked: list[Asked] = []
        self.listed = 0
        self.left = asyncio.Event()
        """Set when a caller has left an answer that was not at its end."""
        self.came, self.gone = threading.Event(), threading.Event()
        """Set with the first request, and with `left`: for a test in another thread."""
        self.url = ""

    def whole(self, canned: Canned, asked: Asked) -> Canned:
        """The reply as this request wants it: in one piece where it asks for no stream."""
        raise NotImplementedError

    def listing(self, names: Sequence[str]) -> Json:
        """The list of models."""
        raise NotImplementedError

    def spent(self) -> Canned:
        """What is answered when no reply is left."""
        raise NotImplementedError

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Self]:
        """Serve on a free port of this machine, on this loop."""
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/v1/models", self._models)
        for path in self.asks:
            app.router.add_post(f"/v1{path}", self._complete)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}/v1"
            yield self
        finally:
            await runner.cleanup()

    @contextmanager
    def in_thread(self) -> Generator[Self]:
        """Serve from a thread, for a test whose caller is another process."""
        started, ended = threading.Event(), asyncio.Event()
        loops: list[asyncio.AbstractEventLoop] = []

        async def serve() -> None:
            async with self.running():
                loops.append(asyncio.get_running_loop())
                started.set()
                await ended.wait()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        assert started.wait(60), "the fake server did not start"
        try:
            yield self
        finally:
            loops[0].call_soon_threadsafe(ended.set)
            thread.join(60)

    async def _models(self, _request: web.Request) -> web.StreamResponse:
        self.listed += 1
        if isinstance(self.models, Canned):
            return web.Response(
                status=self.models.status, body=b"".join(self.models.pieces), content_type=self.models.content_type
            )
        return web.json_response(self.listing(self.models))

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except asyncio.CancelledError:
            # Wherever the answer was.
            self.left.set()
            self.gone.set()
            raise

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        port = int(request.transport.get_extra_info("peername")[1])
        sent = await request.read()
        body = await form_in(request, sent) if request.content_type.startswith("multipart/") else json.loads(sent)
        asked = Asked(path=request.path, headers=dict(request.headers), body=body, port=port, sent=sent)
        self.asked.append(asked)
        self.came.set()
        reply = self.replies.pop(0) if self.replies else self.spent()
        return await self._write(request, self.whole(reply if isinstance(reply, Canned) else reply(asked), asked))

    async def _write(self, request: web.Request, canned: Canned) -> web.StreamResponse:
        assert request.transport is not None
        if canned.dropped:
            request.transport.close()
        headers, pieces = {"Content-Type": canned.content_type, **canned.headers}, canned.pieces
        if canned.gzipped:
            headers["Content-Encoding"], pieces = "gzip", [gzip.compress(b"".join(pieces))]
        if canned.first is None and canned.released is not None:
            await canned.released.wait()
        response = web.StreamResponse(status=canned.status, headers=headers)
        await response.prepare(request)
        for number, piece in enumerate(pieces):
            if number == canned.first and canned.released is not None:
                await canned.released.wait()
            await response.write(piece)
        if canned.held:
            await asyncio.Event().wait()
        if canned.cut:
            request.transport.close()
            return response
        await response.write_eof()
        return response

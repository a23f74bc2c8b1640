"""An OpenAI-compatible server that says what a test tells it to, byte for byte.

Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: Json
    port: int
    """The caller's end of the connection."""

    @property
    def tool_results(self) -> list[str]:
        """What the conversation holds as results of tools, in order."""
        return [one["content"] for one in self.body["messages"] if one["role"] == "tool"]


Reply = Canned | Callable[[Asked], Canned]
"""An answer, or a function that makes it from the request."""


def event(**chunk: Any) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps({"object": "chat.completion.chunk", **chunk}).encode() + b"\n\n"


def delta(finish: str | None = None, **delta: Any) -> bytes:
    """An event with a delta of the one choice."""
    return event(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def usage(input_tokens: int = 7, output_tokens: int = 3) -> bytes:
    """The event with the count of tokens, whose choices are empty."""
    return event(choices=[], usage={"prompt_tokens": input_tokens, "completion_tokens": output_tokens})


DONE = b"data: [DONE]\n\n"


def says(text: str, *, finish: str = "stop") -> Canned:
    """Words, in one event each, with the count of tokens."""
    *words, last = text.split(" ")
    parts = [delta(content=f"{word} ") for word in words]
    return Canned(
        pieces=[delta(role="assistant", content=""), *parts, delta(content=last), delta(finish), usage(), DONE]
    )


def wants(*calls: tuple[str, object], text: str = "") -> Canned:
    """Parallel tool calls, each one's arguments split into two deltas; arguments that are text are sent as they are."""
    parts = [delta(role="assistant", content=text or None)]
    for index, (name, given) in enumerate(calls):
        arguments = given if isinstance(given, str) else json.dumps(given)
        half = len(arguments) // 2
        first = {"index": index, "id": f"call_{name}_{index}", "type": "function"}
        parts.append(delta(tool_calls=[{**first, "function": {"name": name, "arguments": ""}}]))
        halves = (arguments[:half], arguments[half:])
        parts += [delta(tool_calls=[{"index": index, "function": {"arguments": piece}}]) for piece in halves]
    return Canned(pieces=[*parts, delta("tool_calls"), usage(), DONE])


def breaks_off(text: str) -> Canned:
    """Words without an end, and then a connection that is gone."""
    return Canned(pieces=[delta(content=text)], cut=True)


def fails(status: int, message: str = "", **headers: str) -> Canned:
    """An error as OpenAI words it."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Canned(pieces=[body], status=status, content_type="application/json", headers=named)


def whole(canned: Canned) -> Canned:
    """What a server answers that was asked for no stream: the same in one piece; broken off in its middle when `cut`.

    Source: https://platform.openai.com/docs/api-reference/chat/object
    """
    message: Json = {"role": "assistant", "content": None}
    end: Json = {}
    counts: Json | None = None
    for line in b"".join(canned.pieces).splitlines():
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line.removeprefix(b"data: "))
        counts = chunk.get("usage") or counts
        for choice in chunk["choices"]:
            end = choice if choice["finish_reason"] else end
            _add(message, choice["delta"])
    choices = [{"index": 0, "message": message, "finish_reason": end.get("finish_reason")}]
    body = json.dumps({"object": "chat.completion", "choices": choices, "usage": counts}).encode()
    pieces = [body[: len(body) // 2]] if canned.cut else [body]
    return replace(canned, pieces=pieces, content_type="application/json")


def _add(message: Json, given: Json) -> None:
    if given.get("content"):
        message["content"] = (message["content"] or "") + given["content"]
    for part in given.get("tool_calls", ()):
        calls = message.setdefault("tool_calls", [])
        if part["index"] == len(calls):
            function = {"name": part["function"]["name"], "arguments": ""}
            calls.append({"id": part["id"], "type": "function", "function": function})
        calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]


def _streams(canned: Canned) -> bool:
    """Whether it is a stream such as the functions above make, with words or calls."""
    return canned.status == 200 and not canned.held and any(b'"delta"' in piece for piece in canned.pieces)


class FakeOpenAI:
    """Answers chat completions with `replies` in turn, and then with 500; keeps what it was asked in `asked`.

    Who asks for no stream gets a reply that is one in one piece, unless it `only_streams`.
    """

    def __init__(
        self,
        *replies: Reply,
        models: Sequence[str] | Canned = ("fake-large", "vendor/fake-small"),
        only_streams: bool = False,
    ) -> None:
        self.replies = list(replies)
        self.only_streams = only_streams
        self.models = models
        self.asked: list[Asked] = []
        self.listed = 0
        self.left = asyncio.Event()
        """Set when a caller has left an answer that is held open."""
        self.came, self.gone = threading.Event(), threading.Event()
        """Set with the first request, and with `left`: for a test in another thread."""
        self.url = ""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[FakeOpenAI]:
        """Serve on a free port of this machine, on this loop."""
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_post("/v1/embeddings", self._complete)
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
    def in_thread(self) -> Generator[FakeOpenAI]:
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
        assert started.wait(30), "the fake server did not start"
        try:
            yield self
        finally:
            loops[0].call_soon_threadsafe(ended.set)
            thread.join(30)

    async def _models(self, _request: web.Request) -> web.StreamResponse:
        self.listed += 1
        if isinstance(self.models, Canned):
            return web.Response(
                status=self.models.status, body=b"".join(self.models.pieces), content_type=self.models.content_type
            )
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        port = int(request.transport.get_extra_info("peername")[1])
        asked = Asked(path=request.path, headers=dict(request.headers), body=await request.json(), port=port)
        self.asked.append(asked)
        self.came.set()
        reply = self.replies.pop(0) if self.replies else fails(500, "The test has no reply left.")
        canned = reply if isinstance(reply, Canned) else reply(asked)
        if asked.body.get("stream") is False and _streams(canned) and not self.only_streams:
            canned = whole(canned)
        if canned.dropped:
            request.transport.close()
        response = web.StreamResponse(
            status=canned.status, headers={"Content-Type": canned.content_type, **canned.headers}
        )
        await response.prepare(request)
        for piece in canned.pieces:
            await response.write(piece)
        if canned.held:
            try:
                await asyncio.Event().wait()
            finally:
                self.left.set()
                self.gone.set()
        if canned.cut:
            request.transport.close()
            return response
        await response.write_eof()
        return response

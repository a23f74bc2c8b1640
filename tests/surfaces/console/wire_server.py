"""A server whose answers are written down: the real console routes, and runs that go on only when a test says so."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from nis_backend.event import Body, Event
from nis_backend.operation import Json
from nis_backend.surfaces.console import routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.surfaces.base import Process


@dataclass(kw_only=True)
class Story:
    """What a run will say. Its stream breaks off after `cut` events, once; before event `hold` it waits for cancel."""

    bodies: Sequence[Body]
    cut: int | None = None
    hold: int | None = None


@dataclass(kw_only=True)
class Told:
    """A run of the server: its story, what was asked, and whether it may go on."""

    story: Story
    asked: dict[str, Any]  # Any: JSON
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    was_cut: bool = False
    resumed_after: list[int] = field(default_factory=list[int])


class WireServer:
    """`stories` are by message; `key`, when set, is wanted in every call."""

    def __init__(self, stories: dict[str, Story], key: str | None = None) -> None:
        self.stories = stories
        self.key = key
        self.runs: list[Told] = []

    def app(self) -> Starlette:
        """The application."""
        calls = [
            Route("/chat", self.chat, methods=["POST"]),
            Route("/models", self.models),
            Route("/operations", self.operations),
            Route("/conversations", self.conversations),
            Route("/conversations/{id}", self.conversation),
            Route("/runs/{id}", self.run),
            Route("/runs/{id}/events", self.events),
            Route("/runs/{id}/cancel", self.cancel, methods=["POST"]),
            Route("/openapi.json", self.openapi),
        ]
        # cast: the console's routes ask nothing of the process.
        return Starlette(routes=[*calls, *routes(cast("Process", None))])

    def refusal(self, request: Request) -> Response | None:
        """The answer to a caller without the key."""
        if self.key is None or request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        problem = {"title": "unauthenticated", "detail": "This server wants a key.", "remedy": "Send it."}
        return JSONResponse(problem, 401)

    async def chat(self, request: Request) -> Response:
        """Begin a run."""
        if (refusal := self.refusal(request)) is not None:
            return refusal
        asked = await request.json()
        story = self.stories.get(asked["message"]) or self.stories["*"]
        self.runs.append(Told(story=story, asked=asked))
        run_id = f"run-{len(self.runs)}"
        stream = self.stream(run_id, 0)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"location": f"/runs/{run_id}"})

    async def events(self, request: Request) -> Response:
        """Go on with a run."""
        if (refusal := self.refusal(request)) is not None:
            return refusal
        after = int(request.headers.get("last-event-id", "0"))
        run_id = request.path_params["id"]
        self.told(run_id).resumed_after.append(after)
        return StreamingResponse(self.stream(run_id, after), media_type="text/event-stream")

    def told(self, run_id: str) -> Told:
        """The run of this id."""
        return self.runs[int(run_id.removeprefix("run-")) - 1]

    async def stream(self, run_id: str, after: int) -> AsyncIterator[str]:
        """The events above `after`, as the wire has them."""
        run = self.told(run_id)
        for seq, body in enumerate(run.story.bodies, 1):
            if run.story.cut is not None and seq > run.story.cut and not run.was_cut:
                run.was_cut = True
                return
            if run.story.hold == seq:
                await run.cancelled.wait()
            if seq <= after:
                continue
            event = Event(run_id=run_id, seq=seq, time=time.time(), attempt=1, body=body)
            yield f"id: {seq}\nevent: {body.type}\ndata: {event.model_dump_json()}\n\n"

    async def cancel(self, request: Request) -> Response:
        """Let a held run go on to its end."""
        self.told(request.path_params["id"]).cancelled.set()
        return JSONResponse({})

    async def run(self, request: Request) -> Response:
        """What a run is."""
        told: Json = {"operation": "chat.send_message", "state": "running", "attempt": 1, "last_seq": 1}
        times = {"created": time.time(), "updated": time.time()}
        known: Json = {
            "id": request.path_params["id"],
            "conversation_id": "conversation-1",
            "input": {},
            "problem": None,
        }
        return JSONResponse({**known, **told, **times})

    async def conversation(self, request: Request) -> Response:
        """Every run so far as one conversation."""
        if (refusal := self.refusal(request)) is not None:
            return refusal
        if request.path_params["id"] != "conversation-1":
            return JSONResponse({"title": "not found", "detail": "There is none."}, 404)
        told: Json = {"state": "running", "response": None, "views": []}
        turns = [
            {"run_id": f"run-{index}", "message": run.asked["message"], **told}
            for index, run in enumerate(self.runs, 1)
        ]
        return JSONResponse({"id": "conversation-1", "title": "t", "created": 0, "turns": turns})

    async def operations(self, request: Request) -> Response:
        """Nothing to explore: that is looked at on a real server."""
        return self.refusal(request) or JSONResponse({"operations": []})

    async def conversations(self, request: Request) -> Response:
        """One conversation, once something was said."""
        line = {"id": "conversation-1", "title": "A title", "created": 0}
        return self.refusal(request) or JSONResponse({"conversations": [line] if self.runs else []})

    async def models(self, request: Request) -> Response:
        """One model, for demonstration."""
        if (refusal := self.refusal(request)) is not None:
            return refusal
        model = {"id": "embedded:tiny", "provider": "embedded", "name": "tiny", "demonstration": True}
        return JSONResponse({"models": [model], "unavailable": []})

    async def openapi(self, _request: Request) -> Response:
        """A document of one path."""
        answers = {"200": {"description": "It lives."}}
        paths = {"/health": {"get": {"operationId": "system.get_health", "summary": "Health", "responses": answers}}}
        return JSONResponse({"openapi": "3.1.0", "info": {"title": "nis", "version": "0"}, "paths": paths})


@contextmanager
def listening(server: WireServer) -> Generator[str]:
    """The address of the server, for as long as the context lasts."""
    started = threading.Event()

    class Loud(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:  # Any: uvicorn's
            await super().startup(sockets)
            started.set()

    listener = Loud(uvicorn.Config(server.app(), port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    try:
        assert started.wait(60), "the server did not start"
        yield f"http://127.0.0.1:{listener.servers[0].sockets[0].getsockname()[1]}"
    finally:
        listener.should_exit = True
        thread.join(60)

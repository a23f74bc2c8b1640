"""A served process with a real store, log and dispatch, whose chat does what the message tells it."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

import uvicorn
from starlette.routing import Router
from websockets.asyncio.client import connect

from nis_backend.caller import Caller
from nis_backend.capabilities.agents.introducing import OPERATIONS as AGENTS
from nis_backend.capabilities.chat.operations import MessageRequest, Reply
from nis_backend.capabilities.runs.operations import OPERATIONS as RUNS
from nis_backend.capabilities.runs.starting import OPERATIONS as STARTING
from nis_backend.capabilities.runs.steering import OPERATIONS as STEERING
from nis_backend.catalog import Catalog
from nis_backend.context import Context
from nis_backend.drivers.blobs.folder import FolderContents
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import NotFound, Unavailable
from nis_backend.event import ArtifactMade, InputRequired, StepRetried, Surface
from nis_backend.execution import execute
from nis_backend.opened import Drivers
from nis_backend.operation import Example, Json, Model, Operation, Recorded, operation
from nis_backend.run import Tail
from nis_backend.settings import Settings
from nis_backend.surfaces.a2a.routes import TELLS, routes
from nis_backend.surfaces.base import Closing
from nis_backend.surfaces.guard import Guard, check_host
from nis_backend.surfaces.login import caller_of
from nis_backend.view import Axis, Form, Series, Table, Text, View

if TYPE_CHECKING:
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.dispatch.base import Left
    from nis_backend.drivers.http.base import Client as HttpClient

PATIENCE = 60.0
"""Seconds a test waits for what must come."""

A2UI_EXTENSION = "https://a2ui.org/a2a-extension/a2ui/v0.9"


class Toss(Model):
    """A throw."""

    speed: float
    angle: float


class Name(Model):
    """Who it is."""

    name: str


class Landing(Model):
    """Where it lands."""

    distance: float


@operation("throws.toss_ball", effect="reads", examples=(Example(title="A toss", request={"speed": 20, "angle": 40}),))
async def toss_ball(request: Toss, ctx: Context) -> Landing:
    """Throw a ball."""
    del ctx
    return Landing(distance=request.speed * request.angle)


DRAWING: list[View] = [
    Text(text="It lands at 40 m."),
    Table(title="Landing", columns=["quantity", "value"], rows=[["distance, m", 40.25]]),
    Series(
        title="Path",
        x=Axis(label="x", unit="m", values=[0.0, 20.0, 40.0]),
        lines=[Axis(label="height", unit="m", values=[0.0, 8.5, 0.0])],
    ),
    Form(
        title="Again",
        operation="throws.toss_ball",
        request_schema=Toss.model_json_schema(),
        values={"speed": 20.0},
        missing=["angle"],
    ),
]


class StandIn:
    """What a surface uses of the process. The chat's answer is told by the message's first word."""

    has_app = False

    def __init__(self, data: Path, **settings: Any) -> None:  # Any: settings differ in type
        self.settings = Settings.model_validate({"data": data, **settings})
        self.closing = Closing()
        self.http, self.outside = Http(), Http(public=True)
        self.clients: Mapping[Literal["anywhere", "outside"], HttpClient] = {
            "anywhere": self.http,
            "outside": self.outside,
        }
        self.pushing = asyncio.Event()
        self.gate = asyncio.Event()
        """`wait` stands here, after its first word."""
        self.reached = asyncio.Event()
        """Set when a `wait` has got there."""
        self.operations = Catalog(())
        chat: Operation[Any, Any] = operation("chat.send_message", effect="writes", prepare=self._prepare)(self._chat)
        self.operations.add([chat, *AGENTS, *RUNS, *STARTING, *STEERING, toss_ball])
        store = SqliteStore(data / "nis.db")
        self.store = store
        self._dispatch = InProcess(store, self._execute, self.settings.all_queues)
        self.drivers = Drivers(
            settings=self.settings,
            store=store,
            contents=FolderContents(self.settings.data / "blobs"),
            tail=Tail(store),
            # No operation here has a pool.
            compute=cast("Compute", None),
            dispatch=self._dispatch,
            operations=self.operations,
            metered=Direct,
        )
        self.telemetry = self.drivers.telemetry

    def context(self, caller: Caller) -> Context:
        """See `Process.context`."""
        return Context(drivers=self.drivers, caller=caller)

    async def metrics(self, accept: str) -> tuple[str, bytes]:
        """See `Process.metrics`: nothing here tells any."""
        raise Unavailable(f"No figures as {accept or 'anything'}.", remedy="Ask a whole process.")

    async def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """See `Process.authenticate`."""
        check_host(self.settings, headers)
        return await caller_of(self.settings, self.drivers.keys, headers)

    async def close(self) -> None:
        """End the runs, then the store."""
        self.gate.set()
        await self._dispatch.close(PATIENCE)
        await self.http.close()
        await self.outside.close()
        await self.store.close()

    async def _execute(self, owner: str, run_id: str, attempt: int) -> Left:
        return await execute(self.drivers, owner, run_id, attempt)

    async def _prepare(self, request: MessageRequest, ctx: Context) -> MessageRequest:
        if request.conversation_id is not None:
            if await ctx.store.get("conversations", request.conversation_id) is None:
                raise NotFound("There is no such conversation.", field="conversation_id", value=request.conversation_id)
            return request
        row = {"id": ctx.new_id("conversation"), "title": "t", "created": ctx.now(), "updated": ctx.now()}
        await ctx.store.insert("conversations", row)
        return request.model_copy(update={"conversation_id": row["id"]})

    async def _chat(  # noqa: C901, PLR0912 - one case a behaviour, each a line or two
        self, request: MessageRequest, ctx: Context
    ) -> Recorded[Reply]:
        """Do what the message says."""
        said: list[str] = []

        async def say(text: str, step: int = 1) -> None:
            said.append(text)
            await ctx.run.text(step, text)
            await ctx.run.flush()

        if request.call is not None:
            result = await ctx.call_named(request.call.operation, request.call.arguments)
            await say(result.model_dump_json())
        match request.message.split():
            case ["say", *words]:
                for word in words:
                    await say(f"{word} ")
            case ["wait", *words]:
                await say("before ")
                self.reached.set()
                await self.gate.wait()
                for word in words:
                    await say(f"{word} ")
            case ["flood", count, size]:
                for index in range(int(count)):
                    await say(f"{index} ".ljust(int(size), "."))
            case ["retry"]:
                await say("kept ", step=1)
                await say("wrong ", step=2)
                await ctx.run.write(StepRetried(step=2, attempt=2, reason="the worker was lost"))
                await say("right", step=2)
            case ["draw"]:
                await say("Look.")
                await ctx.run.write(Surface(views=DRAWING))
            case ["ask"]:
                await ctx.run.write(InputRequired(operation="throws.toss_ball", missing=["angle"]))
            case ["question"]:
                given = await ctx.ask(Toss, "Which throw?", operation="throws.toss_ball")
                await say(f"thrown at {given.angle:g}")
            case ["name"]:
                await say(f"hello {(await ctx.ask(Name, 'Who?')).name}")
            case ["leave"]:
                await say(type(await ctx.approve("May I?", operation="throws.toss_ball")).__name__)
            case ["file"]:
                blob = await ctx.blobs.put(b"12345", name="five.txt", media_type="text/plain")
                await ctx.run.write(
                    ArtifactMade(blob_id=blob.id, name=blob.name, media_type=blob.media_type, size=blob.size)
                )
            case ["fail"]:
                raise Unavailable("The model is missing.", remedy="Run nis weights pull.")
            case _:
                await say("?")
        return Reply(
            response="".join(said),
            conversation_id=str(request.conversation_id),
            user_id=request.user_id,
            timestamp="2026-01-01T00:00:00.000+00:00",
            provider="test",
            model="script",
            demonstration=False,
            tokens_used=None,
            run_id=ctx.run.run_id,
        )


@asynccontextmanager
async def served(data: Path, **settings: Any) -> AsyncGenerator[tuple[StandIn, str]]:  # Any: settings differ in type
    """The surface on a free port of this machine; answers the process and its address without a scheme."""
    process = StandIn(data, **settings)
    config = uvicorn.Config(
        Guard(Router(routes(process)), process, TELLS), lifespan="off", log_config=None, ws="websockets-sansio"
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # With the protocol named, asyncio switches Nagle's delay off on what it accepts.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        # startup() and shutdown() rather than serve(): the test's loop keeps its signal handlers.
        await process.drivers.dispatch.open()
        await server.startup([listening])
        try:
            async with asyncio.timeout(3 * PATIENCE):
                yield process, f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.closing.set()
            await server.shutdown([listening])
            await process.close()


class Client:
    """A plain WebSocket client: it sends frames and keeps what comes, by id."""

    def __init__(self, socket_: ClientConnection) -> None:
        self.socket = socket_
        self._ids = itertools.count(1)
        self._kept: dict[object, list[Json]] = {}

    async def post(self, method: str, params: Any = None, **members: Any) -> int:  # Any: right and wrong JSON
        """Send a request; answers its id."""
        number = next(self._ids)
        await self.socket.send(
            json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}, **members})
        )
        return number

    async def next(self, number: object) -> Json:
        """The next frame for this id; those for others are kept."""
        while not self._kept.get(number):
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
            owner = frame["params"]["id"] if frame.get("method") == "streamEnd" else frame["id"]
            self._kept.setdefault(owner, []).append(frame)
        return self._kept[number].pop(0)

    async def call(self, method: str, params: Any = None, **members: Any) -> Json:  # Any: see post
        """Send a request and wait for its one answer."""
        return await self.next(await self.post(method, params, **members))

    async def rest(self, number: int) -> list[Json]:
        """The frames of a stream up to its end, which must come."""
        frames: list[Json] = []
        while (frame := await self.next(number)).get("method") != "streamEnd":
            frames.append(frame)
            if "error" in frame:
                break
        return frames

    async def stream(self, method: str, params: Any, **members: Any) -> list[Json]:  # Any: see post
        """Send a request and collect its stream."""
        return await self.rest(await self.post(method, params, **members))


@asynccontextmanager
async def client(address: str, **given: Any) -> AsyncGenerator[Client]:  # Any: the library's own arguments
    """A connection to the surface."""
    async with connect(f"ws://{address}/a2a", compression=None, **given) as socket_:
        yield Client(socket_)


def message(text: str, **members: Any) -> Json:  # Any: JSON
    """The params of a message in words."""
    return {"message": {"messageId": "m-1", "role": "ROLE_USER", "parts": [{"text": text}], **members}}


def answer_of(frames: list[Json]) -> str:
    """What a client shows after these frames: it applies the task, the appended text and the replacements."""
    text = ""
    for frame in frames:
        result = frame["result"]
        if "task" in result:
            text = text_of(result["task"])
        elif "artifactUpdate" in result and result["artifactUpdate"]["artifact"]["artifactId"] == "answer":
            update = result["artifactUpdate"]
            part = update["artifact"]["parts"][0]["text"]
            text = text + part if update.get("append") else part
    return text


def text_of(task: Json) -> str:
    """The words of a task's answer."""
    parts = [one["parts"][0]["text"] for one in task.get("artifacts", ()) if one["artifactId"] == "answer"]
    return "".join(parts)

"""Each derived surface as one function: an operation and a request in, an answer or a problem out.

A new derived surface is one more function of this shape in `SURFACES`; where it leaves operations out, it says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import shutil
import sys
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from ground import PATIENCE, Ground, Json
from keyed import holder
from over_mcp import over_mcp, post
from rest_client import placed
from websockets.sync.client import connect

from nis_backend.caller import LOCAL, NAMED
from nis_backend.capabilities.training.pool import POOL as TRAINING
from nis_backend.context import Context
from nis_backend.drivers.bus.base import COMMANDS, REPLIES
from nis_backend.drivers.bus.base import Message as BusMessage
from nis_backend.drivers.llm.answer import Answered, TextChunk, ToolCall
from nis_backend.drivers.llm.base import LanguageModels, Message, ModelInfo, Prompt
from nis_backend.entry import Entry
from nis_backend.errors import NisError
from nis_backend.event import Event, Succeeded, ToolAnswered
from nis_backend.guardrails.persons import PERSONS
from nis_backend.journal import Journal
from nis_backend.loop.turning import converse
from nis_backend.operation import Model
from nis_backend.run import Terms
from nis_backend.surfaces.cli.commands import command_line
from nis_backend.surfaces.rest.derive import RestRoute, routes_of
from nis_backend.surfaces.rest.log import is_log
from nis_backend.surfaces.tools import tool_name


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a surface answered: the result as JSON, of a stream its last item; or the problem."""

    result: Any = None
    problem: Json | None = None


# -- REST --------------------------------------------------------------------------------------------------------------


def over_rest(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """Every route of the operation, answered whole, and what may be a run also by `Prefer: respond-async`: no GET."""
    answers = [_over_route(ground, route, request) for route in routes_of(entry)]
    if is_log(entry):
        # Of a log, JSON has each item and not only the last.
        answers = [one if one.problem else Answer(result=one.result["items"][-1]) for one in answers]
    # What changes something was prepared for one call.
    able = [route for route in routes_of(entry) if route.method != "GET"]
    if able and (entry.shape == "run" or (entry.shape == "model" and entry.effect == "reads")):
        begun = _over_route(ground, able[0], request, {"prefer": "respond-async"})
        answers.append(begun if begun.problem else _ended(ground, begun.result["id"]))
    return answers


def over_events(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """The first route as server-sent events: a stream's last item, the result in a run's last event."""
    route = routes_of(entry)[0]
    return [_over_route(ground, route, request, {"accept": "text/event-stream"}, run=entry.shape == "run")]


def _over_route(
    ground: Ground, route: RestRoute, request: Json, more: Mapping[str, str] | None = None, *, run: bool = False
) -> Answer:
    path, sent = placed(route, request)
    # What is known of a blob is the same everywhere; its bytes are REST's own.
    headers = {"accept": "application/json", **(more or {})}
    headers |= {"content-type": "application/json"} if sent is not None else {}
    asked = urllib.request.Request(f"{ground.url}{path}", sent, headers, method=route.method)
    try:
        answer = urllib.request.urlopen(asked, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        kind, body = answer.headers.get_content_type(), answer.read()
    if isinstance(answer, urllib.error.HTTPError):
        problem = json.loads(body)
        assert (answer.code, kind) == (problem["status"], "application/problem+json")
        return Answer(problem=problem)
    assert kind == headers["accept"]
    if kind == "application/json":
        return Answer(result=json.loads(body))
    last = json.loads(body.decode().rpartition("\ndata: ")[2])
    if not run:
        return Answer(result=last)
    return Answer(result=last["body"].get("result"), problem=last["body"].get("problem"))


def _ended(ground: Ground, run_id: str) -> Answer:
    """The result of a run, once it has one."""
    ground.call("runs.stream_events", {"id": run_id})
    with urllib.request.urlopen(f"{ground.url}/runs/{run_id}", timeout=PATIENCE) as answer:
        run = json.load(answer)
    return Answer(result=run["result"], problem=run["problem"])


# -- the command line --------------------------------------------------------------------------------------------------


def over_command_line(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """`nis call`, in this process, which finds the server by its folder."""
    out, err = io.StringIO(), io.StringIO()
    arguments = ["call", entry.name, "--json", "--input", "-"]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
        code = command_line(ground.read, _unused, _unused, arguments)
    if code:
        return [Answer(problem=json.loads(err.getvalue()))]
    said = out.getvalue()
    return [Answer(result=json.loads(said.splitlines()[-1] if entry.shape == "stream" else said))]


def _unused(*_: object) -> Any:  # Any: neither a server nor a folder is opened here
    raise AssertionError("the command did not find the server")


# -- function tools ----------------------------------------------------------------------------------------------------


class Caller(LanguageModels):
    """A model that calls one tool and then says a word."""

    provider = "parity"

    def __init__(self, call: ToolCall) -> None:
        self._call = call

    async def models(self) -> list[ModelInfo]:
        """One."""
        return [INFO]

    async def generate(self, prompt: Prompt) -> AsyncGenerator[TextChunk | Answered, None]:
        """The call, then the word."""
        if prompt.messages[-1].role == "tool":
            yield TextChunk(text="Done.")
            yield Answered(finish_reason="stop")
        else:
            yield Answered(finish_reason="tool_calls", tool_calls=(self._call,))

    async def close(self) -> None:
        """Nothing is open."""


INFO = ModelInfo(provider="parity", name="caller", tools=True)


NEVER = 1e11
"""A time after all others, seconds since 1970."""


class Nothing(Model):
    """A request without fields."""


def over_tools(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """A model's call of the tool, in a turn of the agent loop: what the run's log has of it."""

    async def turn() -> Answer:
        drivers = ground.process.drivers
        run_id = f"run-{uuid.uuid4().hex}"
        ctx = Context(drivers=drivers, caller=LOCAL, journal=Journal(drivers.store, LOCAL.owner, run_id, 0))
        # Not due, so that nobody takes it when a call wakes the dispatcher.
        await ctx.runs.write_down(run_id, "operations.list_operations", Nothing(), None, Terms(not_before=NEVER))
        call = ToolCall(id="call-1", name=tool_name(entry), arguments=json.dumps(request))
        await converse(ctx, Caller(call), INFO, [Message(role="user", content="Call it.")], [entry])
        await ctx.run.commit(Succeeded(result=None), state="succeeded")
        (answered,) = [one.body for one in await ctx.runs.events(run_id) if isinstance(one.body, ToolAnswered)]
        return Answer(result=answered.result, problem=answered.problem)

    return [ground.run(turn())]


# -- A2A ---------------------------------------------------------------------------------------------------------------


def over_a2a(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """A data part with the operation and its arguments, over a plain socket: the artifact `result`, or the problem."""
    part = {"data": {"operation": entry.name, "arguments": request}}
    message = {"messageId": uuid.uuid4().hex, "role": "ROLE_USER", "parts": [part]}
    frame = {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage", "params": {"message": message}}
    address = ground.url.replace("http", "ws", 1)
    answer: Answer | None = None
    with connect(f"{address}/a2a", compression=None, max_size=None) as socket:
        socket.send(json.dumps(frame))
        while (got := json.loads(socket.recv(PATIENCE))).get("method") != "streamEnd":
            assert "result" in got, got
            answer = answer or _of_update(got["result"])
    assert answer is not None, f"{entry.name} left neither a result nor a problem"
    return [answer]


def _of_update(result: Json) -> Answer | None:
    match result:
        case {"artifactUpdate": {"artifact": {"artifactId": "result", "parts": [{"data": data}, *_]}}}:
            return Answer(result=data)
        case {"statusUpdate": {"status": {"message": {"metadata": {"problem": problem}}}}}:
            return Answer(problem=problem)
        case _:
            return None


# -- AG-UI -------------------------------------------------------------------------------------------------------------


def over_agui(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """A run whose input names the operation: the result of its call, or the problem; a long one is in the log."""
    call = {"nis": {"call": {"operation": entry.name, "arguments": request}}}
    given: Json = {"threadId": "parity", "runId": uuid.uuid4().hex, "messages": [], "forwardedProps": call}
    body = json.dumps(given).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{ground.url}/agui", body), timeout=PATIENCE) as told:
        events = [json.loads(line[6:]) for line in told.read().decode().splitlines() if line.startswith("data: ")]
    content: Any
    (content,) = (json.loads(one["content"]) for one in events if one["type"] == "TOOL_CALL_RESULT")
    if isinstance(content, dict) and content.keys() == {"shortened", "left_out"}:
        run_id = events[1]["snapshot"]["nis"]["runId"]
        bodies = [one.body for one in ground.run(_log(ground, run_id))]
        (content,) = (body.result for body in bodies if isinstance(body, ToolAnswered))
    if isinstance(content, dict) and content.keys() == {"problem"}:
        return [Answer(problem=cast("Json", content)["problem"])]
    return [Answer(result=cast("Any", content))]


async def _log(ground: Ground, run_id: str) -> list[Event]:
    return await ground.process.context(LOCAL).runs.all_events(run_id)


# -- MCP ---------------------------------------------------------------------------------------------------------------


def through_mcp(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """The tool, which the whole list names, called by a client of the stateless era."""
    assert tool_name(entry) in _listed(ground.url)
    try:
        return [Answer(result=over_mcp(ground.url, entry.name, request))]
    except NisError as error:
        return [Answer(problem=error.problem())]


@cache
def _listed(url: str) -> frozenset[str]:
    return frozenset(tool["name"] for tool in post(url, "tools/list", path="/mcp?toolset=all")["result"]["tools"])


# -- the bus -----------------------------------------------------------------------------------------------------------


@cache
def _administering(ground: Ground) -> Mapping[str, str]:
    return holder(ground, scopes=["*", *NAMED]).headers


def over_bus(ground: Ground, entry: Entry, request: Json) -> list[Answer]:
    """A command, and what became of it; of a run its result, once it has one."""
    id_ = uuid.uuid4().hex
    value = json.dumps({"id": id_, "operation": entry.name, "arguments": request}).encode()
    # A command without a key is its owner's, who administers nothing.
    keyed = _administering(ground)

    async def commanded() -> Json:
        bus = ground.process.bus
        replies = await bus.consume(REPLIES, id_)
        await bus.publish(COMMANDS, [BusMessage(key=id_, value=value, headers=keyed)])
        async with asyncio.timeout(PATIENCE):
            while (reply := json.loads((await replies.take()).value))["id"] != id_:
                pass
        await replies.close()
        return reply

    reply = ground.run(commanded())
    if "run_id" in reply:
        return [_ended(ground, reply["run_id"])]
    return [Answer(result=reply.get("result"), problem=reply.get("problem"))]


# -- what they stand on ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def computed(ground: Ground, times: int, trainings: int = 0) -> Generator[None]:
    """Requests that reach the workers and are equal are computed so many times, and then answered with the last of it.

    A model that is only what something else is shown with is trained once for all of them: equal settings, seed and
    rows. Where training is what is shown, it is done `trainings` times, which have to come to the same.

    Each surface is passed whole, there and back. What it makes of a request decides: one that it altered is another,
    and is computed.
    """
    compute = ground.process.drivers.compute
    call, known = compute.call, dict[str, list[Json]]()

    async def remembered(pool: str, payload: Json, **more: Any) -> Json:  # Any: `call`'s own
        if "operation" not in payload:
            return await call(pool, payload, **more)
        answers = known.setdefault(_asked(payload), [])
        if len(answers) < times:
            answer = await call(pool, payload, **more)
            if answer.get("written"):
                return answer
            answers.append(answer)
        return dict(answers[-1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compute, "call", remembered)
        patch.setattr(compute, "stream", _trained_before(ground, trainings))
        yield


def _trained_before(ground: Ground, trainings: int) -> Callable[..., AsyncGenerator[Json, None]]:
    """The workers' `stream`, that trains what was trained before only as often as said; else its files are laid out."""
    stream, made = ground.process.drivers.compute.stream, Counter[str]()

    async def trained_before(pool: str, payload: Json, **more: Any) -> AsyncGenerator[Json, None]:  # Any: its own
        if pool != TRAINING:
            async with contextlib.aclosing(stream(pool, payload, **more)) as items:
                async for item in items:
                    yield item
            return
        run, asked = Path(payload["folder"]), _trained(payload)
        kept, said = ground.data / "trained" / asked, list[Json]()
        made[asked] += 1
        if made[asked] > trainings and kept.exists():
            shutil.copytree(kept, run, dirs_exist_ok=True)
            for item in json.loads((run / "said.json").read_text()):
                yield item
            return
        async with contextlib.aclosing(stream(pool, payload, **more)) as items:
            async for item in items:
                said.append(item)
                if item["kind"] == "done" and not kept.exists():
                    shutil.copytree(run, kept, ignore=shutil.ignore_patterns("data"))
                    (kept / "said.json").write_text(json.dumps(said))
                yield item

    return trained_before


def _trained(payload: Json) -> str:
    """What names a training: all that decides what is learned, its rows by what is in them."""
    decides = {name: payload[name] for name in ("recipe", "settings", "seed", "steps", "seconds", "base")}
    parts = sorted((Path(payload["folder"]) / "data").glob("*.jsonl"))
    rows = [hashlib.sha256(one.read_bytes()).hexdigest() for one in parts]
    return hashlib.sha256(json.dumps([decides, rows]).encode()).hexdigest()


def _asked(payload: Json) -> str:
    """What is asked of a worker: bytes by their digest, whichever blob each call has made of them."""
    request: str = payload["request"]
    for id_, path in payload["files"].items():
        request = request.replace(id_, hashlib.sha256(Path(path).read_bytes()).hexdigest())
    return json.dumps([payload["module"], payload["operation"], payload["limits"], request])


# -- all of them -------------------------------------------------------------------------------------------------------

Over = Callable[[Ground, Entry, Json], list[Answer]]


def _everything(_entry: Entry) -> str:
    return ""


def _models_only(entry: Entry) -> str:
    """A call of a tool or a skill is answered with one object."""
    return "" if entry.shape == "model" else f"answers a {entry.shape}, and this surface's calls answer one object"


def _not_one(entry: Entry) -> str:
    return "answers one object: there are no events" if entry.shape == "model" else ""


def _no_secret(entry: Entry) -> str:
    return "answers a secret, and what was answered is kept: in a run's log, in a topic" if entry.secret else ""


def _models_in_logs(entry: Entry) -> str:
    return _models_only(entry) or _no_secret(entry)


def _models_that_stay(entry: Entry) -> str:
    destroys = "destroys, which waits for a person: the agent loop lets no model do it"
    decides = "a person's to decide: no model is offered it"
    return (
        _models_in_logs(entry)
        or (destroys if entry.effect == "destroys" else "")
        or (decides if entry.name in PERSONS else "")
    )


@dataclass(frozen=True, kw_only=True)
class Surface:
    """How an operation is called here, and why some are not; an empty reason is none."""

    name: str
    over: Over
    left_out: Callable[[Entry], str] = _everything


SURFACES = (
    Surface(name="REST", over=over_rest),
    Surface(name="events", over=over_events, left_out=_not_one),
    Surface(name="command line", over=over_command_line),
    Surface(name="function tool", over=over_tools, left_out=_models_that_stay),
    Surface(name="A2A", over=over_a2a, left_out=_models_in_logs),
    Surface(name="AG-UI", over=over_agui, left_out=_models_in_logs),
    Surface(name="MCP", over=through_mcp),
    Surface(name="bus", over=over_bus, left_out=_no_secret),
)


@dataclass
class Shown:
    """What was the same in one cell."""

    answers: int = 0
    problems: int = 0

    def __str__(self) -> str:
        return f"{self.answers}+{self.problems}"


@dataclass
class Table:
    """What was shown: for each operation and surface, how many answers and problems were the same."""

    cells: dict[tuple[str, str], str | Shown] = field(default_factory=dict[tuple[str, str], "str | Shown"])
    reasons: list[str] = field(default_factory=list[str])

    def same(self, operation: str, surface: str, kind: Literal["answers", "problems"]) -> None:
        """One more was the same here as everywhere."""
        cell = self.cells.setdefault((operation, surface), Shown())
        assert isinstance(cell, Shown)
        setattr(cell, kind, getattr(cell, kind) + 1)

    def left_out(self, operation: str, surface: str, reason: str) -> None:
        """It is not there, for this reason."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        self.cells[operation, surface] = f"({self.reasons.index(reason) + 1})"

    def lines(self) -> Generator[str]:
        """Operations down, surfaces across."""
        if not self.cells:
            return
        operations = sorted({operation for operation, _ in self.cells})
        wide = max(map(len, operations))
        yield "  ".join(["operation".ljust(wide), *(surface.name for surface in SURFACES)])
        for operation in operations:
            cells = (str(self.cells.get((operation, one.name), "?")).ljust(len(one.name)) for one in SURFACES)
            yield "  ".join([operation.ljust(wide), *cells]).rstrip()
        yield "3+2: three answers and two problems were the same as everywhere; ?: not shown in this run"
        yield from (f"({number}) {reason}" for number, reason in enumerate(self.reasons, 1))


TABLE = Table()

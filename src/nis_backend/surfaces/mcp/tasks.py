"""The extension of tasks (SEP-2663): a task is a run. Nothing of it is kept here; the log and its row say all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    HEADER_MISMATCH,
    METHOD_NOT_FOUND,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    RequestParams,
)

from nis_backend.errors import Conflict, Forbidden, InternalError, Waiting, from_problem
from nis_backend.run import waits_for
from nis_backend.surfaces.mcp.following import asks_persons, is_stateless, word_of
from nis_backend.surfaces.mcp.questions import answer, questions
from nis_backend.surfaces.mcp.results import failure, success, told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server.context import CallNext, HandlerResult
    from mcp.server.lowlevel.server import Server

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.mcp.following import Asked, Of
    from nis_backend.surfaces.mcp.things import Things

TASKS = "io.modelcontextprotocol/tasks"
METHODS = ("tasks/get", "tasks/update", "tasks/cancel")
GRACE_SECONDS = 0.5
"""A run that has ended by then is answered as any call is; no client has to come back for it."""
POLL_MILLISECONDS = 1_000
LATEST_EVENTS = 20
"""Of a run under way, the last events that are looked through for a word on how it is."""


class OneTask(RequestParams):
    """Which task."""

    task_id: str


class UpdateTask(OneTask):
    """Which task, and what the person has answered, by the keys of what was asked."""

    input_responses: dict[str, Any]


class Tasks:
    """The three methods, and the calls that become tasks."""

    def __init__(self, context: Of, things: Things) -> None:
        self._context = context
        self._things = things

    def serve(self, server: Server[Any]) -> None:
        """Add the extension to the server."""
        server.extensions[TASKS] = {}
        server.middleware.append(check_request)
        methods: list[tuple[type[OneTask], Callable[[Asked, Any], Awaitable[Json]]]] = [
            (OneTask, self.get),
            (UpdateTask, self.update),
            (OneTask, self.cancel),
        ]
        for name, (params, method) in zip(METHODS, methods, strict=True):
            server.add_request_handler(name, params, method)

    async def get(self, asked: Asked, params: OneTask) -> Json:
        """The run as it is, with what it waits for or its result."""
        with told(id="taskId"):
            ctx = self._context(asked)
            run = await self._things.call(ctx, "run", "get_run", {"id": params.task_id})
            return await detailed(run, ctx, asks=asks_persons(asked))

    async def update(self, asked: Asked, params: UpdateTask) -> Json:
        """Take in answers; those to what is not asked any more are left alone."""
        with told(id="taskId"):
            ctx = self._context(asked)
            run = await ctx.runs.get(params.task_id)
            # Another may have answered since it was read.
            with suppress(Conflict):
                await answer(self._things, ctx, run, params.input_responses)
        return {}

    async def cancel(self, asked: Asked, params: OneTask) -> Json:
        """Have the run stop; one that has ended stays as it is."""
        with told(id="taskId"):
            ctx = self._context(asked)
            await ctx.runs.get(params.task_id)
            with suppress(Conflict):
                await self._things.call(ctx, "run", "cancel_run", {"id": params.task_id})
        return {}


def takes(asked: Asked, entry: Entry) -> bool:
    """Whether a call becomes a task: it is a run, or a worker computes it, and the client can come back for it."""
    return (entry.shape == "run" or (entry.pool is not None and entry.shape == "model")) and declares(asked)


def declares(asked: Asked) -> bool:
    """Whether the client said with this request that it knows tasks."""
    # The package has not looked at what is declared.
    declared = (asked.meta or {}).get(CLIENT_CAPABILITIES_META_KEY)
    extensions: object = cast("Json", declared).get("extensions") if isinstance(declared, dict) else None
    return is_stateless(asked) and isinstance(extensions, dict) and TASKS in cast("Json", extensions)


def refuse_undeclared(asked: Asked) -> None:
    """Let those alone go on who know tasks.

    Raises:
        MCPError: it did not say so.
    """
    if not declares(asked):
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            f"This takes a client that declares {TASKS} with each request.",
            {"requiredCapabilities": {"extensions": {TASKS: {}}}},
        )


async def check_request(ctx: Asked, call_next: CallNext) -> HandlerResult:
    """Methods of tasks belong to the stateless era, name the task in a header too, and want the extension."""
    if ctx.method in METHODS:
        if not is_stateless(ctx):
            raise MCPError(METHOD_NOT_FOUND, "Method not found", ctx.method)
        task = (ctx.params or {}).get("taskId")
        if ctx.request is not None and decode_header_value(ctx.request.headers.get(MCP_NAME_HEADER)) != task:
            raise MCPError(HEADER_MISMATCH, f"The header {MCP_NAME_HEADER} is not the request's taskId.")
        refuse_undeclared(ctx)
    return await call_next(ctx)


class AsTask:
    """Follows a run for a moment; what takes longer is the client's to come back for."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def __call__(self, run: RunHandle) -> HandlerResult:
        """Its result, or the task that it is."""
        with suppress(TimeoutError, Waiting):
            async with asyncio.timeout(GRACE_SECONDS):
                return await success(await run.result(), self._ctx)
        now = await self._ctx.runs.get(run.id)
        return {"resultType": "task", **summary(now, self._ctx)}


def summary(run: Run, ctx: Context) -> Json:
    """A task without what its state adds."""
    days = ctx.settings.run_days
    return {
        "taskId": run.id,
        "status": _status(run),
        "createdAt": _moment(run.created),
        "lastUpdatedAt": _moment(run.updated),
        "ttlMs": None if days is None else round(days * 86_400_000),
        "pollIntervalMs": POLL_MILLISECONDS,
    }


async def detailed(run: Run, ctx: Context, *, asks: bool) -> Json:
    """A task with what its state adds; a client that shows no forms is told in words what is waited for."""
    task = summary(run, ctx)
    match task["status"]:
        case "input_required":
            message = waits_for(run.id, run.waiting or {})
            task |= {"inputRequests": questions(run) if asks else {}, "statusMessage": str(message)}
        case "completed":
            ended = run.state == "succeeded"
            result = await success(run.result, ctx) if ended else failure(from_problem(run.problem or {}))
            task["result"] = result.model_dump(by_alias=True, mode="json", exclude_none=True)
        case "failed":
            error = from_problem(run.problem or {})
            said = f"{error.message} {error.remedy}".strip()
            task |= {"error": {"code": error.codes.jsonrpc, "message": said, "data": error.problem()}}
            task["statusMessage"] = said
        case "working":
            # What a rule holds back of its events is not told; how it stands is.
            with suppress(Forbidden):
                events = await ctx.runs.events(run.id, max(0, run.last_seq - LATEST_EVENTS))
                words = [word for event in events if (word := word_of(event).strip())]
                task |= {"statusMessage": words[-1]} if words else {}
        case _:
            pass
    return task


def _status(run: Run) -> str:
    """`failed` is a fault of the server; what an operation refuses is a result that says so."""
    match run.state:
        case "succeeded":
            return "completed"
        case "failed":
            return "failed" if isinstance(from_problem(run.problem or {}), InternalError) else "completed"
        case "cancelled":
            return "cancelled"
        case "waiting":
            return "input_required"
        case _:
            return "working"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

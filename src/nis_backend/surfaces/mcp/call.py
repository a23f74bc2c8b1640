"""How a tool's call becomes an operation's, and how each shape of result is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from mcp_types import CallToolResult, TextContent

from nis_backend.calling import call
from nis_backend.errors import InternalError, NisError
from nis_backend.event import Progressed, StepRetried, TextDelta, ToolCalled, Warned
from nis_backend.operation import Model
from nis_backend.run import RunHandle
from nis_backend.surfaces.waiting import unless_stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Closing

log = logging.getLogger("nis.mcp")

DRAIN_SECONDS = 2.0
"""Time that calls under way get when the process ends."""
PROBLEM = "nis/problem"
"""The member of a result's `_meta` that holds the failure as a problem document."""


class Tell(Protocol):
    """Sends the client one notification of progress; nothing when it asked for none."""

    async def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """`progress` rises with each."""
        ...


class Calls:
    """The calls under way in one process."""

    def __init__(self, closing: Closing) -> None:
        self._closing = closing
        self._under_way: set[asyncio.Task[Any]] = set()  # Any: their results differ

    async def drain(self) -> None:
        """Give what is under way a moment to end."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)

    async def answer(self, entry: Entry, arguments: Json, ctx: Context, tell: Tell) -> CallToolResult:
        """Call the operation; a failure is a result too, which the model can read and mend."""
        try:
            return _success(await self._kept(self._call(entry, arguments, ctx, tell)))
        except NisError as error:
            return failure(error)
        except Exception:
            log.exception("request %s failed: %s", ctx.request_id, entry.name)
            remedy = f"The server's log has the reason under {ctx.request_id}."
            return failure(InternalError("nis failed to answer.", remedy=remedy))

    async def _kept(self, work: Any) -> Any:  # Any: a coroutine and its result
        """Await `work` as a task that a stopping server can wait for."""
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await task

    async def _call(self, entry: Entry, arguments: Json, ctx: Context, tell: Tell) -> Any:  # Any: JSON
        if entry.shape == "run":
            return await self._run(entry, arguments, ctx, tell)
        if entry.shape == "stream":
            items = await call(ctx.operations.find(entry.name), arguments, ctx)
            return await unless_stopped(self._closing, _last(items, tell))
        progress = Progress(tell)
        relaying = asyncio.create_task(progress.relay())
        try:
            ctx = replace(ctx, on_progress=progress.hear)
            result = await call(ctx.operations.find(entry.name), arguments, ctx)
            await progress.flush()
        finally:
            relaying.cancel()
        return result.model_dump(mode="json")

    async def _run(self, entry: Entry, arguments: Json, ctx: Context, tell: Tell) -> Any:  # Any: JSON
        """Start a run and follow it to its end; a client that cancels this call cancels the run."""
        # A client that cancels now must not leave a run that is written down and never carried out.
        starting = asyncio.ensure_future(call(ctx.operations.find(entry.name), arguments, ctx))
        try:
            handle: RunHandle = await asyncio.shield(starting)
            ending = _followed(handle, tell) if ctx.follows else handle.result()
            return await unless_stopped(self._closing, ending, handle.id)
        except asyncio.CancelledError:
            if not self._closing.is_set():
                # A task of its own, because this one may await nothing more.
                stopping = asyncio.create_task(_stop(starting, ctx))
                self._under_way.add(stopping)
                stopping.add_done_callback(self._under_way.discard)
            raise


async def _stop(starting: asyncio.Future[RunHandle], ctx: Context) -> None:
    # It was refused, or it has ended: there is nothing to stop.
    with suppress(NisError):
        await ctx.runs.cancel((await starting).id)


async def _followed(run: RunHandle, tell: Tell) -> Any:  # Any: JSON
    """The run's result; what happens on the way is progress, numbered as its log is."""
    async for event in run.follow(waits=False):
        word = _word(event)
        if word:
            # The number always rises. Where the run says how far it is, the total is such that both agree.
            fraction = event.body.fraction if isinstance(event.body, Progressed) else 0
            await tell(event.seq, event.seq / fraction if fraction else None, word)
    return await run.result()


def _word(event: Event) -> str:
    """What a person who waits would like to read of an event; empty for the rest."""
    match event.body:
        case TextDelta(text=text):
            return text
        case Progressed(message=message, fraction=fraction):
            return message or f"{fraction:.0%}"
        case ToolCalled(operation=name):
            return f"Calling {name}"
        case Warned(message=message):
            return message
        case StepRetried(reason=reason):
            return f"Again: {reason}"
        case _:
            return ""


async def _last(items: AsyncIterator[Model], tell: Tell) -> Any:  # Any: JSON
    """The last item of a stream; each is progress."""
    last: Model | None = None
    count = 0
    async for last in items:
        count += 1
        await tell(count, None, last.model_dump_json())
    return last and last.model_dump(mode="json")


class Progress:
    """Passes on how far a computation is: the latest word when the client has taken the one before, always rising."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._heard = asyncio.Event()
        self._latest: tuple[float, str] | None = None
        self._told = 0.0

    def hear(self, fraction: float, message: str) -> None:
        """Take in a word; what was not passed on yet is forgotten."""
        self._latest = fraction, message
        self._heard.set()

    async def relay(self) -> None:
        """Pass words on until this is cancelled."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            await self.flush()

    async def flush(self) -> None:
        """Pass on what was heard last, if it goes further than what was told."""
        latest, self._latest = self._latest, None
        if latest is not None and latest[0] > self._told:
            self._told = latest[0]
            await self._tell(latest[0], 1.0, latest[1] or None)


def _success(result: Any) -> CallToolResult:  # Any: JSON
    return CallToolResult(
        # For clients that read no structured content, the same as text.
        content=[TextContent(type="text", text=json.dumps(result, ensure_ascii=False))],
        structured_content=result,
    )


def failure(error: NisError) -> CallToolResult:
    """A failure as a result: in words for the model, whole in `_meta`; structured content is what the schema says."""
    lines = [f"{error.code}: {error.message} {error.remedy}".rstrip()]
    lines += [f"{wrong.field}: {wrong.message}. {wrong.remedy}".rstrip() for wrong in error.fields[1:]]
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))], is_error=True, _meta={PROBLEM: error.problem()}
    )

"""How a tool's call becomes an operation's, and how each shape of result is answered."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.calling import begin, call
from nis_backend.errors import InternalError, NisError
from nis_backend.surfaces.mcp.results import failure, success
from nis_backend.surfaces.waiting import unless_stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from mcp.server.context import HandlerResult

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Json, Model
    from nis_backend.run import RunHandle
    from nis_backend.surfaces.base import Closing
    from nis_backend.surfaces.mcp.following import Follow, Tell

log = logging.getLogger("nis.mcp")

DRAIN_SECONDS = 2.0
"""Time that calls under way get when the process ends."""


class Calls:
    """The calls under way in one process."""

    def __init__(self, closing: Closing) -> None:
        self.closing = closing
        self._under_way: set[asyncio.Task[Any]] = set()  # Any: their results differ

    async def drain(self) -> None:
        """Give what is under way a moment to end."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)

    async def answer(self, entry: Entry, arguments: Json, ctx: Context, tell: Tell, follow: Follow) -> HandlerResult:
        """Call the operation; a failure is a result too, which the model can read and mend.

        Of a run, it answers what `follow` makes of it.
        """
        return await self._told(self._call(entry, arguments, ctx, tell, follow), entry, ctx)

    async def begin(self, entry: Entry, arguments: Json, ctx: Context, follow: Follow) -> HandlerResult:
        """The same of an operation that is begun as a run, also where its calls are none."""
        starting = (call if entry.shape == "run" else begin)(ctx.operations.find(entry.name), arguments, ctx)
        return await self._told(self._run(starting, ctx, follow), entry, ctx)

    async def go_on(self, run: RunHandle, entry: Entry, ctx: Context, follow: Follow) -> HandlerResult:
        """The same of a run that was begun before."""
        return await self._told(self._watched(run, follow), entry, ctx)

    async def _told(self, work: Any, entry: Entry, ctx: Context) -> HandlerResult:  # Any: a coroutine and its result
        try:
            return await self._kept(work)
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

    async def _call(self, entry: Entry, arguments: Json, ctx: Context, tell: Tell, follow: Follow) -> HandlerResult:
        if entry.shape == "run":
            return await self._run(call(ctx.operations.find(entry.name), arguments, ctx), ctx, follow)
        if entry.shape == "stream":
            items = await call(ctx.operations.find(entry.name), arguments, ctx)
            return await success(await unless_stopped(self.closing, _last(items, tell)), ctx)
        progress = Progress(tell)
        relaying = asyncio.create_task(progress.relay())
        try:
            ctx = replace(ctx, on_progress=progress.hear)
            result = await call(ctx.operations.find(entry.name), arguments, ctx)
            await progress.flush()
        finally:
            relaying.cancel()
        return await success(result.model_dump(mode="json"), ctx)

    async def _run(self, begun: Coroutine[Any, Any, RunHandle], ctx: Context, follow: Follow) -> HandlerResult:
        """Begin a run and follow it; a client that cancels this call cancels the run."""
        # A client that cancels now must not leave a run that is written down and never carried out.
        starting = asyncio.ensure_future(begun)
        try:
            return await self._watched(await asyncio.shield(starting), follow)
        except asyncio.CancelledError:
            if not self.closing.is_set():
                # A task of its own, because this one may await nothing more.
                stopping = asyncio.create_task(_stop(starting, ctx))
                self._under_way.add(stopping)
                stopping.add_done_callback(self._under_way.discard)
            raise

    async def _watched(self, run: RunHandle, follow: Follow) -> HandlerResult:
        return await unless_stopped(self.closing, follow(run), run.id)


async def _stop(starting: asyncio.Future[RunHandle], ctx: Context) -> None:
    # It was refused, or it has ended: there is nothing to stop.
    with suppress(NisError):
        await ctx.runs.cancel((await starting).id)


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

"""An answer that is worked out while its caller may leave and the server may stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend.errors import Cancelled, Unavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.requests import Request
    from starlette.types import Receive

    from nis_backend.surfaces.base import Closing, Process

T = TypeVar("T")

LEFT = "The caller left before there was an answer."

_UNDER_WAY: set[asyncio.Task[Any]] = set()
"""What goes on whoever leaves; the loop itself does not hold its tasks."""


def stopping(run_id: str | None = None) -> Unavailable:
    """Word that the server stops first; the log of a run has its end later."""
    remedy = "Ask again in a moment." if run_id is None else f"See /runs/{run_id} later."
    return Unavailable("The server is stopping.", field=run_id and "run", value=run_id, remedy=remedy)


async def settled(
    process: Process, request: Request, working: asyncio.Future[Any], seconds: float | None = None
) -> bool:
    """Whether it is done by then; it is stopped when the caller leaves or the server ends.

    Raises:
        Cancelled: the caller has left.
        Unavailable: the server is stopping.
    """
    watched = [asyncio.ensure_future(one) for one in (process.closing.wait(), left(request.receive))]
    try:
        done, _ = await asyncio.wait({working, *watched}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if working in done or not done:
            return bool(done)
        await stop(working)
        raise stopping() if watched[0] in done else Cancelled(LEFT)
    except asyncio.CancelledError:
        working.cancel()
        raise
    finally:
        for one in watched:
            one.cancel()


async def unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work answers; it is stopped when the caller leaves, and goes on while the server drains.

    Raises:
        Cancelled: the caller has left.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(left(request.receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Cancelled(LEFT)
        return working.result()
    finally:
        leaving.cancel()
        await stop(working)


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """What the work answers, which its caller cannot stop.

    Who leaves while a run is begun must not leave one that is written down and never carried out.
    """
    task = asyncio.create_task(work)
    _UNDER_WAY.add(task)
    task.add_done_callback(_over)
    return await asyncio.shield(task)


def _over(task: asyncio.Task[Any]) -> None:
    _UNDER_WAY.discard(task)
    if not task.cancelled():
        # Who has left is not told of a failure.
        task.exception()


async def unless_stopped(closing: Closing, work: Coroutine[Any, Any, T], run_id: str | None = None) -> T:
    """What the work answers; it is not waited for when the server stops.

    Raises:
        Unavailable: the server is stopping.
    """
    with closing.limited() as limit:
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                # The work's own.
                raise
            raise stopping(run_id) from None


async def left(receive: Receive) -> None:
    """Wait until the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def stop(working: asyncio.Future[Any]) -> None:
    """Cancel it, and wait until it has ended."""
    working.cancel()
    await asyncio.wait({working})

"""Work that goes on side by side: whatever comes of one, none is left to go on alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

Thing = TypeVar("Thing")
Res = TypeVar("Res")


async def together(work: Iterable[Coroutine[Any, Any, Res]]) -> list[Res]:
    """What each answers, in their order, all at once; a stop is told to each, with its reason, and waited for."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        if tasks:
            await asyncio.wait(tasks)
    except asyncio.CancelledError as stopped:
        await stop(tasks, *stopped.args)
        raise
    # Of several that fail the first is told: asyncio logs the failure of a task that nobody has asked for its own.
    await stop(tasks)
    return [task.result() for task in tasks]


async def all_or_none(work: Iterable[Coroutine[Any, Any, Res]]) -> list[Res]:
    """The same, but that the first that fails ends the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await stop(tasks)


async def each(do: Callable[[Thing], Awaitable[Res]], things: Iterable[Thing], at_once: int) -> list[Res]:
    """What it answers of each, in their order, so many under way at once; the first that fails ends the others."""
    waiting, answers = iter(enumerate(things)), dict[int, Res]()

    async def work() -> None:
        for place, thing in waiting:
            answers[place] = await do(thing)

    await all_or_none(work() for _ in range(at_once))
    return [answers[place] for place in range(len(answers))]


async def stop(tasks: Iterable[asyncio.Task[Any]], *why: Any) -> None:  # Any: what a task is cancelled with
    """Stop them, each knowing why: a call that may not be repeated is finished first, unless the run is cancelled."""
    waited = list(tasks)
    for task in waited:
        task.cancel(*why)
    await asyncio.gather(*waited, return_exceptions=True)

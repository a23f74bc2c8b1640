"""A message to a remote agent as a step of a run: said once, heard to its end, whatever happens in between.

The task's id is written down before anything else that comes: after a death the run goes on with that task, and the
message is not sent again. Where it died before the id was known, nobody can tell whether the message was heard.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.remote_agents.listening import AgentReply, Heard, MadeArtifact
from nis_backend.drivers.agents.base import Said
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Busy, DeadlineExceeded, NisError, Unavailable, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.context import Context
    from nis_backend.drivers.agents.base import Address, Card, RemoteAgents, Update

log = logging.getLogger("nis.agents")

MOST_CUTS = 5
"""Times in a row that a task's stream may break off without anything new."""
FIRST_PAUSE = 0.2
CANCEL_SECONDS = 5.0
"""Time that the agent gets to hear that its task is to stop."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """An agent at hand."""

    driver: RemoteAgents
    address: Address
    card: Card

    async def cancel(self, task_id: str) -> None:
        """Have its task stopped, as far as it hears of it in time."""
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self.driver.cancel(self.address, self.card, task_id)
        except (NisError, TimeoutError) as error:
            log.warning("a remote task may go on: %s", error)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who is told what is heard."""

    began: Callable[[str], Awaitable[None]]
    """Keeps the task's id, before anything else of it."""
    heard: Callable[[Heard], Awaitable[None]]
    """Is told after each update."""


async def listen(remote: Remote, said: Said, task_id: str, seconds: float, listener: Listener) -> Heard:
    """Say it, or go on with `task_id`, until the task is over or waits.

    A run that is cancelled, or has no more time, has the remote task stopped.

    Raises:
        NisError: the agent's failure.
        DeadlineExceeded: it was not over after so many seconds.
    """
    heard = Heard(task_id=task_id)
    # A message to a task that waits is no new task's.
    known = bool(task_id)
    limit = asyncio.timeout(seconds)
    try:
        async with limit, aclosing(_updates(remote, said, task_id)) as updates:
            async for update in updates:
                heard.take(update)
                if not known and update.task_id:
                    known = True
                    await listener.began(update.task_id)
                await listener.heard(heard)
    except asyncio.CancelledError as stopped:
        if heard.task_id and stop_reason(stopped) == CANCELLED:
            await _finished(remote.cancel(heard.task_id))
        raise
    except TimeoutError:
        if not limit.expired():
            raise
        if heard.task_id:
            await remote.cancel(heard.task_id)
        raise DeadlineExceeded(
            f"{remote.card.name} was not done after {seconds:.3g} s.", remedy="Ask for less, or allow more time."
        ) from None
    return heard


async def _finished(work: Any) -> None:  # Any: a coroutine without a result
    """Do it also where this task is told to stop once more."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)


async def _updates(remote: Remote, said: Said, task_id: str) -> AsyncGenerator[Update]:
    """The updates of a task, which a stream that broke off does not end."""
    driver, cuts = remote.driver, 0
    while True:
        source = (
            driver.watch(remote.address, remote.card, task_id)
            if task_id
            else driver.send(remote.address, remote.card, said)
        )
        try:
            async with aclosing(source) as updates:
                async for update in updates:
                    task_id = update.task_id or task_id
                    # A look at a task is nothing new.
                    cuts = cuts if update.whole else 0
                    yield update
                return
        except (UpstreamFailed, Unavailable, Busy) as error:
            cuts += 1
            if not task_id or cuts > MOST_CUTS:
                raise
            log.info("a remote task is followed again: %s", error)
            await asyncio.sleep(FIRST_PAUSE * 2**cuts)


async def reply_of(heard: Heard, ctx: Context) -> AgentReply:
    """What was heard as it is kept: bytes become blobs of the caller's."""
    made: list[MadeArtifact] = []
    for name, part in heard.others():
        one: dict[str, Any] = {"name": part.name or name, "media_type": part.media_type, "url": part.url}
        if part.content is not None:
            blob = await ctx.blobs.put(part.content, media_type=part.media_type, name=one["name"])
            one |= {"blob_id": str(blob.id), "media_type": blob.media_type}
        elif not part.url:
            one["data"] = part.data
        made.append(MadeArtifact.model_validate(one))
    asks = heard.state != "completed"
    return AgentReply.model_validate(
        {
            "text": heard.text,
            "state": heard.state,
            "question": heard.said if asks else "",
            "task_id": heard.task_id,
            "context_id": heard.context_id,
            "artifacts": made,
        }
    )

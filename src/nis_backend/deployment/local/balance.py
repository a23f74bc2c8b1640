"""The tasks behind the proxy, as a target group has them: who gets the next request, and who gets no more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

KEPT_SECONDS = 4.0
"""How long an idle connection to a task is used again: less than the 5 s after which the most impatient server closes
it (uvicorn's own default), since a request that meets the close is lost."""

HURRY_SECONDS = 5.0
"""What requests under way get where the controller itself ends."""


@dataclass(kw_only=True)
class Counts:
    """What was answered to callers since the proxy began."""

    requests: int = 0
    errors: int = 0
    """Answers of 500 and above, the proxy's own among them."""
    own: int = 0
    """Of these, those that the proxy made: no task, a task that refused, died or was silent."""
    absent: int = 0
    """Of these, those for which no task was registered: no revision's fault, and nothing for the alarm."""
    cut: int = 0
    """Answers that had begun and broke off."""


@dataclass(kw_only=True, eq=False)
class Member:
    """A task that is registered."""

    id: str
    port: int
    state: Literal["initial", "healthy", "unhealthy", "draining"] = "initial"
    under_way: int = 0
    idle: list[tuple[float, Connection]] = field(default_factory=list[tuple[float, Connection]])
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set each time that something under way has ended."""


async def _shorten(limit: asyncio.Timeout, hurry: asyncio.Event) -> None:
    await hurry.wait()
    soon = asyncio.get_running_loop().time() + HURRY_SECONDS
    limit.reschedule(min(limit.when() or soon, soon))


class Balance:
    """Who is registered, and whose turn it is."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.counts = Counts()
        self._turn = 0

    def register(self, name: str, port: int, *, healthy: bool) -> None:
        """Have a task take its turns once it is healthy."""
        self.members[name] = Member(id=name, port=port, state="healthy" if healthy else "initial")

    def mark(self, name: str, *, healthy: bool) -> None:
        """Tell how a registered task is."""
        member = self.members.get(name)
        if member is not None and member.state != "draining":
            member.state = "healthy" if healthy else "unhealthy"

    def choose(self, wish: str, tried: Collection[str]) -> Member | None:
        """Whose turn it is: round robin over the healthy ones, as an ALB does it; `wish` wins where it is one of them.

        Where none is healthy all that ever were get requests: an ALB fails open too (AWS: "Health checks for
        Application Load Balancer target groups").
        """
        fit = [one for one in self.members.values() if one.id not in tried and one.state == "healthy"]
        fit = fit or [one for one in self.members.values() if one.id not in tried and one.state == "unhealthy"]
        if not fit:
            return None
        for one in fit:
            if one.id == wish:
                return one
        self._turn += 1
        return fit[self._turn % len(fit)]

    async def deregister(self, name: str, seconds: float, hurry: asyncio.Event | None = None) -> int:
        """Give it nothing new, and wait for what is under way, so long at the most; answers how much is left then.

        Once `hurry` is set, no longer than HURRY_SECONDS from then on.
        """
        member = self.members.get(name)
        if member is None:
            return 0
        member.state = "draining"
        for _, (_, writer) in member.idle:
            writer.close()
        member.idle.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds) as limit:
                hurried = asyncio.ensure_future(_shorten(limit, hurry)) if hurry is not None else None
                try:
                    while member.under_way:
                        member.left.clear()
                        await member.left.wait()
                finally:
                    if hurried is not None:
                        hurried.cancel()
        return member.under_way

    def forget(self, name: str) -> None:
        """It is gone."""
        member = self.members.pop(name, None)
        for _, (_, writer) in member.idle if member else ():
            writer.close()


async def connect(member: Member) -> Connection:
    """A connection to a task: one that waits to be used again, or a new one.

    Raises:
        OSError: the task takes none: nothing was sent.
    """
    while member.idle:
        since, (reader, writer) = member.idle.pop()
        if time.monotonic() - since < KEPT_SECONDS and not reader.at_eof() and not writer.is_closing():
            return reader, writer
        writer.close()
    return await asyncio.open_connection("127.0.0.1", member.port, limit=65_536)


def keep(member: Member, connection: Connection) -> None:
    """Use a connection again whose answer is whole."""
    if member.state == "draining":
        connection[1].close()
        return
    now = time.monotonic()
    # The newest is used first: those of a busy hour would else stay open, and their descriptors with them.
    while member.idle and now - member.idle[0][0] >= KEPT_SECONDS:
        member.idle.pop(0)[1][1].close()
    member.idle.append((now, connection))

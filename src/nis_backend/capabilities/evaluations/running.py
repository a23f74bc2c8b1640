"""The parts of an evaluation's run: each is noted in its log when it is done, and is not done again after a crash."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from nis_backend.alongside import each
from nis_backend.errors import BudgetExceeded, Busy, NisError, from_problem
from nis_backend.event import Progressed
from nis_backend.owned import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.context import Context
    from nis_backend.operation import Json

T = TypeVar("T")

HOPELESS = 8
"""Cases from the first on that nobody could answer because something is missing: then the rest are not asked."""
TOLD = 100
"""How often the run says how far it is, at most."""


class _NotNoted(Exception):
    """A part has failed."""


@dataclass(kw_only=True)
class Parts:
    """What a run does a few at a time."""

    ctx: Context
    at_once: int
    answered_by: str = ""
    judging: list[float | None] = field(default_factory=list["float | None"])
    """What each judgement cost."""
    begun: float = 0.0
    """How far the run is before what is done now, and"""
    share: float = 0.9
    """how much of the whole that is."""

    async def each(self, things: Sequence[T], one: Callable[[T], Awaitable[None]], what: str) -> None:
        """Do it for each, a few at once; the first that ends the run ends the others.

        Raises:
            BudgetExceeded: no more may be spent; what was under way is done.
        """
        done = 0
        refused: list[BudgetExceeded] = []
        every = max(1, len(things) // TOLD)

        async def told(thing: T) -> None:
            nonlocal done
            if refused:
                return
            try:
                await one(thing)
            except BudgetExceeded as error:
                refused.append(error)
                return
            done += 1
            if done % every == 0 or done == len(things):
                fraction = self.begun + self.share * done / len(things)
                await self.ctx.run.write(
                    Progressed(fraction=min(fraction, 1.0), message=f"{what}: {done} of {len(things)}")
                )

        await each(told, things, self.at_once)
        if refused:
            raise refused[0]

    def within(self, name: str, *, reads: bool = True) -> Context:
        """The context of one part, under whose name its writes and ids are counted."""
        scope = Scope(key=f"{self.ctx.run.run_id}:{name}", call=name, reads=reads)
        return replace(self.ctx, scope=scope, quiet=True)

    async def note(self, name: str, work: Callable[[], Awaitable[Json]]) -> Json:
        """What the work answers, committed before the next part begins; done once, unless it has failed.

        A failure is not noted: who goes on with the run later tries again.
        """
        made: list[Json] = []

        async def make() -> Json:
            made.append(await work())
            if "problem" in made[0] and made[0].get("outcome") in (None, "failed"):
                raise _NotNoted
            return made[0]

        try:
            value: Json = await self.ctx.note(name, make, told=True)
        except _NotNoted:
            return made[0]
        if made:
            await self.ctx.run.flush()
        return value

    async def noted(self, name: str, operation: str, request: Json) -> Json:
        """What an operation that reads answers, or `{"problem": …}`.

        Raises:
            BudgetExceeded: no more may be spent.
        """

        async def make() -> Json:
            for wait in (1, 2, 4, None):
                try:
                    result = await self.within(name).call_named(operation, request)
                    return result.model_dump(mode="json")
                except BudgetExceeded:
                    raise
                except Busy as busy:
                    if wait is None:
                        return {"problem": f"{busy.message} {busy.remedy}".strip()}
                    await asyncio.sleep(min(busy.retry_after or wait, 10))
                except NisError as error:
                    return {"problem": f"{error.message} {error.remedy}".strip()}
            raise AssertionError

        value = await self.note(name, make)
        if "cost" in value:
            self.judging.append(value["cost"])
        return value


def refuse_hopeless(outcomes: dict[int, Json]) -> None:
    """End the run where something is missing that every case needs.

    Raises:
        NisError: as the first case was told.
    """
    first = [outcomes.get(place) for place in range(HOPELESS)]
    if all(one is not None and one.get("code") == "unavailable" for one in first):
        raise _as_told(first[0] or {})


def refuse_unanswered(outcomes: dict[int, Json]) -> None:
    """End the run where not one case was answered: nothing was measured.

    Raises:
        NisError: as the first case was told.
    """
    told = list(outcomes.values())
    if told and all(one["outcome"] == "failed" for one in told):
        raise _as_told(told[0])


def _as_told(told: Json) -> NisError:
    problem = {"code": told.get("code", "upstream_failed"), "detail": told.get("detail", told.get("problem"))}
    return from_problem({**problem, "remedy": told.get("remedy"), "field": "target"})

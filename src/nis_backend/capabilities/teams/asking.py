"""Members are asked: each as a run of its own, together, within the time there is; who has no answer is named."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nis_backend.alongside import together
from nis_backend.capabilities.teams.answered import Contribution
from nis_backend.errors import DeadlineExceeded, NisError, UpstreamFailed
from nis_backend.followed import follow
from nis_backend.guardrails.marking import SAID as OF_MARKS
from nis_backend.loop.breadth import RUN_AGENT, admitted, beyond
from nis_backend.loop.quarantine import Quarantine
from nis_backend.run import LAST_SECONDS
from nis_backend.within import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.teams.team import Member, Team
    from nis_backend.context import Context
    from nis_backend.operation import Json

LONGEST_SHOWN = 8_000
"""Characters of a member's words that the others are shown."""
MOST_CALLS = 1000
"""Calls of models that one member's run has made, at most: more than its steps."""
SAID = {RUN_AGENT: "response", "models.generate_text": "text", "remote_agents.send_message": "text"}
"""Where the words are in what an operation answers."""


@dataclass(kw_only=True)
class Asking:
    """A team at work."""

    ctx: Context
    team: Team
    until: float
    """When the run's time is over, seconds since 1970."""
    said: list[Contribution] = field(default_factory=list[Contribution])
    """What was said, in the order in which it was asked for."""
    user_id: str | None = None
    """Whom it serves."""
    numbers: int = 0

    @property
    def members(self) -> dict[str, Member]:
        """By name."""
        return {one.name: one for one in self.team.members}

    def number(self) -> int:
        """The next number of a step of the run."""
        self.numbers += 1
        return self.numbers

    async def ask(self, member: Member, message: str, turn: int = 1) -> Contribution:
        """One member's answer."""
        return (await self.ask_all([(member, message)], turn))[0]

    async def ask_all(self, asked: Sequence[tuple[Member, str]], turn: int = 1) -> list[Contribution]:
        """Each one's answer, all asked at once; in the order in which they are given."""
        left = self.until - self.ctx.now()
        await self._admit(len(asked))
        work = [self._ask(self.number(), member, message, turn, left) for member, message in asked]
        answers = await together(work)
        self.said += answers
        for one in answers:
            await self.quarantine.look(one.member, one.text[:LONGEST_SHOWN])
        return answers

    async def _admit(self, count: int) -> None:
        """Count what a team asks for that was begun in another run.

        Raises:
            InvalidRequest: all that are asked in that run are as many as may be.
        """

        async def counted() -> bool:
            # What is replayed is in nothing, and has the answer.
            return await admitted(self.ctx, tree(self.ctx.run.within), count)

        if not await self.ctx.note(f"asks {self.numbers + 1}", counted):
            raise beyond("members", count)

    @cached_property
    def quarantine(self) -> Quarantine:
        """What members say is data to the others, whoever has told them to say it."""
        return Quarantine(self.ctx, wary=False)

    def quoted(self, said: Sequence[Contribution]) -> str:
        """What members said, under their names and within marks, for another member."""
        told = "\n\n".join(f"{one.member}:\n{self.quarantine.told(one.text[:LONGEST_SHOWN])}" for one in said)
        return f"{told}\n\n{OF_MARKS}"

    async def _ask(self, number: int, member: Member, message: str, turn: int, left: float) -> Contribution:
        operation, request = called(member, message, self.team.max_tokens, self.user_id)
        if left <= 0:
            return Contribution(member=member.name, round=turn, problem=over().problem())
        began: list[str] = []
        result, problem = await follow(
            self.ctx,
            number,
            f"{member.name}-{number}",
            operation,
            request,
            seconds=self.team.seconds,
            until=self.until,
            began=began,
        )
        if result is None:
            used: Json = await self._used(number, began[0]) if began and member.remote is None else {}
            return Contribution(member=member.name, round=turn, problem=problem, **used)
        text = str(result[SAID[operation]])
        if not text.strip():
            problem = UpstreamFailed("It answered with nothing.", remedy="Ask again, or another one.").problem()
        return Contribution(
            member=member.name,
            round=turn,
            text=text,
            problem=problem,
            demonstration=bool(result.get("demonstration")),
            input_tokens=result.get("input_tokens"),
            output_tokens=result.get("output_tokens"),
        )

    async def _used(self, number: int, run_id: str) -> Json:
        """What a run has read and written that came to no answer, as the ledger counts it."""

        async def look() -> Json:
            # One that was late is just being ended.
            with suppress(NisError, TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self.ctx.runs.result(run_id)
            await self.ctx.gateway.settled()
            rows = await self.ctx.store.select("ledger", where={"run_id": run_id}, limit=MOST_CALLS)
            ended = [row for row in rows if row["state"] != "open"]
            return {f"{name}_tokens": sum(int(row[name]) for row in ended) for name in ("input", "output")}

        return await self.ctx.note(f"used {number}", look)


def over() -> DeadlineExceeded:
    """That the team's time has passed."""
    return DeadlineExceeded("The team's time was over.", remedy="Give it a later deadline.")


def called(member: Member, message: str, max_tokens: int | None, user_id: str | None = None) -> tuple[str, Json]:
    """The operation that asks a member, and its request."""
    if member.model is not None:
        earlier: list[Any] = [{"role": "system", "content": member.instructions}] if member.instructions else []
        bound = {} if max_tokens is None else {"max_tokens": max_tokens}
        return "models.generate_text", {"model": member.model, "prompt": message, "earlier": earlier, **bound}
    told = f"{member.instructions}\n\n{message}".strip()
    if member.agent is not None:
        return RUN_AGENT, {"id": member.agent, "message": told, **({"user_id": user_id} if user_id else {})}
    return "remote_agents.send_message", {"id": str(member.remote), "message": told}

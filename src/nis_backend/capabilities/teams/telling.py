"""What a team's members are told: the message, and before it what was said in the conversation and is to be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.guardrails.marking import SAID as OF_MARKS
from nis_backend.loop.facts import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.capabilities.teams.asking import Asking
    from nis_backend.capabilities.teams.operations import RunTeam
    from nis_backend.context import Context
    from nis_backend.operation import Json

LONGEST_EARLIER = 20_000
"""Characters of what was said before that each member is told, the last ones: each of them reads all of it."""
LONGEST_TURN = 4_000


async def told(request: RunTeam, asking: Asking) -> str:
    """The message as the members are told it; what was said before is data, for others may have written it."""
    parts = [words_of(request.context)] if request.context else []
    turns = await _earlier(request, asking.ctx)
    if turns:
        before = asking.quarantine.told("\n\n".join(turns))
        parts.append(f"What was said before:\n\n{before}\n\n{OF_MARKS}")
    return "\n\n".join([*parts, request.message])


async def _earlier(request: RunTeam, ctx: Context) -> list[str]:
    """The last turns, oldest first, as far as they fit; shortened where they are long."""
    said = [(one.role, one.content) for one in request.earlier]
    conversation = request.conversation_id
    if conversation is None:
        return _last(said)
    from nis_backend.capabilities.chat.operations import REMEMBERED, read_turns  # noqa: PLC0415 - few runs are turns

    async def look() -> Json:
        turns, _ = await read_turns(ctx, conversation, REMEMBERED + 1)
        runs = [one.current for one in turns if not one.holds(ctx.run.run_id)]
        kept = [
            pair
            for run in runs
            if run.state == "succeeded"
            for pair in (("user", run.input.get("message", "")), ("assistant", run.result["response"]))
        ]
        return {"told": _last([*said, *kept])}

    return (await ctx.note("earlier", look))["told"]


def _last(said: Iterable[tuple[str, str]]) -> list[str]:
    last: list[str] = []
    room = LONGEST_EARLIER
    for role, content in reversed([*said]):
        words = content if len(content) <= LONGEST_TURN else f"{content[:LONGEST_TURN]} …"
        room -= len(words)
        if room < 0:
            break
        last.insert(0, f"{'The person' if role == 'user' else 'The answer'}: {words}")
    return last

"""A supervisor: one member's model asks the others as its tools, until it answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.asking import ask
from nis_backend.capabilities.teams.answered import Contribution
from nis_backend.capabilities.teams.asking import LONGEST_SHOWN, over
from nis_backend.capabilities.teams.shapes import Outcome
from nis_backend.drivers.llm.answer import total
from nis_backend.drivers.llm.base import Message, ModelInfo, Prompt, Tool
from nis_backend.errors import NotSupported, UpstreamFailed
from nis_backend.event import Warned
from nis_backend.guardrails.marking import SAID as OF_MARKS
from nis_backend.loop.offering import TO_DO

if TYPE_CHECKING:
    from nis_backend.capabilities.teams.asking import Asking
    from nis_backend.capabilities.teams.team import Member
    from nis_backend.drivers.llm.answer import Answered, ToolCall
    from nis_backend.operation import Json

MOST_CALLS = 8
"""Members that are asked in one step."""
LEADS = (
    "You lead a team. Ask its members by the tools ask-NAME: each knows only what you tell it. When you know enough, "
    "answer yourself, and say who you have it from."
)


async def supervise(asking: Asking, message: str) -> Outcome:
    """The lead is asked, and the members it asks; after the steps there are it answers without them.

    Raises:
        NotSupported: its model cannot choose tools.
        UpstreamFailed: it answered with nothing.
        DeadlineExceeded: the team's time is over.
    """
    team, lead = asking.team, asking.team.lead
    others = {f"ask-{one.name}": one for one in team.members if one.name != lead.name}
    settled = await asking.ctx.note("lead", lambda: _settle(asking, lead))
    # What holds for an agent's calls and words holds where it leads, as in its own runs. Whom a model leads is asked by
    # another too, who passes on what it has heard; no agent has a name of several words.
    ctx = asking.ctx = replace(asking.ctx, agent=settled.get("agent") or f"the lead of {team.name}")
    info = ModelInfo(**settled["model"])
    if not info.tools:
        raise NotSupported(
            f"{info.id} cannot choose tools, and {lead.name} is to ask the others by them.",
            field="speaker",
            value=lead.name,
            remedy="Let another member lead, or give this one a model that chooses tools.",
        )
    driver = ctx.models.driver(info.provider)
    said = [
        Message(
            role="system",
            content="\n\n".join(filter(None, [LEADS, OF_MARKS, settled["instructions"], lead.instructions])),
        ),
        Message(role="user", content=message),
    ]
    texts: list[str] = []
    ends: list[Answered] = []
    for turn in range(1, team.steps + 1):
        tools = [_tool(name, one) for name, one in others.items()] if turn < team.steps else []
        if not tools:
            await ctx.run.write(
                Warned(message=f"{lead.name} answers without the others: {team.steps} steps were used.")
            )
        prompt = Prompt(model=info.name, messages=said, tools=tools, max_tokens=team.max_tokens)
        number = asking.number()
        # By the clock, which goes on while no process has the run; an answer that is there already takes no time.
        left = None if ctx.run.history.has_told(number) else asking.until - ctx.drivers.store.now()
        limit = asyncio.timeout(left)
        try:
            async with limit:
                heard = await ask(ctx, driver, prompt, number, "\n\n" if any(texts) else "")
        except TimeoutError:
            if limit.expired():
                raise over() from None
            raise
        texts.append(heard.text)
        ends.append(heard.end)
        calls = heard.end.tool_calls if tools else ()
        if not calls:
            asking.said.append(
                Contribution(
                    member=lead.name,
                    round=turn,
                    text=heard.text,
                    demonstration=info.demonstration,
                    input_tokens=total(one.input_tokens for one in ends),
                    output_tokens=total(one.output_tokens for one in ends),
                )
            )
            if not heard.text.strip():
                raise UpstreamFailed(f"{lead.name} answered with nothing.", remedy="Ask again.")
            # As its log has it, whoever reads that.
            return Outcome(response="".join(texts), told=True)
        said.append(Message(role="assistant", content=heard.text.strip(), tool_calls=tuple(map(_clean, calls))))
        told = await _told(asking, calls, others, turn)
        said += [Message(role="tool", content=told[place], tool_call_id=call.id) for place, call in enumerate(calls)]
    raise AssertionError


async def _settle(asking: Asking, lead: Member) -> Json:
    """Its model and what it is told, as they are now."""
    model, instructions, name = lead.model, "", None
    if lead.agent is not None:
        agent = await asking.ctx.call_named("agents.get_agent", {"id": lead.agent})
        model, instructions, name = agent.model, agent.instructions, agent.name
    _, info = await asking.ctx.models.choose(model)
    return {"model": vars(info), "instructions": instructions, "agent": name}


async def _told(asking: Asking, calls: tuple[ToolCall, ...], others: dict[str, Member], turn: int) -> dict[int, str]:
    """What each call is answered, by its place."""
    told: dict[int, str] = {}
    asked: list[tuple[int, Member, str]] = []
    for number, call in enumerate(calls):
        member, message = others.get(call.name), _message(call)
        if member is None:
            told[number] = f"There is no member {call.name}. The members are: {', '.join(others)}."
        elif not message:
            told[number] = 'Give a JSON object with the text "message".'
        elif number >= MOST_CALLS:
            told[number] = f"At most {MOST_CALLS} are asked at once. Ask again."
        else:
            asked.append((number, member, message))
    answers = await asking.ask_all([(member, message) for _, member, message in asked], turn)
    for (place, _, _), one in zip(asked, answers, strict=True):
        problem = (one.problem or {}).get("detail", "")
        words = one.text[:LONGEST_SHOWN] if one.problem is None else f"{one.member} has not answered: {problem}"
        told[place] = asking.quarantine.told(words)
    return told


def _message(call: ToolCall) -> str:
    try:
        given: Any = from_json(call.arguments or "{}", allow_inf_nan=False)
    except ValueError:
        return ""
    return str(cast("Json", given).get("message", "")) if isinstance(given, dict) else ""


def _clean(call: ToolCall) -> ToolCall:
    """A call as it may be sent back."""
    return replace(call, arguments=call.arguments if _message(call) else "{}")


def _tool(name: str, member: Member) -> Tool:
    return Tool(name=name, description=f"Ask {member.name}. {member.instructions}"[:1000].strip(), parameters=TO_DO)

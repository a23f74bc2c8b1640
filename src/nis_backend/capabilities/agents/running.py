"""An agent's run: what it is told and may use is settled once, then the loop goes on until it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nis_backend.asking import ask, say
from nis_backend.calling import saying_of
from nis_backend.candour.asked import rest_of, statement_for
from nis_backend.capabilities.agents.settling import Settled, hand_tools, settle
from nis_backend.capabilities.agents.telling import messages_of
from nis_backend.conforming import Wrong, hold
from nis_backend.drivers.llm.answer import total
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, UpstreamFailed, from_problem
from nis_backend.event import ArtifactMade, HandedOff, Warned
from nis_backend.loop.breadth import RUN_AGENT, RUN_TEAM, admitted, beyond
from nis_backend.loop.compacting import fitted, room_of
from nis_backend.loop.handing import Handing, as_words
from nis_backend.loop.turning import Conversed, answer, converse
from nis_backend.within import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.agents.agent import Agent
    from nis_backend.capabilities.agents.operations import Answer, RunAgent
    from nis_backend.context import Context
    from nis_backend.drivers.llm.answer import Answered, ToolCall
    from nis_backend.drivers.llm.base import ModelInfo
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

MENDED = 2
"""Times that an answer is asked for again which does not follow its schema."""
MOST_HANDED = 8
"""Times that a conversation is handed on in one run."""
LONGEST_REASON = 4000
NO_TOOLS = "{model} chooses no tools and rules found none for it, so this agent only talked: give it a model that can."


@dataclass(kw_only=True)
class _Course:
    """A run on its way: who has the conversation, who had it, and what was said."""

    ctx: Context
    request: RunAgent
    now: Settled
    had: list[Settled]
    """Who has had it, the last of whom has it."""
    texts: list[str] = field(default_factory=list[str])
    given: list[int | None] = field(default_factory=list["int | None"])
    """Tokens that were read, a number a step."""
    written: list[int | None] = field(default_factory=list["int | None"])
    stated: str = ""
    """What was said before its model was asked, as the first step."""
    views: list[Any] = field(default_factory=list[Any])  # Any: a view
    files: dict[str, Blob] = field(default_factory=dict[str, "Blob"])
    """What its tools have made, by its ids."""
    steps: int = 0
    read: Sequence[str] = ()
    """What was read up to here that somebody else may have written, whoever had the conversation then."""

    @property
    def of_now(self) -> Context:
        """The context of what is done for who has the conversation, and had it."""
        *before, now = (one.agent.name for one in self.had)
        return replace(self.ctx, agent=now, handed_by=tuple(before))

    @property
    def next_step(self) -> int:
        """The number of the next step."""
        return self.steps + (2 if self.stated else 1)

    async def add(self, said: Conversed) -> None:
        """Add what was said and made to what came of the run."""
        self.texts.append(said.text)
        self.count(said)
        self.views += said.views
        self.steps += said.steps
        self.read = [*dict.fromkeys((*self.read, *said.read))]
        given = {one.id for one in self.request.attachments}
        for one in said.files:
            if one.id not in self.files and one.id not in given:
                self.files[one.id] = one
                await self.ctx.run.write(
                    ArtifactMade(blob_id=one.id, name=one.name, media_type=one.media_type, size=one.size)
                )

    def count(self, one: Answered | Conversed) -> None:
        """Add up what was read and written."""
        self.given.append(one.input_tokens)
        self.written.append(one.output_tokens)

    async def take(self, step: int, call: ToolCall, given: Json) -> NisError | None:
        """Have another agent go on; answers why it cannot."""
        name = call.name.removeprefix("hand-to-")
        one = next(one for one in self.now.hands if one["name"] == name)
        if len(self.had) > MOST_HANDED:
            return InvalidRequest(
                f"The conversation was handed on {MOST_HANDED} times.", remedy="Answer yourself, as well as you can."
            )

        async def settled() -> Json:
            try:
                return (await settle(one["id"], None, self.request, self.ctx)).model_dump(mode="json")
            except NisError as error:
                return {"problem": error.problem()}

        noted = await self.ctx.note(f"agent {step}:{call.id}", settled)
        if "problem" in noted:
            return from_problem(noted["problem"])
        before, self.now = self.now.agent.name, Settled.model_validate(noted)
        self.had.append(self.now)
        to, reason, saying = self.now.agent, str(given.get("reason", ""))[:LONGEST_REASON], await saying_of(self.of_now)
        event = HandedOff(
            step=step,
            call_id=call.id,
            agent=before,
            to=to.name,
            to_id=to.id,
            version=to.version,
            reason=reason if saying is None else await saying.words(reason),
        )
        await self.ctx.run.write(event)
        return None


async def follow(request: RunAgent, ctx: Context) -> Answer:
    """Carry out the run."""
    from nis_backend.capabilities.agents.operations import Answer  # noqa: PLC0415 - that module loads this one

    async def first() -> Json:
        try:
            return (await settle(request.id, request.version, request, ctx)).model_dump(mode="json")
        except NotFound as gone:
            if gone.value != request.id:
                raise
            raise Conflict(
                f"The agent {request.id} was deleted before this run of its version {request.version} began.",
                field="id",
                value=request.id,
                remedy="Make the agent again, and run that one.",
            ) from None

    settled = Settled.model_validate(await ctx.note("agent", first))
    # What holds for an agent's calls and words holds for those that rules make for it, too.
    ctx = replace(ctx, agent=settled.agent.name)
    stated, rest = await _state(request, settled, ctx)
    request = request.model_copy(update={"message": rest}) if stated else request
    by_rule = await _by_rule(request, settled, stated, ctx)
    if by_rule is not None:
        return by_rule
    ctx = replace(ctx, asker=request.user_id)
    course = _Course(ctx=ctx, request=request, now=settled, had=[settled], stated=stated)
    before = await messages_of(request, settled.info, ctx)
    messages, course.read = before.messages, before.read
    while True:
        told = [_system(course.now), *messages]
        said = await _converse(course, told)
        await course.add(said)
        messages = [one for one in said.messages if one.role != "system"]
        if not said.handed:
            break
    agent, info = course.now.agent, course.now.info
    output = None
    if agent.output_schema is not None:
        told += [Message(role="assistant", content=said.text)]
        output, ends = await _formed(agent, info, told, course.next_step, course.of_now)
        for end in ends:
            course.count(end)
    return Answer(
        agent_id=agent.id,
        agent=agent.name,
        version=agent.version,
        response="".join((course.stated, *course.texts)),
        output=output,
        provider=info.provider,
        model=info.name,
        demonstration=info.demonstration,
        steps=course.steps,
        tokens=_sum([*course.given, *course.written]),
        input_tokens=total(course.given),
        output_tokens=total(course.written),
        run_id=ctx.run.run_id,
        conversation_id=request.conversation_id,
        handed_off=[one.agent.name for one in course.had[1:]],
        files=list(course.files.values()),
        views=course.views,
    )


async def _state(request: RunAgent, settled: Settled, ctx: Context) -> tuple[str, str]:
    """What is said where it is asked whether who answers feels or is conscious, and what else the message asks."""
    # An agent that answers in JSON has nothing to say it with.
    stated = None if settled.agent.output_schema is not None else statement_for(request.message)
    if stated is None:
        return "", ""
    rest = rest_of(request.message)
    return await say(ctx, 1, f"{stated}\n\n" if rest else stated), rest


async def _by_rule(request: RunAgent, settled: Settled, stated: str, ctx: Context) -> Answer | None:
    """What no model is asked for: a question that a rule answers, and for a model that cannot choose what rules do."""
    from nis_backend.capabilities.agents.operations import Answer  # noqa: PLC0415 - as above

    if settled.agent.output_schema is not None:
        return None
    found = None
    if request.attachments and request.message and not settled.info.tools:
        from nis_backend.capabilities.chat.operations import attended  # noqa: PLC0415 - loads with what is attached

        found = await attended(ctx, request.message, request.attachments, settled.info)
    elif settled.agent.operations and request.message and not settled.info.tools:
        from nis_backend.capabilities.chat.operations import by_words  # noqa: PLC0415 - as above

        found = await by_words(ctx, request.message, settled.agent.operations)
    if found is None and request.message:
        return None
    return Answer(
        agent_id=settled.agent.id,
        agent=settled.agent.name,
        version=settled.agent.version,
        response=stated + (found.text if found else ""),
        provider="nis",
        model="router",
        demonstration=False,
        steps=0,
        tokens=0,
        input_tokens=0,
        output_tokens=0,
        run_id=ctx.run.run_id,
        conversation_id=request.conversation_id,
        views=found.views if found else [],
    )


def _system(settled: Settled) -> Message:
    return Message(role="system", content="\n\n".join([settled.agent.instructions, *settled.remembered]))


async def _converse(course: _Course, messages: Sequence[Message]) -> Conversed:
    """The part of the conversation that one agent has."""
    now = course.now
    ctx = course.of_now
    agent, info, spoken = now.agent, now.info, any(course.texts)
    driver, first = ctx.models.driver(info.provider), course.next_step
    if len(course.had) > 1 and info.vision is False:
        # Who had it before may have been shown pictures.
        messages = [replace(one, parts=()) for one in messages]
    if not info.tools:
        if now.operations or agent.operations or now.hands:
            await ctx.run.write(Warned(message=NO_TOOLS.format(model=info.id)))
        room = room_of(info, agent.context_tokens, agent.max_tokens)
        fit = await fitted(ctx, driver, info, as_words(messages), (), room, first)
        if fit.asked:
            course.count(fit.asked)
        before = "\n\n" if spoken else ""
        said = await answer(ctx, driver, info, fit.messages, step=first, max_tokens=agent.max_tokens, before=before)
        return replace(said, messages=fit.messages)
    return await converse(
        ctx,
        driver,
        info,
        messages,
        [ctx.operations.entry(name) for name in now.operations],
        remote=now.remote,
        first=first,
        most_steps=agent.steps,
        max_tokens=agent.max_tokens,
        asks=_asks(agent),
        handing=Handing(tools=hand_tools(now, [one.agent.id for one in course.had]), take=course.take),
        spoken=spoken,
        most_tokens=agent.context_tokens,
        # What was read is no way to whoever asks less: who takes the conversation over is as wary as those before.
        wary=any(one.agent.asks == "tainted" for one in course.had),
        read=[*(["a memory"] if now.remembered else []), *course.read],
    )


def _asks(agent: Agent) -> Callable[[Entry], str]:
    """Why a person decides before an operation, by what it does; empty where nobody has to."""

    def reason(entry: Entry) -> str:
        if entry.effect == "reads" or (entry.effect == "writes" and agent.asks != "writes") or agent.asks == "nothing":
            return ""
        return f"The agent {agent.name} wants to use {entry.name}, which {entry.effect}."

    return reason


async def _formed(
    agent: Agent, info: ModelInfo, messages: Sequence[Message], first: int, ctx: Context
) -> tuple[Any, list[Answered]]:
    """The answer as JSON that follows the schema, asked for again where it does not; and the ends of these answers.

    Raises:
        UpstreamFailed: it did not in the end.
    """
    assert agent.output_schema is not None
    held = await hold(agent.output_schema, "output_schema")
    ends: list[Answered] = []
    why = "Write your last answer as JSON that follows the schema, and nothing else."
    asked, wrong = list(messages), ""
    for step in range(first, first + 1 + MENDED):
        asked.append(Message(role="user", content=why))
        prompt = Prompt(
            model=info.name, messages=asked, json=True, schema=agent.output_schema, max_tokens=agent.max_tokens
        )
        heard = await ask(ctx, ctx.models.driver(info.provider), prompt, step, "\n\n")
        ends.append(heard.end)
        try:
            return held.read(heard.text), ends
        except Wrong as one:
            wrong = str(one)
        asked.append(Message(role="assistant", content=heard.text.strip() or "{}"))
        why = f"That does not follow the schema: {wrong[:500]}. Write it again."
    raise UpstreamFailed(
        f"{info.id} did not write an answer that follows the agent's schema: {wrong[:300]}.",
        remedy="Run it again, make the schema simpler, or give the agent another model.",
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


async def bound(ctx: Context, most: int) -> None:
    """Refuse an agent that is asked by agents which were asked, too many in a row, or where too many were in all.

    What began the first of them, a plan, a team or a test, is no agent. A team counts those whom it asks itself.

    Raises:
        InvalidRequest: there are more than `most` in a row, or as many as may be in one run.
    """
    chain = [one for scope, one in ctx.within if scope == "run"]
    if not chain:
        return
    rows = [await ctx.store.get("runs", one) for one in (chain if len(chain) > most else chain[-1:])]
    if sum(row is not None and row["operation"] == RUN_AGENT for row in rows) > most:
        raise InvalidRequest(
            f"Agents asked each other {most} deep.", remedy="Break the loop, or ask the last directly."
        )
    if rows[-1] is not None and rows[-1]["operation"] == RUN_TEAM:
        return
    if ctx.run_id is not None and await ctx.store.get("runs", ctx.run_id) is not None:
        # It was begun, and counted, before whoever asks was cut.
        return
    if not await admitted(ctx, tree(ctx.within), 1):
        raise beyond("agents", 1)

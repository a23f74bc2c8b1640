"""Messages to remote agents: as a run of their own, and as one call of the agent's here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic import Field

from nis_backend.calling import saying_of
from nis_backend.capabilities.remote_agents.agent import address_of, current_card, driver_of, find
from nis_backend.capabilities.remote_agents.listening import AgentReply, Heard
from nis_backend.capabilities.remote_agents.speaking import Listener, Remote, listen, reply_of
from nis_backend.drivers.agents.base import Said
from nis_backend.errors import Conflict, NisError, UpstreamFailed, from_problem
from nis_backend.event import ArtifactMade, Progressed, Rejected, ToolAnswered, ToolCalled, Warned
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.steps import allow
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

NAME = "remote_agents.send_message"
LIMIT = 3600.0
"""Seconds that a remote task may take in a run of its own."""
ASK_LIMIT = 300.0
"""The same in a call, of which nobody sees anything before its end."""
LAST_SECONDS = 6.0
"""Of them: what is left to stop the remote task."""
MOST_TURNS = 50

HERE = Before(name="here", operation="remote_agents.create_remote_agent", request={"url": "scripted:echo"})


class AgentMessage(Model):
    """What is said, to which agent."""

    id: str = Field(min_length=1, max_length=64, description="The agent's id, or its name.")
    message: str = Field(min_length=1, max_length=100_000, description="What is said.")
    data: dict[str, Any] | None = Field(  # Any: JSON
        default=None, max_length=100, description="The same or more as data, where the agent takes some."
    )
    context_id: str = Field(default="", max_length=1000, description="The conversation of the agent's to go on with.")
    task_id: str = Field(default="", max_length=1000, description="The task of the agent's that waits for this.")


class AskedMessage(AgentMessage):
    """What is said, to which agent, and how long it may take to answer."""

    seconds: float = Field(
        default=ASK_LIMIT - LAST_SECONDS,
        gt=0,
        le=ASK_LIMIT - LAST_SECONDS,
        description="How long its answer is waited for; then its task is stopped.",
    )


class Wanted(Model):
    """What a remote agent asks for."""

    answer: str = Field(min_length=1, max_length=100_000, description="What it is told; a JSON object goes as data.")


def draw_reply(_request: Model, reply: AgentReply) -> list[View]:
    """The words, and a table of what else there is."""
    said: list[View] = [Text(text=reply.text or reply.question or f"The task is {reply.state}.")]
    if reply.artifacts:
        rows: list[list[str | float]] = [
            [one.name, one.media_type, one.blob_id or one.url or json.dumps(one.data)[:200]] for one in reply.artifacts
        ]
        said.append(Table(title="Made", columns=["name", "kind", "where or what"], rows=rows))
    return said


async def _known(request: AgentMessage, ctx: Context) -> AgentMessage:
    """Refuse an agent that there is not, or that is not to be asked, before there is a run."""
    row = await find(request.id, ctx)
    address_of(row, ctx)
    return request.model_copy(update={"id": row["id"]})


@operation(
    NAME,
    effect="writes",
    on="remote_agent",
    outward=True,
    time_limit=LIMIT,
    view=draw_reply,
    prepare=_known,
    examples=(
        Example(
            title="An agent for tests, which repeats it",
            request={"id": "{here.id}", "message": "Good morning"},
            before=(HERE,),
        ),
    ),
)
async def send_message(request: AgentMessage, ctx: Context) -> Recorded[AgentReply]:
    """Send a message to an agent of another server, and follow its task to the end, as a run of this one.

    What the agent asks for, the run waits for, and the answer goes to the same task. A cancel stops the remote task.

    Raises:
        Unavailable: the agent cannot be reached, or refuses the key.
        UpstreamFailed: it failed, or what it sent is none of its protocol; its task failed or was rejected.
        NotFound: the agent, its card or its task is gone.
        TooLarge: it has said more than is kept.
    """
    said = Said(id="", text=request.message, data=request.data, task_id=request.task_id, context_id=request.context_id)
    for turn in range(1, MOST_TURNS + 1):
        reply = await _turn(request.id, said, turn, ctx)
        if reply.state == "completed":
            return reply
        if reply.state == "input-required":
            given = await ctx.ask(Wanted, reply.question or "The agent asks for more.", operation=NAME)
            said = _answer(given.answer, reply)
        elif reply.state == "auth-required":
            decision = await ctx.approve(reply.question or "The agent asks for leave.", operation=NAME)
            word = f"reject {decision.reason}".strip() if isinstance(decision, Rejected) else "approve"
            said = Said(id="", text=word, task_id=reply.task_id, context_id=reply.context_id)
        else:
            raise UpstreamFailed(
                f"The agent's task is {reply.state}{f': {reply.question}' if reply.question else ''}.",
                field="message",
                value=request.message,
                remedy="See what it says, and send another message.",
            )
    raise UpstreamFailed(f"The agent has asked {MOST_TURNS} times.", remedy="Say all of it at once.")


def _answer(text: str, reply: AgentReply) -> Said:
    """What a person has answered; an object is data, which asks for no guess at fields."""
    try:
        data: Any = json.loads(text)
    except ValueError:
        data = None
    said = Said(id="", task_id=reply.task_id, context_id=reply.context_id)
    return replace(said, data=cast("Json", data)) if isinstance(data, dict) else replace(said, text=text)


async def _turn(agent_id: str, said: Said, turn: int, ctx: Context) -> AgentReply:
    """One message and what comes of it, which the log has from there on."""
    journal, call = ctx.run, f"turn-{turn}"
    arguments = {"id": agent_id, "message": said.text, **({} if said.data is None else {"data": said.data})}
    called = ToolCalled(step=turn, call_id=call, operation=NAME, arguments=arguments)
    known, begun = journal.history.answer(turn, call), journal.history.called(turn, call)
    await journal.write(called)
    if known is not None:
        if known.problem is None:
            reply = AgentReply.model_validate(known.result)
            await journal.text(turn, reply.text)
            await _made(reply, ctx)
        await journal.write(known)
        if known.problem is not None:
            raise from_problem(known.problem)
        return AgentReply.model_validate(known.result)
    journal.make(called)
    note = f"{turn}:{call} task"
    noted = journal.noted(note)
    if begun and noted is None:
        await allow(ctx, called, cut=True)

    async def began(task_id: str) -> None:
        journal.note(note, task_id)
        await journal.flush()

    await journal.before_effect()
    saying = await saying_of(ctx)
    tell = _teller(turn, ctx) if saying is None else _quiet
    try:
        remote = await _remote(await find(agent_id, ctx), ctx)
        message = replace(said, id=f"{journal.run_id}-{turn}")
        task_id = str(noted[0]) if noted else ""
        heard = await listen(remote, message, task_id, await _seconds(ctx), Listener(began=began, heard=tell))
        reply = await reply_of(heard, ctx)
        # Words of which a policy may change some are told when they are whole.
        if saying is not None:
            reply = await saying.read(reply)
            await journal.text(turn, reply.text)
    except NisError as error:
        told = error if saying is None else await saying.failure(error)
        await journal.write(ToolAnswered(step=turn, call_id=call, operation=NAME, problem=told.problem()))
        raise told from None
    await _made(reply, ctx)
    result = reply.model_dump(mode="json")
    await journal.write(ToolAnswered(step=turn, call_id=call, operation=NAME, result=result))
    return reply


def _teller(turn: int, ctx: Context) -> Any:  # Any: a coroutine's function
    """Writes down words and states as they come."""
    told: list[str] = ["", ""]

    async def tell(heard: Heard) -> None:
        text, before = heard.text, told[0]
        if not text.startswith(before):
            await ctx.run.retry_step(turn, "The agent has put something else in its place.")
            before = ""
        if len(text) > len(before):
            await ctx.run.text(turn, text[len(before) :])
        state = f"{heard.state}: {heard.said}".removesuffix(": ")
        if state and state != told[1]:
            await ctx.run.write(Progressed(fraction=1.0 if heard.state == "completed" else 0.0, message=state[:2000]))
        told[:] = [text, state]

    return tell


async def _quiet(_heard: Heard) -> None:
    """Nothing is told before it is whole."""


async def _made(reply: AgentReply, ctx: Context) -> None:
    for one in reply.artifacts:
        if one.blob_id:
            blob = await ctx.blobs.get(one.blob_id)
            await ctx.run.write(
                ArtifactMade(blob_id=one.blob_id, name=one.name, media_type=one.media_type, size=blob.size)
            )
        elif one.url:
            await ctx.run.write(Warned(message=f"The agent has put {one.name} elsewhere; it was not fetched."))


async def _remote(row: Row, ctx: Context) -> Remote:
    address = address_of(row, ctx)
    return Remote(driver=driver_of(row["url"], ctx), address=address, card=await current_card(row, ctx))


async def _seconds(ctx: Context) -> float:
    """What this run has left, less what stopping takes."""
    run = await ctx.runs.get(ctx.run.run_id)
    left = LIMIT if run.deadline is None else run.deadline - ctx.drivers.store.now()
    left = min(left, LIMIT)
    return max(left - min(LAST_SECONDS, left / 4), 0.1)


@operation(
    "remote_agents.ask_remote_agent",
    effect="writes",
    on="remote_agent",
    outward=True,
    repeatable=True,
    time_limit=ASK_LIMIT,
    view=draw_reply,
    examples=(
        Example(
            title="An agent for tests, which asks back",
            request={"id": "{here.id}", "message": "What time is it?"},
            before=(HERE,),
        ),
    ),
)
async def ask_remote_agent(request: AskedMessage, ctx: Context) -> AgentReply:
    """Ask an agent of another server, and wait for what it answers, at most five minutes.

    Where it asks for something its task waits: the answer is another message with that task's id.

    Raises:
        NisError: as remote_agents.send_message does.
        Conflict: a death has cut it before the agent had told its task: it may have heard the message.
    """
    row = await find(request.id, ctx)
    remote = await _remote(row, ctx)
    said = Said(
        id=ctx.new_id("message"),
        text=request.message,
        data=request.data,
        task_id=request.task_id,
        context_id=request.context_id,
    )
    journal, scope = ctx.journal, ctx.scope
    names = ("sent", "task") if scope is None or not scope.call else (f"{scope.call} sent", f"{scope.call} task")
    sent = journal.noted(names[0]) if journal else None
    task = journal.noted(names[1]) if journal and sent else None
    if sent and not task:
        raise Conflict(
            f"Nobody knows whether {row['name']} has heard the message: the server ended meanwhile.",
            field="message",
            value=request.message,
            remedy="Ask it what has become of it, or send the message again.",
        )

    async def began(task_id: str) -> None:
        if journal:
            journal.note(names[1], task_id)
            await journal.flush()

    if journal and not sent:
        journal.note(names[0], said.id)
        await journal.flush()
    heard = await listen(
        remote, said, str(task[0]) if task else "", request.seconds, Listener(began=began, heard=_quiet)
    )
    return await reply_of(heard, ctx)


OPERATIONS = (send_message, ask_remote_agent)

"""Chat: a message in, an answer as a run; what was said before is read back from the runs themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from nis_backend.calling import authorise, refuse_secret
from nis_backend.candour.asked import rest_of, statement_for
from nis_backend.capabilities.chat.remote import remote_tools
from nis_backend.capabilities.chat.turns import Turn, begun_by, read_turns
from nis_backend.capabilities.operations.operations import Pending, permitted, ranked
from nis_backend.errors import InvalidRequest, NotSupported, shorten
from nis_backend.event import Warned
from nis_backend.loop.attached import MOST as ATTACHED
from nis_backend.loop.attached import (
    NAMES,
    Attachment,
    check_attached,
    earlier_of,
    fetched,
    kind_of,
    still_there,
)
from nis_backend.loop.facts import MOST as MOST_FACTS
from nis_backend.loop.facts import bounded, check_facts
from nis_backend.operation import Example, Model, Recorded, operation
from nis_backend.run import unknown_conversation
from nis_backend.view import Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.chat.routed import Routed
    from nis_backend.capabilities.chat.telling import Chosen
    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo, Tool
    from nis_backend.entry import Entry
    from nis_backend.operation import Json
    from nis_backend.run import Run

NOBODY = "anonymous"
"""The label of a person who has none."""
REMEMBERED = 20
"""Earlier turns that a model is shown."""

OFFERED = 20
"""Operations offered to a model as tools, the likeliest for the message first."""

QUERY = 1000
"""Characters of a message by which they are looked for."""

USUAL_TIME = 60.0
"""Seconds that an operation allows itself when it does not say otherwise."""

EARLIER = 400_000
"""Characters of what was said before: as much as one turn of it may have."""

FUNCTIONS = 100_000
"""Characters of the caller's functions: they are told with each step."""

LABELS = 10_000
"""Characters of what is only kept."""

ARGUMENTS = 100_000
"""Characters of a filled form: what a message may have."""

TITLE = 80
"""Characters of a message that name the conversation it begins."""

BOARD = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQAAAAA3iMLMAAAAFElEQVR42mPkZ2BigCLGD0hsHOIAMiICGzhEDdAAAAAA"
    "SUVORK5CYII="
)
"""A picture of sixteen squares, for an example."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]


class OperationCall(Model):
    """A form that was filled in: the operation and its arguments."""

    operation: str = Field(max_length=64, description="The operation's name.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Its request.")  # Any: JSON


class EarlierCall(Model):
    """A function that the model wanted called."""

    id: str = Field(min_length=1, max_length=256)
    name: str = Field(min_length=1, max_length=256)
    arguments: str = Field(max_length=400_000)


class EarlierTurn(Model):
    """What was said before, and is kept by the caller."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = Field(default="", max_length=400_000)
    tool_calls: list[EarlierCall] = Field(default_factory=list[EarlierCall], max_length=128)
    attachments: list[Attachment] = Field(default_factory=list[Attachment], max_length=ATTACHED)
    tool_call_id: str | None = Field(default=None, min_length=1, max_length=256)


class CallersFunction(Model):
    """A function that the caller has, and answers itself."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = Field(default="", max_length=16_384)
    parameters: dict[str, Any] = Field(default_factory=dict)  # Any: a JSON schema


class MessageRequest(Model):
    """What is said, to whom, in which conversation."""

    message: str = Field(
        max_length=100_000, description="What the person says; may be empty where something is attached."
    )
    attachments: list[Attachment] = Field(
        default_factory=list[Attachment],
        max_length=ATTACHED,
        description="Pictures, sounds, documents and texts that the message is about: ids of blobs, data: addresses or "
        "base64, at most 32 MiB in all.",
    )
    links: list[Annotated[str, StringConstraints(min_length=1, max_length=8192)]] = Field(
        default_factory=list[str],
        max_length=ATTACHED,
        description="Web addresses of more of them: fetched from public servers, and attached.",
    )
    conversation_id: Id | None = Field(default=None, description="The conversation to go on with; unset begins one.")
    user_id: str = Field(default=NOBODY, max_length=128, description="A label for the person; it grants nothing.")
    provider: str | None = Field(default=None, max_length=64, description="Provider to ask; unset takes the default.")
    model: str | None = Field(default=None, max_length=256, description="Model to ask, as provider:name or a name.")
    context: dict[str, Any] | None = Field(  # Any: JSON
        default=None, max_length=MOST_FACTS, description="Facts for the model to know in this turn, by name."
    )
    call: OperationCall | None = Field(default=None, description="Call this operation instead of choosing one.")
    earlier: list[EarlierTurn] = Field(
        default_factory=list[EarlierTurn],
        max_length=512,
        description="What was said before, by a caller who keeps the conversation; it comes before what is kept here.",
    )
    operations: bool = Field(default=True, description="Whether the answer may use operations; false is talk alone.")
    functions: list[CallersFunction] = Field(
        default_factory=list[CallersFunction],
        max_length=128,
        description="Functions of the caller's own: the run waits for what they answer, as for a person's input.",
    )
    begins: bool = Field(default=False, description="Whether conversation_id may be a new one's.")
    memory: bool = Field(
        default=False,
        description="Whether what is remembered of user_id is told to the model, and a message may add to it.",
    )
    remembers: bool = Field(default=True, description="Whether the turns kept here are told to the model.")
    labels: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=16,
        description="What the caller wants to find again with the run; nothing is read from it.",
    )
    budget: float | None = Field(
        default=None, ge=0, le=1e9, description="Dollars that this answer's calls of models may cost at most, in all."
    )


class CitedMemory(Model):
    """A memory that the model was told."""

    id: str
    text: str
    because: str = Field(description="Why it was recalled.")


class Reply(Model):
    """The answer to a message."""

    response: str = Field(description="The answer in words.")
    conversation_id: str
    user_id: str
    timestamp: str = Field(description="When the answer was whole, ISO 8601, UTC.")
    provider: str
    model: str
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    tokens_used: int | None = Field(description="Input and output tokens; null when the provider states none.")
    run_id: str
    views: list[View] = Field(default_factory=list[View], description="The answer to look at: tables, charts, forms.")
    pending: Pending | None = Field(default=None, description="What the answer asks for.")
    memories: list[CitedMemory] = Field(
        default_factory=list[CitedMemory], description="What the model was told of memory; the first is cited as [1]."
    )


def draw_reply(_request: Model, reply: Reply) -> list[View]:
    """The views of the reply; its words are the first of them."""
    said = [] if any(isinstance(view, Text) for view in reply.views) else [Text(text=reply.response)]
    return [*said, *reply.views]


async def _prepare(request: MessageRequest, ctx: Context) -> MessageRequest:
    """Find or begin the conversation, and fetch what is attached by its address."""
    await check_message(request, ctx)
    if request.links:
        attached = [*request.attachments, *await fetched(ctx, request.links)]
        check_attached(attached)
        request = request.model_copy(update={"attachments": attached, "links": []})
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    turn = await in_conversation(request.conversation_id, _title(request), ctx, begins=request.begins)
    return request.model_copy(update={"conversation_id": turn})


async def in_conversation(which: str | None, title: str, ctx: Context, *, begins: bool) -> str:
    """The conversation that the run which this call starts is a turn of; without one, a new one is written beside it.

    Raises:
        NotFound: there is none of this id, and it may not begin one.
    """
    now = ctx.now()
    if which is not None:
        if await ctx.store.update("conversations", which, {"updated": now}):
            return which
        if not begins:
            raise unknown_conversation(which)
        new = which
    else:
        new = begun_by(str(ctx.run_id))
        # Of a run that is named for a repeat, and was deleted since, the conversation may be left.
        if ctx.kept and await ctx.store.get("conversations", new) is not None:
            new = ctx.new_id("conversation")
    ctx.beside.append(("conversations", {"id": new, "title": title, "created": now, "updated": now}))
    return new


def _title(request: MessageRequest) -> str:
    """What a conversation is called that this message begins."""
    named = ", ".join(blob.name or f"A {NAMES[kind_of(blob)]}" for blob in request.attachments)
    return shorten(request.message or named, TITLE)


async def check_message(request: MessageRequest, ctx: Context) -> None:
    """Refuse a model or a call that cannot be, before anything is written down."""
    if not (request.message or request.attachments or request.links):
        raise InvalidRequest(
            "message: There are no words, and nothing is attached.",
            field="message",
            value="",
            remedy="Say something, or attach a picture, a sound or a document.",
        )
    check_attached(request.attachments, [blob for one in request.earlier for blob in one.attachments])
    check_facts(request.context)
    if request.earlier:
        bounded(
            "earlier", [[one.content, *(call.arguments for call in one.tool_calls)] for one in request.earlier], EARLIER
        )
    if request.functions:
        _refuse_taken(request.functions, ctx)
        bounded("functions", [one.model_dump() for one in request.functions], FUNCTIONS)
    if request.labels:
        bounded("labels", request.labels, LABELS)
    if request.call is not None:
        bounded("call", request.call.arguments, ARGUMENTS)
    if request.memory:
        authorise(ctx.operations.entry("memory.recall"), ctx)
    if request.call is None:
        await ctx.models.choose(request.model, request.provider)
    else:
        fillable(ctx, request.call.operation)


def _refuse_taken(functions: Sequence[CallersFunction], ctx: Context) -> None:
    """Refuse a function whose name another one has, or an operation."""
    names: set[str] = set()
    operations = {entry.name.replace(".", "-") for entry in permitted(ctx)}
    for number, one in enumerate(functions):
        if one.name in names | operations:
            whose = "an operation of this server" if one.name in operations else "another function"
            raise InvalidRequest(
                f"{one.name} is the name of {whose}.",
                field=f"functions.{number}.name",
                value=one.name,
                remedy="Give it a name of its own.",
            )
        names.add(one.name)


async def offered(ctx: Context, message: str, most: int, first: Sequence[Entry] = ()) -> list[Entry]:
    """What a model that chooses by itself is given to choose from: the likeliest first, nothing that changes anything.

    Before all others what is to come `first`.
    What declares how people ask for it comes before the rest. Of the rest, what allows itself more time than is usual
    is left out: to ask another model is no step towards this one's answer.
    """
    able = _able(permitted(ctx))
    # A picture, or a sound that nobody has listened to yet, may come without words.
    found = await ranked(ctx, message[:QUERY], able) if message.strip() else []
    asked_for = [entry for entry in found if entry.routable]
    # By the first place of each.
    in_order = dict.fromkeys((*first, *asked_for, *_routable(able), *found, *able))
    return list(in_order)[:most]


@lru_cache(maxsize=64)
def _able(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Those of the operations that a model may be offered."""
    return tuple(
        entry
        for entry in entries
        if entry.by_words and (entry.routable or (entry.shape == "model" and entry.time_limit <= USUAL_TIME))
    )


@lru_cache(maxsize=64)
def _routable(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Those that declare how people ask for them."""
    return tuple(entry for entry in entries if entry.routable)


def fillable(ctx: Context, name: str) -> Entry:
    """The operation whose form the caller sent.

    What a form calls may write or destroy: a person has filled it in and sent it.

    Raises:
        NotFound: there is none of this name.
        NotSupported: its result is a stream, or a run that nobody asks for in words, or a secret, which no log keeps.
        Forbidden: the caller may not call it.
    """
    entry = ctx.operations.entry(name)
    # Of runs those that words lead to: a turn that a form begins could begin another.
    if entry.shape != "model" and not (entry.shape == "run" and entry.routable):
        raise NotSupported(
            f"{name} answers a {entry.shape}, which a form does not show.",
            field="call.operation",
            value=name,
            remedy="Call it directly.",
        )
    authorise(entry, ctx)
    refuse_secret(entry)
    return entry


@operation(
    "chat.send_message",
    effect="writes",
    essential=True,
    view=draw_reply,
    outward=True,
    prepare=_prepare,
    examples=(
        Example(title="Say something", request={"message": "Hello! Who are you?"}),
        Example(
            title="Ask for a number",
            request={"message": "How far does a ball fly at 20 m/s and 40 degrees without drag?"},
        ),
        Example(title="Ask of a picture", request={"message": "Is it blurred?", "attachments": [BOARD]}),
    ),
)
async def send_message(request: MessageRequest, ctx: Context) -> Recorded[Reply]:
    """Answer a message: a model talks, operations compute.

    A model that can use tools is offered the operations, unless the caller wants none, and chooses by itself. One that
    cannot never chooses: rules pick an operation, code reads its arguments, and what is missing is asked for.
    """
    return await answer_message(request, ctx)


async def answer_message(request: MessageRequest, ctx: Context) -> Reply:
    """The answer to a message, in the run this call is in; the turns before that run's own are what is remembered."""
    from nis_backend.capabilities.chat.telling import chosen, heard, messages_of, with_memory  # noqa: PLC0415 - as above

    assert request.conversation_id is not None

    def reply(text: str, info: ModelInfo | None, cited: Sequence[Json] = (), **given: Any) -> Reply:
        return Reply(
            response=text,
            conversation_id=str(request.conversation_id),
            user_id=request.user_id,
            timestamp=datetime.fromtimestamp(ctx.now(), UTC).isoformat(timespec="milliseconds"),
            run_id=ctx.run.run_id,
            provider=info.provider if info else "nis",
            model=info.name if info else "router",
            demonstration=bool(info and info.demonstration),
            memories=[CitedMemory(**{name: one[name] for name in CitedMemory.model_fields}) for one in cited],
            **given,
        )

    def routed(done: Routed, before: str = "") -> Reply:
        return reply(before + done.text, None, tokens_used=0, views=done.views, pending=done.pending)

    by_rule = await _by_rule(ctx, request)
    rest = rest_of(request.message) if by_rule is not None and request.call is None else ""
    if by_rule is not None and not rest:
        return routed(by_rule)
    ctx = replace(ctx, asker=None if request.user_id == NOBODY else request.user_id)
    turn = await chosen(ctx, request)
    message, before = (request.message, "") if by_rule is None else (rest, by_rule.text)
    of_memory = await _asked_of_memory(ctx, request, turn)
    if of_memory is not None:
        return routed(of_memory)
    if request.attachments and not message and request.operations:
        from nis_backend.capabilities.chat.looking import listened  # noqa: PLC0415 - loads with the first voice note

        message, before = await listened(ctx, turn.info, request.attachments)
        turn = await heard(ctx, request, turn, message) if message else turn
    step = 2 if before else 1
    info, driver = turn.info, ctx.models.driver(turn.info.provider)
    if info.tools:
        from nis_backend.loop.turning import converse  # noqa: PLC0415 - loads with the first turn

        turn = await with_memory(ctx, request, turn, message)
        messages = await messages_of(ctx, turn, request, message)
        said = await converse(
            ctx, driver, info, messages, turn.tools, functions=functions_of(request), remote=turn.remote, first=step
        )
        return reply(
            before + said.text,
            info,
            turn.recalled,
            tokens_used=_sum(said.input_tokens, said.output_tokens),
            views=[*turn.memory_views, *said.views],
        )
    if request.functions:
        await ctx.run.write(Warned(message=f"{info.id} calls no functions: the caller's were not offered to it."))
    done = await _without_choosing(ctx, request, turn, message) if request.operations else None
    if done is not None:
        return routed(done, before)
    from nis_backend.loop.turning import answer  # noqa: PLC0415 - loads with the first turn

    turn = await with_memory(ctx, request, turn, message)
    if info.demonstration and turn.recalled and turn.recalled[0]["sure"]:
        from nis_backend.capabilities.chat.remembering import quoted  # noqa: PLC0415 - few turns have a memory

        text = await quoted(ctx, turn.recalled[0], step)
        return reply(before + text, None, turn.recalled, tokens_used=0, views=turn.memory_views)
    said = await answer(ctx, driver, info, await messages_of(ctx, turn, request, message), step=step)
    tokens = _sum(said.input_tokens, said.output_tokens)
    return reply(before + said.text, info, turn.recalled, tokens_used=tokens, views=turn.memory_views)


async def _by_rule(ctx: Context, request: MessageRequest) -> Routed | None:
    """What comes of a form, and of a question that no model answers here; None of every other message."""
    from nis_backend.capabilities.chat.routed import Routed, run_form  # noqa: PLC0415 - loads with the first turn

    if request.call is not None:
        return await run_form(ctx, request.call.operation, request.call.arguments)
    stated = None if request.attachments else statement_for(request.message)
    if stated is None:
        return None
    from nis_backend.asking import say  # noqa: PLC0415 - loads with the first turn

    # What else it asks is answered after that.
    return Routed(text=await say(ctx, 1, f"{stated}\n\n" if rest_of(request.message) else stated))


async def _asked_of_memory(ctx: Context, request: MessageRequest, turn: Chosen) -> Routed | None:
    """What comes of a message that asks something of memory; None of every other one."""
    if not request.message or not request.operations or (turn.info.tools and not request.memory):
        return None
    from nis_backend.capabilities.chat.remembering import answered  # noqa: PLC0415 - loads with the first turn

    return await answered(ctx, request)


async def _without_choosing(ctx: Context, request: MessageRequest, turn: Chosen, message: str) -> Routed | None:
    """What rules choose for a model that must not; None where the model may talk."""
    pending = _pending(turn.past)
    if request.attachments or turn.attached_before:
        from nis_backend.capabilities.chat.looking import attend  # noqa: PLC0415 - loads with the first picture

        return await attend(ctx, message, request.attachments, turn, pending)
    from nis_backend.capabilities.chat.routed import routed_turn  # noqa: PLC0415 - loads with the first turn

    found = await routed_turn(ctx, message, pending)
    if found is not None or not turn.info.demonstration:
        return found
    from nis_backend.capabilities.chat.papers import of_kept  # noqa: PLC0415 - as above

    return await of_kept(ctx, message)


async def attended(ctx: Context, message: str, attachments: Sequence[Blob], info: ModelInfo) -> Routed | None:
    """What rules find in what is attached, for a model that chooses nothing; None where it may talk about it."""
    from nis_backend.capabilities.chat.looking import attend  # noqa: PLC0415 - loads with the first picture
    from nis_backend.capabilities.chat.telling import Chosen  # noqa: PLC0415 - as above

    turn = Chosen(info=info, past=[], tools=[], remote=[], there=frozenset())
    return await attend(ctx, message, attachments, turn, None)


async def by_words(ctx: Context, message: str, among: Sequence[str]) -> Routed | None:
    """What rules find for a model that chooses nothing, among some operations; None where it may talk."""
    from nis_backend.capabilities.chat.routed import routed_turn  # noqa: PLC0415 - loads with the first turn

    return await routed_turn(ctx, message, None, among=among)


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def functions_of(request: MessageRequest) -> list[Tool]:
    """The caller's functions, as a model is offered them."""
    from nis_backend.drivers.llm.base import Tool  # noqa: PLC0415 - loads with the first turn

    return [Tool(name=one.name, description=one.description, parameters=one.parameters) for one in request.functions]


def _pending(past: Sequence[Run]) -> Pending | None:
    """What the last answer asked for."""
    if past and past[-1].state == "succeeded" and past[-1].result.get("pending"):
        return Pending.model_validate(past[-1].result["pending"])
    return None


__all__ = [
    "ATTACHED",
    "OPERATIONS",
    "REMEMBERED",
    "Attachment",
    "Turn",
    "answer_message",
    "attended",
    "begun_by",
    "check_message",
    "draw_reply",
    "earlier_of",
    "in_conversation",
    "read_turns",
    "remote_tools",
    "send_message",
    "still_there",
]
OPERATIONS = (send_message,)

"""What a model is told in a turn: which one it is, what was said before, what it may use, and the message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nis_backend.asking import show
from nis_backend.capabilities.chat.operations import OFFERED, REMEMBERED, offered
from nis_backend.capabilities.chat.remote import remote_tools
from nis_backend.capabilities.chat.turns import begun_by, read_turns
from nis_backend.capabilities.operations.operations import permitted
from nis_backend.drivers.llm.answer import ToolCall
from nis_backend.drivers.llm.base import Message, ModelInfo
from nis_backend.guardrails.marking import turnless
from nis_backend.loop.attached import (
    EARLIER_SHOWN,
    at_hand,
    earlier_of,
    is_shown,
    senses,
    shown,
    still_there,
    told,
)
from nis_backend.loop.facts import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.blob import Blob
    from nis_backend.capabilities.chat.operations import MessageRequest
    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.run import Run
    from nis_backend.view import View

    Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a turn is answered with: chosen once, and the same however often its code is executed."""

    info: ModelInfo
    past: Sequence[Run]
    """The earlier turns."""
    tools: Sequence[Entry]
    remote: Sequence[Json]
    """Other servers' tools."""
    there: frozenset[str]
    """Ids of what was attached to earlier turns and was not deleted since."""
    recalled: Sequence[Json] = ()
    """What is remembered of the person, where the caller wants that told."""
    memory_views: Sequence[View] = ()
    """The same to look at."""
    told_before: Sequence[Blob] = ()
    """What was attached to the turns of a caller who keeps the conversation."""

    @property
    def attached_before(self) -> list[Blob]:
        """What was attached to the last turn of them that had something attached."""
        none: list[Blob] = []
        return next((blobs for run in reversed(self.past) if (blobs := earlier_of(run))), none) or [*self.told_before]


async def chosen(ctx: Context, request: MessageRequest) -> Chosen:
    """The model, the earlier turns and the tools that this turn is answered with."""
    read: dict[str, Run] = {}

    async def choose() -> Json:
        _, info = await ctx.models.choose(request.model, request.provider)
        # A run that has begun its conversation goes on with nothing.
        begins = request.conversation_id == begun_by(ctx.run.run_id) or not request.remembers
        turns = [] if begins else (await read_turns(ctx, str(request.conversation_id), REMEMBERED + 1))[0]
        read.update({turn.current.id: turn.current for turn in turns if not turn.holds(ctx.run.run_id)})
        before = [blob for run in read.values() for blob in earlier_of(run)]
        offers = info.tools and request.operations
        tools = await _offered(ctx, request, request.message, before) if offers else []
        given = {"model": {**vars(info)}, "turns": list(read), "tools": [entry.name for entry in tools]}
        remote = await remote_tools(ctx) if tools else []
        there = sorted(await still_there(ctx, before)) if before else []
        return {**given, **({"remote": remote} if remote else {}), **({"there": there} if there else {})}

    noted = await ctx.note("turn", choose)
    return Chosen(
        info=ModelInfo(**noted["model"]),
        past=[read.get(run_id) or await ctx.runs.get(run_id) for run_id in noted["turns"]],
        tools=[ctx.operations.entry(name) for name in noted["tools"]],
        remote=noted.get("remote", []),
        there=frozenset((*noted.get("there", ()), *(blob.id for one in request.earlier for blob in one.attachments))),
        told_before=next((one.attachments for one in reversed(request.earlier) if one.attachments), ()),
    )


async def with_memory(ctx: Context, request: MessageRequest, turn: Chosen, message: str) -> Chosen:
    """The turn with what is remembered of the person, where the caller wants that."""
    if not request.memory or not message.strip():
        return turn
    from nis_backend.capabilities.chat.remembering import recalled, shown  # noqa: PLC0415 - few turns have a memory

    found = await recalled(ctx, message, request.user_id)
    if not found:
        return turn
    views = await show(ctx, [shown(found)])
    return replace(turn, recalled=found, memory_views=views)


async def heard(ctx: Context, request: MessageRequest, turn: Chosen, said: str) -> Chosen:
    """The turn of a message whose words had to be listened to: its tools are those that they ask for."""
    if not turn.info.tools:
        return turn
    before = [blob for run in turn.past for blob in earlier_of(run)]

    async def offer() -> list[str]:
        return [entry.name for entry in await _offered(ctx, request, said, before)]

    return replace(turn, tools=[ctx.operations.entry(name) for name in await ctx.note("tools", offer)])


async def _offered(ctx: Context, request: MessageRequest, message: str, before: Sequence[Blob]) -> list[Entry]:
    """What looks at what is attached, or was before, comes first."""
    attached = [*request.attachments, *before, *(blob for one in request.earlier for blob in one.attachments)]
    if not attached:
        return await offered(ctx, message, OFFERED)
    return await offered(ctx, message, OFFERED, senses(permitted(ctx), attached))


async def messages_of(ctx: Context, turn: Chosen, request: MessageRequest, message: str) -> list[Message]:
    """The turns that were answered, then this one; facts given with it come first."""
    facts = [*([words_of(request.context)] if request.context else []), *_remembered(turn)]
    messages = [Message(role="system", content="\n\n".join(facts))] if facts else []
    answered = [run for run in turn.past if run.state == "succeeded"]
    again = _shown_again(request, answered, turn)
    for one in request.earlier:
        calls = tuple(ToolCall(id=call.id, name=call.name, arguments=call.arguments) for call in one.tool_calls)
        seen = [blob for blob in one.attachments if blob.id in again]
        words = await told(one.content, one.attachments)
        messages.append(
            Message(
                role=one.role,
                # What the caller's functions have answered others may have written.
                content=turnless(words) if one.role == "tool" else words,
                tool_calls=calls,
                tool_call_id=one.tool_call_id,
                parts=await shown(seen, turn.info),
            )
        )
    for run in answered:
        blobs = earlier_of(run)
        words = await told(run.input.get("message", ""), blobs, turn.there)
        parts = await shown(await at_hand(ctx, (blob for blob in blobs if blob.id in again)), turn.info)
        messages += [
            Message(role="user", content=words, parts=parts),
            Message(role="assistant", content=run.result["response"]),
        ]
    words, parts = await told(message, request.attachments), await shown(request.attachments, turn.info)
    return [*messages, Message(role="user", content=words, parts=parts)]


def _shown_again(request: MessageRequest, runs: Sequence[Run], turn: Chosen) -> set[str]:
    """The ids of the last pictures and sounds of earlier turns, which the model is shown as well."""
    before = [blob for one in request.earlier for blob in one.attachments]
    before += [blob for run in runs for blob in earlier_of(run)]
    ids = [blob.id for blob in before if blob.id in turn.there and is_shown(blob, turn.info)]
    return set(ids[-EARLIER_SHOWN:])


def _remembered(turn: Chosen) -> list[str]:
    if not turn.recalled:
        return []
    from nis_backend.capabilities.chat.remembering import told  # noqa: PLC0415 - as above

    return [told(turn.recalled)]

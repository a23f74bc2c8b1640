"""What an agent's model is told: what was said before, here or by its caller, and the message with what is attached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import Message
from nis_backend.guardrails.marking import BEGINS
from nis_backend.loop.attached import EARLIER_SHOWN, at_hand, earlier_of, is_shown, shown, still_there, told
from nis_backend.loop.facts import words_of

if TYPE_CHECKING:
    from nis_backend.capabilities.agents.operations import RunAgent
    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo
    from nis_backend.operation import Json
    from nis_backend.run import Run


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is told, and what of it somebody else may have written."""

    messages: list[Message]
    read: list[str]


async def messages_of(request: RunAgent, info: ModelInfo, ctx: Context) -> Told:
    """All that was said, the message last."""
    facts = words_of(request.context) if request.context else ""
    words = "\n\n".join(filter(None, [facts, await told(request.message, request.attachments)]))
    kept, answered = await _kept(request, info, ctx)
    messages = [
        *(Message(role=one.role, content=one.content) for one in request.earlier),
        *kept,
        Message(role="user", content=words, parts=await shown(request.attachments, info)),
    ]
    read = {
        "an attachment": bool(request.attachments),
        # Of answers that a caller keeps, nobody knows what was read for them.
        "an earlier turn": any(one.role == "assistant" for one in request.earlier) or any(map(_has_read, answered)),
        "another agent": any(kind == "agent" for kind, _ in ctx.run.within),
        "what the message holds of others": BEGINS in request.message or BEGINS in facts,
    }
    return Told(messages=messages, read=[name for name, is_so in read.items() if is_so])


def _has_read(run: Run) -> bool:
    """Whether an answer may say what somebody else has written: it took more than one look at a model, or a file."""
    return run.result.get("steps") != 1 or bool(run.input.get("attachments"))


async def _kept(request: RunAgent, info: ModelInfo, ctx: Context) -> tuple[list[Message], list[Run]]:
    """The last turns of the conversation that were answered, and their runs."""
    if request.conversation_id is None:
        return [], []
    from nis_backend.capabilities.chat.operations import REMEMBERED, read_turns  # noqa: PLC0415 - few runs are turns

    read: dict[str, Run] = {}

    async def look() -> Json:
        turns, _ = await read_turns(ctx, str(request.conversation_id), REMEMBERED + 1)
        read.update({one.current.id: one.current for one in turns if not one.holds(ctx.run.run_id)})
        blobs = [blob for run in read.values() for blob in earlier_of(run)]
        return {"turns": list(read), "there": sorted(await still_there(ctx, blobs)) if blobs else []}

    noted = await ctx.note("turns", look)
    runs = [read.get(run_id) or await ctx.runs.get(run_id) for run_id in noted["turns"]]
    answered = [run for run in runs if run.state == "succeeded"]
    blobs = [blob for run in answered for blob in earlier_of(run) if blob.id in noted["there"] and is_shown(blob, info)]
    again = {blob.id for blob in blobs[-EARLIER_SHOWN:]}
    said: list[Message] = []
    for run in answered:
        attached = earlier_of(run)
        parts = await shown(await at_hand(ctx, (blob for blob in attached if blob.id in again)), info)
        words = await told(run.input.get("message", ""), attached, set(noted["there"]))
        said += [
            Message(role="user", content=words, parts=parts),
            Message(role="assistant", content=run.result["response"]),
        ]
    return said, answered

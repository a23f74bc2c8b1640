"""A client's threads and runs by their names here, and what of a conversation it has not seen.

The names are made of the owner's and the client's own: the same run asked for twice is one run, and nobody else's.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from nis_backend.capabilities.chat.operations import REMEMBERED
from nis_backend.capabilities.chat.turns import read_turns
from nis_backend.errors import NotFound, shorten
from nis_backend.surfaces.agui.request import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run
    from nis_backend.surfaces.agui.request import Message

LABEL = "agui"
"""Under which a run keeps the client's names."""

UNSAID = frozenset({"activity", "reasoning"})
"""Roles that no model is told: an activity is the client's to draw, a thought is of the model that had it."""

INSTRUCTS = frozenset({"system", "developer"})


async def conversation_of(thread: str, ctx: Context) -> str:
    """The conversation of a thread: the one of this id, begun elsewhere perhaps, or the one that the name makes."""
    if await ctx.store.get("conversations", thread) is not None:
        return thread
    return f"conversation-{_made('thread', ctx, thread)}"


def run_name(thread: str, run: str, ctx: Context) -> str:
    """The run that a client's run begins."""
    return f"run-{_made('run', ctx, thread, run)}"


def _made(kind: str, ctx: Context, *names: str) -> str:
    return sha256("\0".join((kind, ctx.caller.owner, *names)).encode("utf-8", "surrogatepass")).hexdigest()[:24]


async def find_run(thread: str, run: str, ctx: Context) -> Run:
    """A run of a thread by the client's name for it, or by its id here.

    Raises:
        NotFound: the caller has no such run in it.
    """
    conversation = await conversation_of(thread, ctx)
    for name in (run_name(thread, run, ctx), run):
        try:
            found = await ctx.runs.get(name)
        except NotFound:
            continue
        # A run outside conversations is a thread of its own.
        if found.conversation_id in {conversation, None}:
            return found
    raise NotFound(
        f"There is no run {shorten(run)!r} in the thread {shorten(thread)!r}.",
        field="runId",
        value=run,
        remedy="Name one that a message has begun, or the id in the state, nis.runId; without, it is the newest.",
    )


async def last_run(thread: str, ctx: Context) -> Run:
    """The newest run of a thread.

    Raises:
        NotFound: there is none.
    """
    found = await ctx.runs.list(where={"conversation_id": await conversation_of(thread, ctx)}, limit=1)
    if not found:
        raise NotFound(
            f"There is no run in the thread {shorten(thread)!r}.",
            field="threadId",
            value=thread,
            remedy="Begin one with POST /agui.",
        )
    return found[0]


async def kept(conversation: str, ctx: Context, before: Run | None = None) -> list[Run]:
    """The turns that were answered, oldest first, as a model is told them; those before a run."""
    turns, _ = await read_turns(ctx, conversation, REMEMBERED, before and (before.created, before.id))
    return [turn.current for turn in turns if turn.current.state == "succeeded" and "response" in turn.current.result]


def seen(messages: Sequence[Message], turns: Sequence[Run]) -> int | None:
    """How many of the turns kept here the client has, the last ones; None where it tells the conversation otherwise."""
    told = _told(messages)
    mine = [(_plain(run.input["message"]), _plain(run.result["response"])) for run in turns]
    count = min(len(told), len(mine))
    same = told[len(told) - count :] == mine[len(mine) - count :]
    # Who tells more than is kept says what is not known here, unless what is known is all that a model is told.
    return count if same and (len(told) <= len(mine) or len(mine) == REMEMBERED) else None


def _told(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """What was asked and answered; a question without an answer is none yet."""
    turns: list[list[str]] = []
    for number, one in enumerate(messages):
        if one.role == "user":
            turns.append([words(one, number), "", ""])
        elif one.role == "assistant" and turns:
            turns[-1][1] += f" {words(one, number)}"
        elif one.role == "tool" and turns:
            turns[-1][2] = "answered"
        elif one.role == "assistant":
            turns.append(["", words(one, number), ""])
    return [(_plain(said), _plain(answer)) for said, answer, calls in turns if answer.strip() or calls]


def _plain(text: str) -> str:
    return " ".join(text.split())


def messages_of(turns: Sequence[Run]) -> list[Json]:
    """Turns as messages, for one who has not seen them."""
    found: list[Json] = []
    for run in turns:
        found += asked_in(run)
        found.append({"id": f"{run.id}:1", "role": "assistant", "content": run.result["response"]})
    return found


def turns_of(turns: Sequence[Run]) -> list[Json]:
    """Turns as a model is told them by a caller who keeps the conversation."""
    said: list[Json] = []
    for run in turns:
        blobs = [one["id"] for one in run.input.get("attachments") or ()]
        said.append({"role": "user", "content": run.input["message"], **({"attachments": blobs} if blobs else {})})
        said.append({"role": "assistant", "content": run.result["response"]})
    return said


def asked_in(run: Run) -> list[Json]:
    """What a run was asked, and what was said before it by a caller who keeps the conversation."""
    said = [_message(run.id, number, one) for number, one in enumerate(run.input.get("earlier") or ())]
    asked = run.input.get("message")
    if isinstance(asked, str):
        name = labels_of(run).get("message") or f"{run.id}:asked"
        said.append({"id": name, "role": "user", "content": _content(asked, run.input.get("attachments"))})
    return said


def _content(words: str, blobs: Sequence[Json] | None) -> Any:  # Any: JSON
    """Words alone as they are; with pictures, sounds and texts, as parts that name what is kept here."""
    if not blobs:
        return words
    parts = [
        {
            "type": kind if (kind := one["media_type"].partition("/")[0]) in {"image", "audio"} else "document",
            "source": {"type": "file", "value": one["id"], "provider": "nis", "mimeType": one["media_type"]},
        }
        for one in blobs
    ]
    return [*([{"type": "text", "text": words}] if words else []), *parts]


def _message(run_id: str, number: int, one: Json) -> Json:
    content = _content(one["content"], one.get("attachments"))
    message: Json = {"id": f"{run_id}:earlier-{number}", "role": one["role"], "content": content}
    if one.get("tool_call_id"):
        message["toolCallId"] = one["tool_call_id"]
    if one.get("tool_calls"):
        message["toolCalls"] = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in one["tool_calls"]
        ]
    return message


def labels_of(run: Run) -> Json:
    """The client's names that a run keeps."""
    labels: Json = run.input.get("labels") or {}
    found: Any = labels.get(LABEL)
    return cast("Json", found) if isinstance(found, dict) else {}

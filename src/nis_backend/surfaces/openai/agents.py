"""Agents as models: `agent:chat` answers by the loop that calls operations, each turn of it a run of a conversation."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, cast

from nis_backend.calling import call
from nis_backend.capabilities.models.completion import ChatAnswer, ChatCompletion, ChatPart
from nis_backend.errors import (
    Cancelled,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    UpstreamFailed,
    from_problem,
    shorten,
)
from nis_backend.event import CancelledRun, Failed, ModelAnswered, StepRetried, Succeeded, TextDelta
from nis_backend.surfaces.turn_options import NAME, read_options
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from starlette.requests import Request

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import RunHandle
    from nis_backend.surfaces.base import Process

CHAT = "agent:chat"
AGENTS = {CHAT: "chat.send_message"}
"""The operation that each agent is."""

CARDS: tuple[Json, ...] = (
    {
        "id": CHAT,
        "object": "model",
        "created": 0,
        "owned_by": "nis",
        "description": "The agent of this server: it calls operations to compute, and keeps the conversation.",
    },
)

NEUTRAL: Json = {
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "tool_name": None,
    "parallel_tool_calls": True,
    "answer_as": "text",
    "answer_schema": None,
    "strict": False,
    "stop": [],
    "answers": 1,
    "labels": {},
}
"""What asks an agent for nothing that it has not; of anything else that is null."""

TAKEN = frozenset({"messages", "model", "previous", "instructions", "user", NAME})


def message(given: Json) -> Json:
    """The agent's request of one for a model.

    Raises:
        NotSupported: it asks for what an agent has not.
        InvalidRequest: the last turn is no person's.
    """
    for name, value in given.items():
        if name not in TAKEN and value != NEUTRAL.get(name):
            raise NotSupported(
                f"{given['model']} takes no {name}: it has tools of its own, and settles how it answers.",
                field=name,
                remedy="Leave it out, or name a model.",
            )
    turns: list[Json] = given["messages"]
    for number, turn in enumerate(turns):
        if turn["role"] == "tool":
            raise NotSupported(
                f"{given['model']} reads what was said, not what tools answered.",
                field=f"messages.{number}",
                remedy="Send the words of the turns.",
            )
    if not turns or turns[-1]["role"] != "user" or not _says(turns[-1]):
        raise InvalidRequest(
            "The last turn is to be the user's, and to say something.",
            field="messages",
            remedy="End with what is asked.",
        )
    first = [{"role": "system", "content": given["instructions"]}] if given.get("instructions") else []
    earlier = [_earlier(one) for one in (*first, *turns[:-1]) if _says(one)]
    user = {"user_id": str(given["user"])[:128]} if given.get("user") else {}
    attached, links = _attached(turns[-1])
    return {
        "message": turns[-1].get("content", ""),
        "attachments": attached,
        "links": links,
        "earlier": earlier,
        **read_options(given.get(NAME), NAME),
        **user,
    }


def _says(turn: Json) -> bool:
    """Whether there is anything in a turn."""
    return bool(turn.get("content", "").strip() or turn.get("parts"))


def _attached(turn: Json) -> tuple[list[Any], list[str]]:
    """The blobs of a turn's pictures, sounds and files, and the addresses of those whose bytes are elsewhere."""
    parts = [part for part in turn.get("parts", ()) if part["kind"] != "text"]
    return [one["blob"] for one in parts if one.get("blob")], [one["url"] for one in parts if one.get("url")]


def _earlier(turn: Json) -> Json:
    """A turn before the last one; what was elsewhere is told by its address, for it was looked at then."""
    attached, links = _attached(turn)
    words = "\n".join(filter(None, [turn.get("content", ""), *(f"[Attached: {shorten(url, 200)}]" for url in links)]))
    return {"role": turn["role"], "content": words, **({"attachments": attached} if attached else {})}


async def conversation_of(previous: str, agent: str, ctx: Context) -> str:
    """The conversation that goes on after this run.

    Raises:
        NotFound: the caller has no such run.
        InvalidRequest: it is none of the agent's, or others follow it already.
    """
    try:
        run = await ctx.runs.get(previous)
    except NotFound:
        raise NotFound("It is gone.", field="previous", value=previous) from None
    if run.operation != AGENTS[agent] or run.conversation_id is None:
        raise InvalidRequest(
            f"Run {previous} is none of {agent}.", field="previous", value=previous, remedy="Follow it with its model."
        )
    (last,) = await ctx.runs.list(where={"conversation_id": run.conversation_id}, limit=1)
    if last.id != previous:
        raise InvalidRequest(
            f"Run {previous} is not the last turn of its conversation.",
            field="previous",
            value=previous,
            remedy="Follow the last one, or branch the conversation.",
        )
    return run.conversation_id


async def begin(process: Process, agent: str, asked: Json, ctx: Context) -> RunHandle:
    """The turn, which goes on by itself."""
    try:
        handle: RunHandle = await call(process.operations.find(AGENTS[agent]), asked, ctx)
    except NisError as error:
        if error.field and error.field.partition(".")[0] in {"message", "earlier", "attachments", "links"}:
            error.field = "messages"
        raise
    return handle


async def told(process: Process, agent: str, given: Json, ctx: Context) -> AsyncGenerator[ChatPart, None]:
    """An agent's turn, as the parts of an answer."""
    return parts(await begin(process, agent, message(given), ctx), agent, ctx)


async def whole(process: Process, request: Request, agent: str, given: Json, ctx: Context) -> ChatCompletion:
    """An agent's turn, once it is whole."""

    async def last() -> ChatPart:
        async with aclosing(await told(process, agent, given, ctx)) as coming:
            *_, last = [part async for part in coming]
        return last

    working = asyncio.ensure_future(last())
    await settled(process, request, working)
    found = working.result().whole
    assert found is not None
    return found


async def parts(handle: RunHandle, agent: str, ctx: Context) -> AsyncGenerator[ChatPart, None]:
    """An agent's turn as the parts of an answer; it ends when nobody listens any more.

    Raises:
        UpstreamFailed: it was cut after words of it had been told, which cannot be taken back.
        NisError: it has failed.
    """
    words: list[str] = []
    told: set[int] = set()
    answers: list[ModelAnswered] = []
    ended = False
    try:
        async with aclosing(cast("AsyncGenerator[Event]", handle.follow(waits=False))) as events:
            async for event in events:
                body = event.body
                ended = event.terminal
                if isinstance(body, TextDelta):
                    words.append(body.text)
                    told.add(body.step)
                    yield ChatPart(model=agent, demonstration=False, text=body.text)
                elif isinstance(body, StepRetried) and body.step in told:
                    raise UpstreamFailed("The answer was cut, and is written anew.", remedy="Ask again.")
                elif isinstance(body, ModelAnswered):
                    answers.append(body)
                elif isinstance(body, Failed):
                    raise from_problem(body.problem)
                elif isinstance(body, CancelledRun):
                    raise Cancelled("The run was cancelled.", remedy="Ask again.")
                elif isinstance(body, Succeeded):
                    for part in _last(agent, "".join(words), body.result, answers):
                        yield part
    finally:
        if not ended:
            with suppress(NisError):
                await asyncio.shield(ctx.runs.cancel(handle.id))


def _last(agent: str, text: str, result: Any, answers: Sequence[ModelAnswered]) -> Iterable[ChatPart]:
    """The end, and the whole of it; Any: JSON."""
    answer = ChatAnswer(text=text, tool_calls=[], finish_reason="stop")
    small = bool(result.get("demonstration"))
    counted = [one for one in answers if one.problem is None]
    yield ChatPart(model=agent, demonstration=small, ended=answer)
    whole = ChatCompletion(
        model=agent,
        demonstration=small,
        answers=[answer],
        input_tokens=_sum([one.input_tokens for one in counted]),
        output_tokens=_sum([one.output_tokens for one in counted]),
        cached_tokens=sum(one.cached_tokens for one in counted),
        reasoning_tokens=sum(one.reasoning_tokens for one in counted),
    )
    yield ChatPart(model=agent, demonstration=small, whole=whole)


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [one for one in counts if one is not None]
    return sum(known) if len(known) == len(counts) else None

"""An agent's run as an answer in the forms of a model's: whole, or in parts."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, cast

from nis_backend.calling import call
from nis_backend.capabilities.models.completion import ChatAnswer, ChatCompletion, ChatPart
from nis_backend.drivers.llm.answer import total
from nis_backend.errors import Cancelled, NisError, UpstreamFailed, from_problem
from nis_backend.event import CancelledRun, Failed, ModelAnswered, StepRetried, Succeeded, TextDelta
from nis_backend.run import waits_for
from nis_backend.surfaces.openai.agents import message, named
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from starlette.requests import Request

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import RunHandle
    from nis_backend.surfaces.answering import Answerer
    from nis_backend.surfaces.base import Process


async def begin(process: Process, one: Answerer, asked: Json, ctx: Context) -> RunHandle:
    """The turn, which goes on by itself."""
    try:
        handle: RunHandle = await call(process.operations.find(one.operation), asked, ctx)
    except NisError as error:
        if error.field and error.field.partition(".")[0] in {"message", "earlier", "attachments", "links"}:
            error.field = "messages"
        raise
    return handle


async def told(process: Process, agent: str, given: Json, ctx: Context) -> AsyncGenerator[ChatPart, None]:
    """An agent's turn, as the parts of an answer."""
    one = await named(agent, ctx)
    return parts(await begin(process, one, message(given, one, ctx), ctx), agent, ctx)


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
        Waiting: a person has to decide something first; it goes on by itself then.
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
                elif isinstance(body, Failed | CancelledRun):
                    raise _failure(body)
                elif isinstance(body, Succeeded):
                    for part in _last(agent, "".join(words), body.result, answers):
                        yield part
        if not ended:
            await _refuse_waiting(handle.id, ctx)
    finally:
        if not ended:
            with suppress(NisError):
                await asyncio.shield(_leave(handle.id, ctx))


def _failure(body: Failed | CancelledRun) -> NisError:
    if isinstance(body, Failed):
        return from_problem(body.problem)
    return Cancelled("The run was cancelled.", remedy="Ask again.")


async def _refuse_waiting(run_id: str, ctx: Context) -> None:
    """Tell that a run waits for a person: what it answers then is its log's to tell.

    Raises:
        Waiting: it does.
    """
    run = await ctx.runs.get(run_id)
    if run.state == "waiting":
        raise waits_for(run.id, run.waiting or {})


async def _leave(run_id: str, ctx: Context) -> None:
    """End a run that nobody listens to any more; one that waits for a person is for that person."""
    if (await ctx.runs.standing(run_id)).state != "waiting":
        await ctx.runs.cancel(run_id)


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
        # Of a team, they are its members'.
        input_tokens=result["input_tokens"] if "input_tokens" in result else total(one.input_tokens for one in counted),
        output_tokens=result["output_tokens"]
        if "output_tokens" in result
        else total(one.output_tokens for one in counted),
        cached_tokens=sum(one.cached_tokens for one in counted),
        reasoning_tokens=sum(one.reasoning_tokens for one in counted),
    )
    yield ChatPart(model=agent, demonstration=small, whole=whole)

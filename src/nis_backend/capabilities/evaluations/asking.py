"""One case put to its target: what is answered, how long it took, and what it cost."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.capabilities.evaluations.filling import filled, of_result, turns, words
from nis_backend.capabilities.evaluations.targets import RUN_AGENT, RUN_TEAM
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import (
    BudgetExceeded,
    Busy,
    DeadlineExceeded,
    InvalidRequest,
    NisError,
    NotSupported,
    UpstreamFailed,
)
from nis_backend.run import Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.evaluations.cases import Case
    from nis_backend.capabilities.evaluations.targets import How, Target
    from nis_backend.context import Context
    from nis_backend.operation import Json

LONGEST_ANSWER = 200_000
"""Characters of an answer that are kept and scored."""
MOST_RUNS = 1000
"""Runs whose calls are counted of one answer."""
MOST_TRIES, LONGEST_PAUSE = 5, 60.0
"""How often a case is put to a target that is busy, and the seconds between."""


async def ask(target: Target, how: How, case: Case, ctx: Context, *, logprobs: bool = False) -> Json:
    """What comes of one case, as it is noted: fields of `Answer`, and of a model its id and how sure it was.

    Raises:
        BudgetExceeded: no more may be spent.
    """
    began = time.perf_counter()
    told: Json = {"outcome": "failed", "answer": ""}
    try:
        # A run of its own has its own time: it is cancelled where it takes too long.
        async with asyncio.timeout(None if target.kind in ("chat", "kept", "team") else how.seconds):
            told |= {"outcome": "answered"} | await _patiently(target, how, case, ctx, logprobs)
    except TimeoutError:
        late = DeadlineExceeded(f"It had not answered after {how.seconds:g} s.", remedy="Allow more `seconds`.")
        told |= _told_of(late)
    except BudgetExceeded:
        raise
    except (InvalidRequest, NotSupported) as error:
        told |= {"outcome": "refused", **_told_of(error)}
    except NisError as error:
        told |= _told_of(error)
    told.setdefault("latency_ms", round(1e3 * (time.perf_counter() - began), 3))
    if len(told["answer"]) > LONGEST_ANSWER:
        told |= {"answer": told["answer"][:LONGEST_ANSWER], "problem": f"It was cut at {LONGEST_ANSWER} characters."}
    return told


def _told_of(error: NisError) -> Json:
    """Why there is no answer: in words for who reads it, and as what ends the run where it is so of every case."""
    return {
        "problem": f"{error.message} {error.remedy}".strip(),
        "code": error.code,
        "detail": error.message,
        "remedy": error.remedy,
    }


async def _patiently(target: Target, how: How, case: Case, ctx: Context, logprobs: bool) -> Json:
    """Who is busy is asked again; the time it took is that of the call which was answered."""
    pause = 1.0
    for attempt in range(1, MOST_TRIES + 1):
        began = time.perf_counter()
        try:
            told = await _asked(target, how, case, ctx, logprobs)
        except Busy as busy:
            if attempt == MOST_TRIES:
                raise
            await asyncio.sleep(min(busy.retry_after or pause, LONGEST_PAUSE))
            pause *= 2
        else:
            return {"latency_ms": round(1e3 * (time.perf_counter() - began), 3), **told}
    raise AssertionError


async def _asked(target: Target, how: How, case: Case, ctx: Context, logprobs: bool) -> Json:
    match target.kind:
        case "model":
            return await _model(target.name, how, case, ctx, logprobs)
        case "chat":
            return await _chat(target.name, how, case, ctx)
        case "kept":
            return await _kept(target, how, case, ctx)
        case "team":
            return await _team(target, how, case, ctx)
        case "agent":
            reply = await ctx.call_named("remote_agents.ask_remote_agent", {"id": target.name, "message": words(case)})
            if reply.state not in ("completed", "input-required"):
                raise UpstreamFailed(f"The agent's task is {reply.state}: {reply.question or reply.text}")
            return {"answer": reply.text or reply.question}
        case "operation":
            result = await ctx.call_named(target.name, filled(how.arguments, case))
            return of_result(result.model_dump(mode="json"), how.answer)
        case "given":
            raise AssertionError


async def _model(name: str, how: How, case: Case, ctx: Context, logprobs: bool) -> Json:
    before = [{"role": "system", "content": how.system}] if how.system else []
    request: Json = {
        "messages": [*before, *(one.model_dump() for one in turns(case))],
        "model": name,
        "max_tokens": how.max_tokens,
        "temperature": how.temperature,
        "seed": how.seed,
        "logprobs": 0 if logprobs else None,
    }
    try:
        done = await ctx.call_named("models.complete_chat", request)
    except NotSupported as error:
        if error.field != "logprobs":
            raise
        done = await ctx.call_named("models.complete_chat", {**request, "logprobs": None})
    said = done.answers[0]
    told: Json = {
        "outcome": "refused" if said.refused else "answered",
        "answer": said.text,
        "model": done.model,
        "demonstration": done.demonstration,
        "input_tokens": done.input_tokens,
        "output_tokens": done.output_tokens,
        "cost": done.cost,
        "from_cache": bool(done.from_cache),
    }
    if said.logprobs:
        told["bits"] = -sum(one.logprob for one in said.logprobs) / math.log(2)
    return told


async def _chat(model: str, how: How, case: Case, ctx: Context) -> Json:
    """A turn of the chat, in a conversation of its own that is removed again."""
    *before, last = turns(case)
    earlier = [{"role": "system", "content": how.system}] if how.system else []
    request: Json = {
        "message": last.content,
        "earlier": [*earlier, *(one.model_dump() for one in before)],
        "operations": how.operations,
        **({"model": model} if model else {}),
    }
    reply, run_id = await _run("chat.send_message", request, how, ctx)
    spent = await _spent(reply, [run_id], ctx)
    return {"answer": reply["response"], "model": _model_in(reply), **spent, "conversation": reply["conversation_id"]}


async def _kept(target: Target, how: How, case: Case, ctx: Context) -> Json:
    """A run of an agent that is kept here; what it is told beside, of a conversation with turns of the system, too."""
    reply, run_id = await _run(RUN_AGENT, _message(target, how, case), how, ctx)
    return {**of_result(reply, how.answer), "model": _model_in(reply), **await _spent(reply, [run_id], ctx)}


async def _team(target: Target, how: How, case: Case, ctx: Context) -> Json:
    """A run of a team that is kept here; what it took is what all the runs took that it waited for."""
    reply, run_id = await _run(RUN_TEAM, _message(target, how, case), how, ctx)
    runs, found = [run_id], 0
    while found < len(runs) < MOST_RUNS:
        where = {"awaited_by": runs[found]}
        runs += [row["id"] for row in await ctx.store.select("runs", where=where, limit=MOST_RUNS)]
        found += 1
    return {**of_result(reply, how.answer), **await _spent(reply, runs, ctx)}


def _message(target: Target, how: How, case: Case) -> Json:
    """A case as the message to an agent or a team, of a conversation what was said before it too."""
    *before, last = turns(case)
    told = [how.system, *(one.content for one in before if one.role == "system")]
    return {
        "id": target.name,
        "version": target.version,
        "message": "\n\n".join([*filter(None, told), last.content]),
        "earlier": [one.model_dump() for one in before if one.role != "system"],
    }


async def _run(operation: str, request: Json, how: How, ctx: Context) -> tuple[Json, str]:
    """The result of a run that is begun and waited for, and its id."""
    handle = await replace(ctx, waits=Wait()).call_named(operation, request)
    try:
        async with asyncio.timeout(how.seconds):
            reply: Json = await handle.result()
    except (NisError, TimeoutError, asyncio.CancelledError) as stopped:
        # One that waits for a person, or that nobody waits for any more, is not left over; where this process ends
        # alone, whoever goes on with the evaluation goes on waiting.
        if not isinstance(stopped, asyncio.CancelledError) or stop_reason(stopped) == CANCELLED:
            with suppress(NisError):
                await ctx.runs.cancel(handle.id)
        raise
    return reply, handle.id


def _model_in(reply: Json) -> str:
    return f"{reply['provider']}:{reply['model']}".replace("/", ":")


async def _spent(reply: Json, runs: Sequence[str], ctx: Context) -> Json:
    """What the calls of models took that these runs have made themselves."""
    await ctx.gateway.settled()
    rows = [row for one in runs for row in await ctx.store.select("ledger", where={"run_id": one}, limit=1000)]
    known = rows and all(row["priced"] for row in rows)
    return {
        "demonstration": reply["demonstration"],
        "input_tokens": sum(int(row["input"]) for row in rows),
        "output_tokens": sum(int(row["output"]) for row in rows),
        "cost": sum(int(row["cost"]) for row in rows) / 1e9 if known or not rows else None,
    }

"""Whom cases are put to: a model or a route, the chat here, a remote agent, an operation; one case at a time."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import Field, JsonValue

from nis_backend.annotations import Plain
from nis_backend.calling import authorise, refuse_secret
from nis_backend.capabilities.evaluations.cases import LONGEST_INPUT, Turn
from nis_backend.capabilities.evaluations.wording import written
from nis_backend.errors import (
    BudgetExceeded,
    Busy,
    DeadlineExceeded,
    InvalidRequest,
    NisError,
    NotSupported,
    UpstreamFailed,
)
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.capabilities.evaluations.cases import Case
    from nis_backend.context import Context
    from nis_backend.operation import Json

GIVEN, CHAT, AGENT, OPERATION = "given", "chat", "agent", "operation"
LONGEST_ANSWER = 200_000
"""Characters of an answer that are kept and scored."""
MOST_TRIES, LONGEST_PAUSE = 5, 60.0
"""How often a case is put to a target that is busy, and the seconds between."""


class How(Model):
    """How a target is asked."""

    system: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_INPUT, description="What a model or the chat is told before each case."
    )
    max_tokens: int = Field(default=1024, ge=1, le=32_768, description="Most tokens of a model's answer.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Of a model; 0 is the steadiest, unset its own."
    )
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Of a model that takes one.")
    operations: bool = Field(default=True, description="Whether the chat may use operations.")
    arguments: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=100,
        description='An operation\'s request; "{input}" stands for the case\'s input, "{input.name}" for a member of '
        "an input that is JSON. Empty: the input is the request, as JSON.",
    )
    answer: str = Field(
        default="",
        max_length=200,
        pattern=r"^[A-Za-z0-9_.]*$",
        description="Where the answer is in an operation's result, as labels.0; empty: its words, else all of it.",
    )
    seconds: float = Field(default=300.0, gt=0, le=3600, description="Seconds that one case may take.")
    at_once: int = Field(default=4, ge=1, le=16, description="Cases that are asked side by side.")


@dataclass(frozen=True, kw_only=True)
class Target:
    """Whom the cases are put to."""

    kind: Literal["given", "chat", "agent", "operation", "model"]
    name: str = ""

    @classmethod
    def of(cls, target: str) -> Target:
        """What a request names."""
        kind, _, rest = target.partition(":")
        if kind in (GIVEN, CHAT) and (kind == CHAT or not rest):
            return cls(kind=cast("Any", kind), name=rest)  # Any: one of the literals, by the line above
        if kind in (AGENT, OPERATION) and rest:
            return cls(kind=cast("Any", kind), name=rest)
        return cls(kind="model", name=target)


async def check(target: Target, how: How, ctx: Context) -> None:
    """Refuse a target that cannot be asked, before there is a run.

    Raises:
        NotFound: there is none such.
        NotSupported: the operation may not be called again after a crash.
        Forbidden: the caller may not call it.
        Unavailable: the model's provider cannot answer now.
    """
    try:
        match target.kind:
            case "model":
                authorise(ctx.operations.entry("models.complete_chat"), ctx)
                await ctx.models.choose(target.name)
            case "chat":
                authorise(ctx.operations.entry("chat.send_message"), ctx)
                await ctx.models.choose(target.name or None)
            case "agent":
                await ctx.call_named("remote_agents.get_remote_agent", {"id": target.name})
            case "operation":
                _check_operation(target.name, ctx)
            case "given":
                pass
    except NisError as error:
        error.field = "target"
        raise
    del how


def _check_operation(name: str, ctx: Context) -> None:
    entry = ctx.operations.entry(name)
    authorise(entry, ctx)
    refuse_secret(entry)
    if entry.shape != "model" or entry.effect != "reads":
        why = f"answers a {entry.shape}" if entry.shape != "model" else f"{entry.effect}"
        raise NotSupported(
            f"{name} {why}: it is not called for each case.", value=name, remedy="Name an operation that only reads."
        )


async def ask(target: Target, how: How, case: Case, ctx: Context, *, logprobs: bool = False) -> Json:
    """What comes of one case, as it is noted: fields of `Answer`, and of a model its id and how sure it was.

    Raises:
        BudgetExceeded: no more may be spent.
    """
    began = time.perf_counter()
    told: Json = {"outcome": "failed", "answer": ""}
    try:
        async with asyncio.timeout(how.seconds):
            told |= {"outcome": "answered"} | await _patiently(target, how, case, ctx, logprobs)
    except TimeoutError:
        late = DeadlineExceeded(f"It had not answered after {how.seconds:g} s.", remedy="Allow more `seconds`.")
        told |= {"problem": _words(late), "code": late.code}
    except BudgetExceeded:
        raise
    except (InvalidRequest, NotSupported) as error:
        told |= {"outcome": "refused", "problem": _words(error), "code": error.code}
    except NisError as error:
        told |= {"problem": _words(error), "code": error.code}
    told.setdefault("latency_ms", round(1e3 * (time.perf_counter() - began), 3))
    if len(told["answer"]) > LONGEST_ANSWER:
        told |= {"answer": told["answer"][:LONGEST_ANSWER], "problem": f"It was cut at {LONGEST_ANSWER} characters."}
    return told


def _words(error: NisError) -> str:
    return f"{error.message} {error.remedy}".strip()


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
        case "agent":
            reply = await ctx.call_named("remote_agents.ask_remote_agent", {"id": target.name, "message": words(case)})
            if reply.state not in ("completed", "input-required"):
                raise UpstreamFailed(f"The agent's task is {reply.state}: {reply.question or reply.text}")
            return {"answer": reply.text or reply.question}
        case "operation":
            result = await ctx.call_named(target.name, filled(how.arguments, case))
            return _of_result(result.model_dump(mode="json"), how.answer)
        case "given":
            raise AssertionError


def turns(case: Case) -> list[Turn]:
    """A case as turns."""
    return [Turn(role="user", content=case.input)] if isinstance(case.input, str) else case.input


def words(case: Case) -> str:
    """A case as one message: the turns of a conversation under each other."""
    if isinstance(case.input, str):
        return case.input
    return "\n\n".join(f"{one.role}: {one.content}" for one in case.input)


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
    handle = await ctx.call_named("chat.send_message", request)
    try:
        reply: Json = await handle.result()
    except BaseException:
        # A run that waits for a person, or that nobody waits for any more, is not left over.
        with suppress(NisError):
            await ctx.runs.cancel(handle.id)
        raise
    rows = await ctx.store.select("ledger", where={"run_id": handle.id}, limit=1000)
    known = rows and all(row["priced"] for row in rows)
    told: Json = {
        "answer": reply["response"],
        "model": f"{reply['provider']}:{reply['model']}".replace("/", ":"),
        "demonstration": reply["demonstration"],
        "input_tokens": sum(int(row["input"]) for row in rows),
        "output_tokens": sum(int(row["output"]) for row in rows),
        "cost": sum(int(row["cost"]) for row in rows) / 1e9 if known or not rows else None,
        "conversation": reply["conversation_id"],
    }
    return told


_NAMED = re.compile(r"\{input((?:\.[A-Za-z0-9_]+)*)\}")


def filled(arguments: dict[str, JsonValue], case: Case) -> Json:
    """The request of an operation, with the case's input in it.

    Raises:
        InvalidRequest: the input is not JSON where a member of it is wanted.
    """
    if not arguments:
        value = _member(case, "")
        if not isinstance(value, dict):
            raise InvalidRequest(
                "The input is no JSON object.",
                field="input",
                value=words(case),
                remedy='Give the operation\'s `arguments`, with "{input}" for the input.',
            )
        return cast("Json", value)
    return cast("Json", _fill(arguments, case))


def _fill(value: Any, case: Case) -> Any:  # Any: JSON
    if isinstance(value, dict):
        return {name: _fill(one, case) for name, one in cast("Json", value).items()}
    if isinstance(value, list):
        return [_fill(one, case) for one in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    whole = _NAMED.fullmatch(value)
    if whole:
        return _member(case, whole[1]) if whole[1] else words(case)
    return _NAMED.sub(lambda found: written(_member(case, found[1])) if found[1] else words(case), value)


def _member(case: Case, path: str) -> Any:  # Any: JSON
    """A member of an input that is JSON."""
    try:
        value = json.loads(words(case))
    except (ValueError, RecursionError):
        value = None
    return place(value, path.strip("."), "input")


def place(value: Any, path: str, what: str) -> Any:  # Any: JSON
    """What is at a path of names and numbers.

    Raises:
        InvalidRequest: nothing is.
    """
    for part in path.split(".") if path else ():
        if isinstance(value, dict) and part in value:
            value = cast("Json", value)[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(part)]
        else:
            raise InvalidRequest(
                f"There is no {path!r} in the {what}.", field=what, value=path, remedy="Look at what there is."
            )
    return value


WORDS = ("text", "response", "answer", "label", "value")
"""Members of a result that are its words, the first of them that there is."""


def _of_result(result: Json, path: str) -> Json:
    """The answer in an operation's result, and what it says of its cost."""
    found = place(result, path, "result") if path else next((result[one] for one in WORDS if one in result), result)
    spent = {name: result[name] for name in ("input_tokens", "output_tokens", "cost") if _counted(result.get(name))}
    return {"answer": written(found), **spent, "from_cache": bool(result.get("from_cache"))}


def _counted(value: Any) -> bool:  # Any: JSON
    return isinstance(value, int | float) and not isinstance(value, bool)

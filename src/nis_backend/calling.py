"""The one place where operations are called: validated, authorised, limited in time, traced, and executed."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError

from nis_backend.blob import Blob, replaced
from nis_backend.errors import (
    Busy,
    DeadlineExceeded,
    Forbidden,
    InternalError,
    InvalidRequest,
    NisError,
    NotSupported,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.guardrails.compiled import Compiled
    from nis_backend.guardrails.rules import Finding
    from nis_backend.guardrails.saying import Saying
    from nis_backend.operation import Json, Model, Operation
    from nis_backend.run import RunHandle, Terms

Req = TypeVar("Req", bound="Model")
Res = TypeVar("Res")


async def saying_of(ctx: Context) -> Saying | None:
    """What makes of words those that the run of this call may say before its end; None where no policy looks at them.

    The one place of it: what a rule about the run's result would change is in no event of the run either.
    """
    if ctx.journal is None or not ctx.operation:
        return None
    policies = await guarded(ctx.operations.entry(ctx.operation), ctx)
    if not policies:
        return None
    from nis_backend.guardrails.saying import may_say  # noqa: PLC0415 - few owners have policies

    return may_say(ctx, ctx.operations.find(ctx.operation), policies)


async def call(target: Operation[Any, Res], arguments: Mapping[str, Any] | bytes | str | Model, ctx: Context) -> Any:
    """Call an operation: the one way in, for every surface and for other operations.

    Validates, authorises, limits the time, traces. Answers a result model for shape `"model"`, an async iterator for
    `"stream"`, a `RunHandle` for `"run"`.

    Raises:
        NisError: with the field, the value and the remedy.
    """
    request = await _admitted(target, arguments, ctx)
    with ctx.trace(target.name):
        policies, review = await guarded(target, ctx), None
        if policies:
            from nis_backend.guardrails import gate  # noqa: PLC0415 - few owners have policies

            request, review = await gate.let_in(ctx, target, policies, request)
        if target.shape == "run":
            return await _begun(target, request, ctx, review=review)
        # A person's leave is for this call alone, and for none that is made in it.
        ctx = replace(ctx, operation=target.name, reviewed=False)
        if target.shape == "stream":
            items = await _streamed(target, request, ctx)
            if policies:
                from nis_backend.guardrails import gate  # noqa: PLC0415 - as above

                items = await gate.let_through(ctx, target, policies, request, items)
            return items
        return await perform(target, request, ctx, target.time_limit)


async def _streamed(target: Operation[Any, Any], request: Model, ctx: Context) -> AsyncIterator[Model]:
    """The items; bytes that came with the request are there until the last one."""
    put: list[str] = []
    try:
        if target.holds_blobs:
            request = await ctx.blobs.resolve(request, put, of_call=True)
        # A coroutine may refuse before the stream begins; a generator refuses within it.
        items = target.function(request, ctx)
        items = await items if inspect.isawaitable(items) else items
    except BaseException:
        await ctx.blobs.drop(put, None)
        raise
    return _then_drop(items, put, ctx) if put else items


async def _then_drop(items: AsyncGenerator[Model, None], put: list[str], ctx: Context) -> AsyncIterator[Model]:
    try:
        async with aclosing(items):
            async for item in items:
                yield item
    finally:
        await ctx.blobs.drop(put, None)


async def last_of(items: AsyncIterator[Model]) -> Model | None:
    """The last item of a stream, which answers whoever wants one result; None where there was no item."""
    last = None
    async for last in items:  # noqa: B007 - the last one is the answer
        pass
    return last


async def begin(
    target: Operation[Any, Any], arguments: Mapping[str, Any] | Model, ctx: Context, terms: Terms | None = None
) -> RunHandle:
    """Call an operation as a run, also one whose calls are none: it goes on by itself, and its log has the result.

    Without other terms, what a pool computes waits in the queue `compute`.

    Raises:
        NotSupported: it answers a stream, of which nothing is kept, or a secret, which no log keeps.
        NisError: as `call` does.
    """
    refuse_stream(target)
    request = await _admitted(target, arguments, ctx)
    with ctx.trace(target.name):
        policies, review = await guarded(target, ctx), None
        if policies:
            from nis_backend.guardrails import gate  # noqa: PLC0415 - as in call

            request, review = await gate.let_in(ctx, target, policies, request, begins=True)
        return await _begun(target, request, ctx, terms, review)


async def _admitted(
    target: Operation[Req, Any], arguments: Mapping[str, Any] | bytes | str | Model, ctx: Context
) -> Req:
    """The request of a caller who may call, and does not call too often."""
    request = target.validate(arguments)
    await admit(target, ctx)
    return request


async def admit(target: Operation[Any, Any] | Entry, ctx: Context) -> None:
    """Let a caller in who may call, and does not call too often.

    Raises:
        Forbidden: it lacks a scope.
        NotSupported: the operation answers a secret, where what is answered is kept.
        Busy: it calls too often.
    """
    authorise(target, ctx)
    if ctx.journal is not None or ctx.kept:
        refuse_secret(target)
    # What must never be refused for having called too often is not counted.
    if not target.urgent:
        await count(ctx)


async def count(ctx: Context) -> None:
    """Count a call; probers and calls within calls are not counted.

    Raises:
        Busy: its caller calls too often.
    """
    if ctx.drivers.limit is not None and not ctx.depth and not ctx.probes:
        await ctx.drivers.limit.admit(ctx.caller.owner)


async def guarded(target: Operation[Any, Any] | Entry, ctx: Context) -> Sequence[Compiled]:
    """The policies of the caller's owner that look at calls of an operation: none for nearly every owner.

    Of what must never be refused, none is asked.
    """
    if ctx.probes or target.urgent:
        return ()
    held = ctx.drivers.guards.get(ctx.caller.owner)
    if held is None or held.until < asyncio.get_running_loop().time():
        from nis_backend.guardrails.held import load  # noqa: PLC0415 - once for each owner

        held = await load(ctx)
    return held.of(target.name) if held.policies else ()


async def _begun(
    target: Operation[Any, Any],
    request: Model,
    ctx: Context,
    terms: Terms | None = None,
    review: Finding | None = None,
) -> RunHandle:
    """What came with the request stays with the run; of a wrong request, which becomes none, nothing stays.

    With a `review`, the finding that asks for it, a person decides before it begins.
    """
    came: list[str] = []
    reader = ctx
    try:
        if target.holds_blobs:
            request = await ctx.blobs.resolve(request, came)
        if target.prepare or review is not None:
            run_id = ctx.run_id or ctx.new_id("run")
            ctx = replace(ctx, operation=target.name, run_id=run_id, beside=[], ends=[], came=came)
        if target.prepare:
            request = await target.prepare(request, ctx)
        if review is not None:
            from nis_backend.guardrails.reviewing import before_run  # noqa: PLC0415 - as in call

            terms = before_run(ctx, target, request, review, terms)
    except BaseException:
        await ctx.blobs.drop(came, None)
        raise
    try:
        # Who has called reads it, as one who calls from there does.
        return replace(await ctx.start_run(target, request, terms), log=reader.runs)
    except (Busy, InvalidRequest):
        # There was no room for it, or no such queue: it is not written down.
        await ctx.blobs.drop(came, None)
        raise


def authorise(target: Operation[Any, Any] | Entry, ctx: Context) -> None:
    """Refuse a caller without the operation's scopes."""
    missing = ctx.caller.lacks(target.scopes)
    if missing:
        raise Forbidden(
            f"{target.name} needs the scope {missing[0]!r}.",
            remedy="Use a key that has it.",
            field="scope",
            value=missing[0],
        )


def refuse_secret(target: Operation[Any, Any] | Entry) -> None:
    """Refuse an operation whose result is shown once, where what is answered is kept."""
    if target.secret:
        raise NotSupported(
            f"{target.name} answers a secret, which is shown once and kept in no log.",
            field="operation",
            value=target.name,
            remedy="Call it directly.",
        )


def under(name: str, error: NisError) -> NisError:
    """What an operation refuses of a request that another request holds under this name, in that one's fields."""
    if error.field and not isinstance(error, Forbidden):
        if error.message.startswith(f"{error.field}: "):
            error.message = f"{name}.{error.message}"
        error.field = f"{name}.{error.field}"
        error.fields = tuple(replace(one, field=f"{name}.{one.field}".rstrip(".")) for one in error.fields)
    return error


@contextmanager
def told_under(name: str) -> Generator[None]:
    """What is refused within is refused `under` this name."""
    try:
        yield
    except NisError as error:
        raise under(name, error) from None


def refuse_stream(target: Operation[Any, Any]) -> None:
    """Refuse an operation that answers a stream, where what is answered is kept."""
    if target.shape == "stream":
        raise NotSupported(
            f"{target.name} answers a stream, of which nothing is kept: it cannot be a run.",
            field="operation",
            value=target.name,
            remedy="Call it, and read what comes.",
        )


async def perform(target: Operation[Any, Res], request: Model, ctx: Context, seconds: float) -> Res:
    """Execute the function where it belongs, for at most `seconds`.

    Raises:
        DeadlineExceeded: it was not done by then.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            result = await _execute(target, request, ctx)
            policies = await guarded(target, ctx)
            if policies:
                from nis_backend.guardrails import gate  # noqa: PLC0415 - as in call

                result = await gate.let_out(ctx, target, policies, request, result)
            return result
    except TimeoutError:
        if not limit.expired():
            # The function's own.
            raise
        raise DeadlineExceeded(
            f"{target.name} was not done after {seconds:g} s.", remedy="Ask for less, or allow more time."
        ) from None


async def _execute(target: Operation[Any, Res], request: Model, ctx: Context) -> Res:
    """With the blobs of the request resolved, and new ones of the result put down."""
    if not target.holds_blobs:
        return await _run(target, request, ctx)
    put: list[str] = []
    result: Any = None
    try:
        request = await ctx.blobs.resolve(request, put, of_call=True)
        result = await ctx.blobs.keep(cast("Any", await _run(target, request, ctx)))
    finally:
        await ctx.blobs.drop(put, result)
    return result


async def _run(target: Operation[Any, Res], request: Model, ctx: Context) -> Res:
    """In its pool, in a thread, or here."""
    if target.prepare and target.shape == "model":
        # A run's request was prepared before the run was written down; what is complete is not changed again.
        request = await target.prepare(request, ctx)
    elsewhere = target.elsewhere and target.elsewhere(request, ctx)
    if elsewhere is not None:
        return await elsewhere
    if target.pool:
        answer = await ctx.compute(target, request)
        # What it has made is looked at in a thread: it may be a large file.
        return await asyncio.to_thread(_answered, target, answer) if target.holds_blobs else _answered(target, answer)
    if target.waits:
        return await target.function(request, ctx)
    return await asyncio.to_thread(target.function, request, ctx)


def _answered(target: Operation[Any, Res], answer: Json) -> Res:
    """A worker's answer; one that has read hostile input is not trusted, so it is validated like a caller's."""
    try:
        result = cast("type[Any]", target.result).model_validate_json(answer["result"])
        if target.holds_blobs:
            result = replaced(result, lambda one: one if one.id else Blob.of(answer[one.sha256], **one.described))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        told = f"{wrong['loc']}: {wrong['msg']}"
    except KeyError as missing:
        told = f"{missing} is not with it"
    else:
        return result
    raise InternalError(f"A worker's answer to {target.name} is not one: {told}.", remedy="Report it.")

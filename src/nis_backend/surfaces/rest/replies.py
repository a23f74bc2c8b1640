"""`Idempotency-Key`: a write that is repeated under one key is done once and answered again.

A key belongs to its owner and is kept for a day. What is kept is the outcome and not the bytes of the answer, so that a
repeat may accept another media type; of a run it is the id, which is settled before the run is made. A call that a
death has cut is made again where that does nothing twice: its writes and the ids it makes are the key's.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.calling import authorise, begin, call, refuse_secret
from nis_backend.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    Waiting,
    from_problem,
    shorten,
)
from nis_backend.operation import Model
from nis_backend.owned import Scope
from nis_backend.run import RunHandle, waits_for

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Operation

    Work = Callable[[Operation[Any, Any], Model, Context], Awaitable[Any]]
    """`call` or `begin`."""

HEADER = "Idempotency-Key"
REPLAYED = "idempotency-replayed"
"""The header of an answer that was given before."""

KEPT_SECONDS = 86_400.0
"""How long a key is known."""

KEY = r"^[\x21-\x7e]{1,255}$"
"""A key: visible ASCII."""


class Replies:
    """The keys of one process: what is open and not among its own was left by an earlier one, or is another's.

    `field` is what a refusal calls the key, and `prefix` stands before it: keys of another surface are other keys.
    """

    def __init__(self, field: str = HEADER, prefix: str = "") -> None:
        self._field = field
        self._prefix = prefix
        self._open: set[str] = set()

    async def once(  # noqa: PLR0913, PLR0917 - what is called, and how
        self,
        key: str,
        operation: Operation[Any, Any],
        asked: Model,
        ctx: Context,
        marks: dict[str, str],
        work: Work = call,
    ) -> Any:
        """What `work` answers, `call` or `begin`; `marks`, the headers of the answer, say when it was done before.

        Raises:
            InvalidRequest: it is no key, or was used for another request.
            NotSupported: the operation answers a stream that is not a run, or a secret.
            Conflict: the first request is under way, or nobody knows how it ended.
        """
        if not re.fullmatch(KEY, key):
            raise InvalidRequest(
                f"{self._field} is no key: {shorten(key)!r}.",
                field=self._field,
                value=shorten(key),
                remedy="Give up to 255 visible ASCII characters, such as a UUID.",
            )
        if operation.shape == "stream":
            raise NotSupported(
                f"{operation.name} answers a stream, of which nothing is kept.",
                field=self._field,
                value=shorten(key),
                remedy=f"Leave out {self._field}.",
            )
        authorise(operation, ctx)
        refuse_secret(operation)
        # Nor may what it calls answer one.
        ctx = replace(ctx, kept=True)
        row_id = hashlib.sha256(f"{ctx.caller.owner}\0{self._prefix}{key}".encode()).hexdigest()
        mine = row_id not in self._open
        self._open.add(row_id)
        try:
            row = await self._row(row_id, operation, asked, ctx)
            again = await _again(row, operation, ctx, marks) if row else None
            if again is not None:
                return again
            if not mine:
                raise self._under_way(key)
            if row is None:
                row = await self._begin(row_id, operation, asked, ctx, is_run=operation.shape == "run" or work is begin)
                if row is None:
                    # Another process was first.
                    raise self._under_way(key)
                # What may be tried again as what it was keeps its place: its answer may be all that was lost.
                again_as_it_was = operation.repeatable or _promised(row) is not None
                return await _perform(row, operation, asked, ctx, work, forget=not again_as_it_was)
            if row["reply"] is None and not operation.repeatable:
                raise Conflict(
                    f"The first request with this {self._field} was cut, or goes on elsewhere: it may have been done.",
                    field=self._field,
                    value=key,
                    remedy="Ask again in a moment; if it stays so, look whether it was, and if not send another key.",
                )
            # What may have been begun keeps its place, whatever comes of this try.
            return await _perform(row, operation, asked, ctx, begin if _promised(row) else work, forget=False)
        finally:
            if mine:
                self._open.discard(row_id)

    def _under_way(self, key: str) -> Conflict:
        return Conflict(
            f"The first request with this {self._field} is under way.",
            field=self._field,
            value=key,
            remedy="Wait for its answer, or ask again in a moment.",
        )

    async def _row(self, row_id: str, operation: Operation[Any, Any], asked: Model, ctx: Context) -> Row | None:
        row = await ctx.store.get("replies", row_id)
        if row is None:
            return None
        if row["created"] < ctx.now() - KEPT_SECONDS:
            await ctx.store.delete("replies", row_id)
            return None
        if row["request"] != _fingerprint(operation, asked):
            raise InvalidRequest(
                f"This {self._field} was used for another request.",
                field=self._field,
                value="",
                remedy="Send the first request unchanged, or give this one a key of its own.",
            )
        return row

    async def _begin(
        self, row_id: str, operation: Operation[Any, Any], asked: Model, ctx: Context, *, is_run: bool
    ) -> Row | None:
        """The row of a key that is used for the first time; None where another process has just written it."""
        now = ctx.now()
        reply = json.dumps({"run": ctx.new_id("run")}) if is_run else None
        row: Row = {
            "id": row_id,
            "request": _fingerprint(operation, asked),
            "status": "open",
            "reply": reply,
            "created": now,
            "updated": now,
        }
        try:
            await ctx.store.insert("replies", row)
        except Conflict:
            return None
        return row


def _promised(row: Row) -> str | None:
    """The id of the run that the key stands for."""
    return json.loads(row["reply"] or "{}").get("run")


async def _perform(  # noqa: PLR0913 - what is called, and how
    row: Row, operation: Operation[Any, Any], asked: Model, ctx: Context, work: Work, *, forget: bool
) -> Any:
    promised = _promised(row)
    scope = Scope(key=f"reply-{int(row['created'] * 1000):012x}{row['id'][:32]}", call="reply")
    # Where it is what it calls that is authorised, an answer is for who may do as much as the first caller.
    given = {} if operation.scopes else {"scopes": sorted(ctx.caller.scopes)}
    async with _kept_failure(row, ctx, given, forget=forget):
        within = replace(ctx, scope=scope) if promised is None else replace(ctx, run_id=promised)
        result = await work(operation, asked, within)
    if promised is None:
        # Where this fails, the write is done and its row stays open: a repeat is told that it may have been.
        await _keep(row, ctx, reply={"result": result.model_dump(mode="json"), **given})
    return result


async def _again(row: Row, operation: Operation[Any, Any], ctx: Context, marks: dict[str, str]) -> Any:
    """The outcome that was kept; None when there is none yet.

    Raises:
        NisError: it was this failure.
    """
    reply = json.loads(row["reply"] or "{}")
    if ctx.caller.lacks(reply.get("scopes", ())):
        raise Forbidden(
            f"This caller lacks scopes of what {operation.name} has called for the first request with this key.",
            field="scope",
            remedy="Use the key of the first request, or call it under another Idempotency-Key.",
        )
    marks[REPLAYED] = "true"
    if "problem" in reply:
        raise from_problem(reply["problem"])
    if "result" in reply:
        return operation.result.model_validate(reply["result"])
    # What the first request has begun is this one's too.
    ctx.begun.update(reply[name] for name in ("run", "waits") if name in reply)
    if "run" in reply:
        with suppress(NotFound):
            run = await ctx.runs.get(reply["run"])
            return RunHandle(id=run.id, log=ctx.runs)
    if "waits" in reply:
        run = await ctx.runs.get(reply["waits"])
        if run.state == "waiting":
            raise waits_for(run.id, run.waiting or {})
    del marks[REPLAYED]
    return None


@asynccontextmanager
async def _kept_failure(row: Row, ctx: Context, given: dict[str, list[str]], *, forget: bool) -> AsyncGenerator[None]:
    """Keep a failure that is final; one that says to try again is forgotten, so that trying again is that.

    Of a run that the call waits for and that waits for a person, the id is kept: a repeat is answered with what has
    become of it.
    """
    try:
        yield
    except Waiting as waiting:
        if waiting.field == "run":
            await _keep(row, ctx, status="open", reply={"waits": waiting.value, **given})
        elif forget:
            # A person decides first: it was not made, and is to be made again as it was.
            await ctx.store.delete("replies", row["id"])
        raise
    except NisError as error:
        if not error.codes.retry:
            await _keep(row, ctx, reply={"problem": error.problem(), **given})
        elif forget:
            await ctx.store.delete("replies", row["id"])
        raise


async def _keep(row: Row, ctx: Context, *, status: str = "done", reply: dict[str, Any]) -> None:  # Any: JSON
    await ctx.store.update("replies", row["id"], {"status": status, "reply": json.dumps(reply)})


def _fingerprint(operation: Operation[Any, Any], asked: Model) -> str:
    return hashlib.sha256(f"{operation.name} {asked.model_dump_json()}".encode()).hexdigest()

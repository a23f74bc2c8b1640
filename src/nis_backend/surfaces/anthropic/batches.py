"""`/v1/messages/batches`: runs that ask for a message for each line; their results are views of their logs.

Source: https://platform.claude.com/docs/en/api/creating-message-batches
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError
from starlette.responses import JSONResponse, StreamingResponse

from nis_backend.calling import call
from nis_backend.capabilities.models.completion import ChatCompletion
from nis_backend.drivers.store.base import cursor_of
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, NotSupported, from_problem, shorten
from nis_backend.operation import Json, Model
from nis_backend.surfaces.anthropic.events import message
from nis_backend.surfaces.anthropic.problem import document
from nis_backend.surfaces.anthropic.request import read, version_of, wrong
from nis_backend.surfaces.openai.batched import OneFile, begin, listed, outcomes, written
from nis_backend.surfaces.openai.body import json_object

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.batches.operations import Batch
    from nis_backend.context import Context
    from nis_backend.run import Run
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.openai.batched import Outcome

PREFIX, RUN = "msgbatch_", "run-"
ENDPOINT = "/v1/messages"
CALLED = "models.complete_chat"
DAY = 86_400
USUAL, MOST = 20, 1000
"""Batches of a page."""

ENDED = frozenset({"succeeded", "failed", "cancelled"})


class OneRequest(Model):
    """A request for a message, and what its caller calls it."""

    custom_id: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    params: dict[str, Any]  # Any: JSON, read as a request of its own


class BatchRequest(Model):
    """The body of a request."""

    requests: list[OneRequest] = Field(min_length=1, max_length=50_000)


class _Labels(Model):
    """What a batch that was begun here has with it; whoever calls the operation may give it other labels."""

    endpoint: Literal["/v1/messages"]


async def create(process: Process, request: Request) -> Response:
    """Begin a batch; a request that cannot be followed is a result that says so."""
    version = version_of(request.headers)
    body = json_object(await request.body())
    try:
        asked = BatchRequest.model_validate(body)
    except ValidationError as error:
        raise wrong(error, body) from None
    seen: set[str] = set()
    for number, one in enumerate(asked.requests):
        if one.custom_id in seen:
            where = f"requests.{number}.custom_id"
            raise InvalidRequest(f"{where}: it was used before.", field=where, remedy="Give each a name of its own.")
        seen.add(one.custom_id)

    def write(file: IO[bytes]) -> Json:
        for one in asked.requests:
            file.write(written(_line(one, version)))
        return {"lines": len(asked.requests), "labels": {"endpoint": ENDPOINT}}

    ctx = process.context(request.state.caller)
    handle = await begin(process, write, CALLED, "messages.jsonl", ctx)
    return JSONResponse(_card(await _batch(process, handle.id, ctx), _base(process, request)))


def _line(one: OneRequest, version: str) -> Json:
    try:
        if one.params.get("stream"):
            raise InvalidRequest("stream: no stream in a batch.", field="stream", remedy="Leave it out.")
        model, asked = read(one.params, version)
        return {"id": one.custom_id, "arguments": asked.arguments(model)}
    except NisError as error:
        return {"id": one.custom_id, "problem": error.problem()}


async def batch(process: Process, request: Request) -> Response:
    """How far a batch is."""
    return JSONResponse(_card(await _named(process, request), _base(process, request)))


async def batches(process: Process, request: Request) -> Response:
    """The batches that were begun here, the newest first."""
    ctx, query = process.context(request.state.caller), request.query_params
    if "before_id" in query:
        raise NotSupported("before_id: pages are read on from after_id.", field="before_id", remedy="Use after_id.")
    given = query.get("limit", str(USUAL))
    if not (given.isdecimal() and 1 <= int(given[:9]) <= MOST):
        raise InvalidRequest(f"limit: a number from 1 to {MOST}.", field="limit", remedy="Leave it out.")
    limit, cursor, base = int(given), None, _base(process, request)
    if "after_id" in query:
        last = await _batch(process, _run_of(query["after_id"]), ctx)
        cursor = cursor_of(last.created, last.id)
    found = await listed(process, ctx, cursor, limit, lambda one: _card(one, base) if _ours(one) else None)
    data = found[:limit]
    ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    return JSONResponse({"data": data, "has_more": len(found) > limit, **ends})


async def cancel(process: Process, request: Request) -> Response:
    """Stop a batch; what came of its requests until then is kept."""
    ctx = process.context(request.state.caller)
    found = await _named(process, request)
    if found.state in ENDED:
        raise Conflict("The batch has ended.", field="message_batch_id", remedy="Its results tell what came of it.")
    await call(process.operations.find("batches.cancel_batch"), {"id": found.id}, ctx)
    card = _card(await _named(process, request), _base(process, request))
    stopping = {"cancel_initiated_at": _time(ctx.now())}
    return JSONResponse(card | stopping | ({} if card["ended_at"] else {"processing_status": "canceling"}))


async def delete(process: Process, request: Request) -> Response:
    """Forget a batch that has ended, with what was asked and answered in it.

    Its files go as any file does, and before the batch: where one may not be removed, the batch stays. What a version
    of a dataset is made of is that dataset's, and stays.
    """
    ctx = process.context(request.state.caller)
    found = await _named(process, request)
    within = replace(ctx, depth=1)
    if found.state in ENDED:
        run: Run = await ctx.runs.get(found.id)
        for blob in (run.input["input"]["id"], found.output and found.output.id):
            with suppress(NotFound, Conflict):
                if blob:
                    await call(process.operations.find("blobs.delete_blob"), {"id": blob}, within)
    await call(process.operations.find("runs.delete_run"), {"id": found.id}, within)
    return JSONResponse({"id": f"{PREFIX}{found.id.removeprefix(RUN)}", "type": "message_batch_deleted"})


async def results(process: Process, request: Request) -> Response:
    """What came of each request, once the batch has ended."""
    ctx = process.context(request.state.caller)
    found = await _named(process, request)
    if found.state not in ENDED:
        raise Conflict("The batch has not ended.", field="message_batch_id", remedy="Retrieve it until it has.")
    return StreamingResponse(_results(found, ctx), media_type="application/x-jsonl")


async def _results(one: Batch, ctx: Context) -> AsyncGenerator[bytes]:
    done: set[int] = set()
    async for some in outcomes(one.id, ctx):
        done |= {number for number, _, _ in some}
        yield b"".join(await asyncio.to_thread(lambda: list(_told(one.id, some))))  # noqa: B023 - done before the next page
    if one.total is None or len(done) < one.total:
        run = await ctx.runs.get(one.id)
        kept = await ctx.blobs.resolve(OneFile(file=run.input["input"]), [])
        left = "canceled" if one.state == "cancelled" else "expired"
        yield b"".join(await asyncio.to_thread(lambda: list(_unmade(kept, done, left))))


def _told(run_id: str, some: Iterable[Outcome]) -> Iterator[bytes]:
    suffix = run_id.removeprefix(RUN)
    for number, outcome, _ in some:
        if "problem" in outcome:
            failure = document(from_problem(outcome["problem"]), f"{PREFIX}{suffix}_{number}")
            result: Json = {"type": "errored", "error": failure}
        else:
            answered = message(ChatCompletion.model_validate(outcome["result"]))
            result = {"type": "succeeded", "message": {**answered, "id": f"msg_{suffix}_{number}"}}
        yield json.dumps({"custom_id": outcome["id"], "result": result}, ensure_ascii=False).encode() + b"\n"


def _unmade(kept: OneFile, done: set[int], left: str) -> Iterator[bytes]:
    """Those that were not asked any more."""
    with kept.file.path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number not in done:
                yield json.dumps({"custom_id": json.loads(line)["id"], "result": {"type": left}}).encode() + b"\n"


async def _named(process: Process, request: Request) -> Batch:
    ctx = process.context(request.state.caller)
    return await _batch(process, _run_of(request.path_params["id"]), ctx)


def _run_of(name: str) -> str:
    suffix = name.removeprefix(PREFIX)
    if suffix == name or not suffix:
        raise _unknown(name)
    return f"{RUN}{suffix}"


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no batch {shorten(name)!r}.", field="message_batch_id", remedy="List the batches.")


async def _batch(process: Process, run_id: str, ctx: Context) -> Batch:
    found: Batch | None = None
    with suppress(NotFound, InvalidRequest):
        found = await call(process.operations.find("batches.get_batch"), {"id": run_id}, ctx)
    if found is None or not _ours(found):
        raise _unknown(f"{PREFIX}{run_id.removeprefix(RUN)}")
    return found


def _ours(one: Batch) -> bool:
    try:
        _Labels.model_validate(one.labels)
    except ValidationError:
        return False
    return one.operation == CALLED


def _card(one: Batch, base: str) -> Json:
    ended, total = one.state in ENDED, one.total or one.done
    name = f"{PREFIX}{one.id.removeprefix(RUN)}"
    left = total - one.done
    counts = {"processing": total, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    if ended:
        stopped = one.state == "cancelled"
        counts = {"processing": 0, "succeeded": one.done - one.failed, "errored": one.failed}
        counts |= {"canceled": left if stopped else 0, "expired": 0 if stopped else left}
    return {
        "id": name,
        "type": "message_batch",
        "processing_status": "ended" if ended else "in_progress",
        "request_counts": counts,
        "created_at": _time(one.created),
        "expires_at": _time(one.created + DAY),
        "ended_at": _time(one.updated) if ended else None,
        "archived_at": None,
        "cancel_initiated_at": _time(one.updated) if one.state == "cancelled" else None,
        "results_url": f"{base}{ENDPOINT}/batches/{name}/results" if ended else None,
    }


def _base(process: Process, request: Request) -> str:
    return (process.settings.public_url or str(request.base_url)).rstrip("/")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

"""`/v1/batches`: runs that call an operation for each line of a file; the files of outcomes are views of their logs.

Source: https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

import asyncio
import re
from typing import IO, TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationError
from starlette.responses import JSONResponse

from nis_backend.blob import Blob
from nis_backend.calling import call
from nis_backend.drivers.store.base import cursor_of
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, NotSupported, from_problem, shorten
from nis_backend.operation import Model
from nis_backend.surfaces.openai.batch_lines import CALLS, told, translated
from nis_backend.surfaces.openai.batched import OneFile, begin, listed
from nis_backend.surfaces.openai.batched import outcomes as outcomes_of
from nis_backend.surfaces.openai.body import json_object, refuse_unknown, wrong
from nis_backend.surfaces.openai.pages import limit_of, page_of
from nis_backend.surfaces.openai.problem import document
from nis_backend.surfaces.openai.response_items import blob_of
from nis_backend.surfaces.openai.response_request import RUN, suffix_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.batches.operations import Batch, TokensUsed
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

PREFIX = "batch_"
DAY = 86_400
STATUS = {
    "queued": "validating",
    "running": "in_progress",
    "paused": "in_progress",
    "waiting": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
ENDED = frozenset({"completed", "failed", "cancelled"})

FILE = re.compile(r"file-([A-Za-z0-9.:]{1,48})-(output|errors)")
"""The ids of the files of outcomes."""


Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]


class BatchRequest(Model):
    """The body of a request."""

    input_file_id: str = Field(min_length=1, max_length=64)
    endpoint: str = Field(max_length=64)
    completion_window: Literal["24h"]
    metadata: Metadata | None = None


class _Labels(Model):
    """What a batch that was begun here has with it; whoever calls the operation may give it other labels."""

    input_file_id: str
    endpoint: Literal["/v1/chat/completions", "/v1/responses", "/v1/embeddings"]
    metadata: Metadata | None = None
    model: str | None = None


async def create(process: Process, request: Request) -> Response:
    """Begin a batch; a file that is none is refused at once, by its line."""
    body = json_object(await request.body())
    asked = _read(body)
    ctx = process.context(request.state.caller)
    given = await _input(process, asked, ctx)

    def write(file: IO[bytes]) -> Json:
        lines, model = _translate(given.path, asked.endpoint, file)
        return {"lines": lines, "labels": {**asked.model_dump(exclude={"completion_window"}), "model": model}}

    try:
        handle = await begin(process, write, CALLS[asked.endpoint], given.name, ctx)
    except NisError as error:
        if error.field == "input":
            error.field = "input_file_id"
        raise
    return JSONResponse(await _card(process, handle.id, ctx))


def _read(body: Json) -> BatchRequest:
    refuse_unknown(body, {*BatchRequest.model_fields, "output_expires_after"})
    if body.pop("output_expires_after", None) is not None:
        raise NotSupported(
            "What came of a batch does not expire by itself.",
            field="output_expires_after",
            remedy="Leave it out, and delete the run.",
        )
    try:
        asked = BatchRequest.model_validate(body)
    except ValidationError as error:
        raise wrong(error, BatchRequest, body) from None
    if asked.endpoint not in CALLS:
        raise NotSupported(
            f"No batch asks {shorten(asked.endpoint)}.",
            field="endpoint",
            value=shorten(asked.endpoint),
            remedy=f"Ask one of: {', '.join(CALLS)}.",
        )
    return asked


async def _input(process: Process, asked: BatchRequest, ctx: Context) -> Blob:
    """The file, with its bytes."""
    try:
        blob: Blob = await call(
            process.operations.find("blobs.read_content"), {"id": blob_of(asked.input_file_id)}, ctx
        )
        return (await ctx.blobs.resolve(OneFile(file=blob), [])).file
    except NotFound:
        raise NotFound(
            f"There is no file {shorten(asked.input_file_id)!r}.",
            field="input_file_id",
            value=asked.input_file_id,
            remedy="Create it first, with the purpose batch.",
        ) from None


def _translate(path: Path, endpoint: str, file: IO[bytes]) -> tuple[int, str | None]:
    """How many lines were written, and the model that all of them ask."""
    lines, model = 0, None
    for line, asked in translated(path, endpoint):
        file.write(line)
        lines, model = lines + 1, asked
    if not lines:
        raise InvalidRequest("The file has no line.", field="input_file_id", remedy="Give a request on each line.")
    return lines, model


async def batch(process: Process, request: Request) -> Response:
    """How far a batch is."""
    ctx = process.context(request.state.caller)
    return JSONResponse(await _card(process, _run_of(request.path_params["id"]), ctx))


async def batches(process: Process, request: Request) -> Response:
    """The batches that were begun here, the newest first."""
    ctx, query = process.context(request.state.caller), request.query_params
    limit, cursor = limit_of(query), None
    if "after" in query:
        last = await _batch(process, _run_of(query["after"], "after"), ctx, "after")
        cursor = cursor_of(last.created, last.id)

    def shown(one: Batch) -> Json | None:
        return _object(one, labels) if (labels := _labels(one)) else None

    found = await listed(process, ctx, cursor, limit, shown)
    return JSONResponse(page_of(found, None, limit))


async def cancel(process: Process, request: Request) -> Response:
    """Stop a batch; what came of lines until then is kept."""
    ctx = process.context(request.state.caller)
    run_id = _run_of(request.path_params["id"])
    found = await _batch(process, run_id, ctx)
    if STATUS[found.state] in ENDED:
        raise Conflict(
            f"{request.path_params['id']} is {STATUS[found.state]}.",
            field="batch_id",
            remedy="Its files have what came of it.",
        )
    await call(process.operations.find("batches.cancel_batch"), {"id": run_id}, ctx)
    card = await _card(process, run_id, ctx)
    return JSONResponse(card if card["status"] in ENDED else {**card, "status": "cancelling"})


def _run_of(name: str, field: str = "batch_id") -> str:
    suffix = name.removeprefix(PREFIX)
    if suffix == name or not suffix:
        raise _unknown(name, field)
    return f"{RUN}{suffix}"


def _unknown(name: str, field: str) -> NotFound:
    return NotFound(
        f"There is no batch {shorten(name)!r}.", field=field, value=shorten(name), remedy="List the batches."
    )


async def _batch(process: Process, run_id: str, ctx: Context, field: str = "batch_id") -> Batch:
    name = f"{PREFIX}{suffix_of(run_id)}"
    try:
        found: Batch = await call(process.operations.find("batches.get_batch"), {"id": run_id}, ctx)
    except (NotFound, InvalidRequest):
        raise _unknown(name, field) from None
    if _labels(found) is None:
        raise _unknown(name, field)
    return found


def _labels(one: Batch) -> _Labels | None:
    try:
        labels = _Labels.model_validate(one.labels)
    except ValidationError:
        return None
    return labels if one.operation == CALLS[labels.endpoint] else None


async def _card(process: Process, run_id: str, ctx: Context) -> Json:
    found = await _batch(process, run_id, ctx)
    labels = _labels(found)
    assert labels is not None
    return _object(found, labels)


def _object(one: Batch, labels: _Labels) -> Json:
    suffix, status = suffix_of(one.id), STATUS[one.state]
    ended, at = status in ENDED, int(one.updated)
    problem = one.problem and document(from_problem(one.problem))["error"]
    wrong_line = problem and {**problem, "line": None}
    return {
        "id": f"{PREFIX}{suffix}",
        "object": "batch",
        "endpoint": labels.endpoint,
        "model": labels.model,
        "errors": wrong_line and {"object": "list", "data": [wrong_line]},
        "input_file_id": labels.input_file_id,
        "completion_window": "24h",
        "status": status,
        "output_file_id": f"file-{suffix}-output" if ended and one.done > one.failed else None,
        "error_file_id": f"file-{suffix}-errors" if ended and one.failed else None,
        "created_at": int(one.created),
        "in_progress_at": None if status == "validating" else int(one.created),
        "expires_at": int(one.created) + DAY,
        "finalizing_at": None,
        "completed_at": at if status == "completed" else None,
        "failed_at": at if status == "failed" else None,
        "expired_at": None,
        "cancelling_at": None,
        "cancelled_at": at if status == "cancelled" else None,
        "request_counts": {"total": one.total or 0, "completed": one.done - one.failed, "failed": one.failed},
        "usage": _usage(one.tokens),
        "metadata": labels.metadata,
    }


def _usage(tokens: TokensUsed) -> Json:
    return {
        "input_tokens": tokens.input_tokens,
        "input_tokens_details": {"cached_tokens": tokens.cached_tokens},
        "output_tokens": tokens.output_tokens,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning_tokens},
        "total_tokens": tokens.input_tokens + tokens.output_tokens,
    }


# -- what came of it ---------------------------------------------------------------------------------------------------


async def outcomes(process: Process, name: str, ctx: Context) -> AsyncGenerator[bytes]:
    """The lines of a file of outcomes, from the log of its batch.

    Raises:
        NotFound: there is no such file.
    """
    return _lines(*await _of_file(process, name, ctx), ctx)


async def file_card(process: Process, name: str, ctx: Context) -> Json:
    """What is known of a file of outcomes."""
    one, kind = await _of_file(process, name, ctx)
    size = sum([len(piece) async for piece in _lines(one, kind, ctx)])
    return {
        "id": name,
        "object": "file",
        "bytes": size,
        "created_at": int(one.updated),
        "filename": f"{PREFIX}{suffix_of(one.id)}_{kind}.jsonl",
        "purpose": "batch_output",
        "status": "processed",
        "expires_at": None,
        "status_details": None,
    }


async def _of_file(process: Process, name: str, ctx: Context) -> tuple[Batch, str]:
    """The batch of a file of outcomes, and which of its files it is."""
    found = FILE.fullmatch(name)
    assert found is not None
    return await _batch(process, f"{RUN}{found[1]}", ctx, "file_id"), found[2]


async def _lines(one: Batch, kind: str, ctx: Context) -> AsyncGenerator[bytes]:
    endpoint, suffix, failed = str(one.labels["endpoint"]), suffix_of(one.id), kind == "errors"
    async for entries in outcomes_of(one.id, ctx):
        yield b"".join(await asyncio.to_thread(lambda: list(told(endpoint, suffix, entries, failed=failed))))  # noqa: B023 - done before the next page
